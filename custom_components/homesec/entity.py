"""Base classes of HomeSec's entities."""

from typing import TYPE_CHECKING, ClassVar, override

from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import async_get_current_platform

from .cameras.state import CameraState
from .const import LABELS
from .engine.core.types import CameraHealth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

    from .engine.core.events import EngineEvent
    from .runtime import HomeSecConfigEntry, HomeSecData


class HomeSecEntity(Entity):
    """An entity of the whole system or of one camera, updated by events."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    listens_to: tuple[type[EngineEvent], ...] = ()  # kinds of events that update the state

    def __init__(self, *, runtime: HomeSecData, key: str, camera_id: str | None = None) -> None:
        self.runtime = runtime
        self._camera_id = camera_id
        self._attr_unique_id = f"{camera_id or runtime.entry.entry_id}_{key}"
        self._attr_device_info = runtime.devices.info(camera_id)

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(
            self.runtime.bus.async_subscribe(
                self.async_handle_event, camera_id=self._camera_id, kinds=self.listens_to
            )
        )

    @callback
    def async_handle_event(self, _event: EngineEvent) -> None:
        """Write the new state."""
        self.async_write_ha_state()


class HomeSecCameraEntity(HomeSecEntity):
    """An entity of a camera; unavailable while the camera is lost."""

    key: ClassVar[str]  # end of the unique id of a class with one entity per camera
    available_when_lost = False  # for entities that show the past or a setting

    def __init__(self, runtime: HomeSecData, camera_id: str, *, key: str | None = None) -> None:
        super().__init__(runtime=runtime, key=key or self.key, camera_id=camera_id)
        self.camera_id = camera_id

    @property
    def camera_state(self) -> CameraState:
        """The state of the camera; an empty one after its removal."""
        return self.runtime.cameras.get(self.camera_id) or CameraState()

    @property
    @override
    def available(self) -> bool:
        return self.available_when_lost or self.camera_state.health is not CameraHealth.LOST


def label_key(label: str) -> str:
    """Return the translation key of a label; labels of custom models share one."""
    return label if label in LABELS else "other"


def add_camera_entities(
    entry: HomeSecConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[HomeSecData, str], Iterable[HomeSecCameraEntity]],
) -> None:
    """Add a platform's entities for each camera, now and whenever cameras change.

    ``make`` returns all entities of a camera. New ones are added, and those of a label or zone that
    was removed from the camera's settings are removed.
    """
    runtime = entry.runtime_data
    domain = async_get_current_platform().domain
    present: dict[str, set[str]] = {}

    @callback
    def sync(camera_id: str) -> None:
        wanted = {entity.unique_id or "": entity for entity in make(runtime, camera_id)}
        had = present.get(camera_id, set())
        registry = er.async_get(runtime.hass)
        for known in er.async_entries_for_config_entry(registry, entry.entry_id):
            mine = known.domain == domain and known.config_subentry_id == camera_id
            if mine and known.unique_id not in wanted:
                registry.async_remove(known.entity_id)
        if new := [entity for unique_id, entity in wanted.items() if unique_id not in had]:
            async_add_entities(new, config_subentry_id=camera_id)
        present[camera_id] = set(wanted)

    runtime.cameras.async_subscribe(sync)

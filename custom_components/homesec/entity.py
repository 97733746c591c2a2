"""What all entities of HomeSec have in common."""

from typing import TYPE_CHECKING, ClassVar, override

from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import async_get_current_platform

from .cameras.state import CameraState
from .const import LABELS
from .engine.core.events import EngineEvent, HealthChanged
from .engine.core.types import CameraHealth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

    from .runtime import HomeSecConfigEntry, HomeSecData


class HomeSecEntity(Entity):
    """Belongs to the house or to one camera, and is told of what it listens to."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    listens_to: ClassVar[tuple[type[EngineEvent], ...]] = ()

    def __init__(self, *, runtime: HomeSecData, key: str, camera_id: str | None = None) -> None:
        self.runtime = runtime
        self._camera_id = camera_id
        self._attr_unique_id = f"{camera_id or runtime.entry.entry_id}_{key}"
        self._attr_device_info = runtime.devices.info(camera_id)

    @override
    async def async_added_to_hass(self) -> None:
        """Begin to listen."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.runtime.bus.async_subscribe(
                self.async_handle, camera_id=self._camera_id, kinds=self.listens_to
            )
        )

    @callback
    def async_handle(self, _event: EngineEvent) -> None:
        """Show what changed."""
        self.async_write_ha_state()


class HomeSecCameraEntity(HomeSecEntity):
    """Belongs to a camera, and is unavailable while that camera is looked for in vain."""

    listens_to: ClassVar[tuple[type[EngineEvent], ...]] = (HealthChanged,)
    available_when_lost: ClassVar[bool] = False
    """For what shows the past, or what the owner wants."""

    def __init__(self, *, runtime: HomeSecData, key: str, camera_id: str) -> None:
        super().__init__(runtime=runtime, key=key, camera_id=camera_id)
        self.camera_id = camera_id

    @property
    def camera_state(self) -> CameraState:
        """What is known of the camera; of one that was removed, nothing."""
        return self.runtime.cameras.get(self.camera_id) or CameraState()

    @property
    @override
    def available(self) -> bool:
        """Whether there is something to show."""
        return self.available_when_lost or self.camera_state.health is not CameraHealth.LOST


def label_key(label: str) -> str:
    """Return the key of a label's texts; what only a user's own model knows has none of its own."""
    return label if label in LABELS else "other"


def add_camera_entities(
    entry: HomeSecConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[HomeSecData, str], Iterable[HomeSecCameraEntity]],
) -> None:
    """Keep a platform's entities in step with the cameras, without reloading anything.

    ``make`` returns all entities that a camera is to have now; those it lacks are added, and those
    it had at any time and is not to have any more (a label or zone that was given up) are removed.
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

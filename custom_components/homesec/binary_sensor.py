"""Occupancy of each label and each zone of a camera, and whether it was tampered with."""

from typing import TYPE_CHECKING, Any, override

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.const import EntityCategory
from homeassistant.core import callback

from .cameras.config import camera_labels, occupancy_zones
from .cameras.tampering import TamperResponse, tamper_response
from .engine.core.events import (
    DetectionEnded,
    DetectionStarted,
    HealthChanged,
    TamperChanged,
    ZoneChanged,
)
from .entity import HomeSecCameraEntity, add_camera_entities, label_key
from .event_bus import CameraChanged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homeassistant.core import HomeAssistant
    from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

    from .engine.core.events import EngineEvent
    from .runtime import HomeSecConfigEntry, HomeSecData

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: HomeSecConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of each camera."""

    def make(runtime: HomeSecData, camera_id: str) -> Iterable[HomeSecCameraEntity]:
        data = runtime.cameras.subentry(camera_id).data
        for label in camera_labels(data):
            yield LabelSensor(runtime, camera_id, label)
        for zone_id, name in occupancy_zones(data).items():
            yield ZoneSensor(runtime, camera_id, zone_id, name)
        if tamper_response(data) is not TamperResponse.IGNORE:
            yield TamperSensor(runtime, camera_id)

    add_camera_entities(entry, async_add_entities, make)


class LabelSensor(HomeSecCameraEntity, BinarySensorEntity):
    """On while a label is present, until the end of its grace period."""

    _attr_device_class = BinarySensorDeviceClass.OCCUPANCY
    listens_to = (HealthChanged, DetectionStarted, DetectionEnded)

    def __init__(self, runtime: HomeSecData, camera_id: str, label: str) -> None:
        super().__init__(runtime, camera_id, key=f"{label}_present")
        self._label = label
        self._attr_translation_key = label_key(label)
        self._attr_translation_placeholders = {"label": label.capitalize()}

    @property
    @override
    def is_on(self) -> bool | None:
        state = self.camera_state
        return self._label in state.presences if state.watching else None


class ZoneSensor(HomeSecCameraEntity, BinarySensorEntity):
    """On while a zone is occupied; it stays the same when its zone is renamed."""

    _attr_device_class = BinarySensorDeviceClass.OCCUPANCY
    _attr_translation_key = "zone"
    listens_to = (HealthChanged, ZoneChanged, CameraChanged)

    def __init__(self, runtime: HomeSecData, camera_id: str, zone_id: str, name: str) -> None:
        super().__init__(runtime, camera_id, key=f"zone_{zone_id}")
        self._zone_id = zone_id
        self._zone = name
        self._attr_translation_placeholders = {"zone": name}

    @callback
    @override
    def async_handle_event(self, event: EngineEvent) -> None:
        if isinstance(event, CameraChanged):
            self._async_rename()
        super().async_handle_event(event)

    @callback
    def _async_rename(self) -> None:
        """Take over the zone's name; a name or entity id that a user has chosen stays."""
        name = occupancy_zones(self.runtime.cameras.subentry(self.camera_id).data).get(
            self._zone_id, self._zone
        )
        if name != self._zone:
            self._zone = name
            self._attr_name = name  # the registry follows when the state is written

    @property
    @override
    def is_on(self) -> bool | None:
        state = self.camera_state
        return self._zone in state.zones if state.watching else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        return {"labels": self.camera_state.zones.get(self._zone, [])}


class TamperSensor(HomeSecCameraEntity, BinarySensorEntity):
    """On while a camera is tampered with; unknown until it has learned what it's meant to show."""

    key = "tamper"
    _attr_translation_key = "tamper"
    _attr_device_class = BinarySensorDeviceClass.TAMPER
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    listens_to = (HealthChanged, TamperChanged)

    @property
    @override
    def is_on(self) -> bool | None:
        state = self.camera_state
        return state.tamper is not None if state.watching and state.tamper_known else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        return {"kind": self.camera_state.tamper}

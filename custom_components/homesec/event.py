"""Detections, zones, and clips of a camera as an event entity."""

from typing import TYPE_CHECKING, override

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback

from .bus_events import bus_event
from .const import (
    EVENT_CLIP_SAVED,
    EVENT_CLIP_UPLOADED,
    EVENT_DETECTION_ENDED,
    EVENT_DETECTION_STARTED,
    EVENT_ZONE_ENTERED,
    EVENT_ZONE_LEFT,
)
from .engine.core.events import (
    ClipSaved,
    ClipUploaded,
    DetectionEnded,
    DetectionStarted,
    EngineEvent,
    ZoneChanged,
)
from .entity import HomeSecCameraEntity, add_camera_entities

if TYPE_CHECKING:
    from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

    from .runtime import HomeSecConfigEntry, HomeSecData

PARALLEL_UPDATES = 0

EVENT_TYPES = {
    EVENT_DETECTION_STARTED: "detected",
    EVENT_DETECTION_ENDED: "left",
    EVENT_ZONE_ENTERED: "zone_entered",
    EVENT_ZONE_LEFT: "zone_left",
    EVENT_CLIP_SAVED: "clip_saved",
    EVENT_CLIP_UPLOADED: "clip_uploaded",
}
"""Event types by the event on Home Assistant's bus with the same data."""


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: HomeSecConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the event entity of each camera."""
    add_camera_entities(entry, async_add_entities, lambda *camera: [CameraEvents(*camera)])


class CameraEvents(HomeSecCameraEntity, EventEntity):
    """Fires with the same data as the event on the bus."""

    key = "activity"
    _attr_translation_key = "activity"
    available_when_lost = True
    listens_to = (DetectionStarted, DetectionEnded, ZoneChanged, ClipSaved, ClipUploaded)

    def __init__(self, runtime: HomeSecData, camera_id: str) -> None:
        super().__init__(runtime, camera_id)
        self._attr_event_types = list(EVENT_TYPES.values())

    @callback
    @override
    def async_handle_event(self, event: EngineEvent) -> None:
        if (announced := bus_event(event)) is not None:
            name, data = announced
            self._trigger_event(EVENT_TYPES[name], data)
            self.async_write_ha_state()

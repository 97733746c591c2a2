"""The button that starts a manual recording."""

from typing import TYPE_CHECKING, override

from homeassistant.components.button import ButtonEntity

from .engine.core.events import HealthChanged
from .entity import HomeSecCameraEntity, add_camera_entities
from .event_bus import CameraChanged

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

    from .runtime import HomeSecConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: HomeSecConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the button of each camera."""
    add_camera_entities(entry, async_add_entities, lambda *camera: [RecordButton(*camera)])


class RecordButton(HomeSecCameraEntity, ButtonEntity):
    """Records now, pre-roll included, up to the longest clip."""

    key = "record_now"
    _attr_translation_key = "record_now"
    listens_to = (HealthChanged, CameraChanged)

    @override
    async def async_press(self) -> None:
        await self.runtime.coordinator.async_start_recording(self.camera_id, None)

"""Detection on or off, and recording by hand."""

from typing import TYPE_CHECKING, Any, override

from homeassistant.components.switch import SwitchEntity

from .cameras.config import DEFAULTS
from .const import CONF_DETECTION
from .engine.core.events import ClipFailed, ClipSaved, ClipStarted, HealthChanged
from .entity import HomeSecCameraEntity, add_camera_entities
from .event_bus import CameraChanged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homeassistant.core import HomeAssistant
    from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

    from .runtime import HomeSecConfigEntry, HomeSecData

PARALLEL_UPDATES = 0

LONGEST_S = 24 * 3600.0
"""A switch that was forgotten. What is longer than the longest clip becomes several."""


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: HomeSecConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add each camera's switches."""

    def make(runtime: HomeSecData, camera_id: str) -> Iterable[HomeSecCameraEntity]:
        yield DetectionSwitch(runtime=runtime, camera_id=camera_id)
        yield RecordingSwitch(runtime=runtime, camera_id=camera_id)

    add_camera_entities(entry, async_add_entities, make)


class DetectionSwitch(HomeSecCameraEntity, SwitchEntity):
    """Off: the camera is left alone, whatever the alarm says. Remembered with its settings."""

    _attr_translation_key = "detection"
    available_when_lost = True
    listens_to = (CameraChanged,)

    def __init__(self, *, runtime: HomeSecData, camera_id: str) -> None:
        super().__init__(runtime=runtime, key="detection", camera_id=camera_id)

    @property
    @override
    def is_on(self) -> bool:
        """What the settings say."""
        data = self.runtime.cameras.subentry(self.camera_id).data
        return bool(data.get(CONF_DETECTION, DEFAULTS[CONF_DETECTION]))

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Let the alarm decide again."""
        self._set(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Release the camera."""
        self._set(on=False)

    def _set(self, *, on: bool) -> None:
        subentry = self.runtime.cameras.subentry(self.camera_id)
        self.hass.config_entries.async_update_subentry(
            self.runtime.entry, subentry, data={**subentry.data, CONF_DETECTION: on}
        )
        self.async_write_ha_state()


class RecordingSwitch(HomeSecCameraEntity, SwitchEntity):
    """On while a clip grows that somebody asked for."""

    _attr_translation_key = "recording"
    listens_to = (HealthChanged, CameraChanged, ClipStarted, ClipSaved, ClipFailed)

    def __init__(self, *, runtime: HomeSecData, camera_id: str) -> None:
        super().__init__(runtime=runtime, key="recording", camera_id=camera_id)

    @property
    @override
    def is_on(self) -> bool:
        """Whether such a clip grows."""
        return self.camera_state.recording_manually

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Record until switched off."""
        await self.runtime.coordinator.async_record(self.camera_id, LONGEST_S)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """End it; a clip that shows somebody goes on as long as they are here."""
        await self.runtime.coordinator.async_end_record(self.camera_id)

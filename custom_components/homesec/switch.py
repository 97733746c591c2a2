"""Switches that turn a camera's detection, its recording, and a manual recording on and off."""

from typing import TYPE_CHECKING, Any, ClassVar, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.const import EntityCategory

from .alarm.guard import Weakening
from .engine.core.events import ClipFailed, ClipSaved, ClipStarted, HealthChanged
from .entity import HomeSecCameraEntity, add_camera_entities
from .event_bus import CameraChanged

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

    from .runtime import HomeSecConfigEntry

PARALLEL_UPDATES = 0

MAX_RECORDING_S = 24 * 3600.0
"""In case the switch is forgotten; rolls over to a new clip at the longest clip's length."""


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: HomeSecConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switches of each camera."""
    add_camera_entities(
        entry,
        async_add_entities,
        lambda *camera: [
            DetectionSwitch(*camera),
            RecordingSwitch(*camera),
            ManualRecordingSwitch(*camera),
        ],
    )


class SettingSwitch(HomeSecCameraEntity, SwitchEntity):
    """A switch that is stored in the camera's settings.

    A setting: Home Assistant hands those to no voice assistant unless asked to.
    """

    _attr_entity_category = EntityCategory.CONFIG
    available_when_lost = True
    listens_to = (CameraChanged,)
    weakening: ClassVar[Weakening]  # what turning it off does to an armed alarm

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        self._set(on=True)
        self.async_write_ha_state()

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        if self.is_on:
            await self.runtime.guard.async_check(
                self.weakening, self._context, cameras=[self.camera_id]
            )
        self._set(on=False)
        self.async_write_ha_state()

    def _set(self, *, on: bool) -> None:
        raise NotImplementedError


class DetectionSwitch(SettingSwitch):
    """Off: the camera is closed, whatever the alarm's mode."""

    key = "detection"
    _attr_translation_key = "detection"
    weakening = Weakening.DETECTION_OFF

    @property
    @override
    def is_on(self) -> bool:
        return self.runtime.cameras.detects(self.camera_id)

    @override
    def _set(self, *, on: bool) -> None:
        self.runtime.cameras.async_set_detection(self.camera_id, on=on)


class RecordingSwitch(SettingSwitch):
    """Off: the camera only detects, whatever the alarm's mode; an open clip ends."""

    key = "record_detections"
    _attr_translation_key = "record_detections"
    weakening = Weakening.RECORDING_OFF

    @property
    @override
    def is_on(self) -> bool:
        return self.runtime.cameras.records(self.camera_id)

    @override
    def _set(self, *, on: bool) -> None:
        self.runtime.cameras.async_set_recording(self.camera_id, on=on)


class ManualRecordingSwitch(HomeSecCameraEntity, SwitchEntity):
    """On while a manual clip is recorded.

    The button *Record now* does as much for most; where this switch isn't in use yet, it's hidden.
    """

    key = "recording"
    _attr_translation_key = "recording"
    _attr_entity_registry_visible_default = False
    listens_to = (HealthChanged, CameraChanged, ClipStarted, ClipSaved, ClipFailed)

    @property
    @override
    def is_on(self) -> bool:
        return self.camera_state.recording_manually

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self.runtime.coordinator.async_start_recording(self.camera_id, MAX_RECORDING_S)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        if self.is_on:
            await self.runtime.guard.async_check(
                Weakening.RECORDING_ENDED, self._context, cameras=[self.camera_id]
            )
        # A clip that shows a presence goes on until that ends.
        await self.runtime.coordinator.async_stop_recording(self.camera_id)

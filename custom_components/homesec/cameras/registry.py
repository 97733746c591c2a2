"""The cameras of the entry: their settings, states, and devices."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, override

from homeassistant.components.camera import DOMAIN as CAMERA_DOMAIN
from homeassistant.const import CONF_ENTITY_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import (
    CONF_DETECTION,
    CONF_DISARMED,
    CONF_RECORDING,
    CONF_TRUSTED_SENSORS,
    CONF_WAKE_SENSORS,
    DOMAIN,
    SUBENTRY_CAMERA,
)
from ..engine.core.types import Activity
from .config import DEFAULTS, source_entity, source_unique_id
from .state import CameraState

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry, ConfigSubentry

    from ..devices import Devices


class CameraRegistry(Mapping[str, CameraState]):
    """Maps the id of each camera, in the order of the settings, to its state.

    A camera that is being removed may have a state and no settings any more, for a moment.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, devices: Devices) -> None:
        self._hass = hass
        self._entry = entry
        self._devices = devices
        self._states: dict[str, CameraState] = {}
        self._names: dict[str, str] = {}  # also of cameras that were removed since the start
        self._on_camera: list[Callable[[str], None]] = []

    @override
    def __getitem__(self, camera_id: str) -> CameraState:
        return self._states[camera_id]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._states)

    @override
    def __len__(self) -> int:
        return len(self._states)

    def subentry(self, camera_id: str) -> ConfigSubentry:
        """Return the settings of a camera. Raises ``KeyError``."""
        return self._entry.subentries[camera_id]

    def exists(self, camera_id: str) -> bool:
        """Return whether a camera has both settings and a state."""
        return camera_id in self._states and camera_id in self._entry.subentries

    def name(self, camera_id: str) -> str | None:
        """Return a camera's name; None if it was removed."""
        subentry = self._entry.subentries.get(camera_id)
        return None if subentry is None else subentry.title

    def last_name(self, camera_id: str) -> str | None:
        """Return a camera's name, or the last one of a camera that was removed since the start."""
        return self.name(camera_id) or self._names.get(camera_id)

    def names(self, camera_ids: Iterable[str]) -> list[str]:
        """Return the names of those of these cameras that weren't removed."""
        names = map(self.name, camera_ids)
        return [name for name in names if name is not None]

    def detects(self, camera_id: str) -> bool:
        """Return whether a camera's detection is turned on."""
        return bool(self._setting(camera_id, CONF_DETECTION))

    def records(self, camera_id: str) -> bool:
        """Return whether a camera records what it detects, in the modes in which it's active."""
        return self._setting(camera_id, CONF_RECORDING) is not False

    def _setting(self, camera_id: str, key: str) -> object:
        return self.subentry(camera_id).data.get(key, DEFAULTS[key])

    def is_off(self, camera_id: str) -> bool:
        """Return whether a camera is off in any mode: its detection is off, or it's disabled."""
        return not self.detects(camera_id) or self.is_disabled(camera_id)

    def is_disabled(self, camera_id: str) -> bool:
        """Return whether a camera is disabled in Home Assistant's settings.

        That is its device, its camera entity, or the entity that it gets its pictures from.
        """
        if self._devices.is_disabled(camera_id):
            return True
        registry, entity_ids = er.async_get(self._hass), self._entity_ids(camera_id)
        entities = map(registry.async_get, filter(None, entity_ids))
        return any(entity is not None and entity.disabled for entity in entities)

    @callback
    def async_follow_entity(self, old_id: str, entity_id: str) -> None:
        """Take over the new id of an entity that cameras get their pictures from, or wake for."""
        for camera in self._entry.get_subentries_of_type(SUBENTRY_CAMERA):
            data = {**camera.data}
            for key in (CONF_WAKE_SENSORS, CONF_TRUSTED_SENSORS):
                if old_id in data.get(key, ()):
                    data[key] = [entity_id if each == old_id else each for each in data[key]]
            if data != camera.data:
                self._hass.config_entries.async_update_subentry(self._entry, camera, data=data)
            if source_entity(data) == old_id:
                data[CONF_ENTITY_ID] = entity_id
                self._hass.config_entries.async_update_subentry(
                    self._entry,
                    camera,
                    data=data,
                    unique_id=source_unique_id(self._entry.entry_id, data),
                )

    def find_entity(self, entity_id: str) -> list[str]:
        """Return the ids of the cameras that are disabled with this entity."""
        return [each for each in self if self.exists(each) and entity_id in self._entity_ids(each)]

    def _entity_ids(self, camera_id: str) -> tuple[str | None, str | None]:
        registry = er.async_get(self._hass)
        own = registry.async_get_entity_id(CAMERA_DOMAIN, DOMAIN, f"{camera_id}_{CAMERA_DOMAIN}")
        return own, source_entity(self.subentry(camera_id).data)

    def find_sensor(self, entity_id: str) -> list[str]:
        """Return the ids of the cameras that wake for this entity, or trust it."""
        sensors = {id_: self.subentry(id_).data for id_ in self if self.exists(id_)}
        keys = (CONF_WAKE_SENSORS, CONF_TRUSTED_SENSORS)
        return [
            id_
            for id_, data in sensors.items()
            if any(entity_id in data.get(key, ()) for key in keys)
        ]

    def find_device(self, device_id: str) -> str | None:
        """Return the id of the camera with this device."""
        return next((each for each in self if self._devices.id_of(each) == device_id), None)

    @callback
    def async_set_detection(self, camera_id: str, *, on: bool) -> None:
        """Turn a camera's detection on or off; the entry's update listener applies it."""
        self._async_change(camera_id, {CONF_DETECTION: on})

    @callback
    def async_set_recording(self, camera_id: str, *, on: bool) -> None:
        """Turn the recording of what a camera detects on or off, likewise."""
        self._async_change(camera_id, {CONF_RECORDING: on})

    @callback
    def async_turn_on(self, camera_id: str) -> None:
        """Have a camera detect in every mode, so that it isn't off in the present one."""
        changed: dict[str, object] = {CONF_DETECTION: True}
        if self._setting(camera_id, CONF_DISARMED) == Activity.OFF:
            changed[CONF_DISARMED] = Activity.DETECT.value
        self._async_change(camera_id, changed)

    def _async_change(self, camera_id: str, settings: Mapping[str, object]) -> None:
        subentry = self.subentry(camera_id)
        changed = {k: v for k, v in settings.items() if self._setting(camera_id, k) != v}
        if changed:
            self._hass.config_entries.async_update_subentry(
                self._entry, subentry, data={**subentry.data, **changed}
            )

    def event_data(
        self, camera_id: str | None, recorded_as: str | None = None
    ) -> dict[str, str | None]:
        """Return what each event on Home Assistant's bus has about its camera; {} without one.

        Of a camera that was removed, there's only the name that it had when it recorded.
        """
        if camera_id is None:
            return {}
        return {
            "camera_id": camera_id,
            "camera": self.last_name(camera_id) or recorded_as,
            "device_id": self._devices.id_of(camera_id),
        }

    @callback
    def async_subscribe(self, on_camera: Callable[[str], None]) -> None:
        """Call ``on_camera`` with each camera, now and whenever one is added or changed."""
        self._on_camera.append(on_camera)
        for camera_id in self._states:
            on_camera(camera_id)

    @callback
    def async_sync(self) -> list[str]:
        """Take over added and removed subentries; return the ids of those that were removed."""
        cameras = self._entry.get_subentries_of_type(SUBENTRY_CAMERA)
        wanted = [x.subentry_id for x in cameras]
        self._names |= {x.subentry_id: x.title for x in cameras}
        removed = [each for each in self._states if each not in wanted]
        self._states = {each: self._states.get(each) or CameraState() for each in wanted}
        for camera_id in removed:
            # Home Assistant itself removes the device and the entities.
            self._devices.async_forget(camera_id)
        return removed

    @callback
    def async_announce(self, camera_id: str) -> None:
        """Register a camera's device and call those who subscribed, as it may have changed."""
        self._devices.async_register(camera_id)
        for on_camera in self._on_camera:
            on_camera(camera_id)

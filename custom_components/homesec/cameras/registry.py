"""The cameras of the entry: their settings, states, and devices."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, override

from homeassistant.core import HomeAssistant, callback

from ..const import CONF_DETECTION, SUBENTRY_CAMERA
from .config import DEFAULTS
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

    def names(self, camera_ids: Iterable[str]) -> list[str]:
        """Return the names of those of these cameras that weren't removed."""
        names = map(self.name, camera_ids)
        return [name for name in names if name is not None]

    def detects(self, camera_id: str) -> bool:
        """Return whether a camera's detection is turned on."""
        data = self.subentry(camera_id).data
        return bool(data.get(CONF_DETECTION, DEFAULTS[CONF_DETECTION]))

    def is_off(self, camera_id: str) -> bool:
        """Return whether a camera is off in any mode: its detection, or its whole device."""
        return not self.detects(camera_id) or self._devices.is_disabled(camera_id)

    def find_device(self, device_id: str) -> str | None:
        """Return the id of the camera with this device."""
        return next((each for each in self if self._devices.id_of(each) == device_id), None)

    @callback
    def async_set_detection(self, camera_id: str, *, on: bool) -> None:
        """Turn a camera's detection on or off; the entry's update listener applies it."""
        subentry = self.subentry(camera_id)
        self._hass.config_entries.async_update_subentry(
            self._entry, subentry, data={**subentry.data, CONF_DETECTION: on}
        )

    def event_data(self, camera_id: str | None) -> dict[str, str | None]:
        """Return what each event on Home Assistant's bus has about its camera; {} without one."""
        if camera_id is None or camera_id not in self._entry.subentries:
            return {}
        return {
            "camera_id": camera_id,
            "camera": self.name(camera_id),
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
        wanted = [x.subentry_id for x in self._entry.get_subentries_of_type(SUBENTRY_CAMERA)]
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

"""The devices of the registry: the house, and each camera, reached through it."""

from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo

from .const import DOMAIN

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry

MANUFACTURER = "HomeSec"
PAGE = f"homeassistant://{DOMAIN}"
"""What "Visit" opens: HomeSec's own page."""


class Devices:
    """Registers the entry's devices and knows their ids; None stands for the house."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        self._registry = dr.async_get(hass)
        self._entry = entry
        self._ids: dict[str | None, str] = {}

    @callback
    def async_register(self, camera_id: str | None) -> None:
        """Add a device or give it its new name; the house comes first."""
        self._ids[camera_id] = self._registry.async_get_or_create(
            config_entry_id=self._entry.entry_id,
            config_subentry_id=camera_id,
            **self.info(camera_id),
        ).id

    @callback
    def async_forget(self, camera_id: str) -> None:
        """Home Assistant has removed the device together with its subentry."""
        self._ids.pop(camera_id, None)

    def id_of(self, camera_id: str) -> str | None:
        """Return the registry's id of a camera's device."""
        return self._ids.get(camera_id)

    def info(self, camera_id: str | None) -> DeviceInfo:
        """Describe a device, for the registry and for the entities that belong to it."""
        if camera_id is None:
            return DeviceInfo(
                identifiers={(DOMAIN, self._entry.entry_id)},
                configuration_url=PAGE,
                entry_type=dr.DeviceEntryType.SERVICE,
                manufacturer=MANUFACTURER,
                name=self._entry.title,
            )
        return DeviceInfo(
            configuration_url=PAGE,
            identifiers={(DOMAIN, camera_id)},
            manufacturer=MANUFACTURER,
            name=self._entry.subentries[camera_id].title,
            via_device_id=self._ids[None],
        )

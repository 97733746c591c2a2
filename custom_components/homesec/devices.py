"""The devices: one of HomeSec itself, and one for each camera and recipient."""

from typing import TYPE_CHECKING

from homeassistant.const import CONF_ENTITY_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo

from .cameras.known_device import KnownDevice, source_mac
from .const import DOMAIN, SUBENTRY_CAMERA

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry, ConfigSubentry

MANUFACTURER = "HomeSec"
PAGE = f"homeassistant://{DOMAIN}"  # HomeSec's page, opened by "Visit"


class Devices:
    """Registers the devices by their subentry's id; None is HomeSec itself."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        self._hass = hass
        self._registry = dr.async_get(hass)
        self._entry = entry
        self._ids: dict[str | None, str] = {}

    @callback
    def async_register(self, subentry_id: str | None) -> None:
        """Add a device or rename it; HomeSec's own one has to be the first."""
        self._ids[subentry_id] = self._registry.async_get_or_create(
            config_entry_id=self._entry.entry_id,
            config_subentry_id=subentry_id,
            **self.info(subentry_id),
        ).id

    @callback
    def async_forget(self, subentry_id: str) -> None:
        """Forget a device that Home Assistant removed with its subentry."""
        self._ids.pop(subentry_id, None)

    def id_of(self, subentry_id: str) -> str | None:
        """Return the registry's id of a device."""
        return self._ids.get(subentry_id)

    def is_disabled(self, subentry_id: str) -> bool:
        """Return whether a device is disabled in Home Assistant's settings."""
        device = self._registry.async_get(self._ids.get(subentry_id, ""))
        return device is not None and device.disabled

    def info(self, subentry_id: str | None) -> DeviceInfo:
        """Return what registry and entities have to know of a device."""
        if subentry_id is None:
            return DeviceInfo(
                identifiers={(DOMAIN, self._entry.entry_id)},
                configuration_url=PAGE,
                entry_type=dr.DeviceEntryType.SERVICE,
                manufacturer=MANUFACTURER,
                name=self._entry.title,
            )
        subentry = self._entry.subentries[subentry_id]
        return DeviceInfo(
            configuration_url=PAGE,
            identifiers={(DOMAIN, subentry_id)},
            name=subentry.title,
            via_device_id=self._ids[None],
            **self._known(subentry),
        )

    def _known(self, subentry: ConfigSubentry) -> DeviceInfo:
        """Return what is known of the device behind a camera."""
        known, source = KnownDevice.of(subentry.data), self._source_device(subentry)
        if source is not None:
            known = KnownDevice(maker=source.manufacturer or "", model=source.model or "")
        return DeviceInfo(
            connections=self._connections(subentry),
            manufacturer=known.maker or MANUFACTURER,
            model=known.model or None,
            serial_number=known.serial or None,
            sw_version=known.firmware or None,
        )

    def _source_device(self, subentry: ConfigSubentry) -> dr.DeviceEntry | None:
        """Return the device of the entity that a camera gets its pictures from, if it has one."""
        entity = er.async_get(self._hass).async_get(subentry.data.get(CONF_ENTITY_ID, ""))
        if entity is None or entity.device_id is None:
            return None
        device = self._registry.async_get(entity.device_id)
        return device if isinstance(device, dr.DeviceEntry) else None  # a part of one has no maker

    def _connections(self, subentry: ConfigSubentry) -> set[tuple[str, str]]:
        """Return the MAC address; of a recorder's cameras, only the first one has it.

        A registry takes devices with the same address for one.
        """
        mac = source_mac(subentry.data)
        first = next(
            (
                each.subentry_id
                for each in self._entry.get_subentries_of_type(SUBENTRY_CAMERA)
                if mac and source_mac(each.data) == mac
            ),
            None,
        )
        return {(dr.CONNECTION_NETWORK_MAC, mac)} if first == subentry.subentry_id else set()

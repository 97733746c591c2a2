"""The devices: one of HomeSec itself, and one for each camera and recipient."""

from typing import TYPE_CHECKING, Final

from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo

from .cameras.known_device import KnownDevice, async_source_device, source_mac
from .const import DOMAIN, SUBENTRY_CAMERA

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry, ConfigSubentry

MANUFACTURER = "HomeSec"
PAGE = f"homeassistant://{DOMAIN}"  # HomeSec's page, opened by "Visit"
NAME: Final = "name_by_user"


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
        info = self.info(subentry_id)
        before = self._registry.async_get(self._ids.get(subentry_id, ""))
        device = self._registry.async_get_or_create(
            config_entry_id=self._entry.entry_id, config_subentry_id=subentry_id, **info
        )
        self._ids[subentry_id] = device.id
        renamed = before is not None and before.name != info["name"]
        if renamed and subentry_id and device.name_by_user not in (None, info["name"]):
            # It was renamed in HomeSec's form, which the name from before would hide.
            self._registry.async_update_device(device.id, name_by_user=None)

    @callback
    def async_follow_names(self) -> CALLBACK_TYPE:
        """Call cameras and recipients what their devices are called; return what ends that.

        Home Assistant shows the name that a user gives to a device in place of ours.
        """
        for subentry_id in list(self._entry.subentries):
            identifier = (DOMAIN, subentry_id)
            found = self._registry.async_get_device_by_identifier(identifier, self._entry.entry_id)
            if found is not None:
                self._async_take_name(found.id, subentry_id)
        return self._hass.bus.async_listen(
            dr.EVENT_DEVICE_REGISTRY_UPDATED, self._async_device_updated
        )

    @callback
    def _async_device_updated(self, event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        data = event.data
        if data["action"] != "update" or NAME not in data["changes"]:
            return
        for subentry_id, device_id in self._ids.items():
            if device_id == data["device_id"] and subentry_id in self._entry.subentries:
                self._async_take_name(device_id, str(subentry_id))

    def _async_take_name(self, device_id: str, subentry_id: str) -> None:
        device = self._registry.async_get(device_id)
        name = "" if device is None else (device.name_by_user or "").strip()
        subentry = self._entry.subentries[subentry_id]
        if name and name != subentry.title:
            self._hass.config_entries.async_update_subentry(self._entry, subentry, title=name)

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
        known = KnownDevice.of(subentry.data)
        source = async_source_device(self._hass, subentry.data)
        if source is not None:
            known = KnownDevice(maker=source.manufacturer or "", model=source.model or "")
        return DeviceInfo(
            connections=self._connections(subentry),
            manufacturer=known.maker or MANUFACTURER,
            model=known.model or None,
            serial_number=known.serial or None,
            sw_version=known.firmware or None,
        )

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

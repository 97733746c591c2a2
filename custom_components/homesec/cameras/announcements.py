"""Cameras that show up on the network by themselves, as Home Assistant tells of them.

Anything can claim to be a camera. So what it says of itself is bounded and printable, its address
is an IP address that can be a camera's, and nothing connects to it before a person wants that.
"""

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from ipaddress import ip_address
from pathlib import Path
import re
import tomllib
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..const import CONF_DETECT_URL, SUBENTRY_CAMERA
from ..engine.core.errors import InvalidSource
from ..engine.core.source_url import parse_source_url
from .known_device import (
    KnownDevice,
    async_source_device,
    find_mac,
    normal_mac,
    plain_text,
    source_host,
    source_mac,
)
from .makers import read_makers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.config_entries import ConfigEntry, ConfigSubentry
    from homeassistant.helpers.discovery_flow import DiscoveryKey
    from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
    from homeassistant.helpers.service_info.ssdp import SsdpServiceInfo
    from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

ANNOUNCEMENTS_FILE: Final = Path(__file__).with_name("announcements.toml")
_OUI_DIGITS: Final = 6
_SHORTEST_SERIAL: Final = 6  # characters; a shorter number may be that of any device


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedCamera:
    """What a camera announced; texts are empty if it didn't say."""

    host: str  # an IP address
    id: str  # stays the same when its address changes
    name: str = ""
    maker: str = ""  # as in makers.toml
    mac: str = ""  # lower case, with colons
    serial: str = ""
    hostname: str = ""  # lower case, without a dot at its end
    key: DiscoveryKey | None = field(default=None, compare=False)
    """What Home Assistant remembers of an announcement that a person ignores."""

    @property
    def unique_ids(self) -> tuple[str, ...]:
        """Ids of its offer; all of them mean this camera, and the first is the one to use."""
        return tuple(f"camera:{each}" for each in (self.mac, self.id) if each)

    def is_same(self, other: AnnouncedCamera) -> bool:
        """Return whether both are one device, which may be announced in several ways."""
        return self.host == other.host or bool(set(self.unique_ids) & set(other.unique_ids))


def of_zeroconf(info: ZeroconfServiceInfo) -> AnnouncedCamera | None:
    """Return the camera behind a service; None if it has no address that can be a camera's."""
    return _camera(
        info.host,
        info.name,
        name=info.name.removesuffix(f".{info.type}"),
        mac=info.properties.get("macaddress"),
        hostname=info.hostname,
    )


def of_ssdp(info: SsdpServiceInfo) -> AnnouncedCamera | None:
    """Return the camera behind a device description; None without a usable address."""
    try:
        host = urlsplit(info.ssdp_location or "").hostname
    except ValueError:
        return None
    serial = info.upnp.get("serialNumber")
    return _camera(
        host,
        info.upnp.get("UDN") or info.ssdp_udn or info.ssdp_usn,
        name=info.upnp.get("friendlyName"),
        mac=serial,  # the one is the other for many makers, Axis among them
        serial=serial,
    )


def of_dhcp(info: DhcpServiceInfo) -> AnnouncedCamera | None:
    """Return the camera that asked for an address; None without a usable one."""
    return _camera(info.ip, info.macaddress, mac=info.macaddress, hostname=info.hostname)


def _camera(host: str | None, own_id: object, **texts: object) -> AnnouncedCamera | None:
    try:
        address = ip_address(host or "")
    except ValueError:
        return None
    if address.is_link_local or address.is_unspecified or address.is_multicast:
        return None
    known = {key: plain_text(str(text or "")) for key, text in texts.items()}
    return AnnouncedCamera(
        host=address.compressed,
        id=plain_text(str(own_id or "")) or address.compressed,
        name=known.get("name", ""),
        mac=normal_mac(known.get("mac", "")),
        serial=known.get("serial", ""),
        hostname=known.get("hostname", "").lower().rstrip("."),
    )


@cache
def read_announcements() -> Mapping[str, list[dict[str, Any]]]:
    """Return the table of announcements. Reads a file: call it in an executor."""
    return tomllib.loads(ANNOUNCEMENTS_FILE.read_text(encoding="utf-8"))


def complete(camera: AnnouncedCamera) -> AnnouncedCamera:
    """Add the MAC address, if this system knows it, and the maker.

    Reads files: call it in an executor.
    """
    mac = camera.mac or find_mac(f"rtsp://{camera.host}")
    return replace(camera, mac=mac, maker=_find_maker(mac, camera.hostname, camera.name))


def _find_maker(mac: str, hostname: str, name: str) -> str:
    """Return whose camera it is by its addresses, else by its name; empty if that's unknown."""
    oui = mac.replace(":", "")[:_OUI_DIGITS].upper()
    for row in read_announcements()["maker"]:
        if oui and oui in row["ouis"]:
            return str(row["name"])
        if any(fnmatchcase(hostname, each) for each in row.get("hostnames", ())):
            return str(row["name"])
    words = set(re.findall(r"[\w-]+", name.casefold()))
    return next((each for each in read_makers() if each.casefold().split()[0] in words), "")


@callback
def is_added(hass: HomeAssistant, entry: ConfigEntry, announced: AnnouncedCamera) -> bool:
    """Return whether it's one of HomeSec's cameras, or a recorder that has one of them."""
    return any(
        _is_camera(hass, each, announced) for each in entry.get_subentries_of_type(SUBENTRY_CAMERA)
    )


def _is_camera(hass: HomeAssistant, camera: ConfigSubentry, announced: AnnouncedCamera) -> bool:
    serial = KnownDevice.of(camera.data).serial.casefold()
    if len(serial) >= _SHORTEST_SERIAL and serial == announced.serial.casefold():
        return True
    hosts = {source_host(camera.data), _detect_host(camera.data)}
    macs = {source_mac(camera.data)}
    device = async_source_device(hass, camera.data)
    if device is not None:
        entry = hass.config_entries.async_get_entry(device.config_entry_id or "")
        hosts.add("" if entry is None else str(entry.data.get(CONF_HOST, "")))
        macs |= {mac for kind, mac in device.connections if kind == dr.CONNECTION_NETWORK_MAC}
    own = {announced.host, announced.hostname, announced.mac} - {""}
    return bool(own & (hosts | macs))


def _detect_host(data: Mapping[str, Any]) -> str:
    try:
        return parse_source_url(data.get(CONF_DETECT_URL, "")).host
    except InvalidSource:
        return ""

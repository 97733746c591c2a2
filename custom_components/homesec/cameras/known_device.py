"""What is known of the device behind a camera: its maker, model, and addresses."""

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
import re
from typing import TYPE_CHECKING, Any, Final, Self

from homeassistant.const import CONF_ENTITY_ID, CONF_URL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import format_mac

from ..const import CONF_DEVICE_INFO
from ..engine.core.errors import InvalidSource
from ..engine.core.source_url import parse_source_url

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LENGTH: Final = 100  # characters of a text that the camera says of itself
NEIGHBORS: Final = Path("/proc/net/arp")
_MAC: Final = re.compile("(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_NO_MACS: Final = ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDevice:
    """Texts as the camera reports them; empty if it doesn't."""

    maker: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    mac: str = ""  # lower case, with colons

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Return what a camera's settings have, which is nothing in those of earlier versions."""
        stored = data.get(CONF_DEVICE_INFO, {})
        return cls(**{key: stored.get(key, "") for key in cls.__slots__})

    @classmethod
    def reported(cls, **texts: str) -> Self:
        """Return what a camera reported, without what no text should have in it."""
        known = {key: plain_text(text) for key, text in texts.items()}
        return cls(**known | {"mac": normal_mac(texts.get("mac", ""))})

    def as_stored(self) -> dict[str, str]:
        """Return the parts that are known."""
        values = {key: getattr(self, key) for key in self.__slots__}
        return {key: value for key, value in values.items() if value}


def normal_mac(text: str) -> str:
    """Return a MAC address in lower case with colons; empty if it isn't one of a device."""
    mac = format_mac(text.strip())
    return mac if _MAC.fullmatch(mac) and mac not in _NO_MACS else ""


def find_mac(url: str, neighbors: Path = NEIGHBORS) -> str:
    """Return the MAC address of a stream's host on the same network; empty if it's unknown.

    Linux knows it after a connection. Reads a file: call it in an executor.
    """
    try:
        host = str(IPv4Address(parse_source_url(url).host))
        lines = neighbors.read_text(encoding="ascii").splitlines()[1:]
    except InvalidSource, AddressValueError, OSError, UnicodeError:
        return ""
    rows = [line.split() for line in lines]
    found = {normal_mac(row[3]) for row in rows if len(row) > 3 and row[0] == host}
    return found.pop() if len(found) == 1 else ""


def source_host(data: Mapping[str, Any]) -> str:
    """Return the host of a camera on the network; empty if it has none."""
    try:
        return parse_source_url(data.get(CONF_URL, "")).host
    except InvalidSource:
        return ""


def source_mac(data: Mapping[str, Any]) -> str:
    """Return the MAC address of a camera on the network; empty if it's unknown."""
    return KnownDevice.of(data).mac if CONF_URL in data else ""


@callback
def async_source_device(hass: HomeAssistant, data: Mapping[str, Any]) -> dr.DeviceEntry | None:
    """Return the device of the entity that a camera gets its pictures from, if it has one."""
    entity = er.async_get(hass).async_get(data.get(CONF_ENTITY_ID, ""))
    if entity is None or entity.device_id is None:
        return None
    device = dr.async_get(hass).async_get(entity.device_id)
    return device if isinstance(device, dr.DeviceEntry) else None  # a part of one has no maker


def plain_text(text: str) -> str:
    """Return what a device says of itself as a short text without odd characters."""
    return "".join(char for char in text if char.isprintable())[:MAX_LENGTH].strip()

"""Make what devices say harmless: short printable texts, and addresses of the device itself."""

from dataclasses import replace
from ipaddress import ip_address
import math
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..core.errors import InvalidSource
from ..core.source_url import parse_source_url

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_TEXT = 80
MAX_URL = 2000
MAX_PARTS = 64
MAX_DEPTH = 8
_MAC = re.compile(r"[0-9a-f]{12}")
_NO_MACS = {"000000000000", "ffffffffffff"}


def clean_text(text: object, limit: int = MAX_TEXT) -> str:
    """Return a text of a device on one line, without control characters, and not too long."""
    if not isinstance(text, str):
        return ""
    spaced = " ".join(text[: 4 * limit].split())
    return "".join(each for each in spaced if each.isprintable())[:limit].strip()


def clean_mac(text: object) -> str | None:
    """Return the address of a network card like 00:1a:2b:3c:4d:5e; None if it isn't one."""
    digits = re.sub(r"[:.\-\s]", "", text.lower()) if isinstance(text, str) else ""
    if _MAC.fullmatch(digits) is None or digits in _NO_MACS:
        return None
    return ":".join(re.findall("..", digits))


def clean_number(value: object, limit: float) -> float | None:
    """Return a number above 0, and up to a limit; None for anything else."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, int | float) and math.isfinite(value) and 0 < value <= limit:
        return float(value)
    return None


def dig(answer: object, *keys: str) -> object:
    """Return what nested dictionaries have under these keys; None if anything is missing."""
    for key in keys:
        if not isinstance(answer, dict):
            return None
        answer = answer.get(key)
    return answer


def read_element(element: _Element, depth: int = 0) -> object:
    """Return an element of lxml as dictionaries of texts by names without their namespaces.

    Of several with the same name, the first one counts. An element without any is its text.
    """
    parts = [each for each in element if isinstance(each.tag, str)][:MAX_PARTS]
    if not parts or depth >= MAX_DEPTH:
        return element.text
    found: dict[str, object] = {_local(key): text for key, text in element.attrib.items()}
    for each in parts:
        if (name := _local(each.tag)) not in found:
            found[name] = read_element(each, depth + 1)
    return found


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def own_url(text: object, host: str, *, schemes: tuple[str, ...]) -> str | None:
    """Return a URL with the host that the device was reached at, and without a login.

    None if it isn't a URL of one of these schemes. Devices behind a router give an address of the
    network on its other side, and a hostile one could lead the login to anyone.
    """
    if not isinstance(text, str) or len(text) > MAX_URL:
        return None
    try:
        url = parse_source_url(text)
    except InvalidSource:
        return None
    if url.scheme not in schemes:
        return None
    own = replace(url, host=host, username=None, password=None).without_login
    return own if len(own) <= MAX_URL else None


def read_scopes(scopes: list[str]) -> dict[str, str]:
    """Return what the scopes of a device say, by their category in lower case."""
    found: dict[str, str] = {}
    for scope in scopes:
        matched = re.match(r"(?i)onvif://www\.onvif\.org/([a-z_]+)/([^/]+)$", scope)
        if matched is not None and (text := clean_text(unquote(matched[2]))):
            found.setdefault(matched[1].lower(), text)
    return found


def is_usable_host(host: str) -> bool:
    """Return whether a device can have this IP address."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return not (address.is_multicast or address.is_unspecified or address.is_reserved)

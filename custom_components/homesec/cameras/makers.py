"""The RTSP paths of common makers' cameras, from which an address is enough to find the video."""

from dataclasses import dataclass, replace
from functools import cache
from ipaddress import ip_address
from pathlib import Path
import tomllib
from typing import TYPE_CHECKING, Final

from ..engine.core.source_url import DEFAULT_PORTS, SourceUrl, parse_source_url

if TYPE_CHECKING:
    from collections.abc import Mapping

MAKERS_FILE: Final = Path(__file__).with_name("makers.toml")
HIGHEST_CHANNEL: Final = 64
_SCHEME: Final = "rtsp"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPair:
    """The URLs of a camera's full and low-resolution picture, without a login."""

    main: str
    low: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """A maker of cameras, and where they have their video."""

    name: str
    streams: tuple[tuple[str, str], ...]  # paths, with {channel}; the second may be empty
    ports: tuple[int, ...] = (DEFAULT_PORTS[_SCHEME],)
    hint: str = ""  # for docs/cameras.md: what to do first

    def stream_pairs(self, address: str, channel: int = 1) -> list[StreamPair]:
        """Return what to try, in that order. Raises ``InvalidSource``.

        ``address``: as a person writes it, such as ``192.168.1.20`` or ``camera.local:8554``.
        """
        at = parse_address(address)
        ports = self.ports if at.port == DEFAULT_PORTS[_SCHEME] else (at.port,)
        return [
            StreamPair(
                main=_url(at, port, main, channel),
                low=_url(at, port, low, channel) if low else None,
            )
            for port in ports
            for main, low in self.streams
        ]


@cache
def read_makers() -> Mapping[str, Maker]:
    """Return all makers by name, in alphabetical order. Reads a file: call it in an executor."""
    rows = tomllib.loads(MAKERS_FILE.read_text(encoding="utf-8"))["maker"]
    makers = [
        Maker(
            **{
                **row,
                "streams": tuple((main, low) for main, low in row["streams"]),
                "ports": tuple(row.get("ports", (DEFAULT_PORTS[_SCHEME],))),
            }
        )
        for row in rows
    ]
    return {maker.name: maker for maker in sorted(makers, key=lambda maker: maker.name.casefold())}


def parse_address(address: str) -> SourceUrl:
    """Return host and port of a camera as ``rtsp://``. Raises ``InvalidSource``.

    Somebody may paste the address of the camera's web page: its scheme, path, and login are left
    out, and so is its port, which isn't that of the video.
    """
    address = address.strip()
    scheme, separator, rest = address.partition("://")
    if _is_bare_ipv6(address):
        rest = f"[{address}]"
    elif not separator:
        rest = address
    found = parse_source_url(f"{_SCHEME}://{rest}")
    if separator and scheme.lower() != _SCHEME:
        found = replace(found, port=DEFAULT_PORTS[_SCHEME])
    return replace(found, target="", username=None, password=None)


def _is_bare_ipv6(address: str) -> bool:
    try:
        return ip_address(address).version == 6
    except ValueError:
        return False


def _url(at: SourceUrl, port: int, path: str, channel: int) -> str:
    return replace(at, port=port, target=path.format(channel=channel)).without_login

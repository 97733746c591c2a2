"""The URL of a stream; without PyAV, since Home Assistant's process checks URLs, too."""

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from ..core.errors import InvalidSource

if TYPE_CHECKING:
    from ..core.types import SourceConfig

STREAM_SCHEMES = frozenset({"rtsp", "rtsps", "http", "https"})


def stream_url(config: SourceConfig) -> str:
    """Return the URL with its credentials. Raises ``InvalidSource``."""
    try:
        parts = urlsplit(config.location.strip())
        port = parts.port
    except ValueError:
        raise InvalidSource from None
    if parts.scheme.lower() not in STREAM_SCHEMES or not parts.hostname:
        raise InvalidSource
    if not config.username and not config.password:
        return urlunsplit(parts)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    login = quote(config.username or "", safe="")
    if config.password:
        login += ":" + quote(config.password, safe="")
    netloc = f"{login}@{host}" + (f":{port}" if port is not None else "")
    return urlunsplit(parts._replace(netloc=netloc))

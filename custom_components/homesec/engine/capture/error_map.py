"""Turn errors of FFmpeg into the engine's.

FFmpeg's messages contain the whole URL, password included: they're never passed on.
"""

import errno
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import av.error

from ..core.errors import (
    AccessDenied,
    ConnectionRefused,
    DeviceBusy,
    DeviceMissing,
    FileMissing,
    HostNotFound,
    InvalidSource,
    LoginRefused,
    NoRoute,
    NoVideo,
    SourceError,
    SourceTimeout,
    StreamNotFound,
)
from ..core.types import SourceKind

if TYPE_CHECKING:
    from threading import Event

    from ..core.types import SourceConfig

DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_DIAGNOSE_S = 2.0
_LOCAL_CAUSES: dict[SourceKind, dict[int | None, type[SourceError]]] = {
    SourceKind.WEBCAM: {
        errno.EBUSY: DeviceBusy,
        errno.EACCES: AccessDenied,
        errno.EPERM: AccessDenied,
        errno.ENOENT: DeviceMissing,
        errno.ENODEV: DeviceMissing,
        errno.ENXIO: DeviceMissing,
    },
    SourceKind.FILE: {
        errno.EACCES: AccessDenied,
        errno.EPERM: AccessDenied,
        errno.ENOENT: FileMissing,
        errno.ENOTDIR: FileMissing,
        errno.EISDIR: FileMissing,
    },
}


def translate_error(
    error: Exception,
    config: SourceConfig,
    url: str,
    stop: Event | None = None,
    *,
    late: bool = False,
) -> SourceError:
    """Return the engine's error for one raised by opening or reading a source.

    May connect to the host to find the cause, unless ``stop`` is set. ``late``: the time limit was
    reached, which FFmpeg's RTSP reports as invalid data.
    """
    if isinstance(error, (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError)):
        return LoginRefused()
    if isinstance(error, av.error.HTTPClientError):
        return StreamNotFound()
    if isinstance(error, av.error.ProtocolNotFoundError):
        return InvalidSource()
    if (causes := _LOCAL_CAUSES.get(config.kind)) is None:
        return _stream_error(error, url, stop, late=late)
    if config.kind is SourceKind.WEBCAM and isinstance(error, av.error.ExitError):
        return SourceTimeout()
    return causes.get(getattr(error, "errno", None), NoVideo)()


def _stream_error(error: Exception, url: str, stop: Event | None, *, late: bool) -> SourceError:
    match getattr(error, "errno", None):
        case errno.ECONNREFUSED:
            return ConnectionRefused()
        case errno.EHOSTUNREACH | errno.ENETUNREACH | errno.ENETDOWN:
            return NoRoute()
    if isinstance(error, av.error.InvalidDataError) and not late:
        return NoVideo()
    # FFmpeg reports an unknown host as a plain I/O error and a silent one as an interrupt.
    if not (stop and stop.is_set()) and (found := diagnose_host(url)) is not None:
        return found
    if late or isinstance(error, (av.error.ExitError, av.error.TimeoutError)):
        return SourceTimeout()
    return SourceError()


def diagnose_host(url: str) -> SourceError | None:
    """Connect to a host; return why it can't be reached, None if it can."""
    parts = urlsplit(url)
    host, port = parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)
    try:
        socket.create_connection((host or "", port or 0), timeout=_DIAGNOSE_S).close()
    except socket.gaierror, UnicodeError:
        return HostNotFound(host=host or "")
    except ConnectionRefusedError:
        return ConnectionRefused(host=host or "")
    except OSError:
        return NoRoute(host=host or "")
    return None

"""Turn errors of FFmpeg into the engine's.

FFmpeg's messages contain paths: they're never passed on. What goes wrong on the network,
``link.py``, ``http_source.py``, and ``rtsp_relay.py`` notice by themselves.
"""

import errno
from typing import TYPE_CHECKING

import av.error

from ..core.errors import (
    AccessDenied,
    DeviceBusy,
    DeviceMissing,
    FileMissing,
    InvalidSource,
    LoginRefused,
    NoVideo,
    SourceError,
    SourceTimeout,
    StreamNotFound,
    UnsupportedFormat,
)
from ..core.types import SourceKind

if TYPE_CHECKING:
    from ..core.types import SourceConfig

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


def translate_error(error: Exception, config: SourceConfig, *, late: bool = False) -> SourceError:
    """Return the engine's error for one raised by opening or reading a source.

    ``late``: the time limit was reached, which FFmpeg's RTSP reports as invalid data.
    """
    if (found := _clear_cause(error, config)) is not None:
        return found
    if (causes := _LOCAL_CAUSES.get(config.kind)) is None:
        return _stream_error(error, late=late)
    if config.kind is SourceKind.WEBCAM and isinstance(error, av.error.ExitError):
        return SourceTimeout()
    return causes.get(getattr(error, "errno", None), NoVideo)()


def _clear_cause(error: Exception, config: SourceConfig) -> SourceError | None:
    match error:
        case av.error.HTTPUnauthorizedError() | av.error.HTTPForbiddenError():
            return LoginRefused()
        case av.error.HTTPClientError():
            return StreamNotFound()
        case av.error.ProtocolNotFoundError():
            return InvalidSource()
        # FFmpeg calls a format that isn't allowed an invalid argument; so does a webcam.
        case av.error.ArgumentError() if config.kind is not SourceKind.WEBCAM:
            return UnsupportedFormat()
    return None


def _stream_error(error: Exception, *, late: bool) -> SourceError:
    if late or isinstance(error, (av.error.ExitError, av.error.TimeoutError)):
        return SourceTimeout()
    if isinstance(error, (av.error.InvalidDataError, av.error.EOFError)):
        return NoVideo()
    return SourceError()

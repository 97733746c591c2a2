"""Opening streams, files and webcams: which options FFmpeg needs for each."""

from __future__ import annotations

from pathlib import Path
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

import av
import av.error

from ..core.errors import FileMissing, InvalidSource, NoVideo
from ..core.types import SourceKind
from .error_map import translate_error

if TYPE_CHECKING:
    from threading import Event

    from av.container import InputContainer

    from ..core.types import SourceConfig

OPEN_TIMEOUT_S = 4.0
"""Of each of the two steps of opening: reaching the source, and learning what it sends.

FFmpeg's calls end only by their own time-out, so this and the stall limit are what a stop may have
to wait for. (A source that takes its time over the first step and hangs in the second takes both.)
"""
STREAM_SCHEMES = frozenset({"rtsp", "rtsps", "http", "https"})

# 4 is AVFMT_FLAG_NONBLOCK, which has no name as an option: a camera that hangs must not hang the
# thread that reads from it.
_WEBCAM = {"fflags": "+4"}
_WEBCAM_OPTIONS: tuple[dict[str, str], ...] = (
    # Compressed pictures first: raw ones are 18 MB a second at 640 x 480 and 30 fps.
    {"input_format": "mjpeg", "video_size": "1280x720"},
    {"input_format": "mjpeg"},
    # Half the rate: the ring then holds five seconds of them instead of two and a half.
    {"video_size": "640x480", "framerate": "15"},
    {},
)


def stream_url(config: SourceConfig) -> str:
    """Return the URL with its credentials put in. Raises ``InvalidSource``."""
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


def open_container(config: SourceConfig, url: str, stop: Event) -> InputContainer:
    """Open ``url``, which is a path for files and webcams. Raises ``SourceError``."""
    match config.kind:
        case SourceKind.WEBCAM:
            return _open_webcam(config, url, stop)
        case SourceKind.FILE:
            if not Path(url).is_file():
                raise FileMissing
            return _open(config, url, f"file:{url}", {"protocol_whitelist": "file"})
        case _:
            return _open(config, url, url, _stream_options(config, url), stop)


def _open_webcam(config: SourceConfig, device: str, stop: Event) -> InputContainer:
    failure = NoVideo()
    for options in _WEBCAM_OPTIONS:
        try:
            return _open(config, device, device, {**_WEBCAM, **options}, format_name="v4l2")
        except NoVideo as err:  # it has no such format or size: another may do
            failure = err
        if stop.is_set():
            break
    raise failure


def _open(
    config: SourceConfig,
    location: str,
    target: str,
    options: dict[str, str],
    stop: Event | None = None,
    *,
    format_name: str | None = None,
) -> InputContainer:
    began = time.monotonic()
    try:
        return av.open(
            target,
            format=format_name,
            options=options,
            timeout=(OPEN_TIMEOUT_S, config.stall_s),
        )
    except (av.error.FFmpegError, OSError, ValueError) as err:
        late = time.monotonic() - began >= OPEN_TIMEOUT_S
        raise translate_error(err, config, location, stop, late=late) from None


def _stream_options(config: SourceConfig, url: str) -> dict[str, str]:
    options = {
        # A playlist or a redirect must not lead to files of this machine.
        "protocol_whitelist": "rtp,srtp,udp,tcp,tls,rtsp,rtsps,http,https,httpproxy,crypto",
        # By default FFmpeg reads a dozen pictures to learn the frame rate and the first time stamp:
        # at 2 fps that alone takes longer than is allowed, and neither is needed.
        "fpsprobesize": "0",
        "max_ts_probe": "1",
    }
    scheme = urlsplit(url).scheme.lower()
    if scheme.startswith("rtsp"):
        options["rtsp_transport"] = "tcp"
    if scheme.endswith("s"):
        # Cameras come with self-signed certificates.
        options["tls_verify"] = "1" if config.verify_tls else "0"
    return options

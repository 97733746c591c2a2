"""Open streams, files, and webcams with the options that FFmpeg needs."""

from pathlib import Path
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import av
import av.error

from ..core.errors import FileMissing, NoVideo
from ..core.types import SourceKind
from .error_map import translate_error

if TYPE_CHECKING:
    from threading import Event

    from av.container import InputContainer

    from ..core.types import SourceConfig

OPEN_TIMEOUT_S = 4.0
"""Of each of two steps: connecting, and reading the streams' parameters.

FFmpeg's calls can't be interrupted, so a stop may have to wait for both.
"""

# 4 is AVFMT_FLAG_NONBLOCK, which has no name as an option: a webcam that hangs must not block its
# thread.
_WEBCAM = {"fflags": "+4"}
_WEBCAM_OPTIONS: tuple[dict[str, str], ...] = (
    # Compressed first: raw pictures are 18 MB/s at 640 x 480 and 30 fps.
    {"input_format": "mjpeg", "video_size": "1280x720"},
    {"input_format": "mjpeg"},
    # At half the rate, the pre-roll buffer holds five seconds instead of two and a half.
    {"video_size": "640x480", "framerate": "15"},
    {},
)


def open_container(config: SourceConfig, url: str, stop: Event) -> InputContainer:
    """Open ``url``, a path for files and webcams. Raises ``SourceError``."""
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
    error = NoVideo()
    for options in _WEBCAM_OPTIONS:
        try:
            return _open(config, device, device, {**_WEBCAM, **options}, format_name="v4l2")
        except NoVideo as err:  # it doesn't have this format or size
            error = err
        if stop.is_set():
            break
    raise error


def _open(
    config: SourceConfig,
    location: str,
    target: str,
    options: dict[str, str],
    stop: Event | None = None,
    *,
    format_name: str | None = None,
) -> InputContainer:
    start = time.monotonic()
    try:
        return av.open(
            target,
            format=format_name,
            options=options,
            timeout=(OPEN_TIMEOUT_S, config.stall_s),
        )
    except (av.error.FFmpegError, OSError, ValueError) as err:
        late = time.monotonic() - start >= OPEN_TIMEOUT_S
        raise translate_error(err, config, location, stop, late=late) from None


def _stream_options(config: SourceConfig, url: str) -> dict[str, str]:
    options = {
        # A playlist or redirect must not open local files.
        "protocol_whitelist": "rtp,srtp,udp,tcp,tls,rtsp,rtsps,http,https,httpproxy,crypto",
        # FFmpeg would read a dozen pictures to find the frame rate and the first time stamp, which
        # aren't needed: at 2 fps that takes longer than the time limit.
        "fpsprobesize": "0",
        "max_ts_probe": "1",
    }
    scheme = urlsplit(url).scheme.lower()
    if scheme.startswith("rtsp"):
        options["rtsp_transport"] = "tcp"
    if scheme.endswith("s"):
        # Most cameras have self-signed certificates.
        options["tls_verify"] = "1" if config.verify_tls else "0"
    return options

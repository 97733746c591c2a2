"""Open streams, files, and webcams with the options that FFmpeg needs."""

from dataclasses import dataclass
from pathlib import Path
import time
from typing import TYPE_CHECKING

import av
import av.error

from ..core.errors import FileMissing, NoVideo, SourceError, SourceStalled, SourceTimeout
from ..core.source_url import source_url
from ..core.types import SourceKind
from ..media.limits import FILE_FORMATS, HTTP_FORMATS, OPEN_OPTIONS
from ..media.mp4_tables import check_tables
from .error_map import translate_error
from .http_source import HttpSource
from .login import camera_login
from .rtsp_relay import RtspRelay

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from av.container import InputContainer

    from ..core.source_url import SourceUrl
    from ..core.types import SourceConfig
    from .http_source import HttpFile

    type NetworkSource = HttpSource | RtspRelay
    type _Http = tuple[HttpSource, HttpFile]

OPEN_TIMEOUT_S = 20.0
"""Of each of two steps with a camera on the network: its answers, and its first pictures.

Some cameras and relays start their encoder when they're asked, or send a keyframe every 10 s. A
stop closes the connection, which ends FFmpeg's calls.
"""
_LEAST_LEFT_S = 1.0
_LOCAL_TIMEOUT_S = 4.0  # the same of a webcam or file: nothing ends those calls

_QUICK_US = 1_000_000  # of video that FFmpeg reads at most for the parameters of audio

_FORMATS_BY_TYPE = {
    "multipart/x-mixed-replace": "mpjpeg",
    "application/vnd.apple.mpegurl": "hls",
    "application/x-mpegurl": "hls",
    "audio/mpegurl": "hls",
    "audio/x-mpegurl": "hls",
}
_STREAM_OPTIONS = {
    # FFmpeg would read a dozen pictures to find the frame rate and the first time stamp, which
    # aren't needed: at 2 fps that takes longer than the time limit.
    "fpsprobesize": "0",
    "max_ts_probe": "0",
}

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


@dataclass(frozen=True, slots=True)
class OpenedSource:
    """A container, and what it reads from if that's a camera on the network."""

    container: InputContainer
    network: NetworkSource | None = None

    @property
    def error(self) -> SourceError | None:
        """Why there are no more bytes, which FFmpeg doesn't know."""
        return self.network.error if self.network else None

    @property
    def left_out_audio(self) -> tuple[str, ...]:
        """Names of the codecs of announced audio that FFmpeg wasn't told of."""
        return self.network.left_out_audio if isinstance(self.network, RtspRelay) else ()

    @property
    def first_pictures_left_s(self) -> float:
        """How many seconds are left for a picture with which decoding can begin."""
        playing_t = self.network.playing_t if isinstance(self.network, RtspRelay) else None
        passed_s = 0.0 if playing_t is None else time.monotonic() - playing_t
        return max(_LEAST_LEFT_S, OPEN_TIMEOUT_S - passed_s)

    def restart_limit(self, limit_s: float) -> None:
        """Give a read that begins now this long; FFmpeg's own limit holds for all but HTTP."""
        if isinstance(self.network, HttpSource):
            self.network.restart_limit(limit_s)
        elif self.network is not None:
            self.network.unread_bytes = 0

    def close(self) -> None:
        """Close the container and its connections."""
        self.container.close()
        if self.network is not None:
            self.network.close()


def open_container(
    config: SourceConfig, stop: Event, http: tuple[HttpSource, HttpFile] | None = None
) -> OpenedSource:
    """Open a stream, webcam, or file. Raises ``SourceError``.

    ``http``: the camera's answer, if it was already requested.
    """
    path = config.location
    match config.kind:
        case SourceKind.WEBCAM:
            return OpenedSource(_open_webcam(config, path, stop))
        case SourceKind.FILE:
            if not Path(path).is_file():
                raise FileMissing
            _check_file(config)
            options = {"protocol_whitelist": "file", "format_whitelist": ",".join(FILE_FORMATS)}
            return OpenedSource(_open(config, f"file:{path}", options))
        case _:
            url = source_url(config)
            if url.scheme.startswith("rtsp"):
                return _open_rtsp(config, url, stop)
            return _open_http(config, stop, http)


def _open_rtsp(
    config: SourceConfig, url: SourceUrl, stop: Event, *, again: bool = True
) -> OpenedSource:
    login = camera_login(config, url)
    relay = RtspRelay(config, url, login, stop, open_s=OPEN_TIMEOUT_S)
    # TCP leads to the relay only, and everything else through it.
    options = {
        **_STREAM_OPTIONS,
        "protocol_whitelist": "tcp",
        "rtsp_transport": "tcp",
        # What the description doesn't say, the first pictures and sound do, one way or another.
        # FFmpeg would wait for it up to the time limit.
        "probesize": "2048",
    }
    try:
        return _open_network(config, relay, relay.url, options, format_name="rtsp")
    except SourceError:
        if not again or not relay.may_be_repeated or stop.is_set():
            raise
    return _open_rtsp(config, url, stop, again=False)


def open_http(config: SourceConfig, stop: Event) -> tuple[HttpSource, HttpFile]:
    """Request a camera's URL; return the connection and the answer. Raises ``SourceError``."""
    url = source_url(config)
    source = HttpSource(config, url, camera_login(config, url), stop, open_s=OPEN_TIMEOUT_S)
    file = source.open()
    source.restart_limit(2 * OPEN_TIMEOUT_S)  # for both steps
    return source, file


def _open_http(config: SourceConfig, stop: Event, http: _Http | None) -> OpenedSource:
    """Open the camera's answer, which may have been requested already.

    FFmpeg waits for the parameters of audio, too. So it gets a second only, and more with another
    connection if it has missed those of the video: it was joined between two keyframes.
    """
    source, file = http or open_http(config, stop)
    opened = _open_answer(config, source, file, {"analyzeduration": str(_QUICK_US)})
    video = opened.container.streams.video
    context = video[0].codec_context if video else None
    if context is None or context.width or context.extradata or stop.is_set():
        return opened
    opened.close()
    return _open_answer(config, *open_http(config, stop), {})


def _open_answer(
    config: SourceConfig, source: HttpSource, file: HttpFile, limits: dict[str, str]
) -> OpenedSource:
    # FFmpeg has no protocol at all: it reads this file, and what HLS names through ``open_part``.
    options = {
        **_STREAM_OPTIONS,
        "protocol_whitelist": "none",
        "format_whitelist": ",".join(HTTP_FORMATS),
        # FFmpeg would take such a file for a connection of its own, and abort.
        "http_persistent": "0",
        "http_multiple": "0",
        **limits,
    }
    format_name = _FORMATS_BY_TYPE.get(file.content_type)
    return _open_network(config, source, file, options, format_name=format_name)


def _open_network(
    config: SourceConfig,
    network: NetworkSource,
    target: str | HttpFile,
    options: dict[str, str],
    *,
    format_name: str | None,
) -> OpenedSource:
    """Open what reads from the network; what the network says of a failure goes before FFmpeg's."""
    io_open = network.open_part if isinstance(network, HttpSource) else None
    try:
        container = _open(config, target, options, format_name=format_name, io_open=io_open)
    except SourceError as err:
        network.close()
        error = network.error or err
        raise (SourceTimeout() if isinstance(error, SourceStalled) else error) from None
    except BaseException:
        network.close()
        raise
    return OpenedSource(container, network)


def _check_file(config: SourceConfig) -> None:
    try:
        check_tables(Path(config.location))
    except OSError as err:
        raise translate_error(err, config) from None


def _open_webcam(config: SourceConfig, device: str, stop: Event) -> InputContainer:
    error = NoVideo()
    for options in _WEBCAM_OPTIONS:
        try:
            return _open(config, device, {**_WEBCAM, **options}, format_name="v4l2")
        except NoVideo as err:  # it doesn't have this format or size
            error = err
        if stop.is_set():
            break
    raise error


def _open(
    config: SourceConfig,
    target: str | HttpFile,
    options: dict[str, str],
    *,
    format_name: str | None = None,
    io_open: Callable[..., HttpFile] | None = None,
) -> InputContainer:
    start = time.monotonic()
    limit_s = OPEN_TIMEOUT_S if config.kind is SourceKind.STREAM else _LOCAL_TIMEOUT_S
    try:
        return av.open(
            target,
            mode="r",
            format=format_name,
            options={**OPEN_OPTIONS, **options},
            timeout=(limit_s, config.stall_s),
            io_open=io_open,
        )
    except (av.error.FFmpegError, OSError, ValueError) as err:
        late = time.monotonic() - start >= limit_s
        raise translate_error(err, config, late=late) from None

"""Read a camera that has only single pictures as a slow video of JPEGs or PNGs."""

from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.errors import EntityUnavailable, SourceError
from ..core.types import AudioStatus
from ..media.bit_reader import ParameterError
from ..media.limits import check_packet, check_parameters
from ..media.packets import (
    TICKS,
    TIME_BASE,
    MediaFormat,
    MediaKind,
    MediaPacket,
    decode_single,
    padded_packet,
)
from ..media.parameter_sets import essential_png, read_parameters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from ..core.source_feed import SourceFeed
    from .timeline import Timeline

INTERVAL_S = 0.5
MIN_WAIT_S = 0.05  # between two requests, however long they take
_MAGIC = {b"\xff\xd8\xff": "mjpeg", b"\x89PNG": "png"}
_MAX_FAILURES = 3


class SnapshotConnection:
    """Reads a picture at intervals."""

    audio = None
    audio_status = AudioStatus()
    single = True
    network = None

    def __init__(
        self, feed: SourceFeed, timeline: Timeline, stop: Event, *, interval_s: float = INTERVAL_S
    ) -> None:
        """Read the first picture. Raises ``SourceError``."""
        self._interval_s = interval_s
        self._feed = feed
        self._timeline = timeline
        self._stop = stop
        self._requested = timeline.elapsed
        self._first: bytes | None = feed.snapshot()
        self._packets = PicturePackets(self._first, interval_s)
        timeline.reconnect()

    @property
    def video(self) -> MediaFormat:
        """The format of the newest picture."""
        return self._packets.video

    def close(self) -> None:
        """Do nothing, since nothing is open between two pictures."""

    def packets(self) -> Iterator[MediaPacket]:
        """Yield pictures. Raises ``SourceError`` after ``_MAX_FAILURES`` in a row."""
        failures = 0
        while not self._stop.is_set():
            try:
                packet = self._packets.packet(self._next(), self._timeline)
            except SourceError:
                failures += 1
                if failures >= _MAX_FAILURES:
                    raise
            else:
                failures = 0
                yield packet
            took_s = self._timeline.elapsed - self._requested
            self._stop.wait(max(MIN_WAIT_S, self._interval_s - took_s))

    def _next(self) -> bytes:
        first, self._first = self._first, None
        if first is not None:
            return first
        self._requested = self._timeline.elapsed
        return self._feed.snapshot()


class PicturePackets:
    """Makes packets of single pictures."""

    def __init__(self, first: bytes, interval_s: float | None) -> None:
        """Decode the first picture for its format. Raises ``SourceError``.

        ``interval_s``: between two pictures; None if unknown.
        """
        self._interval_s = interval_s
        self.video = _read_format(first, interval_s)

    def set_interval(self, interval_s: float) -> None:
        """Set the seconds between two pictures."""
        self._interval_s = interval_s

    def packet(self, picture: bytes, timeline: Timeline) -> MediaPacket:
        """Return a packet for a picture that has just arrived. Raises ``SourceError``."""
        codec, picture = _check_picture(picture)
        if codec != self.video.codec:
            self.video = _read_format(picture, self._interval_s)
        time = timeline.stamp_video(None)
        data = padded_packet(picture)
        data.time_base = TIME_BASE
        data.pts = data.dts = round(time.t * TICKS)
        data.duration = round((self._interval_s or 0.0) * TICKS)
        data.is_keyframe = True
        return MediaPacket(format=self.video, data=data, t=time.t, at=time.at, keyframe=True)


def _check_picture(picture: bytes) -> tuple[str, bytes]:
    """Return the codec and what to decode. Raises ``SourceError`` for pictures refused."""
    check_packet(len(picture))
    codec = next((c for magic, c in _MAGIC.items() if picture.startswith(magic)), None)
    if codec is None:
        raise EntityUnavailable
    try:
        found = read_parameters(picture, codec)
    except ParameterError as err:
        raise EntityUnavailable(f"The picture can't be read: {err}") from None
    for parameters in found:
        check_parameters(parameters, codec)
    if not found:
        raise EntityUnavailable
    return codec, essential_png(picture) if codec == "png" else picture


def _read_format(picture: bytes, interval_s: float | None) -> MediaFormat:
    codec, data = _check_picture(picture)
    fps = None if interval_s is None else 1 / interval_s
    media = MediaFormat(kind=MediaKind.VIDEO, codec=codec, fps=fps)
    frame = decode_single(media.video_decoder(), padded_packet(data))
    if frame is None:
        raise EntityUnavailable
    return replace(media, width=frame.width, height=frame.height, pix_fmt=frame.format.name)

"""A camera that gives only single pictures, taken as a slow film of JPEGs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import av
import av.error

from ..core.errors import EntityUnavailable, SourceError
from ..media.packets import TICKS, TIME_BASE, MediaFormat, MediaKind, MediaPacket, padded_packet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from .source import SourceFeed
    from .timeline import Timeline

INTERVAL_S = 0.5
LEAST_WAIT_S = 0.05
"""Between two questions, however slow the answers are."""
_MAGIC = {b"\xff\xd8\xff": "mjpeg", b"\x89PNG": "png"}
_TOLERATED_FAILURES = 3


class SnapshotConnection:
    """Asks the feed for a picture twice a second."""

    audio = None

    def __init__(self, feed: SourceFeed, timeline: Timeline, stop: Event) -> None:
        """Take the first picture. Raises ``SourceError``."""
        self._feed = feed
        self._timeline = timeline
        self._stop = stop
        self._asked = timeline.elapsed
        self._first: bytes | None = feed.snapshot()
        self.video = _format_of(self._first)
        timeline.reconnect()

    def close(self) -> None:
        """Nothing is held open."""

    def packets(self) -> Iterator[MediaPacket]:
        """Give a picture twice a second; a few may fail in a row before the source is lost."""
        failures = 0
        while not self._stop.is_set():
            try:
                packet = self._packet(self._next())
            except SourceError:
                failures += 1
                if failures >= _TOLERATED_FAILURES:
                    raise
            else:
                failures = 0
                yield packet
            took_s = self._timeline.elapsed - self._asked
            self._stop.wait(max(LEAST_WAIT_S, INTERVAL_S - took_s))

    def _next(self) -> bytes:
        first, self._first = self._first, None
        if first is not None:
            return first
        self._asked = self._timeline.elapsed
        return self._feed.snapshot()

    def _packet(self, picture: bytes) -> MediaPacket:
        if _codec_of(picture) != self.video.codec:
            self.video = _format_of(picture)
        place = self._timeline.stamp_video(None)
        data = padded_packet(picture)
        data.time_base = TIME_BASE
        data.pts = data.dts = round(place.t * TICKS)
        data.duration = round(INTERVAL_S * TICKS)
        data.is_keyframe = True
        return MediaPacket(format=self.video, data=data, t=place.t, at=place.at, keyframe=True)


def _codec_of(picture: bytes) -> str:
    codec = next((c for magic, c in _MAGIC.items() if picture.startswith(magic)), None)
    if codec is None:
        raise EntityUnavailable
    return codec


def _format_of(picture: bytes) -> MediaFormat:
    codec = _codec_of(picture)
    context = cast("av.VideoCodecContext", av.CodecContext.create(codec, "r"))
    try:
        frames = [*context.decode(padded_packet(picture)), *context.decode()]
    except av.error.FFmpegError:
        frames = []
    if not frames:
        raise EntityUnavailable
    return MediaFormat(
        kind=MediaKind.VIDEO,
        codec=codec,
        width=frames[0].width,
        height=frames[0].height,
        pix_fmt=frames[0].format.name,
        fps=1 / INTERVAL_S,
    )

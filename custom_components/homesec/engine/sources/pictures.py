"""A camera that gives only single pictures, taken as a slow film of JPEGs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import av
import av.error

from ..errors import EntityUnavailable, SourceError
from ..media import TICKS, TIME_BASE, MediaFormat, MediaKind, MediaPacket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from av.video.frame import VideoFrame

    from .base import SourceFeed
    from .timeline import Timeline

INTERVAL_S = 0.5
_MAGIC = {b"\xff\xd8\xff": "mjpeg", b"\x89PNG": "png"}
_TOLERATED_FAILURES = 3


class PictureConnection:
    """Asks the feed for a picture twice a second."""

    audio = None

    def __init__(self, feed: SourceFeed, timeline: Timeline, stop: Event) -> None:
        """Take the first picture. Raises ``SourceError``."""
        self._feed = feed
        self._timeline = timeline
        self._stop = stop
        self.video = _format_of(feed.still())
        timeline.reconnect()

    def close(self) -> None:
        """Nothing is held open."""

    def packets(self) -> Iterator[MediaPacket]:
        """Give a picture twice a second; a few may fail in a row before the source is lost."""
        failures = 0
        while not self._stop.is_set():
            began = self._timeline.elapsed
            try:
                packet = self._take()
            except SourceError:
                failures += 1
                if failures >= _TOLERATED_FAILURES:
                    raise
            else:
                failures = 0
                yield packet
            self._stop.wait(max(0.05, INTERVAL_S - (self._timeline.elapsed - began)))

    def _take(self) -> MediaPacket:
        picture = self._feed.still()
        if _codec_of(picture) != self.video.codec:
            self.video = _format_of(picture)
        place = self._timeline.place_video(None, INTERVAL_S)
        data = av.Packet(picture)
        data.time_base = TIME_BASE
        data.pts = data.dts = round(place.t * TICKS)
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
        frames = [*context.decode(av.Packet(picture)), *context.decode(None)]
    except av.error.FFmpegError:
        frames = []
    if not frames:
        raise EntityUnavailable
    frame = cast("VideoFrame", frames[0])
    return MediaFormat(
        kind=MediaKind.VIDEO,
        codec=codec,
        width=frame.width,
        height=frame.height,
        pix_fmt=frame.format.name,
        fps=1 / INTERVAL_S,
    )

"""A first look at a source: does it work, and what does it show?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Event
from typing import TYPE_CHECKING

import av.error

from ..clock import SystemClock
from ..errors import NoVideo, UnsupportedCodec
from ..models import SourceKind
from ..stills import encode_jpeg
from .camera_source import connect
from .timeline import Timeline

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from ..models import SourceConfig
    from .base import Connection, SourceFeed

PREVIEW_WIDTH = 960
LIMIT_S = 12.0
"""How much film may pass before a picture has to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a source turned out to be."""

    width: int
    height: int
    video_codec: str
    audio_codec: str | None
    fps: float | None
    records_directly: bool
    """False: it is encoded while a clip is recorded, which costs processing power."""
    jpeg: bytes = field(repr=False)


def probe(config: SourceConfig, feed: SourceFeed | None = None) -> Probe:
    """Open the source, decode one picture and close it again. Raises ``SourceError``."""
    if config.kind is SourceKind.FILE:
        config = replace(config, paced=False, loop=False)
    timeline = Timeline(SystemClock(), follows_clock=config.kind is not SourceKind.FILE)
    connection = connect(config, feed, timeline, Event())
    try:
        picture = _first_picture(connection)
    finally:
        connection.close()
    return Probe(
        width=picture.width,
        height=picture.height,
        video_codec=connection.video.codec,
        audio_codec=connection.audio.codec if connection.audio else None,
        fps=connection.video.fps,
        records_directly=connection.video.copied,
        jpeg=encode_jpeg(picture, width=PREVIEW_WIDTH),
    )


def _first_picture(connection: Connection) -> VideoFrame:
    try:
        decoder = connection.video.video_decoder()
    except (av.error.FFmpegError, ValueError):
        raise UnsupportedCodec from None
    broken = False
    started = False
    for packet in connection.packets():
        if packet.t > LIMIT_S:
            break
        if not packet.is_video or not (started := started or packet.keyframe):
            continue
        try:
            frames = decoder.decode(packet.data)
        except av.error.FFmpegError:
            broken = True
            continue
        if frames:
            return frames[0]
    try:
        frames = decoder.decode(None)
    except av.error.FFmpegError:
        frames = []
    if frames:
        return frames[0]
    raise UnsupportedCodec if broken else NoVideo

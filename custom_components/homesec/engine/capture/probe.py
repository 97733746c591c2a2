"""Open a source once to find out whether it works and what it shows."""

from contextlib import closing
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

from ..core.camera_reports import Probe
from ..core.clock import SystemClock
from ..core.errors import NoVideo, SourceError, UnsupportedCodec
from ..core.types import SourceKind
from ..media.decoder import FrameDecoder
from ..media.jpeg import encode_jpeg
from .reconnecting_source import open_source, source_pace
from .timeline import Timeline

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from ..core.source_feed import SourceFeed
    from ..core.types import SourceConfig
    from .reconnecting_source import Connection

PREVIEW_WIDTH = 960
LIMIT_S = 12.0  # seconds of video before which a picture has to be decoded


def probe(config: SourceConfig, feed: SourceFeed | None = None) -> Probe:
    """Open a source, decode one picture, and close it. Raises ``SourceError``."""
    if config.kind is SourceKind.FILE:
        config = replace(config, paced=False, loop=False)
    timeline = Timeline(SystemClock(), source_pace(config))
    with closing(open_source(config, feed, timeline, Event())) as connection:
        picture = _first_picture(connection)
    network = connection.network
    return Probe(
        width=picture.width,
        height=picture.height,
        video_codec=connection.video.codec,
        audio_codec=connection.audio.codec if connection.audio else None,
        fps=connection.video.fps,
        records_directly=connection.video.copied,
        jpeg=encode_jpeg(picture, width=PREVIEW_WIDTH),
        tls_fingerprint=network.fingerprint if network else None,
        asks_digest=network is not None and network.login.asked_digest,
    )


def _first_picture(connection: Connection) -> VideoFrame:
    decoder = FrameDecoder()
    error: type[SourceError] = NoVideo
    for packet in connection.packets():
        if packet.t > LIMIT_S:
            break
        if packet.is_video and packet.keyframe:
            if (frame := decoder.decode_keyframe(packet)) is not None:
                return frame.picture
            error = UnsupportedCodec
    raise error

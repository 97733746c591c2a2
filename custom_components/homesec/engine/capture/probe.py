"""Open a source once to find out whether it works, what it shows, and what its stream is like."""

from contextlib import closing
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

from ..core.camera_reports import Probe
from ..core.clock import SystemClock
from ..core.errors import NoKeyframe, NoVideo, SourceError, UnsupportedCodec
from ..core.stream_report import ClockQuality
from ..core.types import SourceKind
from ..media.decoder import FrameDecoder
from ..media.jpeg import encode_jpeg
from ..media.stream_meter import StreamMeter
from .access_check import explain_refusal
from .reconnecting_source import open_source, source_pace
from .timeline import Timeline

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from ..core.source_feed import SourceFeed
    from ..core.types import SourceConfig
    from ..media.packets import MediaPacket
    from .reconnecting_source import Connection

PREVIEW_WIDTH = 960
LIMIT_S = 20.0  # seconds, of video or of waiting, before which a picture has to be decoded
MEASURED_S = 3.0
"""Seconds, of video or of waiting, for which is measured after the first picture: a camera whose
keyframes are less than ``LONG_KEYFRAME_GAP_S`` apart has sent another."""
SURE_S = 1.5  # seconds of video, if the distance of keyframes is already known
_KEYFRAMES = 3


def probe(config: SourceConfig, feed: SourceFeed | None = None) -> Probe:
    """Open a source, decode one picture, measure a little, and close it. Raises ``SourceError``."""
    if config.kind is SourceKind.FILE:
        config = replace(config, paced=False, loop=False)
    timeline = Timeline(SystemClock(), source_pace(config))
    try:
        opened = open_source(config, feed, timeline, Event())
    except SourceError as err:
        raise explain_refusal(err, config) from None
    with closing(opened) as connection:
        meter = StreamMeter()
        picture = _first_picture(connection, meter, timeline)
    network, audio = connection.network, connection.audio_status
    audio_codec = audio.codec if audio.codec and audio.problem is None else None
    clock = ClockQuality.UNUSABLE if timeline.follows_arrival else timeline.clock_quality
    stream = meter.report(clock=clock, audio_left_out=audio.left_out)
    return Probe(
        width=picture.width,
        height=picture.height,
        video_codec=connection.video.codec,
        audio_codec=audio_codec,
        fps=stream.fps or connection.video.fps,
        records_directly=connection.video.copied,
        jpeg=encode_jpeg(picture, width=PREVIEW_WIDTH),
        tls_fingerprint=network.fingerprint if network else None,
        asks_digest=network is not None and network.login.asked_digest,
        single_pictures=connection.single,
        stream=replace(stream, audio_codec=audio_codec),
    )


def _first_picture(connection: Connection, meter: StreamMeter, timeline: Timeline) -> VideoFrame:
    """Return the first picture, after measuring for some seconds more."""
    decoder = FrameDecoder()
    error: SourceError = NoVideo()
    picture: VideoFrame | None = None
    begin_s = timeline.elapsed
    picture_s = 0.0  # when it came, after ``begin_s``
    try:
        for packet in connection.packets():
            meter.feed(packet)
            # A camera's clock may stand still.
            passed_s = max(meter.measured_s, timeline.elapsed - begin_s)
            if picture is None and passed_s > LIMIT_S:
                if not meter.keyframes:
                    error = NoKeyframe(seconds=f"{LIMIT_S:.0f}")
                break
            if picture is not None and _is_enough(meter, passed_s - picture_s):
                break
            if picture is None and packet.is_video and (decoder.running or packet.random_access):
                picture, picture_s = _decode(decoder, packet), passed_s
                error = UnsupportedCodec()
    except SourceError:
        # A connection that is lost after its first picture works, as far as the form can tell.
        if picture is None:
            raise
    if picture is None:
        raise error
    return picture


def _decode(decoder: FrameDecoder, packet: MediaPacket) -> VideoFrame | None:
    """Decode a keyframe by itself, and anything else in a row."""
    if packet.keyframe:
        frame = decoder.decode_keyframe(packet)
        return None if frame is None else frame.picture
    frames = decoder.decode(packet)
    return frames[-1].picture if frames else None


def _is_enough(meter: StreamMeter, since_picture_s: float) -> bool:
    sure = meter.keyframes >= _KEYFRAMES and meter.measured_s >= SURE_S
    return sure or since_picture_s >= MEASURED_S

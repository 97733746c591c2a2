"""Read the formats of an open container's streams."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import av

from ..core.errors import NoVideo, UnsupportedCodec
from ..media.packets import COPIED_AUDIO, COPIED_VIDEO, MediaFormat, MediaKind

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream


_HIGHEST_FPS = 240
"""Beyond it, FFmpeg has taken the clock rate for the frame rate."""


def find_video(container: InputContainer) -> VideoStream:
    """Return the video stream. Raises ``NoVideo`` or ``UnsupportedCodec``."""
    if not container.streams.video:
        raise NoVideo
    stream = container.streams.video[0]
    if stream.codec_context is None:
        raise UnsupportedCodec
    if not stream.codec_context.width:
        raise NoVideo
    return stream


def find_audio(container: InputContainer) -> AudioStream | None:
    """Return the audio stream; None if there is none that can be decoded."""
    streams = container.streams.audio
    if not streams or streams[0].codec_context is None or not streams[0].sample_rate:
        return None
    return streams[0]


def video_format(stream: VideoStream, *, timed: bool = True) -> MediaFormat:
    """Return the video stream's format; ``timed``: its frame rate is real."""
    context = stream.codec_context
    rate = (stream.average_rate or stream.guessed_rate) if timed else None
    codec = context.codec.canonical_name
    return MediaFormat(
        kind=MediaKind.VIDEO,
        codec=codec,
        extradata=None if codec in COPIED_VIDEO else context.extradata,
        width=context.width,
        height=context.height,
        pix_fmt=context.pix_fmt,
        fps=float(rate) if rate and rate <= _HIGHEST_FPS else None,
    )


def audio_format(stream: AudioStream) -> MediaFormat:
    """Return the audio stream's format."""
    context = stream.codec_context
    codec = context.codec.canonical_name
    # AAC in transport streams has its parameters in each packet (ADTS), which MP4 doesn't allow.
    copied = codec in COPIED_AUDIO and context.extradata
    return MediaFormat(
        kind=MediaKind.AUDIO,
        codec=codec,
        extradata=context.extradata,
        sample_rate=context.sample_rate,
        layout=context.layout.name,
        template=_detach(stream) if copied else None,
    )


def _detach(stream: AudioStream) -> AudioStream:
    """Return a copy of the stream's parameters that other threads can use after the connection.

    It belongs to an output that is never written.
    """
    return av.open(BytesIO(), "w", format="mp4").add_stream_from_template(stream)

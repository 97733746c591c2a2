"""What an open container's streams hold, in the engine's own terms."""

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
"""FFmpeg takes the ticks of a clock for the frame rate where it has nothing better."""


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
    """Return the audio stream, if there is one that can be decoded."""
    streams = container.streams.audio
    if not streams or streams[0].codec_context is None or not streams[0].sample_rate:
        return None
    return streams[0]


def video_format(stream: VideoStream, *, timed: bool = True) -> MediaFormat:
    """Return what the video stream holds; ``timed``: its frame rate can be believed."""
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
    """Return what the audio stream holds."""
    context = stream.codec_context
    codec = context.codec.canonical_name
    # AAC of transport streams tells its parameters in each packet (ADTS) instead of beforehand: a
    # fragmented MP4 cannot take it as it is.
    copied = codec in COPIED_AUDIO and context.extradata
    return MediaFormat(
        kind=MediaKind.AUDIO,
        codec=codec,
        extradata=context.extradata,
        sample_rate=context.sample_rate,
        layout=context.layout.name,
        template=_keep(stream) if copied else None,
    )


def _keep(stream: AudioStream) -> AudioStream:
    """Return a copy of the stream's parameters that does not need the connection.

    It belongs to an output that is never written; clips are made from it by other threads, when
    the connection may be gone.
    """
    return av.open(BytesIO(), "w", format="mp4").add_stream_from_template(stream)

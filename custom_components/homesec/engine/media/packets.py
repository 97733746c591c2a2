"""Encoded packets on a camera's timeline, and their formats."""

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cache
import logging
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import av.error

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

    from .mp4_boxes import TruncatedFile

    type AvPacket = av.Packet[Stream]

_LOGGER = logging.getLogger(__name__)

TICKS = 90_000  # ticks per second of all time stamps; divisible by common frame rates and 8 kHz
TIME_BASE = Fraction(1, TICKS)

COPIED_VIDEO = frozenset({"h264", "hevc"})
COPIED_AUDIO = frozenset({"aac"})
"""Codecs that are copied to clips, since browsers and phones play them."""


@cache
def _intra_only(codec: str) -> bool:
    return av.Codec(codec, "r").intra_only


class MediaKind(StrEnum):
    """Which stream of a source a packet belongs to."""

    VIDEO = "video"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MediaFormat:
    """The parameters of a stream for a decoder or muxer.

    Compared by identity: with a new object, decoding and writing start again.
    """

    kind: MediaKind
    codec: str
    extradata: bytes | None = field(default=None, repr=False)
    """None for H.264 and H.265, whose keyframes have their parameter sets (Annex B)."""
    width: int = 0
    height: int = 0
    pix_fmt: str | None = None
    fps: float | None = None
    sample_rate: int = 0
    layout: str = ""
    template: AudioStream | None = field(default=None, repr=False)
    """Audio that can be copied: the codec's parameters, independent of the connection."""

    @property
    def copied(self) -> bool:
        """Video only: clips get the packets without re-encoding."""
        return self.codec in COPIED_VIDEO

    @property
    def intra_only(self) -> bool:
        """Video only: each packet can be decoded without any other."""
        return _intra_only(self.codec)

    def video_decoder(self) -> VideoCodecContext:
        """Return a new decoder, for packets from a keyframe on."""
        context = cast("VideoCodecContext", av.CodecContext.create(self.codec, "r"))
        if self.extradata:
            context.extradata = self.extradata
        if not self.copied:
            context.width, context.height = self.width, self.height
            if self.pix_fmt:
                context.pix_fmt = self.pix_fmt
        # With one thread, a packet's frame is returned at once, and no camera takes all cores.
        context.thread_count = 1
        return context

    def audio_decoder(self) -> AudioCodecContext:
        """Return a new decoder for an audio stream."""
        context = cast("AudioCodecContext", av.CodecContext.create(self.codec, "r"))
        if self.extradata:
            context.extradata = self.extradata
        context.sample_rate = self.sample_rate
        context.layout = self.layout
        return context


def open_video(file: Path | TruncatedFile) -> InputContainer:
    """Open a clip's file, or its start, for reading.

    A file named MP4 is only read as such: FFmpeg would open what a playlist names.
    """
    if not isinstance(file, Path):
        return av.open(file, "r", format="mp4")
    return av.open(str(file), format="mp4" if file.suffix == ".mp4" else None)


def padded_packet(data: bytes) -> AvPacket:
    """Return a packet with a copy of the data, followed by the 64 zeros that FFmpeg reads."""
    packet = av.Packet(len(data))
    packet.update(data)
    return packet


def decode_single(decoder: VideoCodecContext, packet: AvPacket) -> VideoFrame | None:
    """Decode a packet by itself; return None if it's broken.

    Drains the decoder, which would otherwise keep the frame until more packets come.
    """
    try:
        frames = [*decoder.decode(packet), *decoder.decode()]
    except av.error.FFmpegError as err:
        _LOGGER.debug("A packet can't be decoded: %s", err.strerror)
        return None
    return frames[0] if frames else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MediaPacket:
    """One encoded packet with its time on the camera's timeline."""

    format: MediaFormat
    data: AvPacket = field(repr=False)
    """``pts`` and ``dts`` are ticks of ``TIME_BASE`` on the camera's timeline."""
    t: float  # decoding time, never before that of the stream's previous packet
    at: float  # UTC epoch seconds of ``t``
    keyframe: bool = False

    @property
    def is_video(self) -> bool:
        """Whether it's of the video stream."""
        return self.format.kind is MediaKind.VIDEO

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self.data.size)

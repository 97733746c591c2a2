"""Encoded packets on a camera's timeline, and their formats."""

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cache
import logging
from pathlib import Path
import time
from typing import TYPE_CHECKING, cast

import av
import av.error

from .limits import FILE_FORMATS, FILE_OPTIONS, check_decoding_time, check_frame, max_pixels
from .mp4_tables import check_tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from av.audio.codeccontext import AudioCodecContext
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from .mp4_boxes import TruncatedFile

    type AvPacket = av.Packet[Stream]
    type AnyPacket = av.Packet[Stream] | av.Packet[VideoStream]

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
    bits_per_sample: int = 0  # of G.726
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
            if self.width:
                context.width, context.height = self.width, self.height
            if self.pix_fmt:
                context.pix_fmt = self.pix_fmt
        context.options = {"max_pixels": str(max_pixels(self.codec))}
        # With one thread, a packet's frame is returned at once, and no camera takes all cores.
        context.thread_count = 1
        return context

    def audio_decoder(self) -> AudioCodecContext:
        """Return a new decoder for an audio stream."""
        context = cast("AudioCodecContext", av.CodecContext.create(self.codec, "r"))
        if self.extradata:
            context.extradata = self.extradata
        if self.sample_rate:
            context.sample_rate = self.sample_rate
        if self.layout:
            context.layout = self.layout
        if self.bits_per_sample:
            context.options = {"bits_per_coded_sample": str(self.bits_per_sample)}
        return context


_FORMATS = {".mp4": "mp4", ".jpg": "jpeg_pipe"}  # by suffix, of clips and their stills


def open_video(file: Path | TruncatedFile) -> InputContainer:
    """Open a clip's file, or its start, for reading.

    A file named MP4 is only read as such: FFmpeg would open what a playlist names. Nothing is
    decoded. Raises ``FileRefused`` for a file whose index announces too much, and whatever a
    damaged file makes FFmpeg raise.
    """
    if not isinstance(file, Path):
        return av.open(file, "r", format="mp4", options=FILE_OPTIONS)
    check_tables(file)
    options = {**FILE_OPTIONS, "format_whitelist": ",".join((*FILE_FORMATS, "jpeg_pipe"))}
    return av.open(str(file), format=_FORMATS.get(file.suffix), options=options)


def padded_packet(data: bytes) -> AvPacket:
    """Return a packet with a copy of the data, followed by the 64 zeros that FFmpeg reads."""
    packet = av.Packet(len(data))
    packet.update(data)
    return packet


def decode_packet(decoder: VideoCodecContext, packet: AnyPacket) -> list[VideoFrame]:
    """Decode the next packet; return no pictures if it's broken.

    Raises ``SourceError`` for pictures that are refused, or that take too long.
    """
    return _decode(decoder, (packet,))


def decode_single(decoder: VideoCodecContext, packet: AvPacket) -> VideoFrame | None:
    """Decode a packet by itself; return None if it's broken.

    Drains the decoder, which would otherwise keep the frame until more packets come. Raises
    ``SourceError`` for a picture that is refused, or that takes too long.
    """
    frames = _decode(decoder, (packet, None))
    return frames[0] if frames else None


def _decode(decoder: VideoCodecContext, packets: Iterable[AnyPacket | None]) -> list[VideoFrame]:
    start = time.thread_time()  # the decoder runs on this thread, and may have to wait for others
    try:
        frames = [frame for packet in packets for frame in decoder.decode(packet)]
    except (av.error.FFmpegError, ValueError) as err:
        # A ValueError comes from PyAV, if the decoder could not be opened.
        _LOGGER.debug("A packet can't be decoded: %s", err)
        frames = []
    check_decoding_time(time.thread_time() - start)
    for frame in frames:
        check_frame(frame.width, frame.height, frame.format.name)
    return frames


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MediaPacket:
    """One encoded packet with its time on the camera's timeline."""

    format: MediaFormat
    data: AvPacket = field(repr=False)
    """``pts`` and ``dts`` are ticks of ``TIME_BASE`` on the camera's timeline."""
    t: float  # decoding time, never before that of the stream's previous packet
    at: float  # UTC epoch seconds of ``t``
    keyframe: bool = False
    """Video: whether a decoder can start here, since the picture needs no other."""
    recovery: int | None = None
    """At a recovery point: after how many pictures they are complete, if a player starts here."""

    @property
    def random_access(self) -> bool:
        """Video: whether a player can start a clip here."""
        return self.keyframe or self.recovery is not None

    @property
    def shown_t(self) -> float:
        """When it's shown: with B-frames, not in the order of ``t``."""
        return self.t if self.data.pts is None else self.data.pts / TICKS

    @property
    def is_video(self) -> bool:
        """Whether it's of the video stream."""
        return self.format.kind is MediaKind.VIDEO

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self.data.size)

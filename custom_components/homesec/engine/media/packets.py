"""Encoded media on a camera's timeline: what sources give, and rings and recorders take."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.codeccontext import VideoCodecContext

    from .mp4_boxes import TruncatedFile

    type AvPacket = av.Packet[Stream]

TICKS = 90_000
"""Ticks a second of every time stamp; divides the frame rates in use and 8 kHz audio."""
TIME_BASE = Fraction(1, TICKS)

COPIED_VIDEO = frozenset({"h264", "hevc"})
COPIED_AUDIO = frozenset({"aac"})
"""Codecs that go into a clip as they come; browsers and phones play them."""


@cache
def _intra_only(codec: str) -> bool:
    return av.Codec(codec, "r").intra_only


class MediaKind(StrEnum):
    """Which stream of a source a packet belongs to."""

    VIDEO = "video"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MediaFormat:
    """What a decoder or a muxer must know before the first packet.

    Compared by identity: a new object means that decoding and writing start afresh.
    """

    kind: MediaKind
    codec: str
    extradata: bytes | None = field(default=None, repr=False)
    """None for H.264 and H.265, whose keyframes carry their parameter sets (Annex B)."""
    width: int = 0
    height: int = 0
    pix_fmt: str | None = None
    fps: float | None = None
    sample_rate: int = 0
    layout: str = ""
    template: AudioStream | None = field(default=None, repr=False)
    """Audio that can be copied: carries the codec's parameters, and outlives the connection."""

    @property
    def copied(self) -> bool:
        """Video only: a clip can hold these packets without re-encoding."""
        return self.codec in COPIED_VIDEO

    @property
    def intra_only(self) -> bool:
        """Video only: every packet is a picture that needs no other."""
        return _intra_only(self.codec)

    def video_decoder(self) -> VideoCodecContext:
        """Return a new decoder that needs nothing but packets from a keyframe on."""
        context = cast("VideoCodecContext", av.CodecContext.create(self.codec, "r"))
        if self.extradata:
            context.extradata = self.extradata
        if not self.copied:
            context.width, context.height = self.width, self.height
            if self.pix_fmt:
                context.pix_fmt = self.pix_fmt
        # One thread: a frame comes out as soon as its packet is in, and a camera cannot take
        # the whole machine.
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


def open_video(film: Path | TruncatedFile) -> InputContainer:
    """Open a clip's file, or the beginning of it, to read it.

    What is named MP4 is read as nothing else: a playlist would have FFmpeg open what it names.
    """
    if not isinstance(film, Path):
        return av.open(film, "r", format="mp4")
    return av.open(str(film), format="mp4" if film.suffix == ".mp4" else None)


def padded_packet(data: bytes) -> AvPacket:
    """Return a packet that holds a copy of the data, with the zeros behind it that decoders need.

    FFmpeg's bit readers look up to 64 bytes beyond the end.
    """
    packet = av.Packet(len(data))
    packet.update(data)
    return packet


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MediaPacket:
    """One encoded packet with its place on the camera's timeline."""

    format: MediaFormat
    data: AvPacket = field(repr=False)
    """``pts`` and ``dts`` are ticks of ``TIME_BASE`` on the camera's timeline."""
    t: float
    """Decoding time, never less than that of the packet before in its stream."""
    at: float
    """UTC epoch seconds of ``t``."""
    keyframe: bool = False

    @property
    def is_video(self) -> bool:
        """Whether it belongs to the video stream."""
        return self.format.kind is MediaKind.VIDEO

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self.data.size)

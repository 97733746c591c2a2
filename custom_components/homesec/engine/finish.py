"""From the fragmented file that grew to the clip that plays and seeks everywhere.

The index goes to the front (``faststart``), so that a player can begin and seek without reading
the whole file first. The new file appears under its name only when it is whole and on the disk.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
import math
import os
from typing import TYPE_CHECKING

import av
import av.error

from .errors import RecordingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

    from .media import AvPacket

PARTIAL_SUFFIX = ".part.mp4"
FRESH_SUFFIX = ".new.mp4"
"""Of the finished file, until it is whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The facts of a finished file."""

    duration_s: float
    bytes: int
    width: int
    height: int
    video_codec: str
    audio_codec: str | None


def partial_path(final: Path) -> Path:
    """Return where a clip's file grows before it gets its name."""
    return final.with_name(final.stem + PARTIAL_SUFFIX)


def finish(final: Path) -> Finished:
    """Make the final file of the partial one, and remove that.

    Works alike on a file that was closed and on one that a power cut ended: what comes after the
    last whole fragment is left out. Raises ``RecordingError`` when there is no film in it, and
    ``OSError`` when the disk does not take the new file; the partial one is then kept.
    """
    partial = partial_path(final)
    fresh = final.with_name(final.stem + FRESH_SUFFIX)
    try:
        facts = _remux(partial, fresh)
        _sync(fresh)
        fresh.replace(final)
    except Exception as err:
        with suppress(OSError):
            fresh.unlink()
        if not isinstance(err, OSError) or not _is_whole(partial):
            raise
        # No room for a second copy: the fragments play, too.
        facts = read_facts(partial)
        partial.replace(final)
    else:
        partial.unlink(missing_ok=True)
    with suppress(OSError):  # network shares cannot do it for folders
        _sync(final.parent)
    return facts


class _Span:
    """From the first picture shown to the end of the last."""

    def __init__(self) -> None:
        self.packets = 0
        self._start_s = math.inf
        self._end_s = -math.inf

    def add(self, packet: AvPacket) -> None:
        """Take in a video packet."""
        if packet.pts is None:
            return
        self.packets += 1
        self._start_s = min(self._start_s, float(packet.pts * packet.time_base))
        end = packet.pts + (packet.duration or 0)
        self._end_s = max(self._end_s, float(end * packet.time_base))

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return max(0.0, self._end_s - self._start_s) if self.packets else 0.0


def _remux(source: Path, target: Path) -> Finished:
    try:
        reader = av.open(str(source))
    except (av.error.InvalidDataError, av.error.EOFError) as err:
        raise RecordingError from err
    with reader, av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as out:
        if not reader.streams.video:
            raise RecordingError
        duration_s = _copy(reader, out)
        video, audio = reader.streams.video[0], reader.streams.audio
        facts = Finished(
            duration_s=duration_s,
            bytes=0,
            width=video.width,
            height=video.height,
            video_codec=video.codec_context.codec.canonical_name,
            audio_codec=audio[0].codec_context.codec.canonical_name if audio else None,
        )
    return _with_size(facts, target)


def _copy(reader: InputContainer, out: OutputContainer) -> float:
    """Copy all packets; return the video's length in seconds."""
    streams: dict[int, Stream] = {}
    for stream in (*reader.streams.video[:1], *reader.streams.audio[:1]):
        copy = out.add_stream_from_template(stream, opaque=True)
        if stream.codec_context.codec.canonical_name == "hevc":
            # Apple's players take H.265 under this name only; the default is hev1.
            copy.codec_context.codec_tag = "hvc1"
        streams[stream.index] = copy
    span = _Span()
    for packet in _whole_packets(reader, [reader.streams[i] for i in streams]):
        if packet.stream.type == "video":
            span.add(packet)
        packet.stream = streams[packet.stream.index]
        out.mux(packet)
    if not span.packets:
        raise RecordingError
    return span.seconds


def _whole_packets(reader: InputContainer, streams: Sequence[Stream]) -> Iterator[AvPacket]:
    """Give the packets up to where a crash has cut the file off."""
    packets = reader.demux(*streams)
    while True:
        try:
            packet = next(packets, None)
        except av.error.InvalidDataError, av.error.EOFError:
            return
        if packet is None:
            return
        if packet.size and packet.dts is not None and not packet.is_corrupt:
            yield packet


def read_facts(path: Path) -> Finished:
    """Return the facts of a file that stays as it is."""
    with av.open(str(path)) as reader:
        video, audio = reader.streams.video[0], reader.streams.audio
        span = _Span()
        for packet in _whole_packets(reader, [video]):
            span.add(packet)
        facts = Finished(
            duration_s=span.seconds,
            bytes=0,
            width=video.width,
            height=video.height,
            video_codec=video.codec_context.codec.canonical_name,
            audio_codec=audio[0].codec_context.codec.canonical_name if audio else None,
        )
    return _with_size(facts, path)


def _with_size(facts: Finished, path: Path) -> Finished:
    return replace(facts, bytes=path.stat().st_size)


def _is_whole(path: Path) -> bool:
    try:
        return read_facts(path).duration_s > 0
    except av.error.FFmpegError, IndexError:
        return False


def _sync(path: Path) -> None:
    """Have the system write a file, or a folder's names, to the disk now."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""From the fragmented file that grew to the clip that plays and seeks everywhere.

The index goes to the front (``faststart``), so that a player can begin and seek without reading
the whole file first. The new file appears under its name only when it is whole and on the disk.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from io import BytesIO
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
COMMENT = "comment"
"""The one tag that FFmpeg writes into every MP4 without further ado."""
_EMPTY_BYTES = 64 * 1024
"""What cannot be finished and is smaller ended before its first second did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The facts of a finished file."""

    duration_s: float
    bytes: int
    width: int
    height: int
    video_codec: str
    audio_codec: str | None
    comment: str | None = None
    """What was written into the file; see ``clip_facts``."""


def partial_path(final: Path) -> Path:
    """Return where a clip's file grows before it gets its name."""
    return final.with_name(final.stem + PARTIAL_SUFFIX)


def discard_empty(final: Path) -> None:
    """Remove a partial file that never came to hold a picture; one that might have stays."""
    partial = partial_path(final)
    with suppress(OSError):
        if partial.stat().st_size < _EMPTY_BYTES:
            partial.unlink()


def finish(final: Path, comment: str | None = None) -> Finished:
    """Make the final file of the partial one, and remove that.

    The file's comment becomes ``comment``, else the partial one's.

    Works alike on a file that was closed and on one that a power cut ended: what comes after the
    last whole fragment is left out. Raises ``RecordingError`` when there is no film in it, and
    ``OSError`` when the disk does not take the new file; the partial one is then kept.
    """
    partial = partial_path(final)
    fresh = final.with_name(final.stem + FRESH_SUFFIX)
    try:
        _drop_torn_end(partial)
        facts = _remux(partial, fresh, comment)
        _sync(fresh)
        fresh.replace(final)
    except Exception as err:
        with suppress(OSError):
            fresh.unlink()
        if not isinstance(err, OSError) or not _is_whole(partial):
            raise
        # No room for a second copy: the fragments play, too.
        if _drop_torn_end(partial, media=True):
            _mend_in_place(partial)
        facts = read_facts(partial)
        partial.replace(final)
    else:
        partial.unlink(missing_ok=True)
    with suppress(OSError):  # network shares cannot do it for folders
        _sync(final.parent)
    return facts


def _drop_torn_end(path: Path, *, media: bool = False) -> bool:
    """Cut off a header that a crash has torn: FFmpeg would not open the whole file for it.

    Torn ``media`` stays otherwise, since the pictures in it that are whole can be read; it goes
    with its fragment if the file is to be the clip as it is, and other fragments are left. Returns
    whether torn media is still there.
    """
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        begin = fragment = whole = 0
        while begin < end:
            file.seek(begin)
            head = file.read(16)
            size, name = int.from_bytes(head[:4]), head[4:8]
            if size == 1:
                size = int.from_bytes(head[8:])
            if name == b"moof":
                fragment = begin
            if size < 8 or (begin + size > end and name != b"mdat"):
                file.truncate(begin)
                return False
            begin += size
            whole += name == b"mdat" and begin <= end
        if media and begin > end and whole:
            file.truncate(fragment)
            return False
        return begin > end


def _mend_in_place(path: Path) -> None:
    """Leave out the torn picture of a film whose only fragment a full disk has torn.

    There is no room for a second file, but the film needs less than it has; in memory it is one
    fragment, a second at most.
    """
    fresh = BytesIO()
    with av.open(str(path)) as reader, av.open(fresh, "w", format="mp4") as out:
        _copy(reader, out)
    # What does not fit could be cut off in the middle; the whole pictures can be read as it is.
    if fresh.getbuffer().nbytes <= path.stat().st_size:
        with path.open("r+b") as file:
            file.write(fresh.getbuffer())
            file.truncate()


class _Span:
    """The length of a video as its file tells it: of all its pictures together."""

    def __init__(self) -> None:
        self.packets = 0
        self._start_s = math.inf
        self._end_s = -math.inf

    def add(self, packet: AvPacket) -> None:
        """Take in a video packet."""
        self.packets += 1
        dts = packet.dts or 0
        self._start_s = min(self._start_s, float(dts * packet.time_base))
        end = dts + (packet.duration or 0)
        self._end_s = max(self._end_s, float(end * packet.time_base))

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return max(0.0, self._end_s - self._start_s) if self.packets else 0.0


def _remux(source: Path, target: Path, comment: str | None) -> Finished:
    try:
        reader = av.open(str(source))
    except (av.error.InvalidDataError, av.error.EOFError) as err:
        raise RecordingError from err
    with reader, av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as out:
        if not reader.streams.video:
            raise RecordingError
        if (comment := comment or reader.metadata.get(COMMENT)) is not None:
            out.metadata[COMMENT] = comment
        facts = _facts(reader, _copy(reader, out))
    return replace(facts, bytes=target.stat().st_size)


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
        span = _Span()
        for packet in _whole_packets(reader, [reader.streams.video[0]]):
            span.add(packet)
        facts = _facts(reader, span.seconds)
    return replace(facts, bytes=path.stat().st_size)


def known_facts(path: Path) -> Finished:
    """Return the facts of a file, from its index alone if it is whole and has one.

    Reading all of it takes as long as its bytes do, for thousands of clips that is hours. Raises
    as ``read_facts``.
    """
    names, whole = _boxes(path)
    if not whole or b"moof" in names:
        return read_facts(path)
    with av.open(str(path)) as reader:
        video = reader.streams.video[0]
        if not video.duration or video.time_base is None:
            return read_facts(path)
        facts = _facts(reader, float(video.duration * video.time_base))
    return replace(facts, bytes=path.stat().st_size)


def _boxes(path: Path) -> tuple[set[bytes], bool]:
    """Return the names of a file's outermost boxes, and whether the last one is whole."""
    names: set[bytes] = set()
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        begin = 0
        while begin < end:
            file.seek(begin)
            head = file.read(16)
            size = int.from_bytes(head[:4])
            if size == 1:
                size = int.from_bytes(head[8:])
            if size < 8:
                return names, False
            names.add(head[4:8])
            begin += size
    return names, begin == end


def _facts(reader: InputContainer, duration_s: float) -> Finished:
    """Return the facts of an open file, its size left out: that counts once it is closed."""
    video, audio = reader.streams.video[0], reader.streams.audio
    return Finished(
        duration_s=duration_s,
        bytes=0,
        width=video.width,
        height=video.height,
        video_codec=video.codec_context.codec.canonical_name,
        audio_codec=audio[0].codec_context.codec.canonical_name if audio else None,
        comment=reader.metadata.get(COMMENT),
    )


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

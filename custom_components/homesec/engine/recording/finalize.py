"""From the fragmented file that grew to the clip that plays and seeks everywhere.

The index goes to the front (``faststart``), so that a player can begin and seek without reading
the whole file first. The new file appears under its name only when it is whole and on the disk.
"""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass, replace
from io import BytesIO
import math
import os
import stat
from typing import TYPE_CHECKING

import av
import av.error

from ..core.errors import RecordingError
from ..media.mp4_boxes import Beginning, read_layout
from ..media.packets import open_film

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

    from ..media.mp4_boxes import Layout
    from ..media.packets import AvPacket

PARTIAL_SUFFIX = ".part.mp4"
FRESH_SUFFIX = ".new.mp4"
"""Of the finished file, until it is whole."""
COMMENT = "comment"
"""The one tag that FFmpeg writes into every MP4 without further ado."""
_EMPTY_BYTES = 64 * 1024
"""What cannot be finished and is smaller ended before its first second did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipInfo:
    """The facts of a finished file."""

    duration_s: float
    bytes: int
    width: int
    height: int
    video_codec: str
    audio_codec: str | None
    comment: str | None = None
    """What was written into the file; see ``clip_facts``."""
    damaged: bool = False
    """A part of the partial file could not be read, so that file is still there."""


def partial_path(final: Path) -> Path:
    """Return where a clip's file grows before it gets its name."""
    return final.with_name(final.stem + PARTIAL_SUFFIX)


def discard_empty(final: Path) -> bool:
    """Remove a partial file that never came to hold a picture; return whether it did.

    One in which there might be any, or that is not a file, stays.
    """
    partial = partial_path(final)
    try:
        status = partial.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size >= _EMPTY_BYTES:
            return False
        if not read_layout(partial).holds_nothing:
            return False
        partial.unlink()
    except OSError, ValueError:
        return False
    return True


def finish(final: Path, comment: str | None = None) -> ClipInfo:
    """Make the final file of the partial one, and remove that.

    The file's comment becomes ``comment``, else the partial one's.

    Works alike on a file that was closed and on one that a power cut ended: what comes after the
    last whole fragment is left out. Raises ``RecordingError`` when there is no film in it,
    ``OSError`` when the disk does not take the new file, and whatever a damaged file makes FFmpeg
    raise; the partial one is then kept. So it is if a part of it cannot be read (``damaged``).
    """
    partial = partial_path(final)
    fresh = final.with_name(final.stem + FRESH_SUFFIX)
    with suppress(OSError):
        fresh.unlink()  # FFmpeg would follow a link, and wait for the reader of a pipe
    layout = read_layout(partial)
    try:
        _drop_torn_end(partial, layout)
        facts = _remux_what_is_whole(partial, fresh, comment, layout)
        _sync(fresh)
        fresh.replace(final)
    except Exception as err:
        with suppress(OSError):
            fresh.unlink()
        if not isinstance(err, OSError) or not _is_whole(partial):
            raise
        # No room for a second copy: the fragments play, too.
        if _drop_torn_end(partial, layout, media=True):
            _mend_in_place(partial)
        facts = read_facts(partial)
        partial.replace(final)
    else:
        if not facts.damaged:
            partial.unlink(missing_ok=True)
    with suppress(OSError):  # network shares cannot do it for folders
        _sync(final.parent)
    return facts


def _drop_torn_end(path: Path, layout: Layout, *, media: bool = False) -> bool:
    """Cut off a header that a crash has torn: FFmpeg would not open the whole file for it.

    Torn ``media`` stays otherwise, since the pictures in it that are whole can be read; it goes
    with its fragment if the file is to be the clip as it is, and other fragments are left. Returns
    whether torn media is still there. What is damaged in its midst is not cut off at all.
    """
    if layout.torn_at is None or layout.damaged:
        return False
    if not layout.torn_media:
        os.truncate(path, layout.torn_at)
        return False
    if media and layout.media:
        os.truncate(path, layout.fragments[-1])
        return False
    return True


def _mend_in_place(path: Path) -> None:
    """Leave out the torn picture of a film whose only fragment a full disk has torn.

    There is no room for a second file, but the film needs less than it has; in memory it is one
    fragment, a second at most.
    """
    fresh = BytesIO()
    with open_film(path) as reader, av.open(fresh, "w", format="mp4") as out:
        _copy(reader, out)
    # What does not fit could be cut off in the middle; the whole pictures can be read as it is.
    if fresh.getbuffer().nbytes <= path.stat().st_size:
        with path.open("r+b") as file:
            file.write(fresh.getbuffer())
            file.truncate()


class _Duration:
    """The length of a video as its file tells it: of all its pictures together."""

    def __init__(self) -> None:
        self.packets = 0
        self.positions: set[int] = set()
        """Where in the file packets lie, those of the sound too."""
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


def _remux_what_is_whole(
    source: Path, target: Path, comment: str | None, layout: Layout
) -> ClipInfo:
    """Remux a file; if FFmpeg does not take it, then without its last fragment.

    A power cut may have left zeros in the midst of that.
    """
    try:
        return _remux(source, target, comment, layout)
    except OSError:
        raise
    except Exception:
        if len(layout.fragments) < 2:
            raise
    with closing(Beginning(source, layout.fragments[-1])) as beginning:
        return replace(_remux(beginning, target, comment, layout), damaged=True)


def _remux(source: Path | Beginning, target: Path, comment: str | None, layout: Layout) -> ClipInfo:
    try:
        reader = open_film(source)
    except (av.error.InvalidDataError, av.error.EOFError) as err:
        raise RecordingError from err
    with reader, av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as out:
        if not reader.streams.video:
            raise RecordingError
        if (comment := comment or reader.metadata.get(COMMENT)) is not None:
            out.metadata[COMMENT] = comment
        span = _copy(reader, out)
        facts = _facts(reader, span.seconds)
    damaged = layout.damaged or layout.unread(span.positions)
    return replace(facts, bytes=target.stat().st_size, damaged=damaged)


def _copy(reader: InputContainer, out: OutputContainer) -> _Duration:
    """Copy all packets; return the video's span."""
    streams: dict[int, Stream] = {}
    for stream in (*reader.streams.video[:1], *reader.streams.audio[:1]):
        copy = out.add_stream_from_template(stream, opaque=True)
        if stream.codec_context.codec.canonical_name == "hevc":
            # Apple's players take H.265 under this name only; the default is hev1.
            copy.codec_context.codec_tag = "hvc1"
        streams[stream.index] = copy
    span = _Duration()
    for packet in _whole_packets(reader, [reader.streams[i] for i in streams]):
        if packet.stream.type == "video":
            span.add(packet)
        span.positions.add(-1 if packet.pos is None else packet.pos)
        packet.stream = streams[packet.stream.index]
        out.mux(packet)
    if not span.packets:
        raise RecordingError
    return span


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


def read_facts(path: Path) -> ClipInfo:
    """Return the facts of a file that stays as it is."""
    with open_film(path) as reader:
        span = _Duration()
        for packet in _whole_packets(reader, [reader.streams.video[0]]):
            span.add(packet)
        facts = _facts(reader, span.seconds)
    return replace(facts, bytes=path.stat().st_size)


def known_facts(path: Path) -> ClipInfo:
    """Return the facts of a file, from its index alone if it is whole and has one.

    Reading all of it takes as long as its bytes do, for thousands of clips that is hours. Raises
    as ``read_facts``.
    """
    layout = read_layout(path)
    if layout.torn_at is not None or b"moof" in layout.names:
        return read_facts(path)
    with open_film(path) as reader:
        video = reader.streams.video[0]
        if not video.duration or video.time_base is None:
            return read_facts(path)
        facts = _facts(reader, float(video.duration * video.time_base))
    return replace(facts, bytes=path.stat().st_size)


def _facts(reader: InputContainer, duration_s: float) -> ClipInfo:
    """Return the facts of an open file, its size left out: that counts once it is closed."""
    video, audio = reader.streams.video[0], reader.streams.audio
    return ClipInfo(
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
    except Exception:  # noqa: BLE001 - whatever a damaged file makes FFmpeg raise
        return False


def _sync(path: Path) -> None:
    """Have the system write a file, or a folder's names, to the disk now."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

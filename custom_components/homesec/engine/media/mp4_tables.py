"""Check the tables of an MP4 file, before FFmpeg takes memory for what they announce.

A table can announce four billion samples in twenty bytes, and FFmpeg takes a few dozen bytes of
memory for each. Box formats: ISO/IEC 14496-12, 8.6 to 8.8.
"""

import os
import re
from typing import TYPE_CHECKING, BinaryIO

from ..core.damaged_files import is_regular_file
from ..core.errors import FileRefused
from .mp4_boxes import MAX_BOXES, read_header

if TYPE_CHECKING:
    from pathlib import Path

MAX_SAMPLES = 8_000_000  # of a file: a day of video and sound has 7 million
MAX_INDEX_BYTES = 256 * 1024 * 1024  # of all boxes without media; a day has 60 MiB
MAX_EDITED = 4 * MAX_SAMPLES  # samples times edits
_TABLES = re.compile(rb"stsz|stz2|stts|ctts|trun|elst|hdlr|cmov|iloc|iinf")
_REFUSED = frozenset({b"cmov", b"iloc", b"iinf"})
"""A compressed index, which hides its tables, and pictures without video (HEIF)."""
MAX_RAW_SAMPLES = 1 << 31  # FFmpeg reads a thousand at once
_STREAM_BYTES = 1 << 48  # more than any stream has
_STREAM_SAMPLES = 2_000_000  # that a stream may announce at once
_LEAST_SAMPLE_BYTES = 4  # on average
_HEAD_BYTES = 16
_MOST_MEDIA = 64  # media boxes that FFmpeg may come back to
_FIRST_BOXES = frozenset(
    {
        *(b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"emsg", b"uuid", b"prfl"),
        *(b"free", b"skip", b"wide", b"junk", b"pnot", b"pict", b"udta", b"jP  ", b"prft"),
    }
)
"""Boxes by which FFmpeg recognizes MP4."""
_NUMBERS_BYTES = {b"trun": 12, b"elst": 12, b"cmov": 8}
"""Bytes from a table's name to the end of the numbers that are read, if not 16."""
_OVERLAP = 64  # bytes that are kept of what was read
_CHUNK = 1 << 20


def check_tables(path: Path) -> None:
    """Raise ``FileRefused`` if a file announces more samples than it can hold.

    Nothing else is checked, so a file that is no MP4 passes. Raises ``OSError`` if the file can't
    be read.
    """
    if not is_regular_file(path):
        return
    with path.open("rb") as file:
        tables = _Tables(file.seek(0, os.SEEK_END))
        for start, end in _indexes(file, tables.file_bytes, forced=path.suffix == ".mp4"):
            tables.read(file, start, end)
        tables.check()


def _indexes(file: BinaryIO, size: int, *, forced: bool) -> list[tuple[int, int]]:
    """Return start and end of all that isn't in an ``mdat`` box; nothing if it's no MP4.

    ``forced``: the file is read as MP4, whatever it is.
    """
    found: list[tuple[int, int]] = []
    start = count = total = 0
    while start < size:
        length, name = read_header(file, start)
        if count == 0 and name not in _FIRST_BOXES and not forced:
            return []
        end = start + length if length >= 8 else size
        if name != b"mdat":
            found.append((start, min(end, size)))
            total += found[-1][1] - start
        count += 1
        if count > MAX_BOXES or total > MAX_INDEX_BYTES:
            raise FileRefused("There are too many boxes in the file")
        start = end
    return found


class _Tables:
    """What the tables of a file announce together.

    Tables are found by their name, wherever it is: FFmpeg reads them inside of many boxes. A name
    that is there by chance has a size that doesn't fit, or announces little.
    """

    def __init__(self, file_bytes: int) -> None:
        self.file_bytes = file_bytes
        self._samples = 0  # of video, and of sound with a size for each
        self._raw_samples = 0  # of sound that is read in larger pieces
        self._edits = 0
        self._sound = False

    def read(self, file: BinaryIO, start: int, end: int) -> None:
        """Count what the tables in a part of the file announce."""
        file.seek(start)
        left, before = end - start, b""
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            left -= len(chunk)
            before = self.count(before, chunk)

    def count(self, before: bytes, data: bytes) -> bytes:
        """Count the tables in data that follows other data, of which ``before`` is the end.

        A table whose numbers haven't come yet is counted with them: FFmpeg waits for them, too.
        Returns what the next call needs as ``before``.
        """
        window = before + data
        for match in _TABLES.finditer(window):
            name, at = match.group(), match.start()
            end = at + _NUMBERS_BYTES.get(name, 16)
            if at >= 4 and len(before) < end <= len(window):
                self._count(name, window, at)
        return window[-_OVERLAP:]

    def _count(self, name: bytes, data: bytes, at: int) -> None:
        size = int.from_bytes(data[at - 4 : at])
        first, second = (int.from_bytes(data[at + n : at + n + 4]) for n in (8, 12))
        match name:
            case b"hdlr":
                self._sound = data[at + 12 : at + 16] == b"soun"
            case b"stsz" | b"stz2":
                self._count_sizes(first if name == b"stsz" else 0, second)
            case b"stts" | b"ctts":
                self._count_times(data, at + 12, min(first, size // 8))
            case b"trun":
                self._samples += first
            case b"elst":
                self._edits = max(self._edits, min(first, size // 12))
            case _ if name in _REFUSED and size >= 16:
                raise FileRefused("The file's index is of an unusual kind")

    def _count_sizes(self, size: int, count: int) -> None:
        """Count samples; with ``size``, all have this one."""
        if size and size * count > self.file_bytes:
            raise FileRefused(f"The file announces {count} pictures or sounds, more than it has")
        if size and self._sound:
            self._raw_samples += count
        else:
            self._samples += count

    def _count_times(self, data: bytes, at: int, entries: int) -> None:
        """Check the first entries of a table of times; the others would need the whole table."""
        for entry in range(at, min(at + 8 * entries, at + _OVERLAP), 8):
            count = int.from_bytes(data[entry : entry + 4])
            if count > max(MAX_SAMPLES, self.file_bytes):
                raise FileRefused(f"The file announces {count} times of samples")

    def check_stream(self, received: int) -> None:
        """Raise ``FileRefused`` if it's too much for what has been received."""
        allowed = max(_STREAM_SAMPLES, received // _LEAST_SAMPLE_BYTES)
        if self._samples * max(1, self._edits) > allowed or self._raw_samples > MAX_RAW_SAMPLES:
            raise FileRefused(f"The stream announces {self._samples} samples")

    def check(self) -> None:
        """Raise ``FileRefused`` if it's too much."""
        if self._samples > MAX_SAMPLES or self._raw_samples > min(self.file_bytes, MAX_RAW_SAMPLES):
            raise FileRefused(f"The file announces {self._samples + self._raw_samples} samples")
        if self._samples * max(1, self._edits) > MAX_EDITED:
            raise FileRefused(f"The file announces {self._edits} edits")


class StreamedTables:
    """Checks the tables of an MP4 file while it's read from the network.

    A stream has no end, so it may announce as many samples as it has sent bytes for.
    """

    def __init__(self) -> None:
        self._tables = _Tables(_STREAM_BYTES)
        self._head = b""  # of the box that begins at ``_next``
        self._next = 0
        self._media: list[tuple[int, int]] = []  # start and end of ``mdat`` boxes
        self._before = b""  # end of what was read last
        self._is_mp4 = True
        self._received = 0

    def feed(self, position: int, data: bytes) -> None:
        """Check what was read at a position. Raises ``FileRefused``."""
        if not self._is_mp4:
            return
        self._received += len(data)
        while data and self._is_mp4:
            used = self._feed_part(position, data)
            position, data = position + used, data[used:]
        self._tables.check_stream(self._received)

    def _feed_part(self, position: int, data: bytes) -> int:
        """Check the beginning of the data, up to the next box; return its length."""
        end = next((end for start, end in self._media if start <= position < end), None)
        if end is not None:
            self._before = b""
            return min(len(data), end - position)
        if position == self._next + len(self._head):
            self._head += data[: _HEAD_BYTES - len(self._head)]
            if len(self._head) < _HEAD_BYTES:
                return len(data)
            return self._begin_box(position, data)
        length = self._next - position if position < self._next else len(data)
        self._scan(data[:length])
        return min(len(data), length)

    def _begin_box(self, position: int, data: bytes) -> int:
        start, head = self._next, self._head
        name, size = head[4:8], int.from_bytes(head[:4])
        if start == 0 and name not in _FIRST_BOXES:
            self._is_mp4 = False
            return len(data)
        if size == 1:
            size = int.from_bytes(head[8:16])
        self._head, self._next = b"", start + (size if size >= 8 else _STREAM_BYTES)
        if name == b"mdat":
            self._media = [*self._media[-_MOST_MEDIA:], (start, self._next)]
            return max(0, min(len(data), self._next - position))
        self._scan(head)
        return max(1, start + _HEAD_BYTES - position)

    def _scan(self, data: bytes) -> None:
        self._before = self._tables.count(self._before, data)

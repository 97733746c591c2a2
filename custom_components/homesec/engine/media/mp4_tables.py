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
_OVERLAP = 64  # bytes of a table's start that are read
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
        for start, end in _indexes(file, tables.file_bytes):
            tables.read(file, start, end)
        tables.check()


def _indexes(file: BinaryIO, size: int) -> list[tuple[int, int]]:
    """Return start and end of all that isn't in an ``mdat`` box."""
    found: list[tuple[int, int]] = []
    start = count = total = 0
    while start < size:
        length, name = read_header(file, start)
        if count == 0 and not name.isalnum():
            return []  # no MP4: FFmpeg finds that out, too
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
        position, before = start, b""
        while position < end:
            chunk = file.read(min(_CHUNK, end - position))
            if not chunk:
                return
            position += len(chunk)
            window = before + chunk
            last = position >= end
            # A table's start may be cut off at the window's end: it's read with the next one.
            limit = len(window) if last else len(window) - _OVERLAP
            for match in _TABLES.finditer(window):
                if 4 <= match.start() < limit:
                    self._count(match.group(), window, match.start())
            before = b"" if last else window[limit - 4 :]

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
        for entry in range(at, min(at + 8 * entries, at + _OVERLAP - 16), 8):
            count = int.from_bytes(data[entry : entry + 4])
            if count > max(MAX_SAMPLES, self.file_bytes):
                raise FileRefused(f"The file announces {count} times of samples")

    def check(self) -> None:
        """Raise ``FileRefused`` if it's too much."""
        if self._samples > MAX_SAMPLES or self._raw_samples > self.file_bytes:
            raise FileRefused(f"The file announces {self._samples + self._raw_samples} samples")
        if self._samples * max(1, self._edits) > MAX_EDITED:
            raise FileRefused(f"The file announces {self._edits} edits")

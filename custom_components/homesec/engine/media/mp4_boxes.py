"""The top-level boxes of an MP4 file that may be damaged (ISO/IEC 14496-12)."""

from bisect import bisect_right
from dataclasses import dataclass
from io import FileIO
import os
from typing import TYPE_CHECKING, BinaryIO, override

from ..core.damaged_files import is_regular_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_BOXES = 200_000  # more than a clip of a day has; a file of empty boxes would take minutes
_KNOWN = frozenset({b"ftyp", b"free", b"mdat", b"mfra", b"moof", b"moov"})
"""Boxes that FFmpeg writes into a clip."""
_HEADER_BYTES = 8
_NAME_BYTES = 4
_SCAN_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Mp4Layout:
    """The positions of a file's boxes."""

    names: frozenset[bytes]
    media: tuple[tuple[int, int], ...]  # start and end of each complete ``mdat`` box
    fragments: tuple[int, ...]  # start of each complete ``moof`` box
    partial_at: int | None  # start of the partial box; None if all are complete
    partial_is_media: bool
    """Whether the partial box is an ``mdat`` box, of which a part can be read."""
    partial_is_unknown: bool  # whether no clip has a box with the partial box's name
    fragments_follow: bool
    """Whether complete fragments follow the partial box, so its size must be damaged."""

    @property
    def damaged(self) -> bool:
        """Whether the partial box isn't what a crash leaves."""
        return self.fragments_follow or self.partial_is_unknown

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a complete fragment nor an unknown box."""
        return not (self.media or self.damaged) and self.names <= _KNOWN

    def has_unread_media(self, positions: Iterable[int]) -> bool:
        """Return whether there is an ``mdat`` box that contains none of these packet positions."""
        starts = [start for start, _ in self.media]
        read = {bisect_right(starts, position) - 1 for position in positions}
        return not read.issuperset(range(len(starts)))


class TruncatedFile(FileIO):
    """The first bytes of a file, read as if it ended there."""

    def __init__(self, path: Path, end: int) -> None:
        super().__init__(path)
        self._end = end

    @override
    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes; none at the end."""
        left = max(0, self._end - self.tell())
        return super().read(left if size is None or size < 0 else min(size, left)) or b""

    @override
    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set the position, as in a file."""
        if whence == os.SEEK_END:
            offset, whence = self._end + offset, os.SEEK_SET
        return super().seek(offset, whence)


def read_layout(path: Path) -> Mp4Layout:
    """Return a file's layout.

    Raises OSError, and ValueError for too many boxes or if it isn't a file: a pipe would block.
    """
    if not is_regular_file(path):
        path.lstat()  # raises FileNotFoundError
        raise ValueError("not a file")
    names: set[bytes] = set()
    media: list[tuple[int, int]] = []
    fragments: list[int] = []
    partial_at, partial_name, fragments_follow = None, b"", False
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        start = count = size = 0
        while start < end and partial_at is None:
            if (count := count + 1) > MAX_BOXES:
                raise ValueError("too many boxes")
            size, name = read_header(file, start)
            if size < _HEADER_BYTES or start + size > end:
                partial_at, partial_name = start, name
                fragments_follow = _fragment_follows(file, start + _HEADER_BYTES)
                continue
            names.add(name)
            if name == b"mdat":
                media.append((start, start + size))
            elif name == b"moof":
                fragments.append(start)
            start += size
    return Mp4Layout(
        names=frozenset(names),
        media=tuple(media),
        fragments=tuple(fragments),
        partial_at=partial_at,
        partial_is_media=partial_name == b"mdat" and size >= _HEADER_BYTES,
        # A power cut may leave zeros and half a name at the end.
        partial_is_unknown=len(partial_name.rstrip(b"\0")) == _NAME_BYTES
        and partial_name not in _KNOWN,
        fragments_follow=fragments_follow,
    )


def read_header(file: BinaryIO, start: int) -> tuple[int, bytes]:
    """Return the size and name of a box; the size is 0 if the header is cut off."""
    file.seek(start)
    head = file.read(16)
    size = int.from_bytes(head[:4])
    if size == 1:
        size = int.from_bytes(head[8:]) if len(head) == 16 else 0
    return size, head[4:8]


def _fragment_follows(file: BinaryIO, start: int) -> bool:
    """Return whether a fragment follows: a ``moof`` box that starts with ``mfhd``."""
    file.seek(start)
    before = b""
    while chunk := file.read(_SCAN_BYTES):
        window = before + chunk
        at = window.find(b"moof")
        while at >= 0:
            if window[at + 8 : at + 12] == b"mfhd":
                return True
            at = window.find(b"moof", at + 1)
        before = window[-16:]
    return False

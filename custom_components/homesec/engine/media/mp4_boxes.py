"""The outermost boxes of an MP4 file (ISO/IEC 14496-12), read without trusting what they say."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
import os
from typing import TYPE_CHECKING, BinaryIO

from ..core.damaged_files import is_regular_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_BOXES = 200_000
"""A clip of a day has fewer; to walk through a file of nothing but empty boxes takes minutes."""
_KNOWN = frozenset({b"ftyp", b"free", b"mdat", b"mfra", b"moof", b"moov"})
"""What FFmpeg writes into a clip."""
_HEAD_BYTES = 8
_NAME_BYTES = 4
_SCAN_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Mp4Layout:
    """Where the boxes of a file lie."""

    names: frozenset[bytes]
    media: tuple[tuple[int, int], ...]
    """Begin and end of each ``mdat`` box that is whole."""
    fragments: tuple[int, ...]
    """Where each ``moof`` box that is whole begins."""
    partial_at: int | None
    """Where a box begins that is not whole; None if all are."""
    partial_is_media: bool
    """Whether that box holds media, of which a part can still be read."""
    partial_is_unknown: bool
    """Whether its name is one that no clip has."""
    fragments_follow: bool
    """Whether whole fragments follow the box that is not whole. A crash leaves none: its size was
    damaged."""

    @property
    def damaged(self) -> bool:
        """Whether the box that is not whole is nothing that a crash leaves behind."""
        return self.fragments_follow or self.partial_is_unknown

    @property
    def is_empty(self) -> bool:
        """Whether no media of a whole fragment is in it, nor anything that is not known."""
        return not (self.media or self.damaged) and self.names <= _KNOWN

    def has_unread_media(self, positions: Iterable[int]) -> bool:
        """Tell whether there is media in which none of these positions of packets lies."""
        begins = [begin for begin, _ in self.media]
        read = {bisect_right(begins, position) - 1 for position in positions}
        return not read.issuperset(range(len(begins)))


class TruncatedFile:
    """The first bytes of a file, to be read as if it ended there."""

    def __init__(self, path: Path, end: int) -> None:
        self._file = path.open("rb")
        self._end = end

    def read(self, size: int) -> bytes:
        """Return the next bytes, none at the end."""
        return self._file.read(max(0, min(size, self._end - self._file.tell())))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to another place, as in a file."""
        if whence == os.SEEK_END:
            offset, whence = self._end + offset, os.SEEK_SET
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place where the next bytes are read."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_layout(path: Path) -> Mp4Layout:
    """Return a file's layout.

    Raises ``OSError``, and ValueError for what is no file (a pipe would be waited for) or has too
    many boxes.
    """
    if not is_regular_file(path):
        path.lstat()  # what is not there says so itself
        raise ValueError("not a file")
    names: set[bytes] = set()
    media: list[tuple[int, int]] = []
    fragments: list[int] = []
    partial_at, torn_name, fragments_follow = None, b"", False
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        begin = count = size = 0
        while begin < end and partial_at is None:
            if (count := count + 1) > MAX_BOXES:
                raise ValueError("too many boxes")
            size, name = _head(file, begin)
            if size < _HEAD_BYTES or begin + size > end:
                partial_at, torn_name = begin, name
                fragments_follow = _fragment_follows(file, begin + _HEAD_BYTES)
                continue
            names.add(name)
            if name == b"mdat":
                media.append((begin, begin + size))
            elif name == b"moof":
                fragments.append(begin)
            begin += size
    return Mp4Layout(
        names=frozenset(names),
        media=tuple(media),
        fragments=tuple(fragments),
        partial_at=partial_at,
        partial_is_media=torn_name == b"mdat" and size >= _HEAD_BYTES,
        # A power cut leaves zeros at the end, and half a name.
        partial_is_unknown=len(torn_name.rstrip(b"\0")) == _NAME_BYTES and torn_name not in _KNOWN,
        fragments_follow=fragments_follow,
    )


def _head(file: BinaryIO, begin: int) -> tuple[int, bytes]:
    """Return the size and the name of the box that begins there; a size of 0 if it is cut off."""
    file.seek(begin)
    head = file.read(16)
    size = int.from_bytes(head[:4])
    if size == 1:
        size = int.from_bytes(head[8:]) if len(head) == 16 else 0
    return size, head[4:8]


def _fragment_follows(file: BinaryIO, begin: int) -> bool:
    """Tell whether a fragment begins after this position: a ``moof`` that begins with ``mfhd``."""
    file.seek(begin)
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

"""Cut the JPEGs out of a stream of bytes, whatever a camera sends between them.

MJPEG over HTTP has as many dialects as makers: boundaries that differ from the announced one or
miss their dashes, parts without a header or a length, no parts at all. A JPEG itself always has the
same structure (ITU-T T.81, annex B), so it alone is followed.
"""

import re
from typing import TYPE_CHECKING

from ..media.limits import check_packet

if TYPE_CHECKING:
    from collections.abc import Iterator

SOI = b"\xff\xd8\xff"
"""Start of a picture, and the first byte of the marker that follows."""
_END, _START, _SCAN = 0xD9, 0xD8, 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a segment
_SEGMENTS = frozenset({*range(0xC0, 0xD0), *range(0xDA, 0xE0), *range(0xE0, 0xF0), 0xFE})
_BETWEEN_SCANS = frozenset({0xC4, *range(0xDA, 0xDE)})
"""Segments that can follow a scan; any other is damaged data."""
_IN_SCAN = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
"""A marker after which a scan's data has ended: stuffed zeros and restarts belong to it."""
_LONGEST_GAP = 4  # bytes between two segments that are skipped


class JpegReader:
    """Yields each picture as soon as its last byte is there."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._position = -1  # where to go on; -1 before a picture has begun
        self._in_scan = False
        self._has_scan = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Add received bytes. Raises ``PacketTooLarge`` for a picture without end."""
        self._buffer += data
        while (picture := self._next()) is not None:
            yield picture
        check_packet(len(self._buffer))

    def rest(self) -> bytes | None:
        """Return the last picture, if it's there but for its end marker."""
        return bytes(self._buffer) if self._in_scan else None

    def _next(self) -> bytes | None:
        while True:
            if self._position < 0 and not self._find_start():
                return None
            if not self._in_scan:
                if not self._read_segments():
                    return None
            elif (end := self._read_scan()) is not None:
                return self._cut(end) if end else None

    def _find_start(self) -> bool:
        start = self._buffer.find(SOI)
        if start < 0:
            del self._buffer[: max(0, len(self._buffer) - len(SOI) + 1)]
            return False
        del self._buffer[:start]
        self._position = 2
        return True

    def _read_segments(self) -> bool:
        """Go to the next scan, or to the next picture; return False until there are more bytes."""
        while not self._in_scan and self._position >= 0:
            if len(self._buffer) < self._position + 4:
                return False
            self._read_segment(self._position)
        return True

    def _read_segment(self, at: int) -> None:
        buffer = self._buffer
        code = buffer[at + 1]
        if buffer[at] != 0xFF:
            gap = buffer.find(b"\xff", at, at + _LONGEST_GAP)
            if gap < 0:
                self._restart(at)
            else:
                self._position = gap
        elif code == 0xFF:
            self._position = at + 1
        elif code in _ALONE:
            self._position = at + 2
        elif code == _END and self._has_scan:
            self._in_scan = True
        elif code not in _SEGMENTS:
            self._restart(at)  # its end without any scan, or no JPEG
        else:
            self._position = at + 2 + int.from_bytes(buffer[at + 2 : at + 4])
            if code == _SCAN:
                self._in_scan = self._has_scan = True

    def _restart(self, position: int) -> None:
        """Drop what was no picture."""
        del self._buffer[: max(position, len(SOI) - 1)]
        self._position, self._has_scan = -1, False

    def _read_scan(self) -> int | None:
        """Return where the picture ends, 0 until there are more bytes, None for a segment."""
        found = _IN_SCAN.search(self._buffer, self._position)
        if found is None:
            self._position = max(self._position, len(self._buffer) - 1)
            return 0
        code, at = self._buffer[found.start() + 1], found.start()
        if code == _END:
            return at + 2
        if code == _START:
            if len(self._buffer) < at + len(SOI):
                self._position = at
                return 0
            if self._buffer.startswith(SOI, at):
                return at  # the next picture has begun, since this one has no end marker
        if code in _BETWEEN_SCANS:
            self._position, self._in_scan = at, False
            return None
        self._position = at + 2  # damaged data
        return None

    def _cut(self, end: int) -> bytes:
        picture = bytes(self._buffer[:end])
        del self._buffer[:end]
        self._position, self._in_scan, self._has_scan = -1, False, False
        return picture

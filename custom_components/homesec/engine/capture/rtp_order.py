"""Put RTP packets that came over UDP in order, and leave out those that came twice."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT_S: Final = 0.1  # for a packet that is missing: the network delays hardly any by more
MOST_HELD: Final = 64  # packets behind a missing one; a keyframe has hundreds
_NUMBERS: Final = 1 << 16
_JUMP: Final = 1024  # a number this far from the expected one begins another count
_HEADER_BYTES: Final = 12
_REPORTS: Final = range(192, 224)  # kinds of RTCP packets, which have no number (RFC 5761, 4)


class PacketOrder:
    """Orders the packets of one track by their sequence numbers (RFC 3550, 5.1)."""

    def __init__(self) -> None:
        self._expected: int | None = None
        self._source = b""  # whose packets are counted (RFC 3550: SSRC)
        self._held: dict[int, bytes] = {}  # by number, behind a missing packet
        self._held_since_s = 0.0

    def add(self, packet: bytes, now_s: float) -> Iterator[bytes]:
        """Add a packet; yield those that are next."""
        if packet[1] in _REPORTS:
            yield packet
            return
        if len(packet) < _HEADER_BYTES:
            return
        number, source = int.from_bytes(packet[2:4]), packet[8:12]
        ahead = 0 if self._expected is None else (number - self._expected) % _NUMBERS
        behind = _NUMBERS - ahead
        if source != self._source or _JUMP < ahead < _NUMBERS - _JUMP:
            yield from self._release()
            self._source, self._expected = source, number
        elif ahead and behind <= _JUMP:
            return  # it was there before, or comes too late
        if not self._held:
            self._held_since_s = now_s
        self._held.setdefault(number, packet)
        yield from self._in_order()
        if len(self._held) > MOST_HELD:
            yield from self._skip(now_s)

    def overdue(self, now_s: float) -> Iterator[bytes]:
        """Yield what has waited long enough for a packet that is lost."""
        if self._held and now_s - self._held_since_s >= WAIT_S:
            yield from self._skip(now_s)

    def _skip(self, now_s: float) -> Iterator[bytes]:
        expected = self._expected or 0
        self._expected = min(self._held, key=lambda n: (n - expected) % _NUMBERS)
        yield from self._in_order()
        self._held_since_s = now_s

    def _in_order(self) -> Iterator[bytes]:
        while self._expected is not None and self._expected in self._held:
            yield self._held.pop(self._expected)
            self._expected = (self._expected + 1) % _NUMBERS

    def _release(self) -> Iterator[bytes]:
        expected = self._expected or 0
        for number in sorted(self._held, key=lambda n: (n - expected) % _NUMBERS):
            yield self._held[number]
        self._held.clear()

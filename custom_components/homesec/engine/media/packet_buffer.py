"""The last seconds of encoded packets, from which a clip's pre-roll is taken."""

from collections import deque
from dataclasses import dataclass
from itertools import dropwhile
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .packets import MediaPacket

LIMIT_BYTES = 48 * 1024 * 1024
LIMIT_S = 120.0  # a clip must not begin with minutes that nobody asked for
MOST_EXTRA_S = 30.0  # by which what is asked for may be kept longer


@dataclass(slots=True, eq=False)
class _Start:
    """A random access point in the buffer."""

    t: float
    left: int  # pictures until they are complete
    complete_t: float | None = None


class PreRollBuffer:
    """The newest packets of one camera, from a random access point on.

    Keeps complete GOPs of at least ``seconds``, and those from ``keep_since`` on, unless that is
    more than ``limit_bytes`` or a GOP is longer than ``LIMIT_S``.
    """

    def __init__(self, seconds: float, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._seconds = seconds
        self._limit_bytes = limit_bytes
        self._needed_t = math.inf
        self._packets: deque[MediaPacket] = deque()
        self._starts: deque[_Start] = deque()
        self._incomplete: list[_Start] = []
        self._bytes = 0
        self.overflowed = False
        """Whether the newest GOP exceeds a limit: nothing is kept before the next."""

    def __len__(self) -> int:
        return len(self._packets)

    @property
    def bytes(self) -> int:
        """Size of the packets."""
        return self._bytes

    @property
    def seconds(self) -> float:
        """Time from the oldest to the newest packet."""
        return self._packets[-1].t - self._packets[0].t if self._packets else 0.0

    @property
    def is_crowded(self) -> bool:
        """Whether the newest GOP may soon be larger than the limit, or is."""
        return self.overflowed or (len(self._starts) == 1 and self._bytes > self._limit_bytes // 2)

    def set_seconds(self, seconds: float) -> None:
        """Change how many seconds are kept."""
        self._seconds = seconds

    def keep_since(self, t: float) -> None:
        """Keep the packets from ``t`` on as well, up to ``MOST_EXTRA_S`` longer; ``inf``: none."""
        self._needed_t = t

    def clear(self) -> None:
        """Drop all packets, since the next ones don't continue them."""
        self._packets.clear()
        self._starts.clear()
        self._incomplete.clear()
        self._bytes = 0
        self.overflowed = False

    def push(self, packet: MediaPacket) -> None:
        """Add a packet, unless it precedes the first random access point."""
        if packet.is_video:
            self._count_picture(packet)
        if not self._starts:
            return
        self._packets.append(packet)
        self._bytes += packet.size
        while len(self._starts) > 1 and (
            self._is_old(self._starts[1], packet.t) or self._bytes > self._limit_bytes
        ):
            self._drop_oldest_gop()
        if self._bytes > self._limit_bytes or self._is_endless(packet.t):
            # A single GOP is over the limit: memory matters more than the pre-roll.
            self.clear()
            self.overflowed = True

    def packets_since(self, t: float) -> list[MediaPacket]:
        """Return the packets whose pictures are complete from ``t`` on; all if there are none.

        They begin with a random access point, at an intra refresh some pictures before ``t``.
        """
        for start in reversed(self._starts):
            if start.complete_t is not None and start.complete_t <= t:
                return self._packets_from(start)
        return list(self._packets)

    def _packets_from(self, start: _Start) -> list[MediaPacket]:
        return list(dropwhile(lambda packet: not _begins(packet, start), self._packets))

    def _count_picture(self, packet: MediaPacket) -> None:
        if packet.random_access:
            start = _Start(packet.t, packet.recovery or 0)
            self._starts.append(start)
            self._incomplete.append(start)
            self.overflowed = False
        for start in self._incomplete:
            if start.left <= 0:
                start.complete_t = packet.t
            start.left -= 1
        self._incomplete = [start for start in self._incomplete if start.complete_t is None]

    def _is_old(self, start: _Start, t: float) -> bool:
        if start.complete_t is None:
            return False
        old_t = t - self._seconds
        return start.complete_t <= min(old_t, max(self._needed_t, old_t - MOST_EXTRA_S))

    def _is_endless(self, t: float) -> bool:
        return len(self._starts) == 1 and t - self._starts[0].t > max(LIMIT_S, self._seconds)

    def _drop_oldest_gop(self) -> None:
        """Drop the packets before the second random access point."""
        dropped = self._starts.popleft()
        if dropped.complete_t is None:
            self._incomplete.remove(dropped)
        while self._packets and not _begins(self._packets[0], self._starts[0]):
            self._bytes -= self._packets.popleft().size


def _begins(packet: MediaPacket, start: _Start) -> bool:
    return packet.is_video and packet.random_access and packet.t >= start.t

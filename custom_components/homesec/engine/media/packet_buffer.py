"""The last seconds of encoded packets, from which a clip's pre-roll is taken."""

from collections import deque
from itertools import dropwhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .packets import MediaPacket

LIMIT_BYTES = 48 * 1024 * 1024


class PreRollBuffer:
    """The newest packets of one camera, from a keyframe on.

    Keeps complete GOPs of at least ``seconds``, unless that is more than ``limit_bytes``.
    """

    def __init__(self, seconds: float, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._seconds = seconds
        self._limit_bytes = limit_bytes
        self._packets: deque[MediaPacket] = deque()
        self._keyframes: deque[float] = deque()  # ``t`` of each video keyframe
        self._bytes = 0

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

    def set_seconds(self, seconds: float) -> None:
        """Change how many seconds are kept."""
        self._seconds = seconds

    def clear(self) -> None:
        """Drop all packets, since the next ones don't continue them."""
        self._packets.clear()
        self._keyframes.clear()
        self._bytes = 0

    def push(self, packet: MediaPacket) -> None:
        """Add a packet, unless it precedes the first keyframe."""
        starts_gop = packet.is_video and packet.keyframe
        if not self._keyframes and not starts_gop:
            return
        if starts_gop:
            self._keyframes.append(packet.t)
        self._packets.append(packet)
        self._bytes += packet.size
        while len(self._keyframes) > 1 and (
            self._keyframes[1] <= packet.t - self._seconds or self._bytes > self._limit_bytes
        ):
            self._drop_oldest_gop()
        if self._bytes > self._limit_bytes:
            # A single GOP is over the limit: memory matters more than the pre-roll.
            self.clear()

    def packets_since(self, t: float) -> list[MediaPacket]:
        """Return the packets from the last keyframe up to ``t`` on; all if there is none."""
        start = next((k for k in reversed(self._keyframes) if k <= t), None)
        if start is None:
            return list(self._packets)
        return list(
            dropwhile(lambda x: not (x.is_video and x.keyframe and x.t >= start), self._packets)
        )

    def _drop_oldest_gop(self) -> None:
        """Drop the packets before the second video keyframe."""
        self._keyframes.popleft()
        while self._packets:
            packet = self._packets[0]
            if packet.is_video and packet.keyframe and packet.t >= self._keyframes[0]:
                return
            self._packets.popleft()
            self._bytes -= packet.size

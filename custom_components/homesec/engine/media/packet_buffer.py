"""The last seconds of encoded packets, cut at keyframes: where the pre-roll comes from."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .packets import MediaPacket

LIMIT_BYTES = 48 * 1024 * 1024


class PreRollBuffer:
    """Packets of one camera, oldest first; the oldest video packet is always a keyframe.

    Bounded in seconds (it keeps whole groups of pictures, so it reaches back at least
    ``seconds`` where the camera has sent that much) and in bytes (which wins).
    """

    def __init__(self, seconds: float, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._seconds = seconds
        self._limit_bytes = limit_bytes
        self._packets: deque[MediaPacket] = deque()
        self._keyframes: deque[float] = deque()
        """``t`` of each video keyframe held."""
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._packets)

    @property
    def bytes(self) -> int:
        """Encoded bytes held."""
        return self._bytes

    @property
    def seconds(self) -> float:
        """How far back it reaches from its newest packet."""
        return self._packets[-1].t - self._packets[0].t if self._packets else 0.0

    def set_seconds(self, seconds: float) -> None:
        """Keep so much from now on; what was dropped before does not come back."""
        self._seconds = seconds

    def clear(self) -> None:
        """Drop everything: what follows does not continue it."""
        self._packets.clear()
        self._keyframes.clear()
        self._bytes = 0

    def push(self, packet: MediaPacket) -> None:
        """Add the newest packet; nothing is kept before the first keyframe."""
        starts = packet.is_video and packet.keyframe
        if not self._keyframes and not starts:
            return
        if starts:
            self._keyframes.append(packet.t)
        self._packets.append(packet)
        self._bytes += packet.size
        while len(self._keyframes) > 1 and (
            self._keyframes[1] <= packet.t - self._seconds or self._bytes > self._limit_bytes
        ):
            self._drop_oldest_group()
        if self._bytes > self._limit_bytes:
            # One group of pictures alone is over the limit: no pre-roll rather than no memory.
            self.clear()

    def packets_since(self, t: float) -> list[MediaPacket]:
        """Return the packets from the last keyframe at or before ``t`` on (or all there are)."""
        start = next((k for k in reversed(self._keyframes) if k <= t), None)
        if start is None:
            return list(self._packets)
        newest_first = iter(reversed(self._packets))
        kept: list[MediaPacket] = []
        for packet in newest_first:
            kept.append(packet)
            if packet.is_video and packet.keyframe and packet.t <= start:
                break
        kept.reverse()
        return kept

    def _drop_oldest_group(self) -> None:
        """Drop up to the second video keyframe."""
        self._keyframes.popleft()
        while self._packets:
            packet = self._packets[0]
            if packet.is_video and packet.keyframe and packet.t >= self._keyframes[0]:
                return
            self._packets.popleft()
            self._bytes -= packet.size

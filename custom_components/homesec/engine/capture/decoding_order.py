"""Decoding times for packets that only say when their pictures are shown.

RTSP and Matroska have no decoding time stamps. FFmpeg derives them, but only from pictures that it
has decoded while it opened the source, which is too late to refuse a picture.
"""

from heapq import heappush, heappushpop

MAX_DEPTH = 16  # pictures decoded before one that is shown earlier (ITU-T H.264, A.3.1)


class DecodingOrder:
    """Derives one stream's decoding times: its presentation times in order, delayed."""

    def __init__(self, depth: int, *, jump: int, back: int | None = None) -> None:
        """``depth``: pictures decoded before one that is shown earlier, as far as it's known.

        ``jump``: ticks from one packet to the next that mean another time scale; ``back``: the same
        for the way back, which is short from one picture to another that is shown earlier.
        """
        self._depth = depth
        self._jump = jump
        self._back = jump if back is None else back
        self._waiting: list[int] = []  # a heap
        self._last: int | None = None
        self._popped = 0  # the last one that left the heap: it grows slower while stamps are equal

    @property
    def started(self) -> bool:
        """Whether a packet's time is known."""
        return self._last is not None

    def expect(self, depth: int) -> None:
        """Use a larger depth from now on: new parameter sets say so."""
        self._depth = min(max(self._depth, depth), MAX_DEPTH)

    def decoding_time(self, pts: int) -> int:
        """Return the next packet's decoding time, later than the previous one's."""
        if self._last is not None and not -self._back <= pts - self._last <= self._jump:
            self._waiting.clear()
            self._last = None
        if self._last is None:
            # The first pictures are decoded a tick apart, before the first is shown.
            self._last = self._popped = pts - self._depth - 1
        if len(self._waiting) < self._depth:
            heappush(self._waiting, pts)
            self._last += 1
            return self._last
        found = heappushpop(self._waiting, pts)
        if found <= self._last:
            # A picture is shown before one that was decoded earlier: there is more delay.
            if found < self._popped and self._depth < MAX_DEPTH:
                self._depth += 1
            self._popped = max(self._popped, found)
            self._last += 1
            return self._last
        self._last = self._popped = found
        return found

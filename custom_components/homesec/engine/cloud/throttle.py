"""How fast uploads may be, so that they leave some of the line to others."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..core.clock import Clock

BURST_S = 0.5
"""What was not used may be made up for this long, or a slow disk would cost twice."""


class Throttle:
    """A token bucket that may go into debt: whoever takes waits until it is paid. Thread-safe."""

    def __init__(self, bytes_per_s: float | None, clock: Clock) -> None:
        """Set the limit; None is none."""
        self._bytes_per_s = bytes_per_s
        self._clock = clock
        self._lock = threading.Lock()
        self._paid_at = clock.monotonic() - BURST_S
        """The monotonic time at which all that was taken is paid for."""

    def take(self, count: int) -> float:
        """Return how many seconds to wait before these bytes may be sent."""
        if not self._bytes_per_s:
            return 0.0
        with self._lock:
            now = self._clock.monotonic()
            self._paid_at = max(self._paid_at, now - BURST_S) + count / self._bytes_per_s
            return max(0.0, self._paid_at - now)

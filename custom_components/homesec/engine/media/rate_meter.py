"""Measures a rate over the last seconds."""

from collections import deque

WINDOW_S = 5.0


class RateMeter:
    """Counts events on a timeline; written by one thread, read by any."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()  # ``t`` and total, at most four per second
        self._total = 0
        self._rate = 0.0

    def count(self, t: float) -> None:
        """Count one event at ``t``."""
        self.set_total(t, self._total + 1)

    def set_total(self, t: float, total: int) -> None:
        """Set the number of events up to ``t``."""
        self._total = total
        if self._marks and t - self._marks[-1][0] < 0.25:
            return
        self._marks.append((t, total))
        while t - self._marks[0][0] > WINDOW_S:
            self._marks.popleft()
        (t0, total0) = self._marks[0]
        self._rate = (total - total0) / (t - t0) if t > t0 else 0.0

    def rate(self) -> float:
        """Return events per second."""
        return self._rate

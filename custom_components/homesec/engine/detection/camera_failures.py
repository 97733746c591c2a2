"""Count the failed detections of each camera, and pause a camera whose pictures fail.

All cameras share one detector. Pictures of one camera that make it fail must not end detection for
the others, and a detector that is broken must not be blamed on a camera.
"""

from dataclasses import dataclass
import math
from typing import TYPE_CHECKING

from ..core.backoff import backoff_s

if TYPE_CHECKING:
    import random

MAX_FAILURES = 3  # failed jobs of a camera in a row, after which the detector is tried
PAUSE_S = (10.0, 600.0)  # shortest and longest time for which a camera is paused


@dataclass(slots=True)
class _Count:
    failures: int = 0  # in a row
    pauses: int = 0  # in a row
    until: float = -math.inf  # end of the pause


class CameraFailures:
    """The cameras whose last detections failed. Not thread-safe."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._counts: dict[str, _Count] = {}

    def is_paused(self, camera_id: str, now: float) -> bool:
        """Return whether nothing is detected for a camera at the moment."""
        count = self._counts.get(camera_id)
        return count is not None and now < count.until

    def add(self, camera_id: str) -> bool:
        """Count a failed job; return whether it's time to find out what is broken."""
        count = self._counts.setdefault(camera_id, _Count())
        count.failures += 1
        return count.failures >= MAX_FAILURES

    def pause(self, camera_id: str, now: float) -> bool:
        """Pause a camera; return whether it wasn't before, apart from single tries."""
        count = self._counts.setdefault(camera_id, _Count())
        count.pauses += 1
        count.until = now + backoff_s(count.pauses, PAUSE_S, self._rng)
        count.failures = MAX_FAILURES - 1  # after the pause, a single failure is enough
        return count.pauses == 1

    def forget(self, camera_id: str) -> bool:
        """Forget a camera's failures, since a job succeeded; return whether it was paused."""
        count = self._counts.pop(camera_id, None)
        return count is not None and count.pauses > 0

    def clear(self) -> None:
        """Forget the failures in a row of all cameras: there is a new detector."""
        for count in self._counts.values():
            count.failures = 0

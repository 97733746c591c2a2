"""Defects of our own in a camera's thread: each is logged, and followed by a new start."""

from collections import Counter
import logging
import math
import traceback
from typing import TYPE_CHECKING

from ..core.backoff import backoff_s

if TYPE_CHECKING:
    from random import Random

    from ..core.clock import Clock

_LOGGER = logging.getLogger(__name__)

RESTART_S = (10.0, 600.0)  # shortest and longest wait after a defect
FORGET_S = 3600.0  # a defect that comes later doesn't follow the last one


class Defects:
    """The defects of one camera that followed each other."""

    def __init__(self, clock: Clock, rng: Random) -> None:
        self._clock = clock
        self._rng = rng
        self._counts = Counter[str]()  # by kind
        self._failed_at = -math.inf

    def log(self, error: Exception, camera: str) -> float:
        """Log a defect, in full the first time; return the seconds until the next start."""
        now = self._clock.monotonic()
        if now - self._failed_at > FORGET_S:
            self._counts.clear()
        self._failed_at = now
        frames = traceback.extract_tb(error.__traceback__)
        kind = f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}"
        self._counts[kind] += 1
        level = logging.ERROR if self._counts[kind] == 1 else logging.DEBUG
        message = "The camera %s failed and starts again"
        _LOGGER.log(level, message, camera, exc_info=error)
        return backoff_s(self._counts.total(), RESTART_S, self._rng)

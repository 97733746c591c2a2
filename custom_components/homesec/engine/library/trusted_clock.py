"""The time by which something is old, and may be removed for ever.

A clock that leaps ahead, since its battery is empty or somebody else's server says so, would make
all clips old at once. Mostly it is set right within minutes, so for a while it is not believed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..core.clock import Clock

_LOGGER = logging.getLogger(__name__)

LEAP_S = 86_400.0
"""Further ahead than it should be; a shift of the time zone is no leap."""
PATIENCE_S = 3600.0
"""So long a leap is not believed. After days without power, nothing grows old for an hour."""


class TrustedClock:
    """Calls come from one thread."""

    def __init__(self, clock: Clock, *, last: float | None) -> None:
        """``last``: what ``now`` told last, before the restart (UTC epoch seconds)."""
        self._clock = clock
        self._at = clock.now() if last is None else last
        self._at_t = clock.monotonic()
        self._doubted_t: float | None = None

    def now(self) -> float:
        """Return UTC epoch seconds: the clock's, or the time before its leap going on."""
        told, t = self._clock.now(), self._clock.monotonic()
        expected = self._at + (t - self._at_t)
        if told - expected > LEAP_S:
            if self._doubted_t is None:
                self._doubted_t = t
                _LOGGER.warning("The clock has leapt ahead: for a while nothing is too old")
            if t - self._doubted_t < PATIENCE_S:
                return expected
        self._at, self._at_t, self._doubted_t = told, t, None
        return told

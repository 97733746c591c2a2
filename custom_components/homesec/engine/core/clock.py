"""The time, as a parameter: tests drive it, video files carry their own."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What the engine asks the time of."""

    def now(self) -> float:
        """Return UTC epoch seconds; may be stepped by the system at any moment."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> float:
        """Return UTC epoch seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return time.monotonic()

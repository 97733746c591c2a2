"""The time as a parameter, which tests replace."""

import time
from typing import Protocol


class Clock(Protocol):
    """A wall clock and a monotonic one."""

    def now(self) -> float:
        """Return UTC epoch seconds; the system may step them at any moment."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never step."""
        ...


class SystemClock:
    """The system's clocks."""

    def now(self) -> float:
        """Return UTC epoch seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never step."""
        return time.monotonic()

"""How long something has lasted, whatever happens to the clock."""

from dataclasses import dataclass
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class MonotonicClocks:
    """The time of day, which somebody may set, and seconds that nobody does."""

    wall: Callable[[], float]
    """UTC epoch seconds."""
    steady: Callable[[], float]
    """Seconds since some moment in this run."""


def system_clocks() -> MonotonicClocks:
    """Return those of this machine."""
    return MonotonicClocks(wall=time.time, steady=time.monotonic)


class Span:
    """Began now, or in an earlier run at a time of day.

    Within a run the steady clock measures it: a step of the other changes nothing. Over a restart
    only the wall clock is left; if that says that it has yet to begin, it begins again.
    """

    def __init__(self, clocks: MonotonicClocks, *, began_at: float | None = None) -> None:
        self._clocks = clocks
        past_s = 0.0 if began_at is None else max(0.0, clocks.wall() - began_at)
        self._began = clocks.steady() - past_s

    @property
    def elapsed_s(self) -> float:
        """Seconds since it began."""
        return self._clocks.steady() - self._began

    @property
    def began_at(self) -> float:
        """The time of day at which it began, as the clock is set now."""
        return self._clocks.wall() - self.elapsed_s

"""How long something has lasted, whatever happens to the time of day."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ..engine.core.clock import Clock


class Span:
    """The time since something began, now or in an earlier run.

    Within a run it is measured by the monotonic clock, so setting the time of day changes nothing.
    Over a restart only the time of day is left; if that is earlier than the beginning, it begins
    again.
    """

    def __init__(self, clock: Clock, *, began_at: float | None = None) -> None:
        """``began_at`` in UTC epoch seconds; None: now."""
        self._clock = clock
        past_s = 0.0 if began_at is None else max(0.0, clock.now() - began_at)
        self._began = clock.monotonic() - past_s

    @property
    def elapsed_s(self) -> float:
        """Seconds since the beginning."""
        return self._clock.monotonic() - self._began

    @property
    def began_at(self) -> float:
        """The time of the beginning, in UTC epoch seconds as the clock is set now."""
        return self._clock.now() - self.elapsed_s


CLOCK_STEP_S: Final = 1.0
"""A larger difference to the end as first shown means that the clock was set."""


class ShownEnd:
    """When a phase ends by the time of day, the same to the millisecond each time it's shown."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ends_at: float | None = None

    def reset(self) -> None:
        """Begin another phase."""
        self._ends_at = None

    def of(self, remaining_s: float | None) -> float | None:
        """Return the end in UTC epoch seconds; None of a phase without one."""
        if remaining_s is None:
            return None
        ends_at = self._clock.now() + remaining_s
        if self._ends_at is None or abs(self._ends_at - ends_at) > CLOCK_STEP_S:
            self._ends_at = ends_at
        return self._ends_at

"""How long something has lasted, whatever happens to the time of day."""

from typing import TYPE_CHECKING

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

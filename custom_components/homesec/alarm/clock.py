"""How long something has lasted, whatever happens to the time of day, and one timer."""

from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

if TYPE_CHECKING:
    from collections.abc import Callable

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


class AlarmTimer:
    """Calls a function once a phase of the alarm is due to end; one timer at a time."""

    def __init__(self, hass: HomeAssistant, *, on_due: Callable[[], None]) -> None:
        self._hass = hass
        self._on_due = on_due
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def async_set(self, remaining_s: float | None) -> None:
        """Replace the timer by one of so many seconds; None: by none."""
        self.async_cancel()
        if remaining_s is not None:
            job = HassJob(self._async_due, "HomeSec alarm", cancel_on_shutdown=True)
            self._cancel = async_call_later(self._hass, remaining_s, job)

    @callback
    def async_cancel(self) -> None:
        """Cancel the timer, if there is one."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _async_due(self, _now: object) -> None:
        self._cancel = None
        self._on_due()

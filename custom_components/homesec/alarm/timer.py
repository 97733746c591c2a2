"""Asks again when a phase of the alarm is due to end."""

from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

if TYPE_CHECKING:
    from collections.abc import Callable


class AlarmTimer:
    """One timer at a time."""

    def __init__(self, hass: HomeAssistant, *, due: Callable[[], None]) -> None:
        self._hass = hass
        self._on_due = due
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def async_set(self, remaining_s: float | None) -> None:
        """Ask in so many seconds, instead of whenever it was to be; None: not at all."""
        self.async_cancel()
        if remaining_s is not None:
            self._cancel = async_call_later(
                self._hass,
                remaining_s,
                HassJob(self._due, "HomeSec alarm", cancel_on_shutdown=True),
            )

    @callback
    def async_cancel(self) -> None:
        """Do not ask."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _due(self, _now: object) -> None:
        self._cancel = None
        self._on_due()

"""Watches what becomes of HomeSec's events: whether the automations that they start fail.

Home Assistant only logs that an action of an automation failed, or that its app's push service
refused a notification. What an event starts inherits its context variables, and so do the log
records of it.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
import logging
from typing import TYPE_CHECKING, Final, override

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import CALLBACK_TYPE, Event, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EVENT_AUTOMATION_TRIGGERED: Final = "automation_triggered"
LOGGED_FAILURES: Final = {
    "homeassistant.components.automation": logging.ERROR,
    "homeassistant.components.script": logging.ERROR,
    "homeassistant.components.notify": logging.ERROR,
    "homeassistant.components.mobile_app": logging.WARNING,  # also for its daily limit
}
"""The loggers of what may fail, with the level from which on it did."""
SETTLE_S: Final = 30.0
"""Longer than Home Assistant waits for a phone, and then for its push service."""


@dataclass(eq=False, slots=True)
class Run:
    """What an event started; one automation of it, once that is known."""

    alert_id: str | None
    entity_id: str | None = None
    failed: bool = False


_run: ContextVar[Run | None] = ContextVar("homesec_run", default=None)


@contextmanager
def watched(alert_id: str | None = None) -> Iterator[None]:
    """Watch what the events that are fired within start; ``alert_id``: of their alert."""
    token = _run.set(Run(alert_id))
    try:
        yield
    finally:
        _run.reset(token)


class _FailureHandler(logging.Handler):
    """Calls back for each record of a failure within a watched run."""

    def __init__(self, level: int, on_failure: Callable[[Run, str], None]) -> None:
        super().__init__(level)
        self._on_failure = on_failure

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if (run := _run.get()) is not None:
            self._on_failure(run, record.name)


class AutomationWatch:
    """Reports automations that fail on a watched event, and those that succeed."""

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        on_failed: Callable[[str, str | None], None],
        on_done: Callable[[str], None],
    ) -> None:
        """``on_failed`` gets an automation's entity id and the alert's id, once a run.

        ``on_done`` gets the entity id of one that didn't fail within ``SETTLE_S``.
        """
        self._hass = hass
        self._on_failed = on_failed
        self._on_done = on_done
        self._timers: set[CALLBACK_TYPE] = set()

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Watch; return what ends that."""
        unlisten = self._hass.bus.async_listen(EVENT_AUTOMATION_TRIGGERED, self._async_started)
        handlers = {
            name: _FailureHandler(level, self._handle_failure)
            for name, level in LOGGED_FAILURES.items()
        }
        for name, handler in handlers.items():
            logging.getLogger(name).addHandler(handler)

        @callback
        def stop() -> None:
            unlisten()
            for name, handler in handlers.items():
                logging.getLogger(name).removeHandler(handler)
            for cancel in list(self._timers):
                cancel()
            self._timers.clear()

        return stop

    @callback
    def _async_started(self, event: Event) -> None:
        # Called by the automation itself, so what it does from now on has this run.
        if (started_by := _run.get()) is None:
            return
        run = Run(started_by.alert_id, str(event.data.get(ATTR_ENTITY_ID)))
        _run.set(run)

        @callback
        def settle(_now: object) -> None:
            self._timers.discard(cancel)
            if not run.failed and run.entity_id is not None:
                self._on_done(run.entity_id)

        job = HassJob(settle, "HomeSec automation watch", cancel_on_shutdown=True)
        cancel = async_call_later(self._hass, SETTLE_S, job)
        self._timers.add(cancel)

    def _handle_failure(self, run: Run, logger: str) -> None:
        """Report the first failure of a run; it may be logged by any thread."""
        if run.failed:
            return
        run.failed = True
        # One that failed before it started is only known by its logger.
        entity_id = run.entity_id or f"automation.{logger.rpartition('.')[2]}"
        self._hass.loop.call_soon_threadsafe(self._on_failed, entity_id, run.alert_id)

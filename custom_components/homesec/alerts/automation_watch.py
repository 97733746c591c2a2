"""Watches whether the automations that alerts start fail.

Home Assistant only logs that an action of an automation failed, or that the push service of its app
refused a notification. It has no event for either. So log records of failures are matched with the
automations that HomeSec's events have started.
"""

from collections import OrderedDict
from dataclasses import dataclass
import logging
from typing import TYPE_CHECKING, Final, override

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import CALLBACK_TYPE, Event, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.trace import trace_id_get

from ..const import EVENT_ALARM_TRIGGERED, EVENT_ALERT, EVENT_ALERT_UPDATED

if TYPE_CHECKING:
    from collections.abc import Callable

WATCHED: Final = (EVENT_ALERT, EVENT_ALERT_UPDATED, EVENT_ALARM_TRIGGERED)
EVENT_AUTOMATION_TRIGGERED: Final = "automation_triggered"
ATTR_RUN_ID: Final = "run_id"
AUTOMATION_LOGGER: Final = "homeassistant.components.automation"
LOGGED_FAILURES: Final = {
    AUTOMATION_LOGGER: logging.ERROR,
    "homeassistant.components.script": logging.ERROR,
    "homeassistant.components.notify": logging.ERROR,
    "homeassistant.components.mobile_app": logging.WARNING,  # also for its daily limit
}
"""The loggers of what may fail, with the level from which on it did."""
MAX_EVENTS: Final = 256
SETTLE_S: Final = 30.0
"""Longer than Home Assistant waits for a phone, and then for its push service."""


@dataclass(eq=False, slots=True)
class Run:
    """One run of an automation."""

    entity_id: str
    run_id: str | None  # None for an automation without an id
    alert_id: str | None
    failed: bool = False


class _FailureHandler(logging.Handler):
    """Calls back with each record of a failure: its run's id, if known, and its logger."""

    def __init__(self, level: int, on_failure: Callable[[str | None, str], None]) -> None:
        super().__init__(level)
        self._on_failure = on_failure

    @override
    def emit(self, record: logging.LogRecord) -> None:
        trace = trace_id_get()
        self._on_failure(None if trace is None else trace[1], record.name)


class AutomationWatch:
    """Reports automations that fail on HomeSec's events, and those that succeed."""

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
        self._alerts: OrderedDict[str, str | None] = OrderedDict()
        """By the ids of the contexts of the last events, the ids of their alerts."""
        self._runs: dict[Run, CALLBACK_TYPE] = {}  # the latest last, each with its timer

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Watch; return what ends that."""
        listen = self._hass.bus.async_listen
        removes = [listen(each, self._async_fired) for each in WATCHED]
        removes.append(listen(EVENT_AUTOMATION_TRIGGERED, self._async_started))
        handlers = {
            name: _FailureHandler(level, self._handle_failure)
            for name, level in LOGGED_FAILURES.items()
        }
        for name, handler in handlers.items():
            logging.getLogger(name).addHandler(handler)

        @callback
        def stop() -> None:
            for name, handler in handlers.items():
                logging.getLogger(name).removeHandler(handler)
            for end in (*removes, *self._runs.values()):
                end()
            self._runs.clear()

        return stop

    @callback
    def _async_fired(self, event: Event) -> None:
        self._alerts[event.context.id] = event.data.get("alert_id")
        if len(self._alerts) > MAX_EVENTS:
            self._alerts.popitem(last=False)

    @callback
    def _async_started(self, event: Event) -> None:
        if (parent_id := event.context.parent_id) not in self._alerts or parent_id is None:
            return
        run = Run(
            entity_id=str(event.data.get(ATTR_ENTITY_ID)),
            run_id=event.data.get(ATTR_RUN_ID),
            alert_id=self._alerts[parent_id],
        )

        @callback
        def settle(_now: object) -> None:
            del self._runs[run]
            if not run.failed:
                self._on_done(run.entity_id)

        job = HassJob(settle, "HomeSec automation watch", cancel_on_shutdown=True)
        self._runs[run] = async_call_later(self._hass, SETTLE_S, job)

    def _handle_failure(self, run_id: str | None, logger: str) -> None:
        """Handle a failure soon, as any thread may log it.

        Home Assistant may announce the run only after it has failed.
        """
        self._hass.loop.call_soon_threadsafe(self._async_failed, run_id, logger)

    @callback
    def _async_failed(self, run_id: str | None, logger: str) -> None:
        run = self._find(run_id, logger)
        if run is not None and not run.failed:
            run.failed = True
            self._on_failed(run.entity_id, run.alert_id)

    def _find(self, run_id: str | None, logger: str) -> Run | None:
        """Return the run of a failure: by its id, else by its automation's logger."""
        latest_first = list(reversed(self._runs))
        if found := [run for run in latest_first if run.run_id and run.run_id == run_id]:
            return found[0]
        nameless = [run for run in latest_first if not run.run_id]
        if logger.startswith(f"{AUTOMATION_LOGGER}."):
            entity_id = f"automation.{logger.rpartition('.')[2]}"
            nameless = [run for run in nameless if run.entity_id == entity_id]
        return next(iter(nameless), None)

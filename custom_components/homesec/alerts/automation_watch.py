"""Watches whether the automations that alerts start fail.

Home Assistant only logs that an action of an automation failed, or that the push service of its app
refused a notification. It has no event for either. Many integrations, too, only log that they could
not send a notification, often in a thread of their own. So log records of failures are matched with
the automations that HomeSec has started: with its events, or with the state of its alarm panel.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
import logging
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.alarm_control_panel import (
    DOMAIN as ALARM_DOMAIN,
    AlarmControlPanelState,
)
from homeassistant.components.notify import DOMAIN as NOTIFY_DOMAIN
from homeassistant.const import (
    ATTR_DOMAIN,
    ATTR_ENTITY_ID,
    ATTR_SERVICE,
    ATTR_SERVICE_DATA,
    EVENT_CALL_SERVICE,
    EVENT_STATE_CHANGED,
)
from homeassistant.core import (
    CALLBACK_TYPE,
    Context,
    Event,
    EventStateChangedData,
    HassJob,
    HomeAssistant,
    callback,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_call_later

from ..const import (
    DOMAIN,
    EVENT_ALARM_DURESS,
    EVENT_ALARM_TRIGGERED,
    EVENT_ALERT,
    EVENT_ALERT_UPDATED,
)
from .failure_log import (
    AUTOMATION_LOGGER,
    INTEGRATION_LOGGERS,
    LOGGED_FAILURES,
    FailureHandler,
    current_run_id,
)
from .notify_calls import integration_of, senders
from .rules import AlertKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WATCHED: Final = (EVENT_ALERT, EVENT_ALERT_UPDATED, EVENT_ALARM_TRIGGERED, EVENT_ALARM_DURESS)
EVENT_AUTOMATION_TRIGGERED: Final = "automation_triggered"
EVENT_SCRIPT_STARTED: Final = "script_started"
ATTR_RUN_ID: Final = "run_id"
NOTIFY_GROUP: Final = "group"
MAX_CONTEXTS: Final = 256
SETTLE_S: Final = 30.0
"""Longer than Home Assistant waits for a phone, and then for its push service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The events of HomeSec that start automations."""

    alert_id: str | None = None
    duress: bool = False


@dataclass(eq=False, slots=True)
class Run:
    """One run of an automation."""

    entity_id: str
    named: bool  # whether the automation has an id, and so its run
    run_ids: set[str]  # its own, and those of its scripts
    context_id: str
    origin: Origin
    senders: set[str] = field(default_factory=set)  # integrations that it notifies by
    failed: bool = False


class AutomationWatch:
    """Reports automations that fail on what HomeSec tells, and those that succeed."""

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        on_failed: Callable[[str, Origin], None],
        on_done: Callable[[str], None],
    ) -> None:
        """``on_failed`` gets an automation's entity id and what started it, once a run.

        ``on_done`` gets the entity id of one that didn't fail within ``SETTLE_S``.
        """
        self._hass = hass
        self._on_failed = on_failed
        self._on_done = on_done
        self._watching = False
        self._origins: OrderedDict[str, Origin] = OrderedDict()
        """By the ids of the contexts of the last events, and of the automations they started."""
        self._runs: dict[Run, CALLBACK_TYPE] = {}  # the latest last, each with its timer

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Watch; return what ends that."""
        self._watching = True
        listen = self._hass.bus.async_listen
        removes = [listen(each, self._async_fired) for each in WATCHED]
        removes += [
            listen(EVENT_STATE_CHANGED, self._async_panel_triggered, event_filter=_is_triggered),
            listen(EVENT_AUTOMATION_TRIGGERED, self._async_started),
            listen(EVENT_SCRIPT_STARTED, self._async_script_started),
            listen(EVENT_CALL_SERVICE, self._async_called, event_filter=_is_notify),
        ]
        handlers: dict[str, logging.Handler] = {
            name: FailureHandler(level, self._handle_failure)
            for name, level in LOGGED_FAILURES.items()
        }
        for name in INTEGRATION_LOGGERS:
            handlers[name] = FailureHandler(logging.ERROR, self._handle_sender_failure)
        for name, handler in handlers.items():
            logging.getLogger(name).addHandler(handler)

        @callback
        def stop() -> None:
            self._watching = False
            for name, handler in handlers.items():
                logging.getLogger(name).removeHandler(handler)
            for end in (*removes, *self._runs.values()):
                end()
            self._runs.clear()

        return stop

    @callback
    def _async_fired(self, event: Event) -> None:
        duress = event.event_type == EVENT_ALARM_DURESS or (
            event.data.get("kind") == AlertKind.DURESS
        )
        origin = Origin(alert_id=event.data.get("alert_id"), duress=duress)
        self._remember(event.context, origin)

    @callback
    def _async_panel_triggered(self, event: Event[EventStateChangedData]) -> None:
        found = er.async_get(self._hass).async_get(event.data["entity_id"])
        if found is not None and found.platform == DOMAIN:
            self._remember(event.context, Origin())

    def _remember(self, context: Context, origin: Origin) -> None:
        self._origins[context.id] = origin
        if len(self._origins) > MAX_CONTEXTS:
            self._origins.popitem(last=False)

    @callback
    def _async_started(self, event: Event) -> None:
        # An automation may run before what started it has reached the listeners here.
        self._hass.loop.call_soon(self._async_add_run, event)

    @callback
    def _async_add_run(self, event: Event) -> None:
        origin = self._origins.get(event.context.parent_id or "")
        if origin is None or not self._watching:
            return
        self._remember(event.context, origin)  # it may start other automations
        run_id = event.data.get(ATTR_RUN_ID)
        run = Run(
            entity_id=str(event.data.get(ATTR_ENTITY_ID)),
            named=run_id is not None,
            run_ids=set() if run_id is None else {run_id},
            context_id=event.context.id,
            origin=origin,
        )

        @callback
        def settle(_now: object) -> None:
            del self._runs[run]
            if not run.failed:
                self._on_done(run.entity_id)

        job = HassJob(settle, "HomeSec automation watch", cancel_on_shutdown=True)
        self._runs[run] = async_call_later(self._hass, SETTLE_S, job)

    @callback
    def _async_script_started(self, event: Event) -> None:
        # Also of a script that the automation doesn't wait for; that's a run of its own.
        self._hass.loop.call_soon(self._async_add_script, event)

    @callback
    def _async_add_script(self, event: Event) -> None:
        for run in self._runs:
            if run.context_id == event.context.id and ATTR_RUN_ID in event.data:
                run.run_ids.add(event.data[ATTR_RUN_ID])

    @callback
    def _async_called(self, event: Event) -> None:
        data = event.data
        found = senders(self._hass, data[ATTR_SERVICE], data.get(ATTR_SERVICE_DATA) or {})
        if found:  # a group calls its members with contexts of their own
            run_id = current_run_id()
            self._hass.loop.call_soon(self._async_add_senders, event.context.id, run_id, found)

    @callback
    def _async_add_senders(self, context_id: str, run_id: str | None, found: set[str]) -> None:
        runs = [x for x in self._runs if x.context_id == context_id or run_id in x.run_ids]
        if not runs and run_id is None:
            runs = [x for x in self._runs if not x.named and NOTIFY_GROUP in x.senders][-1:]
        for run in runs:
            run.senders |= found

    def _handle_failure(self, run_id: str | None, logger: str) -> None:
        """Handle a failure soon, as any thread may log it, and after the start of its run.

        Home Assistant may announce the run only after it has failed.
        """
        call_soon = self._hass.loop.call_soon
        self._hass.loop.call_soon_threadsafe(call_soon, self._async_failed, run_id, logger)

    @callback
    def _async_failed(self, run_id: str | None, logger: str) -> None:
        self._async_note_failure(self._find(run_id, logger))

    @callback
    def _async_note_failure(self, run: Run | None) -> None:
        if run is not None and not run.failed:
            run.failed = True
            self._on_failed(run.entity_id, run.origin)

    def _handle_sender_failure(self, run_id: str | None, logger: str) -> None:
        """Handle an error of an integration soon, if a run has just sent something by it."""
        sender = integration_of(logger)
        if sender is not None:
            call_soon = self._hass.loop.call_soon
            self._hass.loop.call_soon_threadsafe(
                call_soon, self._async_sender_failed, run_id, sender
            )

    @callback
    def _async_sender_failed(self, run_id: str | None, sender: str) -> None:
        # A thread doesn't know for which run it sends: the latest is taken.
        found = (
            run
            for run in reversed(self._runs)
            if sender in run.senders and (run_id is None or run_id in run.run_ids)
        )
        self._async_note_failure(next(found, None))

    def _find(self, run_id: str | None, logger: str) -> Run | None:
        """Return the run of a failure: by its id, else by its automation's logger."""
        latest_first = list(reversed(self._runs))
        if run_id is not None:
            return next((run for run in latest_first if run_id in run.run_ids), None)
        nameless = [run for run in latest_first if not run.named]
        if logger.startswith(f"{AUTOMATION_LOGGER}."):
            entity_id = f"automation.{logger.rpartition('.')[2]}"
            nameless = [run for run in nameless if run.entity_id == entity_id]
        return next(iter(nameless), None)


@callback
def _is_notify(data: Mapping[str, Any]) -> bool:
    """Return whether a notify action is called."""
    return bool(data[ATTR_DOMAIN] == NOTIFY_DOMAIN)


@callback
def _is_triggered(data: EventStateChangedData) -> bool:
    """Return whether an alarm panel is triggered now."""
    new = data["new_state"]
    return (
        data["entity_id"].startswith(f"{ALARM_DOMAIN}.")
        and new is not None
        and new.state == AlarmControlPanelState.TRIGGERED
    )

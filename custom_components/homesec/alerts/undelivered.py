"""Alerts that didn't go out: counted, announced, and shown as repairs until one goes out again."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import ATTR_RESTORED, EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HassJob, HomeAssistant, State, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.start import async_at_started

from ..alert_issues import async_delivered, async_undelivered
from ..const import EVENT_ALERT_UNDELIVERED
from ..event_bus import UndeliveredChanged
from ..private_events import async_fire_private
from ..stored_data import parse_optional_text, parse_seconds
from .automation_watch import AutomationWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from homeassistant.core import CALLBACK_TYPE

    from ..event_bus import EventBus
    from .automation_watch import Origin

KIND_RECIPIENT: Final = "recipient"
KIND_AUTOMATION: Final = "automation"
AUTOMATION_FAILED: Final = "automation_failed"
HOLD_S: Final = 3600.0
"""How long nothing shows that a call for help failed. Right after the alarm was disarmed, it would
tell who stands beside that this was no ordinary disarming."""

GONE_S: Final = 60.0
"""An automation that is removed for longer isn't only reloaded, and can't be mended anymore."""


@dataclass(slots=True, kw_only=True)
class FailedRoute:
    """The way of alerts to a recipient, or through an automation, whose last one didn't go out."""

    kind: str
    name: str
    count: int = 0  # since one went out
    error: str | None = None  # the key of the last one's


def _is_gone(state: State | None) -> bool:
    """Return whether an entity is no longer there, or only known to the registry."""
    return state is None or bool(state.attributes.get(ATTR_RESTORED))


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class _Failure:
    """One alert that didn't go out on one way."""

    route_id: str
    kind: str
    name: str
    error: str
    alert_id: str | None

    def event_data(self, count: int) -> dict[str, Any]:
        return {
            "alert_id": self.alert_id,
            "recipient": self.name if self.kind == KIND_RECIPIENT else None,
            "automation": self.route_id if self.kind == KIND_AUTOMATION else None,
            "error": self.error,
            "count": count,
        }


class Undelivered:
    """What didn't go out, by the recipient's id or the automation's entity id."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        *,
        bus: EventBus,
        save: Callable[[], None],
    ) -> None:
        """``save`` is called with each change."""
        self._hass = hass
        self._bus = bus
        self._entry_id = entry_id
        self._save = save
        self._automations = AutomationWatch(
            hass, on_failed=self._async_automation_failed, on_done=self.async_delivered
        )
        self._routes: dict[str, FailedRoute] = {}
        self._held: dict[_Failure, CALLBACK_TYPE] = {}  # with their timers
        self.total = 0
        self._end_forgetting: CALLBACK_TYPE = _nothing  # the timer, while it runs

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Watch the automations that alerts start; return what ends that."""
        ends = [
            self._automations.async_start(),
            self._hass.bus.async_listen(
                EVENT_STATE_CHANGED, self._async_removed, event_filter=self._is_removed
            ),
            async_at_started(self._hass, self._async_forget_later),
        ]

        @callback
        def end() -> None:
            ends.append(self._end_forgetting)
            for each in ends:
                each()

        return end

    @callback
    def _is_removed(self, data: EventStateChangedData) -> bool:
        return data["entity_id"] in self._routes and _is_gone(data["new_state"])

    @callback
    def _async_removed(self, _event: Event[EventStateChangedData]) -> None:
        self._async_forget_later(self._hass)

    @callback
    def _async_forget_later(self, hass: HomeAssistant) -> None:
        self._end_forgetting()
        job = HassJob(self._async_forget_gone, "HomeSec removed automations")
        self._end_forgetting = async_call_later(hass, GONE_S, job)

    @callback
    def _async_forget_gone(self, _now: object) -> None:
        """Withdraw what failed in automations that are no longer there."""
        self._end_forgetting = _nothing
        for route_id, route in list(self._routes.items()):
            if route.kind == KIND_AUTOMATION and _is_gone(self._hass.states.get(route_id)):
                self.async_delivered(route_id)

    @callback
    def async_stop(self) -> None:
        """Count what isn't shown yet: the next start shows it."""
        for failure, cancel in self._held.items():
            cancel()
            self._count(failure)
        self._held.clear()

    @callback
    def _async_automation_failed(self, entity_id: str, origin: Origin) -> None:
        state = self._hass.states.get(entity_id)
        failure = _Failure(
            route_id=entity_id,
            kind=KIND_AUTOMATION,
            name=entity_id if state is None else state.name,
            error=AUTOMATION_FAILED,
            alert_id=origin.alert_id,
        )
        if origin.duress:
            self._async_hold(failure)
        else:
            self._async_add(failure)

    @property
    def routes(self) -> dict[str, FailedRoute]:
        """What doesn't work now."""
        return dict(self._routes)

    @callback
    def async_add(
        self, route_id: str, *, kind: str, name: str, error: str, alert_id: str | None
    ) -> None:
        """Count an alert that didn't go out, announce it, and raise an issue."""
        self._async_add(
            _Failure(route_id=route_id, kind=kind, name=name, error=error, alert_id=alert_id)
        )

    @callback
    def _async_add(self, failure: _Failure) -> None:
        route = self._count(failure)
        self._hass.bus.async_fire(EVENT_ALERT_UNDELIVERED, failure.event_data(route.count))
        self._async_show(failure.route_id, route)
        self._save()

    @callback
    def _async_hold(self, failure: _Failure) -> None:
        """Announce a failure only to who listens for it, and show it later."""
        route = self._routes.get(failure.route_id)
        data = failure.event_data(1 if route is None else route.count + 1)
        async_fire_private(self._hass, EVENT_ALERT_UNDELIVERED, data)

        @callback
        def show(_now: object) -> None:
            del self._held[failure]
            self._async_show(failure.route_id, self._count(failure))
            self._save()

        job = HassJob(show, "HomeSec undelivered alert", cancel_on_shutdown=True)
        self._held[failure] = async_call_later(self._hass, HOLD_S, job)

    def _count(self, failure: _Failure) -> FailedRoute:
        new = FailedRoute(kind=failure.kind, name=failure.name)
        route = self._routes.setdefault(failure.route_id, new)
        route.count += 1
        route.error = failure.error
        self.total += 1
        return route

    @callback
    def async_delivered(self, route_id: str) -> None:
        """Withdraw the issue, as an alert went out, or the recipient is removed."""
        if self._routes.pop(route_id, None) is not None:
            async_delivered(self._hass, route_id)
            self._bus.async_dispatch(UndeliveredChanged())
            self._save()

    @callback
    def async_show(self, route_id: str | None = None) -> None:
        """Raise the issues again, after a restart or once a more specific one is over."""
        for each, route in self._routes.items():
            if route_id in (None, each):
                self._async_show(each, route)

    def _async_show(self, route_id: str, route: FailedRoute) -> None:
        recipient = route.kind == KIND_RECIPIENT
        async_undelivered(
            self._hass,
            self._entry_id,
            route_id,
            route.name,
            recipient=recipient,
            count=route.count,
        )
        self._bus.async_dispatch(UndeliveredChanged())

    def as_dict(self) -> dict[str, Any]:
        """Return all as JSON can hold it."""
        routes = {
            route_id: {"kind": x.kind, "name": x.name, "count": x.count, "error": x.error}
            for route_id, x in self._routes.items()
        }
        return {"total": self.total, "routes": routes}

    def load(self, stored: Mapping[str, Any]) -> None:
        """Read what ``as_dict`` wrote.

        Raises ``AttributeError``, ``KeyError``, ``TypeError``, or ``ValueError``.
        """
        self.total = int(parse_seconds(stored["total"]))
        self._routes = {
            str(route_id): FailedRoute(
                kind=str(each["kind"]),
                name=str(each["name"]),
                count=int(parse_seconds(each["count"])),
                error=parse_optional_text(each["error"]),
            )
            for route_id, each in stored["routes"].items()
        }

"""Triggers of automations.

Each is an event of Home Assistant's bus, narrowed down to cameras and options. As with core's event
trigger, the event is in ``trigger.event.data``, so that templates suit either.
"""

from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, Event, EventOrigin, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import Trigger, TriggerConfig
import probatio

from .access import async_get_runtime
from .alerts.rules import AlertKind
from .cameras.config import zones_meant
from .const import DOMAIN, EVENT_ALERT_UPDATED, SUBENTRY_CAMERA
from .targets import async_target_devices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.helpers.trigger import TriggerActionRunner, TriggerNotTriggeredReporter
    from homeassistant.helpers.typing import ConfigType

OPTION_ZONE: Final = "zone"
MAX_OPEN_ALERTS: Final = 20  # alerts that may still be updated; one stays open for about a minute


class BusTrigger(Trigger):
    """Waits for an event on the bus."""

    event_type: ClassVar[str]
    other_event_types: ClassVar[tuple[str, ...]] = ()
    description: ClassVar[str]  # shown in the logbook after "triggered by"
    options: ClassVar[tuple[str, ...]]
    """Keys of the event's data to filter by; an option that is left out filters nothing."""
    schema: ClassVar[probatio.Schema]

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check target and options."""
        return cast("ConfigType", cls.schema(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        super().__init__(hass, config)
        self._target = config.target
        self._wanted: dict[str, list[str]] = config.options or {}

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Run the action for each event that matches."""

        @callback
        def handle(event: Event) -> None:
            # Home Assistant's app lets each user fire any event, but marks those as remote.
            if event.origin is EventOrigin.local and self._matches(event):
                run_action({"event": event}, self.description, event.context)

        event_types = (self.event_type, *self.other_event_types)
        removes = [self._hass.bus.async_listen(each, handle) for each in event_types]

        @callback
        def remove() -> None:
            for each in removes:
                each()

        return remove

    def _matches(self, event: Event) -> bool:
        """Return whether an event is about a target camera and has the wanted options."""
        data = event.data
        duress = AlertKind.DURESS.value
        if data.get("kind") == duress and duress not in self._wanted.get("kind", ()):
            return False  # only who asked for it: a speaker may stand beside the intruder
        wanted = {**self._wanted}
        if zones := wanted.get(OPTION_ZONE):
            wanted[OPTION_ZONE] = [*zones, *self._present_zones(zones)]
        if not all(has_value(data, option, values) for option, values in wanted.items()):
            return False
        devices = async_target_devices(self._hass, self._target)
        return devices is None or not devices.isdisjoint(
            (data.get("device_id"), *data.get("device_ids", ()))
        )

    def _present_zones(self, zones: list[str]) -> set[str]:
        """Return the present names of zones that were renamed since the automation was written."""
        if (runtime := async_get_runtime(self._hass)) is None:
            return set()
        cameras = runtime.entry.get_subentries_of_type(SUBENTRY_CAMERA)
        return {name for camera in cameras for name in zones_meant(camera.data, zones)}


class AlertTrigger(BusTrigger):
    """Waits for an alert that matches, either from its beginning or after an update.

    An alert can reach a camera or a zone later than it began.
    """

    other_event_types = (EVENT_ALERT_UPDATED,)

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        super().__init__(hass, config)
        self._unmatched: deque[str] = deque(maxlen=MAX_OPEN_ALERTS)
        """Ids of alerts that haven't matched so far."""

    @override
    def _matches(self, event: Event) -> bool:
        alert_id = str(event.data.get("alert_id"))
        known = alert_id in self._unmatched
        if event.event_type == EVENT_ALERT_UPDATED and not known:
            return False
        matches = super()._matches(event)
        if matches and known:
            self._unmatched.remove(alert_id)
        elif not matches and not known:
            self._unmatched.append(alert_id)
        return matches


def has_value(data: Mapping[str, Any], option: str, wanted: list[str]) -> bool:
    """Return whether an event has a wanted value, as its ``zone`` or among its ``zones``, say."""
    values = {data.get(option), *data.get(f"{option}s", ())}
    return not wanted or not values.isdisjoint(wanted)


def _bus_trigger(
    event: str,
    description: str,
    *options: str,
    of_camera: bool = True,
    base: type[BusTrigger] = BusTrigger,
) -> type[BusTrigger]:
    texts = probatio.All(cv.ensure_list, [cv.string])
    fields: dict[probatio.Marker, Any] = {
        probatio.Optional(CONF_OPTIONS, default=dict): {
            probatio.Optional(option): texts for option in options
        }
    }
    if of_camera:
        fields[probatio.Optional(CONF_TARGET)] = cv.TARGET_FIELDS
    attributes = {
        "event_type": f"{DOMAIN}_{event}",
        "description": description,
        "options": options,
        "schema": probatio.Schema(fields),
    }
    return type("HomeSecTrigger", (base,), attributes)


TRIGGERS: dict[str, type[Trigger]] = {
    trigger.event_type.removeprefix(f"{DOMAIN}_"): trigger
    for trigger in (
        _bus_trigger("detection_started", "a detection", "label", "zone"),
        _bus_trigger("detection_ended", "the end of a detection", "label"),
        _bus_trigger("zone_entered", "a zone entered", "label", "zone"),
        _bus_trigger("zone_left", "a zone left", "label", "zone"),
        _bus_trigger("tamper", "a camera tampered with", "kind"),
        _bus_trigger("clip_saved", "a clip saved", "label"),
        _bus_trigger("clip_uploaded", "a clip uploaded", "label"),
        _bus_trigger("clip_failed", "a clip that failed", "label"),
        _bus_trigger("clips_deleted", "the deletion of clips", of_camera=False),
        _bus_trigger("clips_restored", "the return of clips", of_camera=False),
        _bus_trigger("clips_purged", "the final deletion of clips", of_camera=False),
        _bus_trigger("alarm_armed", "the alarm armed", "mode", of_camera=False),
        _bus_trigger("alarm_pending", "an entry delay", "label", "mode"),
        _bus_trigger("alarm_triggered", "the alarm raised", "label", "mode"),
        _bus_trigger("alarm_disarmed", "the alarm disarmed", of_camera=False),
        _bus_trigger("alarm_refused", "an attempt refused", "reason", of_camera=False),
        _bus_trigger("alarm_weakened", "a change while armed", "action", of_camera=False),
        # In the logbook, which an intruder may read, it looks like any other disarming.
        _bus_trigger("alarm_duress", "the alarm disarmed", of_camera=False),
        _bus_trigger("alert", "an alert", "kind", "label", "zone", base=AlertTrigger),
        _bus_trigger("alert_updated", "an alert's clip", "kind", "label", "zone"),
        _bus_trigger("alert_undelivered", "an alert that didn't go out", of_camera=False),
    )
}
"""By the name of the event without the domain."""


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:  # noqa: ARG001
    """Return the triggers."""
    return TRIGGERS

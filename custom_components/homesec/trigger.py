"""What an automation can wait for.

Each trigger is one event of Home Assistant's bus, narrowed down to cameras and to what happened.
Its facts are in ``trigger.event.data``, as with core's event trigger: templates fit either.
"""

from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import Trigger, TriggerConfig
import probatio

from .const import (
    EVENT_ALARM_ARMED,
    EVENT_ALARM_DISARMED,
    EVENT_ALARM_DURESS,
    EVENT_ALARM_PENDING,
    EVENT_ALARM_REFUSED,
    EVENT_ALARM_TRIGGERED,
    EVENT_ALERT,
    EVENT_ALERT_UPDATED,
    EVENT_CLIP_FAILED,
    EVENT_CLIP_SAVED,
    EVENT_CLIP_UPLOADED,
    EVENT_DETECTION_ENDED,
    EVENT_DETECTION_STARTED,
    EVENT_ZONE_ENTERED,
    EVENT_ZONE_LEFT,
)
from .targets import async_target_devices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.helpers.trigger import TriggerActionRunner, TriggerNotTriggeredReporter
    from homeassistant.helpers.typing import ConfigType


RUNNING_ALERTS: Final = 20
"""An alert grows for a minute; so many at once there are never."""


class BusTrigger(Trigger):
    """Waits for an event on the bus."""

    event_type: ClassVar[str]
    description: ClassVar[str]
    """For the logbook: "triggered by …"."""
    options: ClassVar[tuple[str, ...]]
    """Keys of the event's data that can be asked for; an option left out asks for nothing."""
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
        """Run the action with each event that is meant."""

        @callback
        def happened(event: Event) -> None:
            if self._is_meant(event.data):
                run_action({"event": event}, self.description, event.context)

        return self._hass.bus.async_listen(self.event_type, happened)

    def _is_meant(self, data: Mapping[str, Any]) -> bool:
        """Tell whether it is one of the cameras, and all that was asked for."""
        if not all(told(data, option, wanted) for option, wanted in self._wanted.items()):
            return False
        devices = async_target_devices(self._hass, self._target)
        return devices is None or not devices.isdisjoint(
            (data.get("device_id"), *data.get("device_ids", ()))
        )


class AlertTrigger(BusTrigger):
    """Waits for an alert, and for one that comes to be about what is asked for.

    An alert that began elsewhere may reach a camera or a zone later, as an update.
    """

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        super().__init__(hass, config)
        self._others: deque[str] = deque(maxlen=RUNNING_ALERTS)
        """Alerts that were about something else so far."""

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Run the action once with each alert that is meant."""

        @callback
        def happened(event: Event) -> None:
            alert_id = str(event.data.get("alert_id"))
            if event.event_type == EVENT_ALERT_UPDATED and alert_id not in self._others:
                return
            if self._is_meant(event.data):
                if alert_id in self._others:
                    self._others.remove(alert_id)
                run_action({"event": event}, self.description, event.context)
            elif alert_id not in self._others:
                self._others.append(alert_id)

        removes = [
            self._hass.bus.async_listen(event_type, happened)
            for event_type in (EVENT_ALERT, EVENT_ALERT_UPDATED)
        ]

        @callback
        def remove() -> None:
            for each in removes:
                each()

        return remove


def told(data: Mapping[str, Any], option: str, wanted: list[str]) -> bool:
    """Tell whether an event says one of the wanted: as its ``zone``, or among its ``zones``."""
    if not wanted:
        return True
    said = {data.get(option), *data.get(f"{option}s", ())}
    return not said.isdisjoint(wanted)


def bus_trigger(
    event_type: str,
    description: str,
    *options: str,
    of_camera: bool = True,
    kind: type[BusTrigger] = BusTrigger,
) -> type[BusTrigger]:
    """Return the trigger for an event."""
    texts = probatio.All(cv.ensure_list, [cv.string])
    fields: dict[probatio.Marker, Any] = {
        probatio.Optional(CONF_OPTIONS, default=dict): {
            probatio.Optional(option): texts for option in options
        }
    }
    if of_camera:
        fields[probatio.Optional(CONF_TARGET)] = cv.TARGET_FIELDS
    attributes = {
        "event_type": event_type,
        "description": description,
        "options": options,
        "schema": probatio.Schema(fields),
    }
    return type("HomeSecTrigger", (kind,), attributes)


TRIGGERS: dict[str, type[Trigger]] = {
    "detection_started": bus_trigger(
        EVENT_DETECTION_STARTED, "somebody before a camera", "label", "zone"
    ),
    "detection_ended": bus_trigger(EVENT_DETECTION_ENDED, "somebody who left", "label"),
    "zone_entered": bus_trigger(EVENT_ZONE_ENTERED, "a zone entered", "label", "zone"),
    "zone_left": bus_trigger(EVENT_ZONE_LEFT, "a zone left", "label", "zone"),
    "clip_saved": bus_trigger(EVENT_CLIP_SAVED, "a clip saved", "label"),
    "clip_uploaded": bus_trigger(EVENT_CLIP_UPLOADED, "a clip uploaded", "label"),
    "clip_failed": bus_trigger(EVENT_CLIP_FAILED, "a clip that failed", "label"),
    "alarm_armed": bus_trigger(EVENT_ALARM_ARMED, "the alarm armed", "mode", of_camera=False),
    "alarm_pending": bus_trigger(EVENT_ALARM_PENDING, "an entry delay", "label", "mode"),
    "alarm_triggered": bus_trigger(EVENT_ALARM_TRIGGERED, "the alarm raised", "label", "mode"),
    "alarm_disarmed": bus_trigger(EVENT_ALARM_DISARMED, "the alarm disarmed", of_camera=False),
    "alarm_refused": bus_trigger(
        EVENT_ALARM_REFUSED, "an attempt refused", "reason", of_camera=False
    ),
    # In the logbook, which whoever threatens may look at, it is one of the alarm's doings.
    "alarm_duress": bus_trigger(EVENT_ALARM_DURESS, "the alarm disarmed", of_camera=False),
    "alert": bus_trigger(EVENT_ALERT, "an alert", "kind", "label", "zone", kind=AlertTrigger),
    "alert_updated": bus_trigger(EVENT_ALERT_UPDATED, "an alert's clip", "kind", "label", "zone"),
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:  # noqa: ARG001
    """Return the triggers."""
    return TRIGGERS

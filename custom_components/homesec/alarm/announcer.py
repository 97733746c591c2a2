"""Announces what the alarm does: on both event buses, and in repair issues."""

from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant, callback

from ..bus_events import alarm_event
from ..const import EVENT_ALARM_DISARMED, EVENT_ALARM_DURESS
from ..event_bus import AlarmChanged, AlarmTriggered, CamerasMissing, Duress
from ..private_events import async_fire_private
from .camera_check import bypassed_names
from .cause import Cause
from .machine import AlarmState

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..cameras.registry import CameraRegistry
    from ..event_bus import EventBus
    from ..issues import Issues
    from .machine import AlarmSnapshot


class AlarmAnnouncer:
    """Announces the alarm's states, duress, and missing cameras."""

    def __init__(
        self, hass: HomeAssistant, *, bus: EventBus, cameras: CameraRegistry, issues: Issues
    ) -> None:
        self._hass = hass
        self._bus = bus
        self._cameras = cameras
        self._issues = issues
        self.take_tags: Callable[[], list[str]] = list
        """Returns, once, the tags of the notifications about an alarm; alerts replace it."""

    @callback
    def async_state(
        self,
        snapshot: AlarmSnapshot,
        previous: AlarmSnapshot,
        *,
        timed: bool,
        missing: tuple[str, ...],
        ends_at: float | None,
    ) -> None:
        """Announce a state that begins; ``missing``: cameras bypassed without consent."""
        cause = snapshot.cause or Cause()
        announced = alarm_event(
            snapshot,
            previous,
            timed=timed,
            bypassed=bypassed_names(self._cameras, snapshot),
            offline=self._cameras.names(missing),
            ends_at=ends_at,
        )
        if announced is not None:
            event_type, data = announced
            if event_type == EVENT_ALARM_DISARMED:
                data = data | {"tags": self.take_tags()}
            self._hass.bus.async_fire(event_type, data | self._cameras.event_data(cause.camera_id))
        self.async_change()
        self.async_missing(missing)
        if snapshot.state is AlarmState.TRIGGERED:
            self._bus.async_dispatch(
                AlarmTriggered(
                    camera_id=cause.camera_id,
                    label=cause.label,
                    clip_id=cause.clip_id,
                    seen_at=cause.seen_at,
                    score=cause.score,
                    zones=cause.zones,
                    sensor=cause.sensor,
                )
            )

    @callback
    def async_change(self) -> None:
        """Have what shows the alarm updated."""
        self._bus.async_dispatch(AlarmChanged())

    @callback
    def async_unreadable(self, *, armed: bool) -> None:
        """Raise an issue: no more than the mode could be read."""
        self._issues.async_alarm_unreadable(armed=armed)

    @callback
    def async_duress(self, name: str) -> None:
        """Announce that a duress PIN was used, but show it nowhere."""
        async_fire_private(self._hass, EVENT_ALARM_DURESS, {"changed_by": name})
        self._bus.async_dispatch(Duress(by=name))

    @callback
    def async_missing(self, camera_ids: tuple[str, ...]) -> None:
        """Raise an issue for each camera that the alarm is armed without, and send one alert."""
        for camera_id in camera_ids:
            if self._cameras.is_off(camera_id):
                continue  # it would run if it were turned on
            name, error = self._cameras.subentry(camera_id).title, self._cameras[camera_id].error
            self._issues.async_camera_missing(camera_id, name, error)
        if camera_ids:
            self._bus.async_dispatch(CamerasMissing(camera_ids=camera_ids))

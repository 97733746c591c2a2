"""Finds wake sensors that are gone, which would wake no camera without a word.

A sensor is gone if it has no state: it was removed, is disabled, or never existed. One that is
unavailable has a state, and its own integration says what is wrong with it.
"""

from typing import TYPE_CHECKING, Final

from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HassJob,
    HomeAssistant,
    callback,
)
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later, async_track_state_change_event
from homeassistant.helpers.start import async_at_started

from ..const import DOMAIN
from ..issues import async_raise_issue, camera_issue_id
from .wake import wake_sensors

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry

    from .registry import CameraRegistry

SETTLE_S: Final = 60.0
"""Entities may be missing for a moment: while Home Assistant or their integration starts."""
ISSUE: Final = "camera_sensor_gone"


class SensorCheck:
    """Raises an issue for each camera with sensors that are gone."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, cameras: CameraRegistry) -> None:
        self._hass = hass
        self._entry = entry
        self._cameras = cameras
        self._settled = False
        self._tracked: frozenset[str] = frozenset()
        self._untrack: CALLBACK_TYPE | None = None
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._raised: frozenset[str] = frozenset()  # ids of issues
        entry.async_on_unload(async_at_started(hass, self._async_check_later))
        entry.async_on_unload(self._async_stop)

    @callback
    def async_update(self) -> None:
        """Check the cameras as they are set up now."""
        tracked = frozenset(sensor for each in self._sensors().values() for sensor in each)
        if tracked != self._tracked:
            self._async_untrack()
            self._tracked = tracked
            self._untrack = async_track_state_change_event(
                self._hass, tracked, self._async_state_changed
            )
        if self._settled:
            self._async_check()

    def _sensors(self) -> dict[str, list[str]]:
        """Return the sensors by the ids of their cameras."""
        return {
            camera_id: list(wake_sensors(self._cameras.subentry(camera_id).data))
            for camera_id in self._cameras
            if self._cameras.exists(camera_id)
        }

    @callback
    def _async_check(self) -> None:
        raised = set()
        for camera_id, sensors in self._sensors().items():
            gone = [each for each in sensors if self._hass.states.get(each) is None]
            if not gone:
                continue
            raised.add(issue_id := f"{camera_issue_id(camera_id)}_sensors")
            async_raise_issue(
                self._hass,
                self._entry.entry_id,
                issue_id,
                ISSUE,
                {"camera": self._cameras.subentry(camera_id).title, "sensors": ", ".join(gone)},
                severity=ir.IssueSeverity.WARNING,
                fixable=True,
                camera_id=camera_id,
            )
        for issue_id in self._raised - raised:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        self._raised = frozenset(raised)

    @callback
    def _async_state_changed(self, event: Event[EventStateChangedData]) -> None:
        if event.data["new_state"] is None:
            self._async_check_later()
        elif event.data["old_state"] is None and self._settled:
            self._async_check()

    @callback
    def _async_check_later(self, _hass: HomeAssistant | None = None) -> None:
        if self._cancel_timer is not None:
            return

        @callback
        def check(_now: object) -> None:
            self._cancel_timer, self._settled = None, True
            self._async_check()

        job = HassJob(check, "HomeSec sensor check", cancel_on_shutdown=True)
        self._cancel_timer = async_call_later(self._hass, SETTLE_S, job)

    @callback
    def _async_untrack(self) -> None:
        if self._untrack is not None:
            self._untrack()
            self._untrack = None

    @callback
    def _async_stop(self) -> None:
        self._async_untrack()
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None

"""Sensors of Home Assistant that wake a camera: a motion sensor, a doorbell, the camera's own AI.

Only a report wakes: a binary sensor that turns from off to on, or an event. A sensor that comes
back, or stays on, reports nothing. So one that is stuck wakes a camera once.
"""

from functools import partial
from typing import TYPE_CHECKING, Final

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.components.event import DOMAIN as EVENT_DOMAIN
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util

from ..const import CONF_TRUSTED_SENSORS, CONF_WAKE_SENSORS, DOMAIN, LOGGER
from .config import DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import State

    from ..engine_host import EngineHost
    from .registry import CameraRegistry

SENSOR_DOMAINS: Final = (BINARY_SENSOR_DOMAIN, EVENT_DOMAIN)
MAX_NAME: Final = 60  # characters of a sensor's name in an alert
FRESH_S: Final = 30.0  # an event that is older was only restored
GAP_S: Final = 1.0  # a sensor that reports more often wakes a camera no more often


def wake_sensors(data: Mapping[str, Any]) -> dict[str, bool]:
    """Return the entities that wake a camera, each with whether it's trusted."""
    settings = {**DEFAULTS, **data}
    trusted = settings[CONF_TRUSTED_SENSORS]
    return dict.fromkeys(settings[CONF_WAKE_SENSORS], False) | dict.fromkeys(trusted, True)


def is_report(old: State | None, new: State | None) -> bool:
    """Return whether a change of state is a report."""
    if old is None or new is None or old.state == new.state:
        return False
    if new.domain == BINARY_SENSOR_DOMAIN:
        return (old.state, new.state) == (STATE_OFF, STATE_ON)
    if old.state == STATE_UNAVAILABLE or new.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
        return False
    # Before its first event, an event entity is unknown.
    at = dt_util.parse_datetime(new.state)
    return at is not None and abs((dt_util.utcnow() - at).total_seconds()) < FRESH_S


class WakeSensors:
    """Has the engine wake cameras when one of their sensors reports."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, *, host: EngineHost, cameras: CameraRegistry
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._host = host
        self._cameras = cameras
        self._tracked: frozenset[str] = frozenset()
        self._untrack: CALLBACK_TYPE | None = None
        self._last: dict[tuple[str, str], float] = {}
        """By camera and sensor, when it last woke it; of the event loop's clock."""

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Listen to the sensors of all cameras, now and whenever they change."""
        self._cameras.async_subscribe(self._async_track)
        return self._async_stop

    @callback
    def _async_stop(self) -> None:
        self._tracked = frozenset()
        if self._untrack is not None:
            self._untrack()
            self._untrack = None

    @callback
    def _async_track(self, _camera_id: str) -> None:
        wanted = frozenset(sensor for _, sensor, _ in self._all())
        if wanted == self._tracked:
            return
        self._async_stop()
        self._tracked = wanted
        self._untrack = async_track_state_change_event(self._hass, wanted, self._async_handle)

    def _all(self) -> Iterator[tuple[str, str, bool]]:
        """Yield each camera with each of its sensors, and whether it trusts that one."""
        for camera_id in self._cameras:
            if self._cameras.exists(camera_id):
                sensors = wake_sensors(self._cameras.subentry(camera_id).data)
                yield from ((camera_id, sensor, trusted) for sensor, trusted in sensors.items())

    @callback
    def _async_handle(self, event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if new is None or not is_report(event.data["old_state"], new):
            return
        registered = er.async_get(self._hass).async_get(new.entity_id)
        if registered is not None and registered.platform == DOMAIN:
            return  # a camera that woke for its own detections would never rest
        now = self._hass.loop.time()
        for camera_id, sensor, trusted in self._all():
            if sensor != new.entity_id or now - self._last.get((camera_id, sensor), -GAP_S) < GAP_S:
                continue
            self._last[camera_id, sensor] = now
            self._entry.async_create_background_task(
                self._hass,
                self._async_wake(camera_id, new.name[:MAX_NAME], trusted=trusted),
                "HomeSec wake",
            )

    async def _async_wake(self, camera_id: str, sensor: str, *, trusted: bool) -> None:
        try:
            wake = partial(self._host.engine.wake, camera_id, sensor=sensor, trusted=trusted)
            await self._host.async_run(wake)
        except HomeAssistantError as err:  # the engine starts or stops
            LOGGER.debug("%s could not wake camera %s: %s", sensor, camera_id, err)

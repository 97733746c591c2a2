"""Which cameras are bright by day, so that a dark one was tampered with.

The engine can't tell a covered lens from the night or from a light that's off. So a dark camera
only counts while the sun is well up, and only if the camera was bright for all of many hours of
daylight before: a garage without a window never is.
"""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from astral.sun import elevation
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.storage import Store
from homeassistant.helpers.sun import get_astral_observer
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from ..engine.core.types import TamperKind
from ..stored_data import UnreadableError, async_load_store, parse_seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ..engine.core.events import TamperChanged
    from .registry import CameraRegistry

STORAGE_VERSION: Final = 1
STORAGE_KEY: Final = f"{DOMAIN}.daylight"
INTERVAL: Final = timedelta(minutes=1)
ELEVATION: Final = 8.0  # degrees of the sun from which on it's bright outdoors in any weather
NEEDED_S: Final = 20 * 3600.0  # of daylight in which a camera was bright
MAX_DARK: Final = 0.005  # fraction of it in which it was dark
DELAY_S: Final = 1800.0  # how long the sun has to be up for a camera that was dark in the night
SAVE_EVERY: Final = 15  # intervals
SAVE_DELAY_S: Final = 1.0


def daylight_store(hass: HomeAssistant) -> Store[dict[str, Any]]:
    """Return where it's stored how long cameras were bright and dark by day."""
    return Store(hass, STORAGE_VERSION, STORAGE_KEY, atomic_writes=True)


class Daylight:
    """How long each camera was bright and dark in daylight, in seconds."""

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        cameras: CameraRegistry,
        on_tamper: Callable[[TamperChanged], None],
    ) -> None:
        """``on_tamper`` gets what turns out to be tampering later, as the day comes."""
        self._hass = hass
        self._cameras = cameras
        self._on_tamper = on_tamper
        self._store = daylight_store(hass)
        self._seconds: dict[str, list[float]] = {}  # by camera id: bright, dark
        self._dark: dict[str, TamperChanged] = {}  # cameras that are dark and needn't be bright
        self._waited_s: dict[str, float] = {}  # in daylight, by those of them that should be
        self._unsaved = 0  # intervals of daylight

    async def async_load(self) -> None:
        """Go on with what the last run learned."""
        try:
            if (stored := await async_load_store(self._store)) is not None:
                self._seconds = {
                    str(key): [parse_seconds(bright), parse_seconds(dark)]
                    for key, (bright, dark) in stored["seconds"].items()
                }
        except UnreadableError, AttributeError, KeyError, TypeError, ValueError:
            LOGGER.warning("What was stored of cameras by day is unreadable; it's learned again")

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Begin to count; return what ends that."""
        return async_track_time_interval(
            self._hass,
            self._async_count,
            INTERVAL,
            name="HomeSec daylight",
            cancel_on_shutdown=True,
        )

    @callback
    def async_judge(self, event: TamperChanged) -> TamperChanged:
        """Return what an event means: a camera that is dark may be all right."""
        self._dark.pop(event.camera_id, None)
        self._waited_s.pop(event.camera_id, None)
        if event.kind is not TamperKind.DARK:
            return event
        if self._is_day(dt_util.utcnow()) and self._should_be_bright(event.camera_id):
            return event
        self._dark[event.camera_id] = event
        return replace(event, kind=None)

    def _is_day(self, now: datetime) -> bool:
        return float(elevation(get_astral_observer(self._hass), now)) >= ELEVATION

    def _should_be_bright(self, camera_id: str) -> bool:
        bright, dark = self._seconds.get(camera_id, (0.0, 0.0))
        return bright >= NEEDED_S and dark <= MAX_DARK * bright

    @callback
    def _async_count(self, now: datetime) -> None:
        if not self._is_day(now):
            self._waited_s.clear()
            return
        for camera_id, state in self._cameras.items():
            if not state.watching or not state.tamper_known or state.tamper is not None:
                continue
            if camera_id in self._dark and self._should_be_bright(camera_id):
                self._async_wait(camera_id)
                continue
            seconds = self._seconds.setdefault(camera_id, [0.0, 0.0])
            seconds[camera_id in self._dark] += INTERVAL.total_seconds()
        self._seconds = {key: x for key, x in self._seconds.items() if key in self._cameras}
        self._unsaved += 1
        if self._unsaved >= SAVE_EVERY:
            self._unsaved = 0
            self._store.async_delay_save(lambda: {"seconds": self._seconds}, SAVE_DELAY_S)

    def _async_wait(self, camera_id: str) -> None:
        """Wait for the day to come to a camera that became dark in the night."""
        waited_s = self._waited_s.get(camera_id, 0.0) + INTERVAL.total_seconds()
        self._waited_s[camera_id] = waited_s
        if waited_s >= DELAY_S:
            self._waited_s.pop(camera_id)
            self._on_tamper(self._dark.pop(camera_id))

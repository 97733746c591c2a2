"""Each label's visits of each camera today, and the last visit, read from the catalog.

They are read at each visit, at midnight, and whenever statistics are updated, which covers a
restart, a change of clock or time zone, and a rebuilt catalog.
"""

from typing import TYPE_CHECKING, NamedTuple

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util

from .cameras.config import camera_labels
from .const import LOGGER
from .engine.core.events import VisitLogged
from .event_bus import StatsUpdated, VisitsUpdated

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

    from .cameras.registry import CameraRegistry
    from .engine.library.visits import Visits
    from .engine_host import EngineHost
    from .event_bus import EventBus


class LabelVisits(NamedTuple):
    """The visits of one label to one camera."""

    today: int
    last_at: float | None


class VisitCounts:
    """Visits by camera and label, kept up to date."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        host: EngineHost,
        bus: EventBus,
        cameras: CameraRegistry,
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._host = host
        self._bus = bus
        self._cameras = cameras
        self._reading = False
        self._again = False
        self.by_label: dict[tuple[str, str], LabelVisits] = {}  # by camera id and label
        bus.async_subscribe(self.async_read, kinds=(VisitLogged, StatsUpdated))

    @callback
    def async_track_midnight(self) -> CALLBACK_TYPE:
        """Read again at each midnight, until the returned function is called."""
        return async_track_time_change(self._hass, self.async_read, hour=0, minute=0, second=0)

    @callback
    def async_read(self, _event: object = None) -> None:
        """Read the visits, or read them again after the current reading."""
        if self._reading:
            self._again = True
        elif self._host.ready:
            self._reading = True
            self._entry.async_create_background_task(
                self._hass, self._async_read(), "HomeSec visits"
            )

    async def _async_read(self) -> None:
        try:
            self._again = True
            while self._again:
                self._again = False
                wanted = [
                    (camera_id, label)
                    for camera_id in self._cameras
                    for label in camera_labels(self._cameras.subentry(camera_id).data)
                ]
                since = dt_util.start_of_local_day().timestamp()
                visits = self._host.engine.catalog.visits
                found = await self._host.async_run(_read, visits, wanted, since)
                if found != self.by_label:
                    self.by_label = found
                    self._bus.async_dispatch(VisitsUpdated())
        except HomeAssistantError:
            LOGGER.debug("Visits are read again when the engine has started")
        finally:
            self._reading = False


def _read(
    visits: Visits, wanted: list[tuple[str, str]], since: float
) -> dict[tuple[str, str], LabelVisits]:
    return {
        each: LabelVisits(visits.count(*each, since=since), visits.last(*each)) for each in wanted
    }

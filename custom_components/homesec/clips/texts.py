"""What a clip is called where people read it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from ..texts import async_options

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

    from ..coordinator import HomeSecCoordinator
    from ..engine.core.types import Clip


def camera_name(coordinator: HomeSecCoordinator, camera_id: str, recorded_as: str) -> str:
    """Return a camera's name of today; of one that is gone, that of its last clip."""
    subentry = coordinator.entry.subentries.get(camera_id)
    return recorded_as if subentry is None else subentry.title


async def async_occasions(hass: HomeAssistant) -> dict[str, str]:
    """Return the names of all that clips are recorded for: labels and triggers."""
    return await async_options(hass, "label") | await async_options(hass, "trigger")


def local_time(clip: Clip) -> datetime:
    """Return the event's time as Home Assistant shows it."""
    return datetime.fromtimestamp(clip.event_at, UTC).astimezone(dt_util.get_default_time_zone())


def occasion(clip: Clip, names: dict[str, str]) -> str:
    """Return what it was recorded for."""
    what = clip.label or clip.trigger.value
    return names.get(what, what)


def title(clip: Clip, names: dict[str, str]) -> str:
    """Return when, what and how long, as ``14:03:21 Person, 12 s``: a card shows no more."""
    return f"{local_time(clip):%H:%M:%S} {occasion(clip, names)}, {clip.duration_s:.0f} s"

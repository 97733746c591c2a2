"""What is kept here of clips in the cloud, so that it need not be fetched again and again."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
import shutil
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ..const import DOMAIN
from .film_cache import FilmCache
from .still_cache import StillCache

if TYPE_CHECKING:
    from datetime import datetime

    from homeassistant.core import CALLBACK_TYPE

    from ..coordinator import HomeSecCoordinator

TRIM_EVERY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caches:
    """All of it; calls of its parts block."""

    folder: Path
    stills: StillCache
    films: FilmCache

    def forget(self, clip_id: str) -> None:
        """Remove what is here of a clip that was deleted."""
        self.stills.forget(clip_id)
        self.films.forget(clip_id)

    def clear(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


def caches(hass: HomeAssistant) -> Caches:
    """Return the house's caches; they hold nothing but their paths."""
    folder = Path(hass.config.cache_path(DOMAIN))
    return Caches(
        folder=folder, stills=StillCache(folder / "stills"), films=FilmCache(folder / "films")
    )


@callback
def async_trim_caches(hass: HomeAssistant, coordinator: HomeSecCoordinator) -> CALLBACK_TYPE:
    """Drop what is old, now and then, even if nobody plays anything; return what ends that."""

    async def trim(_now: datetime) -> None:
        await coordinator.async_run_raw(caches(hass).films.trim)

    return async_track_time_interval(
        hass, trim, TRIM_EVERY, name="HomeSec caches", cancel_on_shutdown=True
    )

"""The folders of the media browser: cameras, their days, and for busy days hours and pages.

The media browser gets a whole folder at once, so that none may hold more than ``MAX_CLIPS`` clips.
A day with more has a folder for each hour, and an hour with more has one for each page.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from homeassistant.util import dt as dt_util

from ..engine.core.clip_id import clip_time, is_clip_id
from ..engine.library.queries import SAVED, ClipFilter, day_bounds
from .naming import CAMERA

if TYPE_CHECKING:
    from ..engine.core.types import Clip
    from ..engine.library.queries import ClipQueries

MAX_CLIPS: Final = 500
_YEARS: Final = range(1970, 9999)  # days of later years have no end that a ``datetime`` can hold


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFolder:
    """A camera, or a day, an hour, or a page of it; without a camera, the folder of all cameras."""

    camera_id: str | None = None
    day: date | None = None
    hour: int | None = None  # of the clock on the wall
    newest: str | None = None  # id of the clip that the page begins with

    @classmethod
    def parse(cls, identifier: str | None) -> Self:
        """Read an identifier of the media source. Raises ``ValueError``."""
        match (identifier or "").split("/"):
            case [""]:
                return cls()
            case ["camera", camera_id, *rest] if len(rest) <= 3:
                day, hour, newest = (*rest, None, None, None)[:3]
                folder = cls(
                    camera_id=camera_id,
                    day=None if day is None else date.fromisoformat(day),
                    hour=None if hour is None else int(hour),
                    newest=newest,
                )
                if folder._is_possible():
                    return folder
        raise ValueError(identifier)

    def _is_possible(self) -> bool:
        return (
            (self.day is None or self.day.year in _YEARS)
            and (self.hour is None or self.hour in range(24))
            and (self.newest is None or is_clip_id(self.newest))
        )

    @property
    def identifier(self) -> str | None:
        """The identifier in the media source."""
        if self.camera_id is None:
            return None
        day = None if self.day is None else self.day.isoformat()
        hour = None if self.hour is None else f"{self.hour:02}"
        return "/".join(filter(None, (CAMERA, self.camera_id, day, hour, self.newest)))

    @property
    def span(self) -> tuple[float, float] | None:
        """When the day or hour starts and ends, in UTC epoch seconds."""
        if self.day is None:
            return None
        zone = dt_util.get_default_time_zone()
        since, until = day_bounds(self.day, zone)
        if self.hour is None:
            return since, until
        # An hour that is twice in a night is one folder, with the clips of both.
        begin = datetime.combine(self.day, time(self.hour), zone).timestamp()
        if self.hour == 23:
            return begin, until
        return begin, datetime.combine(self.day, time(self.hour + 1), zone).timestamp()

    @property
    def filter(self) -> ClipFilter:
        """Which clips are in it and in its subfolders; of a page, those of its hour."""
        since, until = self.span or (None, None)
        cameras = None if self.camera_id is None else (self.camera_id,)
        return replace(SAVED, cameras=cameras, since=since, until=until)


class Contents(NamedTuple):
    """What is in a folder: either subfolders with their titles, or clips, the newest first."""

    folders: list[tuple[ClipFolder, str]]
    clips: list[Clip]


def read_folder(queries: ClipQueries, folder: ClipFolder) -> Contents:
    """Return the contents of a day, an hour, or a page. Blocks for a moment."""
    wanted = folder.filter
    if folder.newest is not None:
        # Ids have one length, so that this bound lets the clip itself in, and no newer one.
        return Contents([], queries.page(wanted, limit=MAX_CLIPS, before=f"{folder.newest}0"))
    ids = queries.ids(wanted)
    if len(ids) <= MAX_CLIPS:
        return Contents([], queries.page(wanted, limit=MAX_CLIPS))
    return Contents(_hours(folder, ids) if folder.hour is None else _pages(folder, ids), [])


def folder_title(folder: ClipFolder) -> str:
    """Return the title of a day, an hour, or a page."""
    day = "" if folder.day is None else folder.day.isoformat()
    return day if folder.hour is None else f"{day} {folder.hour:02}:00"


def _hours(folder: ClipFolder, ids: list[str]) -> list[tuple[ClipFolder, str]]:
    counts = Counter(_local_time(clip_id).hour for clip_id in ids)
    return [
        (replace(folder, hour=hour), f"{hour:02}:00 ({count})")
        for hour, count in sorted(counts.items(), reverse=True)
    ]


def _pages(folder: ClipFolder, ids: list[str]) -> list[tuple[ClipFolder, str]]:
    pages = [ids[start : start + MAX_CLIPS] for start in range(0, len(ids), MAX_CLIPS)]
    return [
        (
            replace(folder, newest=page[0]),
            f"{_local_time(page[-1]):%H:%M:%S} - {_local_time(page[0]):%H:%M:%S} ({len(page)})",
        )
        for page in pages
    ]


def _local_time(clip_id: str) -> datetime:
    """Return the time in a clip's id, in Home Assistant's time zone."""
    at = clip_time(clip_id) or 0.0
    return datetime.fromtimestamp(at, UTC).astimezone(dt_util.get_default_time_zone())

"""Clips found by words: the camera's name, what was seen, the day.

Each word has to fit the clip in some way. Most words narrow the indexed query down; what is left is
looked at newest first, until there are enough.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from ..engine.library.catalog import day_bounds
from .naming import local_time
from .query import ClipQuery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..engine.core.types import Clip
    from ..engine.library.catalog import Catalog

MAX_FOUND = 100
PAGE = 500
MAX_LOOKED_AT = 20_000
"""Clips; some tenths of a second."""
MAX_WORDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """What one word fits."""

    day: str | None
    """As ``2026-11-21``, or the beginning of that."""
    cameras: frozenset[str]
    reasons: frozenset[str]

    def fits(self, clip: Clip) -> bool:
        """Tell whether it does."""
        return (
            clip.camera_id in self.cameras
            or (clip.label or clip.trigger.value) in self.reasons
            or (self.day is not None and local_time(clip).date().isoformat().startswith(self.day))
        )

    @property
    def idle(self) -> bool:
        """Whether no clip at all can fit."""
        return not (self.day or self.cameras or self.reasons)


def search(
    catalog: Catalog,
    text: str,
    *,
    cameras: Mapping[str, str],
    reasons: Mapping[str, str],
    camera_id: str | None = None,
    day: date | None = None,
) -> list[Clip]:
    """Return the newest clips that fit, within a camera and a day if those are given.

    ``cameras`` and ``reasons`` are the names by id and by key. Blocks.
    """
    words = [
        _Word(
            day=word if word[:2].isdigit() and len(word) >= len("2026") else None,
            cameras=_named(word, cameras),
            reasons=_named(word, reasons) | ({word} & {key.casefold() for key in reasons}),
        )
        for word in dict.fromkeys(text.casefold().split()[:MAX_WORDS])
    ]
    if not words or any(word.idle for word in words):
        return []
    found: list[Clip] = []
    looked_at = 0
    query = _narrowed(words, camera_id, day)
    while len(found) < MAX_FOUND and looked_at < MAX_LOOKED_AT:
        clips, cursor = query.page(catalog, PAGE)
        found += (clip for clip in clips if all(word.fits(clip) for word in words))
        looked_at += len(clips)
        if cursor is None:
            break
        query = query.after(cursor)
    return found[:MAX_FOUND]


def _named(word: str, names: Mapping[str, str]) -> frozenset[str]:
    return frozenset(key for key, name in names.items() if word in name.casefold())


def _narrowed(words: list[_Word], camera_id: str | None, day: date | None) -> ClipQuery:
    """Let the index do what it can."""
    for word in words:
        if word.day is not None:
            if day is None and not word.cameras and not word.reasons:
                day = _whole_day(word.day)
        elif len(word.cameras) == 1 and not word.reasons:
            camera_id = camera_id or min(word.cameras)
    if day is None:
        return ClipQuery(camera_id=camera_id)
    since, until = day_bounds(day, dt_util.get_default_time_zone())
    return ClipQuery(camera_id=camera_id, since=since, until=until)


def _whole_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year < date.max.year else None

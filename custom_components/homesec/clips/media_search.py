"""Search clips by words of the camera's name, what was seen, and the day.

All words have to match. The most selective ones narrow the indexed query down; its results are then
compared with all words, newest first.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from ..engine.library.queries import SAVED, ClipFilter, day_bounds
from .naming import local_time, reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..engine.core.types import Clip
    from ..engine.library.queries import ClipQueries

MAX_FOUND = 100
PAGE = 500
MAX_COMPARED = 20_000  # clips; this takes some tenths of a second
MAX_WORDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """What a word matches."""

    day: str | None  # ``2026-11-21``, or the beginning of it
    cameras: frozenset[str]
    reasons: frozenset[str]

    def matches(self, clip: Clip) -> bool:
        """Tell whether a clip matches."""
        return (
            clip.camera_id in self.cameras
            or reason(clip) in self.reasons
            or (self.day is not None and local_time(clip).date().isoformat().startswith(self.day))
        )


def search(
    queries: ClipQueries,
    text: str,
    *,
    cameras: Mapping[str, str],
    reasons: Mapping[str, str],
    within: ClipFilter = SAVED,
) -> list[Clip]:
    """Return the newest clips that match, of those in ``within``.

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
    if not words or not all(word.day or word.cameras or word.reasons for word in words):
        return []
    found: list[Clip] = []
    compared = 0
    wanted, cursor = _narrowed(words, within), None
    while len(found) < MAX_FOUND and compared < MAX_COMPARED:
        clips, cursor = queries.page_and_cursor(wanted, limit=PAGE, before=cursor)
        found += (clip for clip in clips if all(word.matches(clip) for word in words))
        compared += len(clips)
        if cursor is None:
            break
    return found[:MAX_FOUND]


def _named(word: str, names: Mapping[str, str]) -> frozenset[str]:
    return frozenset(key for key, name in names.items() if word in name.casefold())


def _narrowed(words: list[_Word], within: ClipFilter) -> ClipFilter:
    """Return the filter that the index can apply."""
    for word in words:
        if word.day is not None:
            day = _whole_day(word.day)
            if within.since is None and day is not None and not word.cameras and not word.reasons:
                since, until = day_bounds(day, dt_util.get_default_time_zone())
                within = replace(within, since=since, until=until)
        elif len(word.cameras) == 1 and not word.reasons:
            within = replace(within, cameras=within.cameras or (min(word.cameras),))
    return within


def _whole_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year < date.max.year else None

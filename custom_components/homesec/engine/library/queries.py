"""Read clips by filters, in pages, by days, and for a timeline.

Clip ids are ULIDs made of the event's time, so the primary key is in the order of time: a span of
time is a range of ids, and a page ends where the next one begins (keyset paging). A page is found
in a small index of everything that filters use, so any combination of them takes the same few
milliseconds.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.clip_id import first_clip_id
from ..core.types import ClipState
from ..db.schema import clip_from_row

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import tzinfo

    from ..core.types import Clip
    from ..db.database import Database

_LAST_ID = "8"  # above every ULID
_LAST_TIME = 2.0**53
_IS_DELETED = f"deleted_at IS NOT NULL AND state != '{ClipState.REMOVING}'"
VISIBLE = (ClipState.RECORDING, ClipState.SAVED, ClipState.FAILED, ClipState.MISSING)
MAX_CLIP_S = 7200.0  # no clip is longer: so far back a timeline looks for clips that last into it
MAX_SPANS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFilter:
    """Which clips to read. A field that is None selects all."""

    since: float | None = None
    until: float | None = None  # ``since <= event_at < until`` in UTC epoch seconds
    cameras: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    zones: tuple[str, ...] | None = None  # at least one of them was entered
    protected: bool | None = None
    words: tuple[Word, ...] = ()  # all of them match
    states: tuple[ClipState, ...] = VISIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a search, as the cameras, labels, and zones whose names contain it."""

    cameras: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()


SAVED = ClipFilter(states=(ClipState.SAVED,))


class DeletedCursor(NamedTuple):
    """The last clip of a page of Recently deleted."""

    deleted_at: float
    clip_id: str


class Span(NamedTuple):
    """A clip on a timeline."""

    id: str
    camera_id: str
    started_at: float
    ended_at: float | None  # none while it's being recorded
    label: str | None
    state: ClipState


class Vocabulary(NamedTuple):
    """All values that clips can be filtered by."""

    cameras: dict[str, str]  # camera id to the name on its newest clip
    labels: tuple[str, ...]
    zones: tuple[str, ...]


class ClipQueries:
    """Reads only. Calls block for a moment and may come from any thread."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def page(
        self, wanted: ClipFilter = SAVED, *, limit: int = 100, before: str | None = None
    ) -> list[Clip]:
        """Return clips, newest first; ``before`` is the id of the last clip of the page before."""
        where, values = _conditions(wanted, below=before)
        return self._clips(
            f"id IN (SELECT id FROM {where} ORDER BY id DESC LIMIT ?) ORDER BY id DESC",  # noqa: S608
            [*values, limit],
        )

    def page_and_cursor(
        self, wanted: ClipFilter, *, limit: int, before: str | None = None
    ) -> tuple[list[Clip], str | None]:
        """Return a page, and the ``before`` of the next one if there are more clips."""
        clips = self.page(wanted, limit=limit + 1, before=before)
        return clips[:limit], clips[limit - 1].id if len(clips) > limit else None

    def ids(self, wanted: ClipFilter) -> list[str]:
        """Return the ids of the clips on all pages, newest first."""
        where, values = _conditions(wanted)
        rows = self._db.query(f"SELECT id FROM {where} ORDER BY id DESC", values)  # noqa: S608
        return [row["id"] for row in rows]

    def count(self, wanted: ClipFilter) -> int:
        """Return how many clips there are on all pages."""
        where, values = _conditions(wanted)
        ((count,),) = self._db.query(f"SELECT count(*) FROM {where}", values)  # noqa: S608
        return int(count)

    def neighbors(self, wanted: ClipFilter, clip_id: str) -> tuple[str | None, str | None]:
        """Return the ids of the next older and the next newer clip."""
        found: list[str | None] = []
        for bounds, order in (({"below": clip_id}, "DESC"), ({"above": clip_id}, "ASC")):
            where, values = _conditions(wanted, **bounds)
            rows = self._db.query(
                f"SELECT id FROM {where} ORDER BY id {order} LIMIT 1",  # noqa: S608
                values,
            )
            found.append(rows[0]["id"] if rows else None)
        older, newer = found
        return older, newer

    def get(self, clip_id: str) -> Clip | None:
        """Return one clip in whatever state."""
        return next(iter(self._clips("id = ?", (clip_id,))), None)

    def get_many(self, clip_ids: Collection[str]) -> list[Clip]:
        """Return these clips, without those that don't exist or are deleted or being removed."""
        where = f"id IN ({_marks(clip_ids)}) AND state != ? AND deleted_at IS NULL"
        return self._clips(where, (*clip_ids, ClipState.REMOVING))

    def in_state(self, state: ClipState) -> list[Clip]:
        """Return all clips in a state that is rare, oldest first."""
        return self._clips("state = ? ORDER BY id", (state,))

    def deleted(self, *, limit: int, before: DeletedCursor | None = None) -> list[Clip]:
        """Return a page of Recently deleted, newest deletion first."""
        return self._clips(
            f"{_IS_DELETED} AND (deleted_at, id) < (?, ?)"
            " ORDER BY deleted_at DESC, id DESC LIMIT ?",
            (*(before or (_LAST_TIME, _LAST_ID)), limit),
        )

    def count_deleted(self) -> int:
        """Return how many clips are in Recently deleted."""
        ((count,),) = self._db.query(f"SELECT count(*) FROM clips WHERE {_IS_DELETED}")  # noqa: S608
        return int(count)

    def deleted_until(self, at: float) -> list[Clip]:
        """Return the clips that were deleted at or before a moment, the oldest deletion first."""
        return self._clips(
            f"{_IS_DELETED} AND deleted_at <= ? AND NOT protected ORDER BY deleted_at, id", (at,)
        )

    def newest(self, camera_id: str, *, before: str = _LAST_ID) -> Clip | None:
        """Return a camera's newest saved clip."""
        where = (
            "state = ? AND camera_id = ? AND id < ? AND deleted_at IS NULL ORDER BY id DESC LIMIT 1"
        )
        return next(iter(self._clips(where, (ClipState.SAVED, camera_id, before))), None)

    def _clips(self, where: str, values: Iterable[Any]) -> list[Clip]:
        return [
            clip_from_row(row)
            for row in self._db.query(f"SELECT * FROM clips WHERE {where}", values)  # noqa: S608
        ]

    def days(self, camera_id: str, tz: tzinfo) -> list[tuple[date, int]]:
        """Return the days in ``tz`` with saved clips of a camera, newest first, with counts."""
        found: list[tuple[date, int]] = []
        before = _LAST_ID
        while newest := self.newest(camera_id, before=before):
            day = datetime.fromtimestamp(newest.event_at, UTC).astimezone(tz).date()
            before, end = map(first_clip_id, day_bounds(day, tz))
            ((count,),) = self._db.query(
                "SELECT count(*) FROM clips"
                " WHERE state = ? AND camera_id = ? AND id >= ? AND id < ?"
                " AND deleted_at IS NULL",
                (ClipState.SAVED, camera_id, before, end),
            )
            found.append((day, count))
        return found

    def vocabulary(self) -> Vocabulary:
        """Return all cameras, labels, and zones of saved clips."""
        camera_ids = self._distinct("SELECT min(camera_id) FROM clips {} AND camera_id > ?")
        newest = ((id_, self.newest(id_)) for id_ in camera_ids)
        return Vocabulary(
            # None if another thread has removed a camera's last clip since.
            {id_: clip.camera_name for id_, clip in newest if clip is not None},
            tuple(self._distinct("SELECT min(label) FROM clips {} AND label > ?")),
            tuple(self._distinct("SELECT min(zone) FROM clip_zones WHERE zone > ?")),
        )

    def _distinct(self, sql: str) -> list[str]:
        """Return all values of an indexed column, with one look-up for each (skip scan)."""
        found: list[str] = []
        sql = sql.format(f"WHERE state = '{ClipState.SAVED}' AND deleted_at IS NULL")
        while True:
            ((value,),) = self._db.query(sql, (found[-1] if found else "",))
            if value is None:
                return found
            found.append(value)

    def timeline(self, since: float, until: float) -> list[Span]:
        """Return what was recorded in a span of time, oldest first, and not cut off at its ends."""
        return [
            Span._make((*row[:5], ClipState(row[5])))
            for row in self._db.query(
                "SELECT id, camera_id, started_at,"  # noqa: S608
                f" iif(state = '{ClipState.RECORDING}', NULL, started_at + duration_s) AS ended_at,"
                " label, state FROM clips"
                f" WHERE id >= ? AND id < ? AND state IN ({_marks(VISIBLE)})"
                " AND deleted_at IS NULL AND started_at < ?"
                " AND (ended_at IS NULL OR ended_at >= ?) ORDER BY id LIMIT ?",
                (
                    *(first_clip_id(since - MAX_CLIP_S), first_clip_id(until + MAX_CLIP_S)),
                    *(*VISIBLE, until, since, MAX_SPANS),
                ),
            )
        ]


def day_bounds(day: date, tz: tzinfo) -> tuple[float, float]:
    """Return when a day in ``tz`` and the next one start, in UTC epoch seconds."""
    start = datetime.combine(day, time.min, tz)
    end = datetime.combine(day + timedelta(days=1), time.min, tz)
    return start.timestamp(), end.timestamp()


def _conditions(
    wanted: ClipFilter, *, below: str | None = None, above: str | None = None
) -> tuple[str, list[Any]]:
    """Return a filter as SQL, from the table's name on, and the values of its placeholders."""
    lowest = "" if wanted.since is None else first_clip_id(wanted.since)
    highest = _LAST_ID if wanted.until is None else first_clip_id(wanted.until)
    where = ["id >= ?", "id < ?", f"state IN ({_marks(wanted.states)})", "deleted_at IS NULL"]
    values: list[Any] = [lowest, min(highest, below or _LAST_ID), *wanted.states]
    if above is not None:
        where.append("id > ?")
        values.append(above)
    if wanted.protected is not None:
        where.append("protected = ?")
        values.append(wanted.protected)
    one_of = [
        Word(**{field: names})
        for field in ("cameras", "labels", "zones")
        if (names := getattr(wanted, field)) is not None
    ]
    for word in (*one_of, *wanted.words):
        condition, names = _matches(word)
        where.append(condition)
        values += names
    return f"clips INDEXED BY clips_listed WHERE {' AND '.join(where)}", values


def _matches(word: Word) -> tuple[str, list[str]]:
    """Return the condition that a clip is of one of these cameras, labels, or zones."""
    zones = f"SELECT clip_id FROM clip_zones WHERE zone IN ({_marks(word.zones)})"  # noqa: S608
    parts = [
        condition
        for condition, names in (
            (f"camera_id IN ({_marks(word.cameras)})", word.cameras),
            (f"label IN ({_marks(word.labels)})", word.labels),
            (f"id IN ({zones})", word.zones),
        )
        if names
    ]
    return f"({' OR '.join(parts) or '0'})", [*word.cameras, *word.labels, *word.zones]


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))

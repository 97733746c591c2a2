"""What somebody who looks through the clips asks of the catalogue: filtered, paged, drawn.

A page is found in a small index that holds all that is filtered by, in the order of time, so that
it takes the same few milliseconds whatever is combined; only the page's own rows are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.clip_id import first_clip_id
from ..core.types import ClipState
from ..db.schema import clip_from_row

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ..core.types import Clip
    from ..db.database import Database

_LAST_ID = "8"
"""Above every ULID."""
SHOWN = (ClipState.RECORDING, ClipState.SAVED, ClipState.FAILED, ClipState.MISSING)
"""What is being removed is gone for whoever looks."""
LONGEST_CLIP_S = 7200.0
"""Looked back so far for clips that last into a time span; none is as long."""
TIMELINE_MOST = 20_000
"""Spans drawn in one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFilter:
    """Which clips; each part left out lets all of them through."""

    since: float | None = None
    until: float | None = None
    """``since <= event_at < until`` in UTC epoch seconds."""
    cameras: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    zones: tuple[str, ...] | None = None
    """Somebody was in one of these."""
    protected: bool | None = None
    words: tuple[Word, ...] = ()
    """Each is found in the camera's name, the label or a zone."""
    states: tuple[ClipState, ...] = SHOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word that was searched for, as what it is found in."""

    cameras: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()


class Span(NamedTuple):
    """A clip as a timeline draws it."""

    id: str
    camera_id: str
    started_at: float
    ended_at: float | None
    """None: it is still being recorded."""
    label: str | None
    state: ClipState


class Vocabulary(NamedTuple):
    """All that clips are told apart by."""

    cameras: dict[str, str]
    """Id to the name on its newest clip."""
    labels: tuple[str, ...]
    zones: tuple[str, ...]


class ClipQueries:
    """Reads only. Calls block for a moment and may come from any thread."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def page(self, wanted: ClipFilter, *, limit: int, before: str | None = None) -> list[Clip]:
        """Return clips, newest first; ``before`` is the id of the last one of the page before."""
        where, values = _conditions(wanted, below=before)
        return self._rows(f"{where} ORDER BY id DESC LIMIT ?", [*values, limit])

    def count(self, wanted: ClipFilter) -> int:
        """Return how many there are on all pages."""
        where, values = _conditions(wanted)
        ((count,),) = self._db.query(f"SELECT count(*) FROM {where}", values)  # noqa: S608
        return int(count)

    def neighbors(self, wanted: ClipFilter, clip_id: str) -> tuple[str | None, str | None]:
        """Return the ids of the next older and the next newer clip that a filter lets through."""
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

    def get_many(self, clip_ids: Collection[str]) -> list[Clip]:
        """Return these clips; what is not there, or is being removed, is left out."""
        return [
            clip_from_row(row)
            for row in self._db.query(
                f"SELECT * FROM clips WHERE id IN ({_marks(clip_ids)})"  # noqa: S608
                " AND state != ?",
                (*clip_ids, ClipState.REMOVING),
            )
        ]

    def _rows(self, where: str, values: Sequence[Any]) -> list[Clip]:
        return [
            clip_from_row(row)
            for row in self._db.query(
                f"SELECT * FROM clips WHERE id IN (SELECT id FROM {where})"  # noqa: S608
                " ORDER BY id DESC",
                values,
            )
        ]

    # --- what there is to filter by -----------------------------------------------------------

    def vocabulary(self) -> Vocabulary:
        """Return all cameras, labels and zones that clips tell of; each by a leap in an index."""
        cameras = {}
        for camera_id in self._leap("SELECT min(camera_id) FROM clips {} AND camera_id > ?"):
            rows = self._db.query(
                "SELECT camera_name FROM clips WHERE state = ? AND camera_id = ?"
                " ORDER BY id DESC LIMIT 1",
                (ClipState.SAVED, camera_id),
            )
            if rows:  # else its last clip has gone meanwhile
                cameras[camera_id] = rows[0]["camera_name"]
        labels = self._leap("SELECT min(label) FROM clips {} AND label > ?")
        zones = self._leap("SELECT min(zone) FROM clip_zones WHERE zone > ?")
        return Vocabulary(cameras, tuple(labels), tuple(zones))

    def _leap(self, sql: str) -> list[str]:
        """Return all values of an index's column, one look-up each."""
        found: list[str] = []
        sql = sql.format(f"WHERE state = '{ClipState.SAVED}'")
        while True:
            ((value,),) = self._db.query(sql, (found[-1] if found else "",))
            if value is None:
                return found
            found.append(value)

    # --- drawn --------------------------------------------------------------------------------

    def timeline(self, since: float, until: float) -> list[Span]:
        """Return what was recorded in a time span, oldest first, whole clips."""
        rows = self._db.query(
            "SELECT id, camera_id, started_at, duration_s, label, state FROM clips"  # noqa: S608
            f" WHERE id >= ? AND id < ? AND state IN ({_marks(SHOWN)})"
            " ORDER BY id LIMIT ?",
            (
                *(first_clip_id(since - LONGEST_CLIP_S), first_clip_id(until + LONGEST_CLIP_S)),
                *SHOWN,
                TIMELINE_MOST,
            ),
        )
        spans = [
            Span(
                row["id"],
                row["camera_id"],
                row["started_at"],
                None
                if row["state"] == ClipState.RECORDING
                else row["started_at"] + row["duration_s"],
                row["label"],
                ClipState(row["state"]),
            )
            for row in rows
        ]
        return [
            x for x in spans if x.started_at < until and (x.ended_at is None or x.ended_at >= since)
        ]


def _conditions(
    wanted: ClipFilter, *, below: str | None = None, above: str | None = None
) -> tuple[str, list[Any]]:
    """Return a filter as SQL, from the table's name on, with the values for its marks."""
    lowest = "" if wanted.since is None else first_clip_id(wanted.since)
    highest = _LAST_ID if wanted.until is None else first_clip_id(wanted.until)
    where = ["id >= ?", "id < ?", f"state IN ({_marks(wanted.states)})"]
    values: list[Any] = [lowest, min(highest, below or _LAST_ID), *wanted.states]
    if above is not None:
        where.append("id > ?")
        values.append(above)
    if wanted.protected is not None:
        where.append("protected = ?")
        values.append(wanted.protected)
    one_of = [
        Word(**{part: names})
        for part in ("cameras", "labels", "zones")
        if (names := getattr(wanted, part)) is not None
    ]
    for word in (*one_of, *wanted.words):
        condition, names = _found_in(word)
        where.append(condition)
        values += names
    return f"clips INDEXED BY clips_listed WHERE {' AND '.join(where)}", values


def _found_in(word: Word) -> tuple[str, list[str]]:
    """Return that a clip is of one of these cameras, labels or zones; of none: it never is."""
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

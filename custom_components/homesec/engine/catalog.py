"""The SQLite index of clips. Every listing is one indexed, paged query.

Clip ids are ULIDs made from the event's time, so the primary key is also the order of time: a range
of time is a range of ids, and a page is told by the id where it ends (keyset paging).
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
import re
import sqlite3
import threading
from typing import TYPE_CHECKING, Any, Self

from ulid_transform import ulid_at_time, ulid_to_timestamp

from .models import Clip, ClipState, Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo
    from pathlib import Path

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE clips (
    id TEXT PRIMARY KEY,
    camera_id TEXT NOT NULL,
    camera_name TEXT NOT NULL,
    state TEXT NOT NULL,
    trigger TEXT NOT NULL,
    started_at REAL NOT NULL,
    event_at REAL NOT NULL,
    duration_s REAL NOT NULL,
    label TEXT,
    score REAL,
    path TEXT NOT NULL,
    still_path TEXT,
    bytes INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    video_codec TEXT NOT NULL,
    audio_codec TEXT,
    error TEXT
) WITHOUT ROWID;
CREATE INDEX clips_by_time ON clips (state, id, bytes);
CREATE INDEX clips_by_camera ON clips (state, camera_id, id);
CREATE INDEX clips_by_label ON clips (state, label, id);
"""
_COLUMNS = tuple(f.name for f in fields(Clip))
_ULID_TIME_LENGTH = 10
_ULID = re.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}")


def new_clip_id(event_at: float) -> str:
    """Return a ULID of this moment (UTC epoch seconds)."""
    return ulid_at_time(max(event_at, 0.0))


def clip_time(clip_id: str) -> float | None:
    """Return the moment that a clip's id tells (UTC epoch seconds); None if it is no clip id."""
    return ulid_to_timestamp(clip_id) / 1000 if _ULID.fullmatch(clip_id) else None


class Catalog:
    """The index of clips. Calls block for a moment and may come from any thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            # A power cut may undo the last transactions, never damage the file; a row that is
            # undone is found again by its clip (recovery.py).
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._migrate()
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; idempotent."""
        with self._lock:
            self._db.close()

    def _migrate(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            message = f"the clip index is of version {version}, newer than {SCHEMA_VERSION}"
            raise sqlite3.DatabaseError(message)
        if version == 0:
            self._db.executescript(
                f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )

    def _query(self, sql: str, values: Iterable[Any] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, tuple(values)).fetchall()

    # --- rows ---------------------------------------------------------------------------------

    def put(self, clip: Clip) -> None:
        """Add the clip's row or replace it."""
        marks = ", ".join("?" * len(_COLUMNS))
        self._query(
            f"INSERT OR REPLACE INTO clips ({', '.join(_COLUMNS)}) VALUES ({marks})",  # noqa: S608
            (getattr(clip, column) for column in _COLUMNS),
        )

    def remove(self, clip_id: str) -> None:
        """Remove the clip's row; no error if there is none."""
        self._query("DELETE FROM clips WHERE id = ?", (clip_id,))

    def get(self, clip_id: str) -> Clip | None:
        """Return one clip."""
        rows = self._query("SELECT * FROM clips WHERE id = ?", (clip_id,))
        return _clip(rows[0]) if rows else None

    def open_clips(self) -> list[Clip]:
        """Return the clips whose recording was never finished, oldest first."""
        return [
            _clip(row)
            for row in self._query(
                "SELECT * FROM clips WHERE state = ? ORDER BY id", (ClipState.RECORDING,)
            )
        ]

    # --- listings -----------------------------------------------------------------------------

    def page(
        self,
        *,
        camera_id: str | None = None,
        since: float | None = None,
        until: float | None = None,
        label: str | None = None,
        limit: int = 100,
        before: str | None = None,
    ) -> list[Clip]:
        """Return finished clips, newest first.

        ``since <= event_at < until`` in UTC epoch seconds; ``before`` is the id of the last clip of
        the page before.
        """
        where, values = ["state = ?"], [str(ClipState.SAVED)]
        for condition, value in (
            ("camera_id = ?", camera_id),
            ("label = ?", label),
            ("id >= ?", None if since is None else _first_id(since)),
            ("id < ?", None if until is None else _first_id(until)),
            ("id < ?", before),
        ):
            if value is not None:
                where.append(condition)
                values.append(value)
        return [
            _clip(row)
            for row in self._query(
                f"SELECT * FROM clips WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?",  # noqa: S608
                (*values, limit),
            )
        ]

    def days(self, camera_id: str, tz: tzinfo) -> list[tuple[date, int]]:
        """Return the days in ``tz`` on which the camera has clips, newest first, with counts."""
        found: list[tuple[date, int]] = []
        until: float | None = None
        while newest := self.page(camera_id=camera_id, until=until, limit=1):
            day = datetime.fromtimestamp(newest[0].event_at, UTC).astimezone(tz).date()
            since, end = day_bounds(day, tz)
            ((count,),) = self._query(
                "SELECT count(*) FROM clips WHERE camera_id = ? AND id >= ? AND id < ?"
                " AND state = ?",
                (camera_id, _first_id(since), _first_id(end), ClipState.SAVED),
            )
            found.append((day, count))
            until = since
        return found

    def cameras(self) -> list[tuple[str, str, int]]:
        """Return (camera id, its newest name, clips) of every camera that has clips, by name."""
        rows = self._query(
            "SELECT camera_id, count(*) AS clips, max(id) AS newest FROM clips WHERE state = ?"
            " GROUP BY camera_id",
            (ClipState.SAVED,),
        )
        named = [
            (row["camera_id"], clip.camera_name, row["clips"])
            for row in rows
            if (clip := self.get(row["newest"])) is not None
        ]
        return sorted(named, key=lambda x: (x[1].casefold(), x[0]))

    def totals(self) -> tuple[int, int]:
        """Return how many finished clips there are, and their bytes."""
        ((count, size),) = self._query(
            "SELECT count(*), coalesce(sum(bytes), 0) FROM clips WHERE state = ?",
            (ClipState.SAVED,),
        )
        return count, size


def day_bounds(day: date, tz: tzinfo) -> tuple[float, float]:
    """Return the first moment of a day in ``tz`` and of the next one, in UTC epoch seconds."""
    start = datetime.combine(day, time.min, tz)
    end = datetime.combine(day + timedelta(days=1), time.min, tz)
    return start.timestamp(), end.timestamp()


def _first_id(at: float) -> str:
    """Return the lowest ULID that a clip of this moment can have."""
    return ulid_at_time(max(at, 0.0))[:_ULID_TIME_LENGTH] + "0" * 16


def _clip(row: sqlite3.Row) -> Clip:
    values = dict(row)
    values["state"] = ClipState(values["state"])
    values["trigger"] = Trigger(values["trigger"])
    return Clip(**values)

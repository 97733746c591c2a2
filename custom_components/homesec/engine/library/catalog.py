"""The SQLite index of clips. Every listing is one indexed, paged query.

Clip ids are ULIDs made from the event's time, so the primary key is also the order of time: a range
of time is a range of ids, and a page is told by the id where it ends (keyset paging).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
import json
from typing import TYPE_CHECKING, NamedTuple, Self

from ..core.clip_id import first_clip_id
from ..core.clock import SystemClock
from ..core.track_log import unpack
from ..core.types import ClipState, CloudState
from ..db.database import Database
from ..db.job_queue import JobKind, JobQueue
from ..db.schema import COLUMNS, clip_from_row, clip_to_row
from .queries import ClipQueries
from .visits import Visits

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path

    from ..core.clock import Clock
    from ..core.track_log import ClipTrack
    from ..core.types import Clip

_KEPT = ("id", "protected", "local", "cloud", "cloud_bytes")
_PUT = (
    f"INSERT INTO clips ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
    " ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{column} = excluded.{column}" for column in COLUMNS if column not in _KEPT)
)


class Totals(NamedTuple):
    """What the finished clips take up."""

    clips: int = 0
    bytes: int = 0
    """Of those in the clip folder."""
    cloud_clips: int = 0
    cloud_bytes: int = 0


class Catalog:
    """The index of clips. Calls block for a moment and may come from any thread."""

    def __init__(self, path: Path, *, upload: bool = False, clock: Clock | None = None) -> None:
        """Open the file.

        ``upload``: what is saved is to go to the cloud. Raises as ``Database``.
        """
        self.database = Database(path)
        self.jobs = JobQueue(self.database, clock or SystemClock())
        self.queries = ClipQueries(self.database)
        self.visits = Visits(self.database)
        self._upload = upload

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; idempotent."""
        self.database.close()

    # --- rows ---------------------------------------------------------------------------------

    def put(self, clip: Clip) -> None:
        """Add the clip's row, or bring up to date what its recording tells.

        Where its copies are and whether it is protected stays: others have a say in that while
        it is recorded.
        """
        self.database.query(_PUT, clip_to_row(clip))

    def save(self, clip: Clip, tracks: bytes | None = None) -> Clip:
        """Keep a finished clip and, in one transaction, the job to upload it; return its row.

        ``tracks``: who was where in it, packed; None leaves what was kept of that.
        """
        with self.database.transaction():
            self.put(clip)
            if tracks is not None:
                self.put_tracks(clip.id, tracks)
            row = self.get(clip.id) or clip
            if self._upload and row.cloud in (CloudState.NONE, CloudState.WAITING):
                self.database.query(
                    "UPDATE clips SET cloud = ? WHERE id = ?", (CloudState.WAITING, clip.id)
                )
                self.jobs.add(JobKind.UPLOAD, clip.id, bytes=clip.bytes)
                row = replace(row, cloud=CloudState.WAITING)
            return row

    def save_track_log(self, clip_id: str, zones: tuple[str, ...], tracks: bytes | None) -> None:
        """Keep who was where until now in a clip that is being recorded."""
        with self.database.transaction():
            self.database.query(
                "UPDATE clips SET zones = ? WHERE id = ?", (json.dumps(zones), clip_id)
            )
            if tracks is not None:
                self.put_tracks(clip_id, tracks)

    def put_tracks(self, clip_id: str, tracks: bytes) -> None:
        """Keep who was where in a clip; they go with its row."""
        self.database.query("INSERT OR REPLACE INTO tracks VALUES (?, ?)", (clip_id, tracks))

    def tracks(self, clip_id: str) -> list[ClipTrack]:
        """Return who was where in a clip; nothing of one that is older than this is kept."""
        rows = self.database.query("SELECT packed FROM tracks WHERE clip_id = ?", (clip_id,))
        return unpack(rows[0]["packed"]) if rows else []

    def remove(self, clip_id: str) -> None:
        """Remove the clip's row; no error if there is none."""
        self.database.query("DELETE FROM clips WHERE id = ?", (clip_id,))

    def forget(self, before: float) -> None:
        """Remove the rows that have told of a failure since before this moment."""
        for state in (ClipState.FAILED, ClipState.MISSING):
            self.database.query(
                "DELETE FROM clips WHERE state = ? AND id < ? AND NOT protected",
                (state, first_clip_id(before)),
            )

    def get(self, clip_id: str) -> Clip | None:
        """Return one clip."""
        rows = self.database.query("SELECT * FROM clips WHERE id = ?", (clip_id,))
        return clip_from_row(rows[0]) if rows else None

    def open_clips(self) -> list[Clip]:
        """Return the clips whose recording was never finished, oldest first."""
        return self.in_state(ClipState.RECORDING)

    def in_state(self, state: ClipState) -> list[Clip]:
        """Return all clips in a state that few are in, oldest first."""
        return [
            clip_from_row(row)
            for row in self.database.query(
                "SELECT * FROM clips WHERE state = ? ORDER BY id", (state,)
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
            ("id >= ?", None if since is None else first_clip_id(since)),
            ("id < ?", None if until is None else first_clip_id(until)),
            ("id < ?", before),
        ):
            if value is not None:
                where.append(condition)
                values.append(value)
        return [
            clip_from_row(row)
            for row in self.database.query(
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
            ((count,),) = self.database.query(
                "SELECT count(*) FROM clips WHERE camera_id = ? AND id >= ? AND id < ?"
                " AND state = ?",
                (camera_id, first_clip_id(since), first_clip_id(end), ClipState.SAVED),
            )
            found.append((day, count))
            until = since
        return found

    def cameras(self) -> list[tuple[str, str, int]]:
        """Return (camera id, its newest name, clips) of every camera that has clips, by name."""
        rows = self.database.query(
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

    def totals(self) -> Totals:
        """Return how many finished clips there are, and what they take up where."""
        ((clips, size, cloud_clips, cloud_bytes),) = self.database.query(
            "SELECT count(*), coalesce(sum(bytes * local), 0),"
            " coalesce(sum(cloud = ?), 0), coalesce(sum(cloud_bytes), 0)"
            " FROM clips WHERE state = ?",
            (CloudState.STORED, ClipState.SAVED),
        )
        return Totals(clips, size, cloud_clips, cloud_bytes)

    # --- notes --------------------------------------------------------------------------------

    def get_value(self, key: str) -> str | None:
        """Return what was noted under this key."""
        rows = self.database.query("SELECT value FROM notes WHERE key = ?", (key,))
        return str(rows[0]["value"]) if rows else None

    def set_value(self, key: str, value: str | None) -> None:
        """Keep a line for the next start; None strikes it out."""
        if value is None:
            self.database.query("DELETE FROM notes WHERE key = ?", (key,))
        else:
            self.database.query("INSERT OR REPLACE INTO notes VALUES (?, ?)", (key, value))


def day_bounds(day: date, tz: tzinfo) -> tuple[float, float]:
    """Return the first moment of a day in ``tz`` and of the next one, in UTC epoch seconds."""
    start = datetime.combine(day, time.min, tz)
    end = datetime.combine(day + timedelta(days=1), time.min, tz)
    return start.timestamp(), end.timestamp()

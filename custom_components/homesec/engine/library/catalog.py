"""The table of all clips, and the other tables of the same database.

`ClipQueries` reads clips, `lifecycle` writes what state they are in.
"""

import json
import math
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from ..core.clip_id import first_clip_id
from ..core.clock import SystemClock
from ..core.track_log import unpack
from ..core.types import ClipState, CloudState
from ..db.database import Database
from ..db.job_queue import JobKind, JobQueue
from . import lifecycle
from .queries import ClipQueries
from .visits import Visits

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..core.clock import Clock
    from ..core.track_log import ClipTrack
    from ..core.types import Clip


LAST_RUN_KEY = "looked_at"  # key of the value with the time of retention's last run


class Totals(NamedTuple):
    """Number and size of the saved clips.

    A recently deleted clip isn't counted among them, but needs as much space as before.
    """

    clips: int = 0
    bytes: int = 0  # in the clip folder, of all
    cloud_clips: int = 0
    cloud_bytes: int = 0  # of all
    deleted_clips: int = 0
    deleted_bytes: int = 0  # in the clip folder


class Catalog:
    """The index of clips. Calls block for a moment and may come from any thread."""

    def __init__(self, path: Path, *, upload: bool = False, clock: Clock | None = None) -> None:
        """Open the file; with ``upload``, saved clips get an upload job. Raises as ``Database``."""
        self.database = Database(path)
        self._clock = clock or SystemClock()
        self.jobs = JobQueue(self.database, self._clock)
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

    def get(self, clip_id: str) -> Clip | None:
        """Return one clip, in whatever state."""
        return self.queries.get(clip_id)

    def put(self, clip: Clip) -> None:
        """Insert a clip, or update what its recording knows; see ``lifecycle.put``."""
        lifecycle.put(self.database, clip)

    def save(self, clip: Clip, tracks: bytes | None = None) -> Clip:
        """Store a saved clip, its packed tracks, and its upload job in one transaction.

        Without ``tracks``, stored ones are kept. Return the clip's row.
        """
        with self.database.transaction():
            self.put(clip)
            if tracks is not None:
                self.put_tracks(clip.id, tracks)
            self.queue_upload(clip.id)
            return self.get(clip.id) or clip

    def queue_upload(self, clip_id: str) -> None:
        """Add a clip's upload job, unless it's uploaded or clips aren't."""
        if self._upload:
            self.queue_uploads("id = ?", (clip_id,))

    def queue_uploads(self, where: str, values: Iterable[Any]) -> int:
        """Add upload jobs for clips that ``where`` selects and that can be uploaded; count them."""
        with self.database.transaction():
            clips = lifecycle.apply(self.database, lifecycle.Change.QUEUED, where, values)
            for clip_id, size in clips:
                self.jobs.add(JobKind.UPLOAD, clip_id, bytes=size)
        return len(clips)

    def save_track_log(self, clip_id: str, zones: tuple[str, ...], tracks: bytes | None) -> None:
        """Store zones and packed tracks of a clip that is being recorded."""
        with self.database.transaction():
            self.database.query(
                "UPDATE clips SET zones = ? WHERE id = ?", (json.dumps(zones), clip_id)
            )
            if tracks is not None:
                self.put_tracks(clip_id, tracks)

    def put_tracks(self, clip_id: str, tracks: bytes) -> None:
        """Store a clip's packed tracks. A trigger removes them with its row."""
        self.database.query("INSERT OR REPLACE INTO tracks VALUES (?, ?)", (clip_id, tracks))

    def tracks(self, clip_id: str) -> list[ClipTrack]:
        """Return a clip's tracks; none for a clip of an early version."""
        rows = self.database.query("SELECT packed FROM tracks WHERE clip_id = ?", (clip_id,))
        return unpack(rows[0]["packed"]) if rows else []

    def remember_key(self, bucket_uri: str, clip_id: str, key_id: str) -> None:
        """Store the id of the key that a clip's object is encrypted with, '' without encryption."""
        self.database.query(
            "INSERT OR REPLACE INTO object_keys SELECT ?, id, ? FROM clips WHERE id = ?",
            (bucket_uri, key_id, clip_id),
        )

    def object_key(self, bucket_uri: str, clip_id: str) -> str | None:
        """Return what ``remember_key`` stored; None if that isn't known."""
        rows = self.database.query(
            "SELECT key_id FROM object_keys WHERE place = ? AND clip_id = ?", (bucket_uri, clip_id)
        )
        return str(rows[0]["key_id"]) if rows else None

    def lacks_object_keys(self, bucket_uri: str) -> bool:
        """Return whether it isn't known of some clips how they are encrypted in the bucket."""
        ((lacks,),) = self.database.query(
            "SELECT EXISTS (SELECT 1 FROM clips WHERE state = ? AND cloud = ? AND id NOT IN"
            " (SELECT clip_id FROM object_keys WHERE place = ?))",
            (ClipState.SAVED, CloudState.STORED, bucket_uri),
        )
        return bool(lacks)

    def remove(self, clip_id: str) -> None:
        """Remove a clip's row; no error if there is none."""
        self.database.query("DELETE FROM clips WHERE id = ?", (clip_id,))

    def remove_failed(self, before: float) -> None:
        """Remove the rows of failed and missing clips from before a moment."""
        self.database.query(
            "DELETE FROM clips WHERE state IN (?, ?) AND id < ? AND NOT protected"
            " AND deleted_at IS NULL",
            (ClipState.FAILED, ClipState.MISSING, first_clip_id(before)),
        )

    def totals(self) -> Totals:
        """Return number and size of the saved clips."""
        (row,) = self.database.query(
            "SELECT coalesce(sum(deleted_at IS NULL), 0), coalesce(sum(bytes * local), 0),"
            " coalesce(sum(cloud = ? AND deleted_at IS NULL), 0), coalesce(sum(cloud_bytes), 0),"
            " coalesce(sum(deleted_at IS NOT NULL), 0),"
            " coalesce(sum(bytes * local * (deleted_at IS NOT NULL)), 0)"
            " FROM clips WHERE state = ?",
            (CloudState.STORED, ClipState.SAVED),
        )
        return Totals._make(row)

    def last_run(self) -> float | None:
        """Return when retention ran last, in UTC epoch seconds; None if it's unknown."""
        try:
            at = float(self.get_value(LAST_RUN_KEY) or "")
        except ValueError:
            return None
        return at if math.isfinite(at) else None

    def now(self) -> float:
        """Return UTC epoch seconds, at least those of retention's last run.

        A clock without a battery is years behind until it's set. What were deleted in 1970 would
        expire at once then.
        """
        return max(self._clock.now(), self.last_run() or 0.0)

    def get_value(self, key: str) -> str | None:
        """Return what ``set_value`` stored under a key."""
        rows = self.database.query("SELECT value FROM notes WHERE key = ?", (key,))
        return str(rows[0]["value"]) if rows else None

    def set_value(self, key: str, value: str | None) -> None:
        """Store a text under a key, across restarts; None removes it."""
        if value is None:
            self.database.query("DELETE FROM notes WHERE key = ?", (key,))
        else:
            self.database.query("INSERT OR REPLACE INTO notes VALUES (?, ?)", (key, value))

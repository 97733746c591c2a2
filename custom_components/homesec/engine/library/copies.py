"""Where each clip's copies are, and how they go: the row and the file never disagree for long.

Removing a whole clip: its row first says so (``removing``, with the job that removes it from the
cloud, and not even a power cut undoes that), then the files go, then the row. A crash in between
leaves a row that the next start finishes; neither a file without a row nor a clip that comes back.
Dropping only the local copy: the file first, then the row; a crash in between leaves a row that
promises a file, which ``verify_files`` corrects at the next start.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
import logging
from typing import TYPE_CHECKING, NamedTuple

from ..cloud.object_names import CONTENT_TYPES, object_name
from ..core.types import ClipState, CloudState
from ..db.job_queue import JobKind, deferred_kind
from .bucket_change import other_buckets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..core.types import Clip
    from .catalog import Catalog

_LOGGER = logging.getLogger(__name__)

_PAGE = 2000


class ClipSummary(NamedTuple):
    """A finished clip, as retention sees it."""

    id: str
    camera_id: str
    bytes: int
    local: bool
    cloud: CloudState
    cloud_bytes: int
    protected: bool


class ClipStorage:
    """Calls block for a moment and may come from any thread."""

    def __init__(
        self,
        catalog: Catalog,
        clips_dir: Path,
        *,
        on_change: Callable[[str], None] = lambda _clip_id: None,
    ) -> None:
        """``on_change`` is told the id of each clip whose row has changed; it must not block."""
        self._catalog = catalog
        self._on_change = on_change
        self._db = catalog.database
        self._jobs = catalog.jobs
        self._clips_dir = clips_dir

    def summaries(self) -> list[ClipSummary]:
        """Return all finished clips, oldest first; read page by page, lest a recording waits."""
        found: list[ClipSummary] = []
        while True:
            page = self._db.query(
                "SELECT id, camera_id, bytes, local, cloud, cloud_bytes, protected FROM clips"
                " WHERE state = ? AND id > ? ORDER BY id LIMIT ?",
                (ClipState.SAVED, found[-1].id if found else "", _PAGE),
            )
            found += (
                ClipSummary(
                    id_, camera_id, size, bool(local), CloudState(cloud), cloud_bytes, bool(kept)
                )
                for id_, camera_id, size, local, cloud, cloud_bytes, kept in page
            )
            if len(page) < _PAGE:
                return found

    def protect(self, clip_id: str, *, protected: bool) -> bool:
        """Keep a clip from retention, or leave it to that again; False if there is none."""
        sql = "UPDATE clips SET protected = ? WHERE id = ? AND protected != ?"
        with self._db.transaction():
            clip = self._catalog.get(clip_id)
            changed = self._db.change(sql, (protected, clip_id, protected)) > 0
            # A catalogue that is rebuilt elsewhere is to know it, too.
            if changed and clip is not None and clip.cloud is CloudState.STORED:
                self._jobs.add(JobKind.DESCRIBE, clip_id)
            for place in other_buckets(self._catalog, clip_id) if changed else ():
                self._jobs.add(deferred_kind(JobKind.DESCRIBE, place), clip_id)
        self._on_change(clip_id)
        return clip is not None

    # --- the cloud ----------------------------------------------------------------------------

    def mark_uploaded(self, clip_id: str, cloud_bytes: int) -> None:
        """Note that a clip is in the cloud."""
        self._db.query(
            "UPDATE clips SET cloud = ?, cloud_bytes = ?, state = ? WHERE id = ?"
            " AND state IN (?, ?)",
            (
                *(CloudState.STORED, cloud_bytes, ClipState.SAVED, clip_id),
                *(ClipState.SAVED, ClipState.MISSING),
            ),
        )

    def upload_existing(self) -> int:
        """Have uploaded, too, what was recorded before there was a cloud; return how many."""
        with self._db.transaction():
            rest = [h for h in self.summaries() if h.local and h.cloud is CloudState.NONE]
            for each in rest:
                self._set_cloud(each.id, CloudState.WAITING)
                self._jobs.add(JobKind.UPLOAD, each.id, bytes=each.bytes)
        return len(rest)

    def _set_cloud(self, clip_id: str, state: CloudState) -> None:
        self._db.query("UPDATE clips SET cloud = ?, cloud_bytes = 0 WHERE id = ?", (state, clip_id))

    # --- removing -----------------------------------------------------------------------------

    def remove_local(self, clip: Clip) -> None:
        """Remove the local copy of a clip that is in the cloud. Raises ``OSError``."""
        self._unlink(clip)
        self._db.query("UPDATE clips SET local = 0 WHERE id = ?", (clip.id,))
        self._on_change(clip.id)

    def remove_cloud(self, clip: Clip) -> None:
        """Remove the cloud's copy of a clip that is here, too."""
        with self._db.transaction(durable=True):
            self._set_cloud(clip.id, CloudState.DROPPED)
            self._jobs.cancel(JobKind.DESCRIBE, clip.id)
            self._delete_later(clip)
        self._on_change(clip.id)

    def remove(self, clip: Clip) -> None:
        """Remove a finished clip, wherever it is.

        Raises ``OSError`` when the disk does not let go of it; it is then tried again later.
        """
        with self._db.transaction(durable=True):
            clip = self._catalog.get(clip.id) or clip
            self._db.query("UPDATE clips SET state = ? WHERE id = ?", (ClipState.REMOVING, clip.id))
            self._jobs.cancel(JobKind.UPLOAD, clip.id)
            self._jobs.cancel(JobKind.DESCRIBE, clip.id)
            if clip.cloud in (CloudState.WAITING, CloudState.STORED):
                # Of one that waits, a part may be there, or all in a moment.
                self._delete_later(clip)
            for place in other_buckets(self._catalog, clip.id):
                self._delete_later(clip, place)
        self._on_change(clip.id)
        self._finish(clip)

    def finish_removals(self) -> None:
        """Remove what a crash, or a disk that refused, has left half removed."""
        for clip in self._catalog.in_state(ClipState.REMOVING):
            try:
                self._finish(clip)
            except OSError as err:
                _LOGGER.warning("Clip %s cannot be removed: %s", clip.id, err.strerror)

    def _finish(self, clip: Clip) -> None:
        self._unlink(clip)
        self._catalog.remove(clip.id)

    def _delete_later(self, clip: Clip, place: str | None = None) -> None:
        kind = JobKind.DELETE if place is None else deferred_kind(JobKind.DELETE, place)
        # Below the bucket's prefix; when it is done, no row may be left to tell the names.
        names = [object_name(clip, suffix=suffix) for suffix in CONTENT_TYPES]
        self._jobs.add(kind, clip.id, {"names": names})

    def _unlink(self, clip: Clip) -> None:
        for path in filter(None, (clip.path, clip.still_path)):
            (self._clips_dir / path).unlink(missing_ok=True)

    # --- rows and files -----------------------------------------------------------------------

    def mark_file_missing(self, clip_id: str) -> None:
        """Note that a clip's file has gone; if it is not in the cloud either, it is missing."""
        with self._db.transaction():
            self._db.query("UPDATE clips SET local = 0 WHERE id = ?", (clip_id,))
            if other_buckets(self._catalog, clip_id):
                self._db.query(
                    "UPDATE clips SET cloud = ? WHERE id = ? AND cloud != ?",
                    (CloudState.ELSEWHERE, clip_id, CloudState.STORED),
                )
            self._db.query(
                "UPDATE clips SET state = ? WHERE id = ? AND state = ? AND cloud NOT IN (?, ?)",
                (
                    *(ClipState.MISSING, clip_id, ClipState.SAVED),
                    *(CloudState.STORED, CloudState.ELSEWHERE),
                ),
            )
            self._jobs.cancel(JobKind.UPLOAD, clip_id)
        self._on_change(clip_id)

    def mark_file_found(self, clip: Clip) -> None:
        """Note that a clip's file is there again: its disk was not connected for a while."""
        with self._db.transaction():
            self._db.query("UPDATE clips SET local = 1 WHERE id = ?", (clip.id,))
            if clip.cloud is CloudState.ELSEWHERE:
                self._set_cloud(clip.id, CloudState.NONE)
            if clip.state is ClipState.MISSING or clip.cloud is CloudState.ELSEWHERE:
                self._catalog.save(replace(clip, state=ClipState.SAVED))

    def verify_files(self) -> tuple[int, int]:
        """Compare all rows with the files; return how many have gone and how many came back.

        To be called while nothing is recorded.
        """
        seen: dict[str, set[str] | None] = {}
        with self._db.transaction():
            gone, back = self._compare(seen)
        if gone:
            _LOGGER.warning("The files of %s clips are missing", gone)
        for folder in (f for f, names in seen.items() if names == set()):
            with suppress(OSError):
                (self._clips_dir / folder).rmdir()
        return gone, back

    def _compare(self, seen: dict[str, set[str] | None]) -> tuple[int, int]:
        """Correct the rows; ``seen`` keeps what is in each folder."""
        gone = back = 0
        for clip_id, path, local in self._paths():
            folder, _, name = path.rpartition("/")
            if folder not in seen:
                seen[folder] = _names(self._clips_dir / folder)
            names = seen[folder]
            if names is None or (name in names) is local:
                continue
            if local:
                self.mark_file_missing(clip_id)
                gone += 1
            elif (clip := self._catalog.get(clip_id)) is not None:
                self.mark_file_found(clip)
                back += 1
        return gone, back

    def _paths(self) -> list[tuple[str, str, bool]]:
        rows = self._db.query(
            "SELECT id, path, local FROM clips WHERE state IN (?, ?)",
            (ClipState.SAVED, ClipState.MISSING),
        )
        return [(row["id"], row["path"], bool(row["local"])) for row in rows]


def _names(folder: Path) -> set[str] | None:
    """Return what is in a folder; None if the disk does not tell."""
    try:
        return {path.name for path in folder.iterdir()}
    except FileNotFoundError, NotADirectoryError:
        return set()
    except OSError as err:
        _LOGGER.warning("The folder %s cannot be read: %s", folder.name, err.strerror)
        return None

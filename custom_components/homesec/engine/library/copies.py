"""The copies of clips: file and objects, their rows, and how they are removed.

Removing a whole clip: its row becomes *removing* in one durable transaction with the job that
removes its objects, then the files go, then the row. After a crash in between, the next start goes
on, so there is neither a file without a row nor a clip that comes back. Removing only the file:
first the file, then the row is updated. After a crash in between, ``verify_files`` corrects the row
at the next start.
"""

from contextlib import suppress
import logging
from typing import TYPE_CHECKING, NamedTuple

from ..cloud.errors import ObjectMissing
from ..cloud.object_names import CONTENT_TYPES, VIDEO, object_name
from ..cloud.transfer import download, save_stream
from ..core.errors import ClipNotFound
from ..core.types import ClipState, CloudState
from ..db.job_queue import JobKind, deferred_kind
from . import lifecycle
from .bucket_change import other_buckets
from .deletion_marker import Deletion, marker_path, read_marker, write_marker_or_log
from .lifecycle import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from threading import Event

    from ..cloud.object_store import CloudStore
    from ..core.types import Clip
    from .catalog import Catalog

_LOGGER = logging.getLogger(__name__)

_PAGE = 2000
_BLOCK_BYTES = 2**20


class ClipSummary(NamedTuple):
    """What retention knows of a saved clip."""

    id: str
    camera_id: str
    bytes: int
    local: bool
    cloud: CloudState
    cloud_bytes: int
    protected: bool
    deleted_at: float | None = None  # when it was moved to Recently deleted


class ClipStorage:
    """Calls block for a moment and may come from any thread."""

    def __init__(
        self,
        catalog: Catalog,
        clips_dir: Path,
        *,
        on_change: Callable[[str], None] = lambda _clip_id: None,
    ) -> None:
        """``on_change`` gets the id of each clip whose row has changed. It must not block."""
        self._catalog = catalog
        self._on_change = on_change
        self._db = catalog.database
        self._jobs = catalog.jobs
        self._clips_dir = clips_dir

    def summaries(self) -> list[ClipSummary]:
        """Return all saved clips, oldest first. Recordings can write between the pages."""
        found: list[ClipSummary] = []
        while True:
            page = self._db.query(
                "SELECT id, camera_id, bytes, local, cloud, cloud_bytes, protected, deleted_at"
                " FROM clips WHERE state = ? AND id > ? ORDER BY id LIMIT ?",
                (ClipState.SAVED, found[-1].id if found else "", _PAGE),
            )
            found += (
                ClipSummary(id_, camera, size, bool(local), CloudState(cloud), *rest)
                for id_, camera, size, local, cloud, *rest in page
            )
            if len(page) < _PAGE:
                return found

    def protect(self, clip_id: str, *, protected: bool) -> bool:
        """Set whether retention may remove a clip; return whether the clip exists."""
        sql = "UPDATE clips SET protected = ? WHERE id = ? AND protected != ?"
        with self._db.transaction():
            clip = self._catalog.get(clip_id)
            changed = self._db.change(sql, (protected, clip_id, protected)) > 0
            if changed and clip is not None:
                self.queue_metadata(clip)
        self._on_change(clip_id)
        return clip is not None

    def queue_metadata(self, clip: Clip) -> None:
        """Have the metadata of a clip's objects updated, for a catalog rebuilt from the bucket."""
        if clip.cloud is CloudState.STORED:
            self._jobs.add(JobKind.DESCRIBE, clip.id)
        for bucket_uri in other_buckets(self._catalog, clip.id):
            self._jobs.add(deferred_kind(JobKind.DESCRIBE, bucket_uri), clip.id)

    def mark_uploaded(self, clip_id: str, cloud_bytes: int) -> None:
        """Record that a clip is in the bucket."""
        self._apply(Change.UPLOADED, clip_id, cloud_bytes=cloud_bytes)

    def upload_existing(self) -> int:
        """Queue the clips from before there was a bucket; return their number."""
        return self._catalog.queue_uploads("cloud = ?", (CloudState.NONE,))

    def _apply(self, change: Change, clip_id: str, *, cloud_bytes: int | None = None) -> None:
        lifecycle.apply(self._db, change, "id = ?", (clip_id,), cloud_bytes=cloud_bytes)

    def download(self, clip: Clip, target: Path, *, cloud: CloudStore | None, stop: Event) -> None:
        """Write a clip's video to a file, from the clip folder or else from the cloud.

        Raises ``ClipNotFound`` if no copy is left, ``StorageError``, and ``OSError``.
        """
        if clip.state is not ClipState.SAVED:
            raise ClipNotFound
        video = self._clips_dir / clip.path
        if clip.path and video.is_file():
            save_stream(_blocks(video), target, stop=stop)
            return
        if cloud is None or clip.cloud is not CloudState.STORED:
            raise ClipNotFound
        try:
            download(cloud, object_name(clip, prefix=cloud.prefix, suffix=VIDEO), target, stop=stop)
        except ObjectMissing as err:
            raise ClipNotFound from err

    def remove_local(self, clip: Clip) -> None:
        """Remove the files of a clip that is in the bucket. Raises ``OSError``."""
        self._unlink(clip)
        self._apply(Change.LOCAL_REMOVED, clip.id)
        self._on_change(clip.id)

    def remove_cloud(self, clip: Clip) -> None:
        """Remove the objects of a clip whose file is here."""
        with self._db.transaction(durable=True):
            self._apply(Change.CLOUD_REMOVED, clip.id)
            self._jobs.cancel(JobKind.DESCRIBE, clip.id)
            self._delete_objects(clip, JobKind.DELETE)
        self._on_change(clip.id)

    def remove(self, clip: Clip) -> bool:
        """Remove a clip and all of its copies, unless it was deleted or restored meanwhile.

        Return whether it was removed. Raises ``OSError`` when the disk refuses;
        ``finish_removals`` then tries again.
        """
        with self._db.transaction(durable=True):
            row = self._catalog.get(clip.id) or clip
            if row.deleted_at != clip.deleted_at:
                return False
            clip = row
            self._apply(Change.REMOVING, clip.id)
            self._jobs.cancel(JobKind.UPLOAD, clip.id)
            self._jobs.cancel(JobKind.DESCRIBE, clip.id)
            if clip.cloud in (CloudState.WAITING, CloudState.STORED):
                # Of a waiting clip, some objects may be there, or all in a moment.
                self._delete_objects(clip, JobKind.DELETE)
            for bucket_uri in other_buckets(self._catalog, clip.id):
                self._delete_objects(clip, deferred_kind(JobKind.DELETE, bucket_uri))
        self._on_change(clip.id)
        self._finish_removal(clip)
        return True

    def finish_removals(self) -> None:
        """Remove clips whose removal was interrupted by a crash or refused by the disk."""
        for clip in self._catalog.queries.in_state(ClipState.REMOVING):
            try:
                self._finish_removal(clip)
            except OSError as err:
                _LOGGER.warning("Clip %s cannot be removed: %s", clip.id, err.strerror)

    def _finish_removal(self, clip: Clip) -> None:
        self._unlink(clip)
        self._catalog.remove(clip.id)

    def _delete_objects(self, clip: Clip, kind: str) -> None:
        # The job stores the names below the prefix, since the row may be gone when it's done.
        names = [object_name(clip, suffix=suffix) for suffix in CONTENT_TYPES]
        self._jobs.add(kind, clip.id, {"names": names})

    def _unlink(self, clip: Clip) -> None:
        for path in filter(None, (clip.path, clip.still_path)):
            (self._clips_dir / path).unlink(missing_ok=True)
        if clip.path:
            marker_path(self._clips_dir / clip.path).unlink(missing_ok=True)

    def mark_file_missing(self, clip_id: str) -> None:
        """Record that a clip's file has disappeared. Without another copy, the clip is missing."""
        with self._db.transaction():
            elsewhere = bool(other_buckets(self._catalog, clip_id))
            change = Change.FILE_MISSING_OTHER_BUCKET if elsewhere else Change.FILE_MISSING
            self._apply(change, clip_id)
            self._jobs.cancel(JobKind.UPLOAD, clip_id)
        self._on_change(clip_id)

    def mark_file_found(self, clip_id: str) -> None:
        """Record that a clip's file is back, for example since its disk is connected again."""
        with self._db.transaction():
            self._apply(Change.FILE_FOUND, clip_id)
            self._catalog.queue_upload(clip_id)

    def verify_files(self) -> tuple[int, int]:
        """Correct the rows of all clips whose files have disappeared or are back; count both.

        Also compare which clips are deleted with the markers. Nothing must be recording meanwhile.
        """
        listings: dict[str, set[str] | None] = {}
        missing = found = 0
        with self._db.transaction():
            for clip_id, path, local, deleted_at, deleted_by in self._db.query(
                "SELECT id, path, local, deleted_at, deleted_by FROM clips WHERE state IN (?, ?)",
                (ClipState.SAVED, ClipState.MISSING),
            ):
                folder, _, name = path.rpartition("/")
                if folder not in listings:
                    listings[folder] = _names(self._clips_dir / folder)
                names = listings[folder]
                if names is None:
                    continue
                marked = marker_path(self._clips_dir / path).name in names
                if marked is (deleted_at is None) and name in names:
                    self._match_marker(clip_id, path, deleted_by)
                if (name in names) is bool(local):
                    continue
                if local:
                    self.mark_file_missing(clip_id)
                    missing += 1
                else:
                    self.mark_file_found(clip_id)
                    found += 1
        if missing:
            _LOGGER.warning("The files of %s clips are missing", missing)
        for folder in (f for f, names in listings.items() if names == set()):
            with suppress(OSError):
                (self._clips_dir / folder).rmdir()
        return missing, found

    def _match_marker(self, clip_id: str, path: str, deleted_by: str | None) -> None:
        """Delete a clip that has a marker; add the marker of a deleted one.

        The catalog may be from a backup that is older than the marker. Or the clip was restored
        since the backup, so it's kept for as long as if it had just been deleted.
        """
        now = self._catalog.now()
        video = self._clips_dir / path
        if (deletion := read_marker(video, now=now)) is None:
            deletion = Deletion(now, deleted_by)
            lifecycle.undelete(self._db, clip_id)
            write_marker_or_log(video, deletion)
        else:
            _LOGGER.warning("Clip %s is in Recently deleted again: its file says so", clip_id)
        lifecycle.delete(self._db, clip_id, at=deletion.at, by=deletion.by)
        if (clip := self._catalog.get(clip_id)) is not None:
            self.queue_metadata(clip)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield block


def _names(folder: Path) -> set[str] | None:
    """Return the names of a folder's files; None if it can't be read."""
    try:
        return {path.name for path in folder.iterdir()}
    except FileNotFoundError, NotADirectoryError:
        return set()
    except OSError as err:
        _LOGGER.warning("The folder %s cannot be read: %s", folder.name, err.strerror)
        return None

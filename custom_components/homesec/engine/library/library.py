"""The library of clips: their catalog, uploads, retention, and recovery."""

from functools import partial
import logging
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

from ..core.errors import ClipNotFound, DiskFull
from ..core.events import (
    Backlog,
    CatalogRebuilt,
    ClipChanged,
    ClipFailed,
    ClipSaved,
    ClipsRemoved,
    ClipsRescanned,
    ClipUploaded,
    OutboxChanged,
)
from ..core.types import ClipState
from ..db.database import is_damage
from ..db.schema import UNFILLED
from .bucket_change import BucketChange, apply_bucket_change, plan_bucket_change
from .catalog import Totals
from .copies import ClipStorage
from .disk_reserve import DiskReserve
from .object_keys import ObjectKeys
from .outbox import Outbox
from .rebuild import Rebuilt, rebuild
from .recently_deleted import RecentlyDeleted
from .recovery import adopt_clips, finish_clips, finish_open_clips, finish_refused_clips
from .retention import Retention, disk_free, disk_size
from .salvage import begin_anew, open_catalog
from .upload_jobs import UploadJobs
from .visits import VisitWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path
    import random

    from ..cloud.object_store import CloudStore
    from ..core.clip_tools import ClipTools
    from ..core.clock import Clock
    from ..core.events import EngineEvent, EventSink
    from ..core.types import Clip
    from .catalog import Catalog
    from .retention_policy import RetentionRules

_LOGGER = logging.getLogger(__name__)

RESERVE_NAME = "reserve"  # the disk reserve's file, beside the catalog


class ClipLibrary:
    """Owns the catalog, and all threads that work on saved clips.

    Calls may come from any thread. All but the properties may block for a moment.
    """

    def __init__(
        self,
        *,
        path: Path,
        clips_dir: Path,
        tools: ClipTools,
        cloud: CloudStore | None,
        rules: RetentionRules | None,
        on_event: EventSink,
        clock: Clock,
        rng: random.Random,
        free: Callable[[], int] | None = None,
        purge_held: Callable[[], bool] = lambda: False,
    ) -> None:
        """``path`` is the catalog's file; ``free`` returns the free bytes on the clips' disk.

        Without ``rules``, nothing is ever removed by itself. While ``purge_held`` returns True,
        nothing is removed from Recently deleted; it's called from any thread.
        """
        self._path = path
        self._clips_dir = clips_dir
        self._tools = tools
        self._cloud = cloud
        self._rules = rules
        self._on_event = on_event
        self._clock = clock
        self._rng = rng
        self._free = free or partial(disk_free, clips_dir)
        self._purge_held = purge_held
        self._lock = threading.Lock()
        self._rebuilding = threading.Lock()
        self._finishing_lock = threading.Lock()  # two at one file would lose it
        self._totals = Totals()
        self._uploads = OutboxChanged(backlog=Backlog())
        self._stop = threading.Event()
        self._reserve = DiskReserve(path.with_name(RESERVE_NAME))
        self._jobs: UploadJobs | None = None
        self._outbox: Outbox | None = None
        self._retention: Retention | None = None
        self._adopting: threading.Thread | None = None
        self._finishing: list[threading.Thread] = []
        self._visit_writer: VisitWriter | None = None
        self._opened = False
        self._object_keys: ObjectKeys
        self.catalog: Catalog  # set by ``start``, closed by ``close``
        self.copies: ClipStorage
        self.recently_deleted: RecentlyDeleted

    def start(self) -> None:
        """Open the catalog, recover clips, and start the threads.

        Raises ``OSError`` or ``sqlite3.Error`` if the folders can't be used; then nothing runs.
        """
        self._reserve.release()
        upload = self._cloud is not None
        self.catalog = open_catalog(self._path, upload=upload, clock=self._clock)
        self._opened = True
        try:
            try:
                self._recover()
            except Exception as err:
                if not self._is_damage(err):
                    raise
                self.catalog.close()
                self.catalog = begin_anew(self._path, err, upload=upload, clock=self._clock)
                self._recover()
            self._start_threads()
        except BaseException:
            self.close()
            raise

    def _is_damage(self, err: Exception) -> bool:
        """Return whether an error means that the catalog is damaged.

        A new one that isn't filled yet can't be; another new one wouldn't help.
        """
        try:
            filled = self.catalog.get_value(UNFILLED) is None
        except sqlite3.Error:
            filled = True
        return filled and is_damage(err, self._path)

    def _recover(self) -> None:
        if self._cloud is not None:
            apply_bucket_change(self.catalog, self._cloud.bucket_uri)
        self.copies = ClipStorage(self.catalog, self._clips_dir, on_change=self._clip_changed)
        self.recently_deleted = RecentlyDeleted(
            self.catalog,
            self.copies,
            self._clips_dir,
            purge_held=self._purge_held,
            on_change=self._clip_changed,
        )
        finish_open_clips(self.catalog, self._clips_dir, self._tools, self._on_event)
        self.copies.finish_removals()
        self.copies.verify_files()
        self._totals = self.catalog.totals()

    def _start_threads(self) -> None:
        self._visit_writer = VisitWriter(self.catalog.visits, on_event=self._on_event)
        self._visit_writer.start()
        self._reserve.allocate()
        self._adopting = threading.Thread(target=self._adopt, name="homesec-adopt", daemon=True)
        self._adopting.start()
        if self._cloud is not None:
            self._object_keys = ObjectKeys(self.catalog, self._on_event)
            self._object_keys.watch(self._cloud)
            self._jobs = UploadJobs(
                store=self._cloud,
                catalog=self.catalog,
                copies=self.copies,
                clips_dir=self._clips_dir,
                on_event=self._on_event,
            )
            self._outbox = Outbox(
                catalog=self.catalog,
                perform=self._jobs.perform,
                on_event=self._on_event,
                clock=self._clock,
                rng=self._rng,
            )
            self._outbox.start()
        if self._rules is not None:
            self._retention = Retention(
                catalog=self.catalog,
                copies=self.copies,
                rules=self._rules,
                cloud=self._cloud,
                disk_free=self._free,
                disk_size=partial(disk_size, self._clips_dir),
                on_event=self._on_event,
                clock=self._clock,
                on_run=self._finish_refused,
                purge_held=self._purge_held,
            )
            self._retention.start()

    def _clip_changed(self, clip_id: str) -> None:
        self._on_event(ClipChanged(clip_id=clip_id))

    def _adopt(self) -> None:
        try:
            adopt_clips(self.catalog, self._clips_dir, self._tools, self._on_event, self._stop)
        except Exception as err:
            # The next start tries again.
            defect = not isinstance(err, (OSError, sqlite3.Error))
            _LOGGER.error(
                "Not all existing clips could be added to the clip index: %s", err, exc_info=defect
            )

    def adopt_files(self) -> None:
        """Add clips whose files were moved into the clip folder, in the background."""
        self.catalog.set_value(UNFILLED, "")
        before = self._adopting

        def adopt() -> None:
            if before is not None:
                before.join()
            self._adopt()
            self._count()
            self._on_event(ClipsRescanned())

        self._adopting = threading.Thread(target=adopt, name="homesec-adopt", daemon=True)
        self._adopting.start()

    def _finish_refused(self) -> None:
        with self._finishing_lock:
            finish_refused_clips(self.catalog, self._clips_dir, self._tools, self._on_event)
        self._reserve.allocate()

    def finish_interrupted(self, camera_ids: Collection[str]) -> None:
        """Finish the clips of these cameras, whose worker process has died, in the background."""
        clips = [
            clip
            for clip in self.catalog.queries.in_state(ClipState.RECORDING)
            if clip.camera_id in camera_ids
        ]
        if clips:
            self._finishing = [each for each in self._finishing if each.is_alive()]
            finishing = threading.Thread(
                target=self._finish, args=(clips,), name="homesec-finish", daemon=True
            )
            self._finishing.append(finishing)
            finishing.start()

    def _finish(self, clips: list[Clip]) -> None:
        try:
            with self._finishing_lock:
                finish_clips(self.catalog, self._clips_dir, self._tools, self._on_event, clips)
        except sqlite3.Error as err:
            _LOGGER.error("Clips that were cut off are finished at the next start: %s", err)

    def halt(self) -> None:
        """Stop the threads without waiting for them. Clips can still be saved."""
        self._stop.set()
        for worker in (self._outbox, self._retention):
            if worker is not None:
                worker.halt()

    def close(self, timeout_s: float = 5.0) -> None:
        """End all threads, and close the catalog."""
        self.halt()
        deadline = time.monotonic() + timeout_s

        def left_s() -> float:
            return max(0.1, deadline - time.monotonic())

        for worker in (self._outbox, self._retention):
            if worker is not None and not worker.join(left_s()):
                _LOGGER.warning("%s did not stop in time", type(worker).__name__)
        for thread in (self._adopting, *self._finishing):
            if thread is not None:
                thread.join(left_s())
        if self._visit_writer is not None and not self._visit_writer.close(left_s()):
            _LOGGER.warning("The last visits could not be stored in time")
        if self._opened:
            self.catalog.close()
        if self._jobs is not None:
            self._jobs.store.close()

    @property
    def totals(self) -> Totals:
        """Number and size of the saved clips."""
        return self._totals

    @property
    def uploads(self) -> OutboxChanged:
        """What waits to be uploaded, and why."""
        return self._uploads

    def handle_event(self, event: EngineEvent) -> None:
        """Update what depends on the engine's events, all of which come here."""
        if self._visit_writer is not None:
            self._visit_writer.handle_event(event)
        match event:
            case ClipSaved() | ClipUploaded() | ClipsRemoved() | CatalogRebuilt():
                self._count()
            case OutboxChanged():
                self._uploads = event
            case ClipFailed(clip=clip) if clip.error == DiskFull.key and self._retention:
                self._retention.wake()

    def _count(self) -> None:
        try:
            with self._lock:
                self._totals = self.catalog.totals()
        except sqlite3.Error as err:
            # A clip can be saved after ``close``: the next start counts it.
            _LOGGER.warning("The clips could not be counted: %s", err)

    def delete(self, clip_id: str, *, by: str | None = None) -> Clip:
        """Move a clip to Recently deleted, or remove it if nothing is kept there; return its row.

        ``by`` is the user's name. Raises ``ClipNotFound``, ``ClipProtected``, and ``OSError`` if
        the disk refuses for now.
        """
        clip = self.recently_deleted.delete(clip_id, by=by)
        try:
            kept = self._rules is None or self._rules.deleted_kept_s > 0
            # While that's held, retention does it later.
            if not kept and not self._purge_held():
                self.copies.remove(clip)
        finally:
            self._count()
        return clip

    @property
    def purge_held(self) -> bool:
        """Whether nothing is removed from Recently deleted for now."""
        return self._purge_held()

    def restore(self, clip_id: str) -> Clip:
        """Bring a clip back from Recently deleted; see ``RecentlyDeleted.restore``."""
        clip = self.recently_deleted.restore(clip_id)
        self._count()
        return clip

    def purge(self, clip_id: str) -> Clip:
        """Remove a clip from Recently deleted; see ``RecentlyDeleted.purge``."""
        try:
            return self.recently_deleted.purge(clip_id)
        finally:
            self._count()

    def protect(self, clip_id: str, *, protected: bool = True) -> None:
        """Set whether retention may remove a clip. Raises ``ClipNotFound``."""
        clip = self.catalog.get(clip_id)
        if clip is None or clip.deleted_at is not None:
            raise ClipNotFound
        self.copies.protect(clip_id, protected=protected)

    def plan_bucket_change(self, bucket_uri: str) -> BucketChange | None:
        """Return what another bucket would mean for the clips; None if it's the one in use."""
        return plan_bucket_change(self.catalog, bucket_uri)

    @property
    def cloud(self) -> CloudStore | None:
        """The bucket in use, with its present credentials."""
        return self._jobs.store if self._jobs is not None else None

    def is_locked(self, clip_id: str) -> bool:
        """Return whether the key that decrypts a clip in the bucket isn't on this system."""
        return self.cloud is not None and self._object_keys.is_locked(self.cloud, clip_id)

    def download(self, clip: Clip, target: Path) -> None:
        """Write a clip's video to a file; see ``ClipStorage.download``."""
        self.copies.download(clip, target, cloud=self.cloud, stop=self._stop)

    def rebuild(self) -> Rebuilt:
        """Rebuild the catalog from the clip folder and the cloud; see ``rebuild``."""
        with self._rebuilding:
            if self._adopting is not None:
                self._adopting.join()
            try:
                return rebuild(
                    catalog=self.catalog,
                    copies=self.copies,
                    clips_dir=self._clips_dir,
                    tools=self._tools,
                    cloud=self.cloud,
                    stop=self._stop,
                    on_event=self._on_event,
                )
            finally:
                # After an error, too: what was found stays in the catalog.
                self._count()
                self._on_event(ClipsRescanned())

    def set_rules(self, rules: RetentionRules) -> None:
        """Change the retention rules, and apply them at once."""
        self._rules = rules
        if self._retention is not None:
            self._retention.rules = rules
            self._retention.wake()

    def resume_uploads(self, cloud: CloudStore | None = None) -> None:
        """End a pause of the uploads, with new credentials if there are any."""
        if self._jobs is not None and self._outbox is not None:
            if cloud is not None:
                self._object_keys.watch(cloud)
                self._jobs.store = cloud
            self._outbox.resume()

    def upload_existing(self) -> int:
        """Queue the clips from before there was a bucket; return their number."""
        return self.copies.upload_existing() if self._outbox is not None else 0

"""What becomes of clips once they are recorded: the catalogue, the outbox and retention, as one."""

from __future__ import annotations

from functools import partial
import logging
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

from ..cloud.errors import ObjectMissing
from ..cloud.object_names import VIDEO, object_name
from ..cloud.transfer import download, save_stream
from ..core.errors import ClipNotFound, ClipProtected, DiskFull
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
from ..core.types import ClipState, CloudState
from ..db.database import is_damage
from ..db.schema import UNFILLED
from .bucket_change import BucketChange, apply_bucket_change, plan_bucket_change
from .catalog import Totals
from .copies import ClipStorage
from .disk_reserve import DiskReserve
from .outbox import Outbox
from .rebuild import Rebuilt, rebuild
from .recovery import adopt_clips, finish_open_clips, finish_refused_clips
from .retention import Retention, disk_free
from .salvage import begin_anew, open_catalog
from .upload_jobs import UploadJobs
from .visits import VisitWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    import random

    from ..cloud.object_store import CloudStore
    from ..core.clock import Clock
    from ..core.events import EngineEvent, EventSink
    from ..core.types import Clip
    from .catalog import Catalog
    from .retention_policy import RetentionRules

_LOGGER = logging.getLogger(__name__)

RESERVE_NAME = "reserve"
"""Beside the catalogue; see ``reserve.py``."""


class ClipLibrary:
    """Owns the catalogue and all threads that work on finished clips.

    Calls may come from any thread; all but the properties may block for a moment.
    """

    def __init__(
        self,
        *,
        path: Path,
        clips_dir: Path,
        cloud: CloudStore | None,
        rules: RetentionRules | None,
        on_event: EventSink,
        clock: Clock,
        rng: random.Random,
        free: Callable[[], int] | None = None,
    ) -> None:
        """Prepare; ``path`` is the catalogue's file, ``free`` tells the clips' disk's free bytes.

        Without ``rules`` nothing is ever removed.
        """
        self._path = path
        self._clips_dir = clips_dir
        self._cloud = cloud
        self._rules = rules
        self._on_event = on_event
        self._clock = clock
        self._rng = rng
        self._free = free or partial(disk_free, clips_dir)
        self._lock = threading.Lock()
        self._rebuilding = threading.Lock()
        self._totals = Totals()
        self._uploads = OutboxChanged(backlog=Backlog())
        self._stop = threading.Event()
        self._reserve = DiskReserve(path.with_name(RESERVE_NAME))
        self._jobs: UploadJobs | None = None
        self._outbox: Outbox | None = None
        self._retention: Retention | None = None
        self._adopting: threading.Thread | None = None
        self._visit_log: VisitWriter | None = None
        self._opened = False
        self.catalog: Catalog
        """Open from ``start`` to ``close``; there is none before."""
        self.copies: ClipStorage

    # --- start and stop -----------------------------------------------------------------------

    def start(self) -> None:
        """Open the catalogue, repair what a crash left, and begin to work.

        Raises ``OSError`` or ``sqlite3.Error`` when the folders cannot be used; nothing runs then.
        """
        self._reserve.release()
        upload = self._cloud is not None
        self.catalog = open_catalog(self._path, upload=upload, clock=self._clock)
        self._opened = True
        try:
            try:
                self._take_up()
            except Exception as err:
                if not self._is_damage(err):
                    raise
                self.catalog.close()
                self.catalog = begin_anew(self._path, err, upload=upload, clock=self._clock)
                self._take_up()
            self._begin()
        except BaseException:
            self.close()
            raise

    def _is_damage(self, err: Exception) -> bool:
        """Tell whether the catalogue shows only now that it is damaged.

        One that was begun anew and is not filled yet cannot be: another would not help either.
        """
        try:
            filled = self.catalog.get_value(UNFILLED) is None
        except sqlite3.Error:
            filled = True
        return filled and is_damage(err, self._path)

    def _take_up(self) -> None:
        """Go on where the last run ended, however it ended."""
        if self._cloud is not None:
            apply_bucket_change(self.catalog, self._cloud.bucket_uri)
        self.copies = ClipStorage(self.catalog, self._clips_dir, on_change=self._changed)
        finish_open_clips(self.catalog, self._clips_dir, self._on_event)
        self.copies.finish_removals()
        self.copies.verify_files()
        self._totals = self.catalog.totals()

    def _begin(self) -> None:
        """Start the threads."""
        self._visit_log = VisitWriter(self.catalog.visits, on_event=self._on_event)
        self._visit_log.start()
        self._reserve.allocate()
        self._adopting = threading.Thread(target=self._adopt, name="homesec-adopt", daemon=True)
        self._adopting.start()
        self._start_outbox()
        self._start_retention()

    def _changed(self, clip_id: str) -> None:
        self._on_event(ClipChanged(clip_id=clip_id))

    def _adopt(self) -> None:
        try:
            adopt_clips(self.catalog, self._clips_dir, self._on_event, self._stop)
        except Exception as err:
            # The next start goes on with it.
            defect = not isinstance(err, (OSError, sqlite3.Error))
            _LOGGER.error(
                "Not all existing clips could be added to the clip index: %s", err, exc_info=defect
            )

    def _start_outbox(self) -> None:
        if self._cloud is None:
            return
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

    def _start_retention(self) -> None:
        if self._rules is None:
            return
        self._retention = Retention(
            catalog=self.catalog,
            copies=self.copies,
            rules=self._rules,
            uploading=self._cloud is not None,
            disk_free=self._free,
            on_event=self._on_event,
            clock=self._clock,
            look_after=self._look_after,
        )
        self._retention.start()

    def _look_after(self) -> None:
        """Go on with what has waited for room on the disk."""
        finish_refused_clips(self.catalog, self._clips_dir, self._on_event)
        self._reserve.allocate()

    def halt(self) -> None:
        """Begin to end, without waiting for it: clips may still be saved."""
        self._stop.set()
        for worker in (self._outbox, self._retention):
            if worker is not None:
                worker.halt()

    def close(self, timeout_s: float = 5.0) -> None:
        """End every thread, and close the catalogue."""
        self.halt()
        deadline = time.monotonic() + timeout_s
        for worker in (self._outbox, self._retention):
            if worker is not None and not worker.join(max(0.1, deadline - time.monotonic())):
                _LOGGER.warning("%s did not stop in time", type(worker).__name__)
        if self._adopting is not None:
            self._adopting.join(max(0.1, deadline - time.monotonic()))
        if self._visit_log is not None and not self._visit_log.close(
            max(0.1, deadline - time.monotonic())
        ):
            _LOGGER.warning("The last visits could not be stored in time")
        if self._opened:
            self.catalog.close()
        if self._jobs is not None:
            self._jobs.store.close()

    # --- figures ------------------------------------------------------------------------------

    @property
    def totals(self) -> Totals:
        """What the finished clips take up."""
        return self._totals

    @property
    def uploads(self) -> OutboxChanged:
        """What waits for the cloud, and why."""
        return self._uploads

    def handle_event(self, event: EngineEvent) -> None:
        """Learn from what the engine tells; to be called with every event."""
        if self._visit_log is not None:
            self._visit_log.handle_event(event)
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
            # A clip may be finished after all was closed; the next start counts it.
            _LOGGER.warning("The clips could not be counted: %s", err)

    # --- what an owner asks for ---------------------------------------------------------------

    def delete(self, clip_id: str) -> None:
        """Remove a clip, here and in the cloud.

        Raises ``ClipNotFound``, ``ClipProtected``, and ``OSError`` when the disk does not let go of
        it; it is then removed later.
        """
        clip = self.catalog.get(clip_id)
        if clip is None or clip.state in (ClipState.RECORDING, ClipState.REMOVING):
            raise ClipNotFound
        if clip.protected:
            raise ClipProtected
        self.copies.remove(clip)
        self._count()

    def protect(self, clip_id: str, *, protected: bool = True) -> None:
        """Keep a clip from retention, or leave it to that again. Raises ``ClipNotFound``."""
        if not self.copies.protect(clip_id, protected=protected):
            raise ClipNotFound

    def plan_bucket_change(self, place: str) -> BucketChange | None:
        """Return what would become of the clips in another bucket; see ``places``."""
        return plan_bucket_change(self.catalog, place)

    @property
    def cloud(self) -> CloudStore | None:
        """The bucket that clips are in, with the login of the moment."""
        return self._jobs.store if self._jobs is not None else None

    def fetch(self, clip: Clip, target: Path) -> None:
        """Write a clip's film to a file elsewhere; see ``download_video``."""
        download_video(clip, target, clips_dir=self._clips_dir, cloud=self.cloud, stop=self._stop)

    def rebuild(self) -> Rebuilt:
        """Find every clip again that is in the folder or in the cloud; see ``rebuild``."""
        with self._rebuilding:
            if self._adopting is not None:
                self._adopting.join()
            try:
                return rebuild(
                    catalog=self.catalog,
                    copies=self.copies,
                    clips_dir=self._clips_dir,
                    cloud=self.cloud,
                    stop=self._stop,
                    on_event=self._on_event,
                )
            finally:
                # Cut off in the middle, what was found stays found.
                self._count()
                self._on_event(ClipsRescanned())

    def set_rules(self, rules: RetentionRules) -> None:
        """Change what is kept; it is applied at once."""
        if self._retention is not None:
            self._retention.rules = rules
            self._retention.wake()

    def hold_still(self) -> None:
        """Let a backup copy the catalogue, until ``release``. Raises ``sqlite3.Error``."""
        self.catalog.database.suspend_checkpoints()

    def release(self) -> None:
        """End what ``hold_still`` began; idempotent."""
        self.catalog.database.resume_checkpoints()

    def resume_uploads(self, cloud: CloudStore | None = None) -> None:
        """Go on with a pause that somebody has ended, with a new login if there is one."""
        if self._jobs is not None and self._outbox is not None:
            if cloud is not None:
                self._jobs.store = cloud
            self._outbox.resume()

    def upload_existing(self) -> int:
        """Have uploaded what was recorded before there was a cloud, too; return how many."""
        return self.copies.upload_existing() if self._outbox is not None else 0


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from threading import Event

    from ..cloud.object_store import CloudStore
    from ..core.types import Clip

PIECE_BYTES = 2**20


def download_video(
    clip: Clip, target: Path, *, clips_dir: Path, cloud: CloudStore | None, stop: Event
) -> None:
    """Write the film; it appears under its name once it is whole.

    Raises ``ClipNotFound`` when no copy is left, ``StorageError``, and ``OSError`` for what the
    target's disk refuses.
    """
    if clip.state is not ClipState.SAVED:
        raise ClipNotFound
    film = clips_dir / clip.path
    if clip.path and film.is_file():
        save_stream(_pieces(film), target, stop=stop)
        return
    if cloud is None or clip.cloud is not CloudState.STORED:
        raise ClipNotFound
    try:
        download(cloud, object_name(clip, prefix=cloud.prefix, suffix=VIDEO), target, stop=stop)
    except ObjectMissing as err:
        raise ClipNotFound from err


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece

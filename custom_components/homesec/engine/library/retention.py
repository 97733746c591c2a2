"""Remove copies of clips by the retention rules, every few minutes and when the disk is full."""

from collections import defaultdict
import logging
import shutil
import sqlite3
from typing import TYPE_CHECKING, override

from ..core.events import ClipsRemoved, DiskSpaceChanged, RemovalReason
from ..core.types import ClipState, CloudState
from ..db.worker import WorkerThread
from .catalog import LAST_RUN_KEY
from .retention_policy import Removal, Tier, plan
from .visits import MAX_VISIT_AGE_S, MAX_VISITS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..cloud.object_store import CloudStore
    from ..core.clock import Clock
    from ..core.events import EventSink
    from ..core.types import Clip
    from .catalog import Catalog
    from .copies import ClipStorage
    from .retention_policy import RetentionRules

_LOGGER = logging.getLogger(__name__)

EVERY_S = 300.0
FAILED_KEPT_S = 30 * 86400.0  # rows of failed and missing clips are removed at this age
MAX_JUMP_S = 86_400.0  # more than a change of the time zone
DISTRUST_S = 3600.0  # how long a clock isn't trusted after a jump, or after days without power


class TrustedClock:
    """A clock whose jumps ahead are ignored for a while. Calls come from one thread.

    With a wrong time, for example after its battery has died, all clips would be too old at once,
    and most such jumps are corrected within minutes.
    """

    def __init__(self, clock: Clock, *, last: float | None) -> None:
        """``last`` is what ``now`` returned last before the restart (UTC epoch seconds)."""
        self._clock = clock
        self._at = clock.now() if last is None else last
        self._at_t = clock.monotonic()
        self._jumped_t: float | None = None

    def now(self) -> float:
        """Return UTC epoch seconds, as if an untrusted jump hadn't happened."""
        at, t = self._clock.now(), self._clock.monotonic()
        expected = self._at + (t - self._at_t)
        if at - expected > MAX_JUMP_S:
            if self._jumped_t is None:
                self._jumped_t = t
                _LOGGER.warning("The clock jumped ahead: no clip expires for a while")
            if t - self._jumped_t < DISTRUST_S:
                return expected
        self._at, self._at_t, self._jumped_t = at, t, None
        return at


class Retention(WorkerThread):
    """The thread that applies the rules."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        copies: ClipStorage,
        rules: RetentionRules,
        cloud: CloudStore | None,
        disk_free: Callable[[], int],
        disk_size: Callable[[], int] = lambda: 0,
        on_event: EventSink,
        clock: Clock,
        every_s: float = EVERY_S,
        on_run: Callable[[], None] = lambda: None,
        purge_held: Callable[[], bool] = lambda: False,
    ) -> None:
        """``disk_free`` and ``disk_size`` return the bytes of the disk; ``on_run``: in each run.

        While ``purge_held`` returns True, nothing is removed from Recently deleted.
        """
        super().__init__(name="homesec-retention")
        self.rules = rules
        self._catalog = catalog
        self._copies = copies
        self._cloud = cloud
        self._disk_free = disk_free
        self._disk_size = disk_size
        self._on_event = on_event
        self._time = TrustedClock(clock, last=catalog.last_run())
        self._every_s = every_s
        self._on_run = on_run
        self._purge_held = purge_held
        self._low = False

    @override
    def run_step(self) -> float:
        self.apply()
        return self._every_s

    @override
    def _max_sleep_s(self) -> float:
        return self._every_s

    @override
    def log_error(self, err: Exception) -> None:
        defect = not isinstance(err, (OSError, sqlite3.Error))
        _LOGGER.error("Old clips could not be removed: %s", err, exc_info=defect and err)

    def apply(self) -> None:
        """Remove what the rules say once. Raises ``OSError`` and ``sqlite3.Error``."""
        now = self._time.now()
        self._copies.finish_removals()
        self._purge_expired(now)
        removals = plan(
            self._copies.summaries(),
            self.rules,
            now=now,
            free_bytes=self._disk_free(),
            disk_bytes=self._disk_size(),
            uploading=self._cloud is not None,
            deleting=self._cloud is None or self._cloud.rights.delete,
            purge_held=self._purge_held(),
        )
        done: defaultdict[RemovalReason, list[Removal]] = defaultdict(list)
        for removal in removals:
            if self._stop.is_set():
                break
            if self._remove(removal):
                done[removal.reason].append(removal)
        for reason, removed in done.items():
            self._report(reason, removed)
        self._on_run()
        free_bytes = self._disk_free()
        low = free_bytes < self.rules.min_free_bytes
        if low is not self._low:
            self._low = low
            self._on_event(DiskSpaceChanged(low=low, free_bytes=free_bytes))
        self._catalog.remove_failed(now - FAILED_KEPT_S)
        self._catalog.visits.remove_old(now - MAX_VISIT_AGE_S, keep=MAX_VISITS)
        self._catalog.set_value(LAST_RUN_KEY, f"{now}")

    def _purge_expired(self, now: float) -> None:
        """Remove the clips that have been in Recently deleted for long enough."""
        purged = [
            clip
            for clip in self._catalog.queries.deleted_until(now - self.rules.deleted_kept_s)
            if self._purge(clip)
        ]
        if purged:
            self._on_event(
                ClipsRemoved(
                    count=len(purged),
                    bytes=sum(clip.bytes * clip.local for clip in purged),
                    reason=RemovalReason.DELETED,
                    last_copies=len(purged),
                )
            )

    def _purge(self, clip: Clip) -> bool:
        if self._stop.is_set() or self._purge_held():
            return False
        try:
            return self._copies.remove(clip)
        except OSError as err:
            _LOGGER.warning("Clip %s cannot be removed: %s", clip.id, err.strerror)
            return False

    def _remove(self, removal: Removal) -> bool:
        """Remove one copy, unless its clip has changed since the plan was made."""
        clip = self._catalog.get(removal.clip_id)
        if clip is None or clip.state is not ClipState.SAVED or clip.protected:
            return False
        deleted = clip.deleted_at is not None
        if deleted is not removal.deleted or (deleted and self._purge_held()):
            return False
        local = removal.tier is Tier.LOCAL
        other_copy = clip.cloud is CloudState.STORED if local else clip.local
        if not other_copy and not removal.last_copy:
            return False
        try:
            if not other_copy:
                return self._copies.remove(clip)
            if local:
                self._copies.remove_local(clip)
            else:
                self._copies.remove_cloud(clip)
        except OSError as err:
            _LOGGER.warning("Clip %s cannot be removed: %s", clip.id, err.strerror)
            return False
        return True

    def _report(self, reason: RemovalReason, removed: list[Removal]) -> None:
        last_copies = sum(r.last_copy for r in removed)
        if reason is RemovalReason.SPACE:
            _LOGGER.warning(
                "The disk was about to be full: %s clips were removed from it, of which %s were"
                " nowhere else",
                len(removed),
                last_copies,
            )
        self._on_event(
            ClipsRemoved(
                count=len(removed),
                bytes=sum(r.bytes for r in removed),
                reason=reason,
                last_copies=last_copies,
            )
        )


def disk_free(folder: Path) -> int:
    """Return the bytes that can be written to a folder's disk. Raises ``OSError``."""
    return shutil.disk_usage(folder).free


def disk_size(folder: Path) -> int:
    """Return the size of a folder's disk in bytes. Raises ``OSError``."""
    return shutil.disk_usage(folder).total

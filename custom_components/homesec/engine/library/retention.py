"""Removes what the rules say, every few minutes and whenever the disk is full."""

from __future__ import annotations

from collections import defaultdict
import logging
import math
import shutil
import sqlite3
from typing import TYPE_CHECKING, override

from ..core.events import ClipsRemoved, DiskSpaceChanged, RemovalReason
from ..core.types import ClipState, CloudState
from ..db.worker import WorkerThread
from .retention_policy import Removal, Tier, plan
from .visits import KEPT_S, MOST

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..core.clock import Clock
    from ..core.events import EventSink
    from ..core.types import Clip
    from .catalog import Catalog
    from .copies import ClipStorage
    from .retention_policy import RetentionRules

_LOGGER = logging.getLogger(__name__)

EVERY_S = 300.0
FORGET_S = 30 * 86400.0
"""So long a row tells of a clip that failed or is missing."""
NOTE = "looked_at"
"""When it looked last, for the next start."""


class Retention(WorkerThread):
    """Applies the rules, on a thread of its own."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        copies: ClipStorage,
        rules: RetentionRules,
        uploading: bool,
        disk_free: Callable[[], int],
        on_event: EventSink,
        clock: Clock,
        every_s: float = EVERY_S,
        look_after: Callable[[], None] = lambda: None,
    ) -> None:
        """``disk_free`` tells the free bytes of the clips' disk.

        ``look_after`` is called at each look: what has waited for the disk may go on.
        """
        super().__init__(name="homesec-retention")
        self.rules = rules
        self._catalog = catalog
        self._copies = copies
        self._uploading = uploading
        self._disk_free = disk_free
        self._on_event = on_event
        self._time = TrustedClock(clock, last=_moment(catalog.get_value(NOTE)))
        self._every_s = every_s
        self._look_after = look_after
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
        """Look once, and remove what is to go. Raises ``OSError`` and ``sqlite3.Error``."""
        now = self._time.now()
        self._copies.finish_removals()
        removals = plan(
            self._copies.summaries(),
            self.rules,
            now=now,
            free_bytes=self._disk_free(),
            uploading=self._uploading,
        )
        done: defaultdict[RemovalReason, list[Removal]] = defaultdict(list)
        for removal in removals:
            if self._stop.is_set():
                break
            if self._remove(removal):
                done[removal.reason].append(removal)
        for reason, its in done.items():
            self._tell(reason, its)
        self._look_after()
        self._look_at_space()
        self._forget(now)

    def _forget(self, now: float) -> None:
        """Remove what clips and visits of long ago have left in the catalogue."""
        self._catalog.remove_failed(now - FORGET_S)
        self._catalog.visits.forget(now - KEPT_S, most=MOST)
        self._catalog.set_value(NOTE, f"{now}")

    def _remove(self, removal: Removal) -> bool:
        """Remove one copy, unless its clip is not any more as it was when this was planned."""
        clip = self._catalog.get(removal.clip_id)
        if clip is None or clip.state is not ClipState.SAVED or clip.protected:
            return False
        stays = clip.local if removal.tier is Tier.CLOUD else clip.cloud is CloudState.STORED
        if not stays and not removal.last_copy:
            return False
        try:
            self._drop(clip, removal.tier, stays=stays)
        except OSError as err:
            _LOGGER.warning("Clip %s cannot be removed: %s", clip.id, err.strerror)
            return False
        return True

    def _drop(self, clip: Clip, tier: Tier, *, stays: bool) -> None:
        if not stays:
            self._copies.remove(clip)
        elif tier is Tier.LOCAL:
            self._copies.remove_local(clip)
        else:
            self._copies.remove_cloud(clip)

    def _tell(self, reason: RemovalReason, removals: list[Removal]) -> None:
        lost = sum(r.last_copy for r in removals)
        if reason is RemovalReason.SPACE:
            _LOGGER.warning(
                "The disk was about to be full: %s clips were removed from it, of which %s were"
                " nowhere else",
                len(removals),
                lost,
            )
        self._on_event(
            ClipsRemoved(
                count=len(removals),
                bytes=sum(r.bytes for r in removals),
                reason=reason,
                last_copies=lost,
            )
        )

    def _look_at_space(self) -> None:
        free_bytes = self._disk_free()
        low = free_bytes < self.rules.min_free_bytes
        if low is not self._low:
            self._low = low
            self._on_event(DiskSpaceChanged(low=low, free_bytes=free_bytes))


def _moment(text: str | None) -> float | None:
    """Return the moment that a note tells; None if it tells none."""
    try:
        at = float(text or "")
    except ValueError:
        return None
    return at if math.isfinite(at) else None


def disk_free(folder: Path) -> int:
    """Return the bytes that may still be written to a folder's disk. Raises ``OSError``."""
    return shutil.disk_usage(folder).free


if TYPE_CHECKING:
    from ..core.clock import Clock

_LOGGER = logging.getLogger(__name__)

LEAP_S = 86_400.0
"""Further ahead than it should be; a shift of the time zone is no leap."""
PATIENCE_S = 3600.0
"""So long a leap is not believed. After days without power, nothing grows old for an hour."""


class TrustedClock:
    """Calls come from one thread."""

    def __init__(self, clock: Clock, *, last: float | None) -> None:
        """``last``: what ``now`` told last, before the restart (UTC epoch seconds)."""
        self._clock = clock
        self._at = clock.now() if last is None else last
        self._at_t = clock.monotonic()
        self._doubted_t: float | None = None

    def now(self) -> float:
        """Return UTC epoch seconds: the clock's, or the time before its leap going on."""
        told, t = self._clock.now(), self._clock.monotonic()
        expected = self._at + (t - self._at_t)
        if told - expected > LEAP_S:
            if self._doubted_t is None:
                self._doubted_t = t
                _LOGGER.warning("The clock jumped ahead: no clip expires for a while")
            if t - self._doubted_t < PATIENCE_S:
                return expected
        self._at, self._at_t, self._doubted_t = told, t, None
        return told

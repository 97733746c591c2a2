"""Which cameras end workers, and what follows: a worker of their own, then a pause.

A camera alone in a worker can only harm itself. So a suspect gets one at once, and only what ends
its own worker is proven, and has to wait.
"""

from dataclasses import dataclass, field
import math
from typing import TYPE_CHECKING

from ..core.activity_board import Work
from ..core.backoff import backoff_s

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    import random

    from .exit_report import ExitReport

QUIET_S = 3600.0
"""So long after its last crash, a camera goes back to the shared worker."""
MAX_NEW = 4
"""If more are suspected at once, only those that were suspected before get a worker of their own:
each takes memory."""
PAUSES_S = (30.0, 600.0)
FREE_CRASHES = 1
"""Crashes of a camera's own worker after which it's started again without a pause."""
HANG_S = 5.0  # native work that takes longer is suspected of a hang


@dataclass(slots=True)
class _Record:
    strikes: int = 0
    alone: int = 0  # crashes of its own worker
    last_at: float = -math.inf
    isolated: bool = False
    paused_until: float = -math.inf


@dataclass(slots=True)
class Suspects:
    """The record of each camera; not for several threads at once."""

    clock: Callable[[], float]
    rng: random.Random
    _records: dict[str, _Record] = field(default_factory=dict)

    @property
    def isolated(self) -> frozenset[str]:
        """Cameras that need a worker of their own."""
        return frozenset(each for each, record in self._records.items() if record.isolated)

    @property
    def paused(self) -> frozenset[str]:
        """Cameras that wait."""
        now = self.clock()
        return frozenset(x for x, record in self._records.items() if record.paused_until > now)

    def pause_s(self, camera_id: str) -> float:
        """Return how long a camera still has to wait."""
        record = self._records.get(camera_id)
        return max(0.0, record.paused_until - self.clock()) if record else 0.0

    def handle_exit(self, camera_ids: Collection[str], report: ExitReport) -> frozenset[str]:
        """Judge a crash of a worker with these cameras; return whose bytes may have caused it."""
        found = blamed(report) & set(camera_ids)
        for camera_id in found:
            record = self._records.setdefault(camera_id, _Record())
            record.strikes += 1
            record.last_at = self.clock()
            if record.isolated:
                self._count_alone(record)
            elif len(found) <= MAX_NEW or record.strikes > 1:
                record.isolated = True
        return frozenset(found)

    def forgive(self) -> bool:
        """Forget cameras that have been quiet; return whether there were any."""
        now = self.clock()
        quiet = [x for x, record in self._records.items() if now - record.last_at > QUIET_S]
        for camera_id in quiet:
            del self._records[camera_id]
        return bool(quiet)

    def forget(self, camera_id: str) -> None:
        """Forget a camera that was removed, or has another source now."""
        self._records.pop(camera_id, None)

    def _count_alone(self, record: _Record) -> None:
        record.alone += 1
        if record.alone > FREE_CRASHES:
            pause_s = backoff_s(record.alone - FREE_CRASHES, PAUSES_S, self.rng)
            record.paused_until = self.clock() + pause_s


def blamed(report: ExitReport) -> set[str]:
    """Return the cameras whose bytes may have ended a worker.

    The thread that crashed is known, unless it's one of a library; then all that worked are
    suspected. A thread that only waits for a packet is suspected of its own crash alone.
    """
    if report.expected or report.outside:
        return set()
    if report.thread is not None:
        exact = {mark.camera_id for mark in report.marks if mark.thread == report.thread}
        if exact or report.thread == report.main_thread:
            return exact
    working = [mark for mark in report.marks if mark.work is not Work.READ]
    if report.hung:
        working = [mark for mark in working if report.at - mark.since > HANG_S]
    elif not working:
        working = list(report.marks)  # a library's thread worked on while its caller waited
    return {mark.camera_id for mark in working}

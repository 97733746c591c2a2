"""The worker behind the jobs: which is done next, and what becomes of one that fails.

It survives a kill at any instruction: a job's row goes in the transaction that tells what the job
has brought about, and doing a job twice does no harm.
"""

from __future__ import annotations

from collections.abc import Callable
import logging
import math
import sqlite3
import traceback
from typing import TYPE_CHECKING, override

from ..cloud.errors import (
    BucketMissing,
    ClockSkew,
    QuotaExceeded,
    StorageBusy,
    StorageDenied,
    StorageError,
    StorageUnreachable,
)
from ..core.errors import HomeSecError
from ..core.events import EngineEvent, OutboxChanged
from ..db.job_queue import LONGEST_WAIT_S, Job, JobKind
from ..db.worker import JobWorker

if TYPE_CHECKING:
    from collections.abc import Mapping
    import random
    import threading

    from ..core.clock import Clock
    from ..core.events import Backlog, EventSink
    from .catalog import Catalog

_LOGGER = logging.getLogger(__name__)

QUOTA_WAIT_S = LONGEST_WAIT_S
OLDEST_EVERY = 4
"""Of so many jobs one is the oldest, the others are the newest."""
PAUSE_S = 300.0
"""How long a pause lasts if nobody ends it; each further one is twice as long."""
LONGEST_PAUSE_S = 6 * 3600.0
_FOR_A_PERSON = (StorageDenied, BucketMissing)
"""Mostly trying again is of no use before somebody has done something."""
_OF_ALL = (StorageUnreachable, StorageBusy, QuotaExceeded, ClockSkew)
"""What no job can be blamed for: the next one would fail, too."""

type Settle = Callable[[], EngineEvent | None]
"""Writes down what a job has brought about, inside the transaction that removes the job."""
type Perform = Callable[[Job, threading.Event], Settle]
"""Does a job, and gives up within 5 s of the event by raising ``TransferStopped``."""


class Outbox(JobWorker):
    """Does the jobs of some kinds, one at a time."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        perform: Mapping[JobKind, Perform],
        on_event: EventSink,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        super().__init__(name="homesec-outbox", clock=clock, rng=rng)
        self._catalog = catalog
        self._jobs = catalog.jobs
        self._perform = perform
        self._kinds = tuple(perform)
        self._on_event = on_event
        # Not always the same: else a house that is often started again would never get there.
        self._turn = rng.randrange(OLDEST_EVERY)
        self._again_t = -math.inf
        """When a pause is tried to be ended without anybody."""
        self._again_s = PAUSE_S
        self._told: OutboxChanged | None = None
        self._jobs.add_listener(self.wake)

    @property
    def backlog(self) -> Backlog:
        """What waits to be uploaded: that is what somebody may lose."""
        return self._jobs.backlog((JobKind.UPLOAD,))

    @override
    def resume(self) -> None:
        """Try again at once: what was in the way has been cured, or may have been."""
        self._jobs.make_due(_keys((*_FOR_A_PERSON, *_OF_ALL)))
        self._again_s = PAUSE_S
        super().resume()

    def _go_on(self) -> None:
        self._paused = False
        self._again_s = PAUSE_S
        self._error = None
        self._failures = 0

    # --- the outbox's thread ------------------------------------------------------------------

    @override
    def step(self) -> float:
        """Do one job, if one is due; return in how many seconds the next may be."""
        if (wait_s := self._delay_s()) > 0:
            return wait_s
        if self._paused:
            self._wait_longer()
            self._jobs.make_due(_keys(_FOR_A_PERSON))
        job = self._jobs.due(self._kinds, oldest=self._turn % OLDEST_EVERY == 0)
        if job is None:
            next_s = self._jobs.wait_s(self._kinds)
            return math.inf if next_s is None else next_s
        self._turn += 1
        self._do(job)
        self._report_state()
        return 0.0

    def _do(self, job: Job) -> None:
        self._resumed = False
        try:
            settle = self._perform[job.kind](job, self._stop)
        except Exception as err:  # noqa: BLE001 - whatever it is, the other jobs go on
            # Cut off by the stop, it has not failed, and is done at the next start.
            if not self._stop.is_set():
                self._failed(job, err)
            return
        try:
            self._done(job, settle)
        except sqlite3.Error:
            raise
        except Exception as err:  # noqa: BLE001 - as before
            self._failed(job, err)

    def _done(self, job: Job, settle: Settle) -> None:
        event = None
        with self._catalog.database.transaction(durable=True):
            # Withdrawn meanwhile: then what it has brought about is of no interest any more.
            if self._jobs.remove(job.id):
                event = settle()
        if self._failures:
            self._jobs.make_due(_keys(_OF_ALL))
        self._go_on()
        if event is not None:
            self._on_event(event)

    def _failed(self, job: Job, err: Exception) -> None:
        key = err.key if isinstance(err, HomeSecError) else "unknown"
        wait_s = self._backoff_s(job.attempts)
        self._jobs.reschedule(job, wait_s, key)
        _log(job, err, key)
        if type(err) is StorageDenied and job.kind is not JobKind.UPLOAD:
            # A bucket may forbid that on purpose, so that no burglar can do it; for good, or
            # before some time has passed. There may be thousands.
            self._jobs.reschedule_newer(job, wait_s, key)
            return
        if isinstance(err, _FOR_A_PERSON):
            self._pause(key)
        elif isinstance(err, StorageBusy):
            self._back_off(key, at_least_s=min(err.retry_after_s or 0.0, LONGEST_WAIT_S))
        elif isinstance(err, QuotaExceeded):
            self._back_off(key, at_least_s=QUOTA_WAIT_S)
        elif isinstance(err, _OF_ALL):
            self._back_off(key)

    @override
    def _delay_s(self) -> float:
        ready_t = self._again_t if self._paused else self._ready_t
        return max(0.0, ready_t - self._clock.monotonic())

    @override
    def _pause(self, error: str) -> None:
        if not self._paused:
            self._wait_longer()
        super()._pause(error)

    @override
    def _back_off(
        self, error: str, *, at_least_s: float = 0.0, at_most_s: float = math.inf
    ) -> None:
        if not self._paused:  # which is worse
            super()._back_off(error, at_least_s=at_least_s, at_most_s=at_most_s)

    def _wait_longer(self) -> None:
        """Look whether a pause is over by itself: a login may have been broken for a while only."""
        self._again_t = self._clock.monotonic() + self._again_s
        self._again_s = min(2 * self._again_s, LONGEST_PAUSE_S)

    @override
    def _report_state(self) -> None:
        now = OutboxChanged(backlog=self.backlog, error=self._error, paused=self._paused)
        if now != self._told:
            self._told = now
            self._on_event(now)


def _keys(errors: tuple[type[StorageError], ...]) -> tuple[str, ...]:
    """Return the keys of these errors and of all that are told apart among them."""
    return tuple(
        key for error in errors for key in (error.key, *_keys(tuple(error.__subclasses__())))
    )


def _log(job: Job, err: Exception, key: str) -> None:
    """Say what failed, without what a library wrote of it: that may hold a link or a key."""
    if isinstance(err, HomeSecError):
        _LOGGER.warning("Job %s of clip %s has to wait: %s", job.kind, job.subject, key)
    elif isinstance(err, OSError):
        _LOGGER.warning("Job %s of clip %s has to wait: %s", job.kind, job.subject, err.strerror)
    else:
        where = "".join(traceback.format_tb(err.__traceback__))
        kind = type(err).__name__
        _LOGGER.error("Job %s of clip %s failed: %s\n%s", job.kind, job.subject, kind, where)

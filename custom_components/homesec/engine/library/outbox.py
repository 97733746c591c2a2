"""Perform the jobs of the database: choose the next one, and back off when one fails.

It can be killed at any time: a job's row is removed in the transaction that stores the job's
result, and performing a job twice does no harm.
"""

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
OLDEST_EVERY = 4  # of so many jobs, one is the oldest, and the others are the newest
PAUSE_S = 300.0  # how long a pause lasts unless it's ended; each further one is twice as long
LONGEST_PAUSE_S = 6 * 3600.0
MAX_REFUSALS = 96
"""How often the bucket may refuse to change or delete an object, which is a day: then the object is
left to the bucket's own rules, and to ``homesec.rebuild_index``, which finds it."""
NEEDS_USER = (StorageDenied, BucketMissing)  # errors that persist until the user does something
SERVICE_WIDE = (StorageUnreachable, StorageBusy, QuotaExceeded, ClockSkew)
"""Errors that any job would get."""

type Settle = Callable[[], EngineEvent | None]
"""Stores the result of a job, in the transaction that removes the job."""
type Perform = Callable[[Job, threading.Event], Settle]
"""Performs a job; within 5 s of the event it raises ``TransferStopped``."""


class Outbox(JobWorker):
    """The thread that performs jobs, one at a time."""

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
        # Random, so that even with frequent restarts the oldest job has its turn.
        self._turn = rng.randrange(OLDEST_EVERY)
        self._pause_end_t = -math.inf
        self._pause_s = PAUSE_S
        self._reported: OutboxChanged | None = None
        self._jobs.add_listener(self.wake)

    @property
    def backlog(self) -> Backlog:
        """Clips that wait for their upload."""
        return self._jobs.backlog((JobKind.UPLOAD,))

    @override
    def resume(self) -> None:
        """Try again at once, since the cause of a failure may be gone."""
        self._jobs.make_due(_keys((*NEEDS_USER, *SERVICE_WIDE)))
        self._pause_s = PAUSE_S
        super().resume()

    @override
    def step(self) -> float:
        """Perform a job, if one is due; return the seconds until the next one may be."""
        if (wait_s := self._delay_s()) > 0:
            return wait_s
        if self.paused:
            self._extend_pause()
            self._jobs.make_due(_keys(NEEDS_USER))
        job = self._jobs.due(self._kinds, oldest=self._turn % OLDEST_EVERY == 0)
        if job is None:
            next_s = self._jobs.wait_s(self._kinds)
            return math.inf if next_s is None else next_s
        self._turn += 1
        self._perform_job(job)
        self._report_state()
        return 0.0

    def _perform_job(self, job: Job) -> None:
        self._resumed = False
        try:
            settle = self._perform[job.kind](job, self._stop)
        except Exception as err:  # noqa: BLE001 - the other jobs go on
            # A stopped job hasn't failed: the next start performs it.
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
            # The result of a job that was canceled meanwhile is ignored.
            if self._jobs.remove(job.id):
                event = settle()
        if self._failures:
            self._jobs.make_due(_keys(SERVICE_WIDE))
        self.paused, self._pause_s = False, PAUSE_S
        self._error, self._failures = None, 0
        if event is not None:
            self._on_event(event)

    def _failed(self, job: Job, err: Exception) -> None:
        key = err.key if isinstance(err, HomeSecError) else "unknown"
        wait_s = self._backoff_s(job.attempts)
        self._jobs.reschedule(job, wait_s, key)
        _log(job, err)
        if type(err) is StorageDenied and job.kind is not JobKind.UPLOAD:
            # Some buckets forbid changes on purpose, forever or for a while. There may be thousands
            # of such jobs.
            self._jobs.reschedule_newer(job, wait_s, key)
            if given_up := self._jobs.give_up(job.kind, MAX_REFUSALS):
                _LOGGER.warning("%s jobs (%s) are given up: %s", given_up, job.kind, key)
            return
        if isinstance(err, NEEDS_USER):
            self._pause(key)
        elif isinstance(err, StorageBusy):
            self._back_off(key, at_least_s=min(err.retry_after_s or 0.0, LONGEST_WAIT_S))
        elif isinstance(err, QuotaExceeded):
            self._back_off(key, at_least_s=QUOTA_WAIT_S)
        elif isinstance(err, SERVICE_WIDE):
            self._back_off(key)

    @override
    def _delay_s(self) -> float:
        ready_t = self._pause_end_t if self.paused else self._ready_t
        return max(0.0, ready_t - self._clock.monotonic())

    @override
    def _pause(self, error: str) -> None:
        if not self.paused:
            self._extend_pause()
        super()._pause(error)

    @override
    def _back_off(
        self, error: str, *, at_least_s: float = 0.0, at_most_s: float = math.inf
    ) -> None:
        if not self.paused:
            super()._back_off(error, at_least_s=at_least_s, at_most_s=at_most_s)

    def _extend_pause(self) -> None:
        """Set when to try again without the user: the cause may disappear by itself."""
        self._pause_end_t = self._clock.monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    @override
    def _report_state(self) -> None:
        now = OutboxChanged(backlog=self.backlog, error=self._error, paused=self.paused)
        if now != self._reported:
            self._reported = now
            self._on_event(now)


def _keys(errors: tuple[type[StorageError], ...]) -> tuple[str, ...]:
    """Return the keys of these errors and of their subclasses."""
    return tuple(
        key for error in errors for key in (error.key, *_keys(tuple(error.__subclasses__())))
    )


def _log(job: Job, err: Exception) -> None:
    """Log a failure without the message of a library: it may contain a signed link or a key."""
    if isinstance(err, HomeSecError | OSError):
        reason = err.log_text if isinstance(err, HomeSecError) else err.strerror
        _LOGGER.warning("Job %s of clip %s has to wait: %s", job.kind, job.subject, reason)
    else:
        where = "".join(traceback.format_tb(err.__traceback__))
        kind = type(err).__name__
        _LOGGER.error("Job %s of clip %s failed: %s\n%s", job.kind, job.subject, kind, where)

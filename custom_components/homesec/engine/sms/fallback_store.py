"""A ledger that goes on while the disk takes nothing: full, or read-only as a worn SD card becomes.

What the disk refuses is kept in memory, in a database of the same tables, and written to the disk
as soon as that is possible again. A kill meanwhile loses what was not sent yet; what was sent from
a row that lies on the disk may then be sent again, which is better than not at all.
"""

from __future__ import annotations

from dataclasses import replace
import logging
import math
import sqlite3
import threading
from typing import TYPE_CHECKING

from ..db.database import IN_MEMORY, Database
from ..db.job_queue import JobQueue
from .message_store import Deadlines, Entry, MessageStore, SidTakenError, subject_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ..core.clock import Clock
    from ..db.job_queue import Job
    from .types import TextMessage

_LOGGER = logging.getLogger(__name__)

AGAIN_S = 30.0
"""After which a disk that took nothing is tried again."""
NOTHING: list[Job] = []
GONE = -1
"""No row has this number."""


class FallbackMessageStore:
    """As ``MessageStore``; of what raises there for the disk, only ``forget`` and ``tidy`` do here.

    A database that is closed raises, since that is no fault but the end.
    """

    def __init__(self, database: Database, jobs: JobQueue, clock: Clock) -> None:
        deadlines: Deadlines = {}
        self._clock = clock
        self._database = database
        self._disk = MessageStore(database, jobs, clock, deadlines)
        self._in_memory = Database(IN_MEMORY)
        self._memory_jobs = JobQueue(self._in_memory, clock)
        self._memory = MessageStore(self._in_memory, self._memory_jobs, clock, deadlines)
        self._lock = threading.RLock()
        self._moved: dict[str, None] = {}
        """Subjects of which the memory has the truth, in the order in which they came there."""
        self._refusing = False
        self._tried_t = -math.inf

    def watch(self, on_change: Callable[[], None]) -> None:
        """Call this when a text was added to the memory; it must not block."""
        self._memory_jobs.add_listener(on_change)

    def close(self) -> None:
        """Write down what the disk takes; nothing may be asked any more."""
        with self._lock:
            self._settle()
            if self._moved:
                _LOGGER.error("The disk does not take what became of texts, to the end")
            self._moved.clear()
            self._in_memory.close()

    # --- the disk, as far as it goes ----------------------------------------------------------

    def settle(self) -> None:
        """Write to the disk what it did not take before, now and then."""
        with self._lock:
            if self._clock.monotonic() - self._tried_t >= AGAIN_S:
                self._settle()

    def _settle(self) -> None:
        if not self._moved:
            return
        self._tried_t = self._clock.monotonic()
        try:
            with self._database.transaction(durable=True):
                for subject in self._moved:
                    self._disk.replace(self._memory.entry(subject))
        except sqlite3.Error as err:
            self._note_refusal(err)
            return
        self._note_success()
        for subject in self._moved:
            self._memory.replace(Entry(subject=subject))
        self._moved.clear()

    def _note_refusal(self, err: sqlite3.Error) -> None:
        if isinstance(err, sqlite3.ProgrammingError):
            raise err  # closed
        if not self._refusing:
            self._refusing = True
            self._tried_t = self._clock.monotonic()
            _LOGGER.error("The disk takes no texts (%s): they are sent from memory", err)

    def _note_success(self) -> None:
        if self._refusing:
            self._refusing = False
            _LOGGER.warning("The disk takes texts again")

    def _read[T](self, read: Callable[[MessageStore], T], otherwise: T) -> T:
        """Ask the disk; one that does not answer knows of nothing."""
        try:
            return read(self._disk)
        except sqlite3.Error as err:
            self._note_refusal(err)
            return otherwise

    def _change[T](self, job: Job, change: Callable[[MessageStore, Job], T]) -> T:
        """Change a text's rows on the disk, or in memory if the disk does not take it."""
        with self._lock:
            if job.subject not in self._moved:
                try:
                    changed = change(self._disk, _row(self._disk, job))
                except sqlite3.Error as err:
                    self._note_refusal(err)
                    self._move(job)
                else:
                    self._note_success()
                    return changed
            return change(self._memory, _row(self._memory, job))

    def _move(self, job: Job) -> None:
        known = Entry(subject=job.subject, jobs=(job,))
        self._memory.replace(self._read(lambda disk: disk.entry(job.subject), known))
        self._moved[job.subject] = None

    # --- what is to be sent -------------------------------------------------------------------

    def add(self, message: TextMessage) -> None:
        """Have a text sent, unless it is, or was, already."""
        subject = subject_of(message.recipient_id, message.id)
        with self._lock:
            if subject in self._moved:
                return
            try:
                self._disk.add(message)
            except sqlite3.Error as err:
                self._note_refusal(err)
                entry = self._read(lambda disk: disk.entry(subject), Entry(subject=subject))
                if entry.is_empty:
                    self._moved[subject] = None
                    self._memory.add(message)
            else:
                self._note_success()

    def waiting(self, recipient_id: str) -> list[Job]:
        """Return the texts that are to be sent, the oldest first."""
        return self._of(lambda ledger: ledger.waiting(recipient_id))

    def on_their_way(self, recipient_id: str) -> list[Job]:
        """Return the texts of which it is not known yet whether they arrived."""
        return self._of(lambda ledger: ledger.on_their_way(recipient_id))

    def _of(self, jobs: Callable[[MessageStore], list[Job]]) -> list[Job]:
        with self._lock:
            on_disk = [job for job in self._read(jobs, NOTHING) if job.subject not in self._moved]
            return on_disk + jobs(self._memory)

    def left_s(self, job: Job) -> float:
        """Return for how many seconds a text is of use."""
        return self._memory.left_s(job)

    def message(self, job: Job, recipient_id: str) -> TextMessage:
        """Return what a job is to send, without its still."""
        return self._memory.message(job, recipient_id)

    def still(self, message_id: str) -> bytes | None:
        """Return a message's still."""
        return self._memory.still(message_id) or self._read(
            lambda disk: disk.still(message_id), None
        )

    # --- what becomes of it -------------------------------------------------------------------

    def begin(self, job: Job, *, settle_s: float) -> None:
        """Write down that from now on a text may have been sent."""
        self._change(job, lambda ledger, row: ledger.begin(row, settle_s=settle_s))

    def call_off(self, job: Job) -> None:
        """Note that a text was surely not sent."""
        self._change(job, lambda ledger, row: ledger.call_off(row))

    def known_sids(self) -> frozenset[str]:
        """Return the SIDs of what was sent lately, to whomever."""
        on_disk = self._read(lambda disk: disk.known_sids(), frozenset[str]())
        return on_disk | self._memory.known_sids()

    def sent(self, job: Job, recipient_id: str, sid: str, *, found: bool) -> bool:
        """Note that a text was sent; False if it is of no interest any more.

        Raises SidTakenError when it was only found, and meanwhile is known for another text.
        """
        with self._lock:
            if found and sid in self.known_sids():
                raise SidTakenError
            return self._change(job, lambda ledger, row: ledger.sent(row, recipient_id, sid))

    def drop(self, job: Job, recipient_id: str) -> bool:
        """Note that a text is not to be sent any more; False if that is known."""
        return self._change(job, lambda ledger, row: ledger.drop(row, recipient_id))

    def end_delivery(self, job: Job) -> bool:
        """Stop asking what became of a text."""
        return self._change(job, lambda ledger, row: ledger.end_delivery(row))

    def put_off(self, job: Job, wait_s: float, error: str) -> None:
        """Try again only later."""
        self._change(job, lambda ledger, row: ledger.put_off(row, wait_s, error))

    def hurry(self, recipient_id: str) -> None:
        """Make due what failed before."""
        with self._lock:
            try:
                self._disk.hurry(recipient_id)
            except sqlite3.Error as err:
                self._note_refusal(err)
                for job in self._read(lambda disk: disk.waiting(recipient_id), NOTHING):
                    if job.subject not in self._moved:
                        self._move(job)
            self._memory.hurry(recipient_id)

    # --- recipients ---------------------------------------------------------------------------

    def last_sent_at(self, recipient_id: str) -> float | None:
        """Return when the last text was sent."""
        both = (
            self._memory.last_sent_at(recipient_id),
            self._read(lambda disk: disk.last_sent_at(recipient_id), None),
        )
        return max((at for at in both if at is not None), default=None)

    def forget(self, recipient_id: str) -> None:
        """Send nothing more to a recipient, and forget what was sent."""
        with self._lock:
            self._memory.forget(recipient_id)
            for subject in [x for x in self._moved if x.startswith(subject_of(recipient_id))]:
                del self._moved[subject]
            self._disk.forget(recipient_id)

    def tidy(self, recipients: Collection[str]) -> None:
        """Forget what was sent long ago, and what was for recipients that are not there any more.

        The last one to each recipient is kept, since it is told.
        """
        self._disk.tidy(recipients)


def _row(ledger: MessageStore, job: Job) -> Job:
    """Return a job as it stands there; its number may be another one, or it is gone."""
    return ledger.job(job.kind, job.subject) or replace(job, id=GONE)

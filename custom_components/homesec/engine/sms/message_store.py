"""Which texts are to be sent, and which were, so that each is sent exactly once.

Twilio takes the same text twice without asking. So an attempt is stored before each request; after
a crash, an attempt says that the text may have been sent, and Twilio's list has to be searched.

While the disk refuses writes (full, or read-only as a worn SD card becomes), changed records stay
in memory and are written as soon as the disk works again. A kill meanwhile loses the texts that
were added and not sent yet, and may send one twice whose row on the disk is not up to date.
"""

from dataclasses import asdict, dataclass, replace
import json
import logging
import math
import sqlite3
import sys
import threading
from typing import TYPE_CHECKING, Any, Self

from ..db.job_queue import LONGEST_WAIT_S, Job, JobKind
from .message_rows import MessageRecord, MessageRows, split_subject, subject_of
from .sms_text import to_sms
from .types import BODY_LIMIT, TextMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from ..core.clock import Clock
    from ..db.database import Database
    from ..db.job_queue import JobQueue

_LOGGER = logging.getLogger(__name__)

RETRY_S = 30.0  # how long a disk that refused a write is left alone, unless a new text is added
DELIVERY_AFTER_S = 20.0
_UNSAVED_ID = sys.maxsize  # of a job that has no row yet, and is therefore the newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A request that may have sent the text (both UTC epoch seconds)."""

    since: float
    until: float  # until then it may still reach Twilio, or be missing from Twilio's list

    def dump(self) -> str:
        """Return it as text for the database."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str | None) -> Self | None:
        """Return what ``dump`` wrote."""
        return None if text is None else cls(**json.loads(text))


class SidTakenError(Exception):
    """The message found at Twilio is another one with the same words."""


class MessageStore:
    """The texts' state. Calls block for a moment and may come from any thread.

    Only ``forget`` and ``delete_expired`` raise ``sqlite3.Error`` for a disk that refuses. After
    the database is closed, every call raises ``sqlite3.ProgrammingError``.
    """

    def __init__(self, database: Database, jobs: JobQueue, clock: Clock) -> None:
        self._rows = MessageRows(database, jobs)
        self._clock = clock
        self._lock = threading.RLock()
        self._unsaved: dict[str, MessageRecord] = {}
        """By subject, in the order of the changes: newer than the disk's rows."""
        self._retry_t = -math.inf  # when a disk that refuses is tried again; -inf while it works
        self._deadlines_t: dict[str, float] = {}
        """By subject, of texts that were added since the start (monotonic)."""

    def close(self) -> None:
        """Write what the disk takes."""
        with self._lock:
            self.flush(force=True)
            if self._unsaved:
                _LOGGER.error("The state of messages could not be stored")

    def flush(self, *, force: bool = False) -> None:
        """Write unsaved records; a disk that refused is left alone for a while, unless forced."""
        with self._lock:
            if not self._unsaved or (not force and self._clock.monotonic() < self._retry_t):
                return
            try:
                self._rows.save(self._unsaved.values())
            except sqlite3.Error as err:
                self._handle_refusal(err)
                return
            self._unsaved.clear()
            if self._retry_t > -math.inf:
                self._retry_t = -math.inf
                _LOGGER.warning("The disk stores messages again")

    def _handle_refusal(self, err: sqlite3.Error) -> None:
        if isinstance(err, sqlite3.ProgrammingError):
            raise err  # closed
        if self._retry_t == -math.inf:
            _LOGGER.error("The disk cannot store messages (%s): sending them from memory", err)
        self._retry_t = self._clock.monotonic() + RETRY_S

    def _read[T](self, read: Callable[[], T], default: T) -> T:
        """Return what the disk has; the default if it cannot be read."""
        try:
            return read()
        except sqlite3.Error as err:
            self._handle_refusal(err)
            return default

    def _record(self, default: MessageRecord) -> MessageRecord:
        subject = default.subject
        if (record := self._unsaved.get(subject)) is not None:
            return record
        return self._read(lambda: self._rows.get(subject), default)

    def _update(self, job: Job, change: Callable[[MessageRecord, Job], MessageRecord]) -> bool:
        """Change a message's record; return False if the job was done or canceled meanwhile."""
        with self._lock:
            record = self._record(MessageRecord(subject=job.subject, jobs={job.kind: job}))
            if (present := record.jobs.get(job.kind)) is None:
                return False
            self._unsaved[job.subject] = change(record, present)
            self.flush()
            return True

    def _update_job(self, job: Job, change: Callable[[Job], Job]) -> None:
        self._update(
            job,
            lambda record, present: replace(
                record, jobs={**record.jobs, job.kind: change(present)}
            ),
        )

    def add(self, message: TextMessage) -> None:
        """Add a text to be sent, unless it is known already."""
        subject = subject_of(message.recipient_id, message.id)
        payload = {
            "id": message.id,
            "body": to_sms(message.body, BODY_LIMIT),
            "created_at": message.created_at,
            "expires_at": message.expires_at,
        }
        with self._lock:
            known = self._record(MessageRecord(subject=subject))
            if known.jobs or known.ended_at is not None:
                return
            lasts_s = message.expires_at - self._clock.now()
            self._deadlines_t[subject] = self._clock.monotonic() + lasts_s
            job = self._new_job(JobKind.TEXT, subject, payload)
            self._unsaved[subject] = MessageRecord(
                subject=subject, jobs={job.kind: job}, still=message.still
            )
            self.flush(force=True)

    def _new_job(
        self, kind: JobKind, subject: str, payload: Mapping[str, Any], wait_s: float | None = None
    ) -> Job:
        now = self._clock.now()
        return Job(
            id=_UNSAVED_ID,
            kind=kind,
            subject=subject,
            payload=payload,
            created_at=now,
            not_before=0.0 if wait_s is None else now + wait_s,
        )

    def waiting(self, recipient_id: str) -> list[Job]:
        """Return the texts that are to be sent, oldest first."""
        return self._jobs(JobKind.TEXT, recipient_id)

    def awaiting_delivery(self, recipient_id: str) -> list[Job]:
        """Return the texts that were sent and may not have arrived yet, oldest first."""
        return self._jobs(JobKind.DELIVERY, recipient_id)

    def _jobs(self, kind: JobKind, recipient_id: str) -> list[Job]:
        with self._lock:
            saved = self._read(lambda: self._rows.jobs(kind, recipient_id), list[Job]())
            jobs = [job for job in saved if job.subject not in self._unsaved]
            for subject, record in self._unsaved.items():
                if kind in record.jobs and split_subject(subject)[0] == recipient_id:
                    jobs.append(record.jobs[kind])
            return sorted(jobs, key=lambda job: job.id)

    def remaining_s(self, job: Job) -> float:
        """Return for how many seconds a text is still of use.

        Of a text added since the start that doesn't depend on the wall clock, which may be wrong
        just after boot.
        """
        deadline_t = self._deadlines_t.get(job.subject)
        if deadline_t is not None:
            return deadline_t - self._clock.monotonic()
        return float(job.payload["expires_at"] - self._clock.now())

    def message(self, job: Job) -> TextMessage:
        """Return what a job is to send, without its still."""
        return TextMessage(recipient_id=split_subject(job.subject)[0], **job.payload)

    def still(self, message_id: str) -> bytes | None:
        """Return a message's still."""
        with self._lock:
            for subject, record in self._unsaved.items():
                if record.still is not None and split_subject(subject)[1] == message_id:
                    return record.still
        return self._read(lambda: self._rows.still(message_id), None)

    def mark_attempted(self, job: Job, *, settle_s: float) -> None:
        """Store that from now on a text may have been sent."""
        now = self._clock.now()
        resume = Attempt(since=now, until=now + settle_s).dump()
        self._update_job(job, lambda job: replace(job, resume=resume))

    def clear_attempt(self, job: Job) -> None:
        """Store that a text was certainly not sent."""
        self._update_job(job, lambda job: replace(job, resume=None))

    def known_sids(self) -> frozenset[str]:
        """Return the SIDs of recent messages to all recipients."""
        with self._lock:
            unsaved = {record.sid for record in self._unsaved.values() if record.sid is not None}
            return self._read(self._rows.sids, frozenset[str]()) | unsaved

    def mark_sent(self, job: Job, sid: str, *, found: bool) -> bool:
        """Store that a text was sent; return False if it was canceled meanwhile.

        ``found``: by a search. Raises SidTakenError if another text has the SID by now.
        """
        payload = {"id": job.payload["id"], "sid": sid}
        delivery = self._new_job(JobKind.DELIVERY, job.subject, payload, DELIVERY_AFTER_S)
        with self._lock:
            if found and sid in self.known_sids():
                raise SidTakenError
            return self._end(job, sid, delivery)

    def drop(self, job: Job) -> bool:
        """Store that a text is not to be sent; return False if it was canceled meanwhile."""
        return self._end(job, None)

    def _end(self, job: Job, sid: str | None, *following: Job) -> bool:
        with self._lock:
            self._deadlines_t.pop(job.subject, None)
            jobs = {each.kind: each for each in following}
            now = self._clock.now()
            ended = MessageRecord(subject=job.subject, jobs=jobs, ended_at=now, sid=sid)
            return self._update(job, lambda _record, _present: ended)

    def end_delivery(self, job: Job) -> bool:
        """Stop asking whether a text has arrived; return False if it was canceled meanwhile."""
        return self._update(job, lambda record, _present: replace(record, jobs={}))

    def reschedule(self, job: Job, wait_s: float, error: str) -> None:
        """Count a failed attempt, and make the job due again in ``wait_s``."""
        not_before = self._clock.now() + min(wait_s, LONGEST_WAIT_S)
        self._update_job(
            job,
            lambda job: replace(job, attempts=job.attempts + 1, not_before=not_before, error=error),
        )

    def make_due(self, recipient_id: str) -> None:
        """Make a recipient's failed texts due now."""
        for job in self.waiting(recipient_id):
            self._update_job(job, lambda job: replace(job, not_before=0.0))

    def last_sent_at(self, recipient_id: str) -> float | None:
        """Return when the last text to a recipient was sent (UTC epoch seconds)."""
        with self._lock:
            times = [
                record.ended_at
                for subject, record in self._unsaved.items()
                if record.sid is not None and split_subject(subject)[0] == recipient_id
            ]
            times.append(self._read(lambda: self._rows.last_sent_at(recipient_id), None))
        return max((at for at in times if at is not None), default=None)

    def forget(self, recipient_id: str) -> None:
        """Send nothing more to a recipient, and forget what was sent. Raises ``sqlite3.Error``."""
        prefix = subject_of(recipient_id)
        with self._lock:
            for subject in [each for each in self._unsaved if each.startswith(prefix)]:
                del self._unsaved[subject]
            self._rows.delete_recipient(recipient_id)

    def delete_expired(self, recipients: Collection[str]) -> None:
        """Forget old texts, see ``MessageRows.delete_expired``. Raises ``sqlite3.Error``."""
        self._rows.delete_expired(recipients, self._clock.now())

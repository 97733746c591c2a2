"""Which texts are still to be sent, and which were: what makes that each is sent once.

Twilio takes the same text twice without asking. So before it is asked, an attempt is written down;
whoever finds one at the beginning does not know whether the text was sent, and has to look.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
import json
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, unquote

from ..db.job_queue import JobKind
from .twilio_api import fitting
from .types import TextMessage

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ..core.clock import Clock
    from ..db.database import Database
    from ..db.job_queue import Job, JobQueue

REMEMBERED_S = 7 * 86_400.0
"""How long a message that is sent again is known to have been sent."""
DELIVERY_AFTER_S = 20.0
KINDS = (JobKind.TEXT, JobKind.DELIVERY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A text may have been sent."""

    since: float
    until: float
    """Until then it may still arrive at Twilio, or not be in its list yet (both UTC epoch)."""

    def dump(self) -> str:
        """Return it as text for the database."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str | None) -> Self | None:
        """Return what ``dump`` wrote."""
        return None if text is None else cls(**json.loads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """All there is of a text."""

    subject: str
    jobs: tuple[Job, ...] = ()
    ended: tuple[str | None, float] | None = None
    """Its SID, if it was sent, and when it ended (UTC epoch seconds)."""
    still: bytes | None = field(default=None, repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of it."""
        return not self.jobs and self.ended is None


class SidTakenError(Exception):
    """What was found at Twilio is another text of the same words."""


type Deadlines = dict[str, float]
"""By subject, told by the clock that nobody sets: of what was given since the start."""


class MessageStore:
    """The texts' rows. Calls block for a moment and may come from any thread."""

    def __init__(
        self, database: Database, jobs: JobQueue, clock: Clock, deadlines: Deadlines | None = None
    ) -> None:
        self._jobs = jobs
        self._db = database
        self._clock = clock
        self._deadlines = {} if deadlines is None else deadlines

    def add(self, message: TextMessage) -> None:
        """Have a text sent, unless it is, or was, already. Not even a power cut undoes that."""
        with self._db.transaction(durable=True):
            if self._ended(message.recipient_id, message.id):
                return
            self._keep_still(message.id, message.still)
            subject = subject_of(message.recipient_id, message.id)
            lasts_s = message.expires_at - self._clock.now()
            self._deadlines.setdefault(subject, self._clock.monotonic() + lasts_s)
            self._jobs.add(
                JobKind.TEXT,
                subject,
                {
                    "id": message.id,
                    "body": fitting(message.body),
                    "created_at": message.created_at,
                    "expires_at": message.expires_at,
                },
            )

    def _keep_still(self, message_id: str, jpeg: bytes | None) -> None:
        if jpeg is not None:
            self._db.query(
                "INSERT INTO text_stills VALUES (?, ?) ON CONFLICT DO NOTHING", (message_id, jpeg)
            )

    def _ended(self, recipient_id: str, message_id: str) -> bool:
        return bool(
            self._db.query(
                "SELECT 1 FROM texts WHERE recipient_id = ? AND message_id = ?",
                (recipient_id, message_id),
            )
        )

    # --- what waits ---------------------------------------------------------------------------

    def waiting(self, recipient_id: str) -> list[Job]:
        """Return the texts that are to be sent, the oldest first."""
        return self._jobs.for_subject(JobKind.TEXT, subject_of(recipient_id))

    def on_their_way(self, recipient_id: str) -> list[Job]:
        """Return the texts of which it is not known yet whether they arrived."""
        return self._jobs.for_subject(JobKind.DELIVERY, subject_of(recipient_id))

    def left_s(self, job: Job) -> float:
        """Return for how many seconds a text is of use; nobody's clock is right just after boot."""
        deadline_t = self._deadlines.get(job.subject)
        if deadline_t is not None:
            return deadline_t - self._clock.monotonic()
        return float(job.payload["expires_at"] - self._clock.now())

    def message(self, job: Job, recipient_id: str) -> TextMessage:
        """Return what a job is to send, without its still."""
        return TextMessage(recipient_id=recipient_id, **job.payload)

    def still(self, message_id: str) -> bytes | None:
        """Return a message's still."""
        rows = self._db.query("SELECT jpeg FROM text_stills WHERE message_id = ?", (message_id,))
        return rows[0][0] if rows else None

    # --- all there is of a text ---------------------------------------------------------------

    def job(self, kind: JobKind, subject: str) -> Job | None:
        """Return one job."""
        return self._jobs.get(kind, subject)

    def entry(self, subject: str) -> Entry:
        """Return all rows about a text."""
        recipient_id, message_id = _parts(subject)
        jobs = (self._jobs.get(kind, subject) for kind in KINDS)
        ended = self._db.query(
            "SELECT sid, ended_at FROM texts WHERE recipient_id = ? AND message_id = ?",
            (recipient_id, message_id),
        )
        return Entry(
            subject=subject,
            jobs=tuple(job for job in jobs if job is not None),
            ended=tuple(ended[0]) if ended else None,
            still=self.still(message_id),
        )

    def replace(self, entry: Entry) -> None:
        """Have of a text what another ledger has of it, and nothing else."""
        recipient_id, message_id = _parts(entry.subject)
        with self._db.transaction(durable=True):
            for kind in KINDS:
                self._jobs.cancel(kind, entry.subject)
            for job in entry.jobs:
                self._jobs.insert(job)
            if entry.ended is not None:
                self._db.query(
                    "INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?)",
                    (recipient_id, message_id, *entry.ended),
                )
            self._keep_still(message_id, entry.still)
            self._forget_stills()

    # --- what becomes of it -------------------------------------------------------------------

    def begin(self, job: Job, *, settle_s: float) -> None:
        """Write down that from now on a text may have been sent."""
        now = self._clock.now()
        attempt = Attempt(since=now, until=now + settle_s)
        with self._db.transaction(durable=True):
            self._jobs.save_resume(job.id, attempt.dump())

    def call_off(self, job: Job) -> None:
        """Note that a text was surely not sent."""
        self._jobs.save_resume(job.id, None)

    def known_sids(self) -> frozenset[str]:
        """Return the SIDs of what was sent lately, to whomever."""
        rows = self._db.query("SELECT sid FROM texts WHERE sid IS NOT NULL")
        return frozenset(row[0] for row in rows)

    def sent(self, job: Job, recipient_id: str, sid: str) -> bool:
        """Note that a text was sent; False if it is of no interest any more."""
        with self._db.transaction(durable=True):
            if not self._end(job, recipient_id, sid):
                return False
            self._jobs.add(
                JobKind.DELIVERY,
                job.subject,
                {"id": job.payload["id"], "sid": sid},
                not_before=self._clock.now() + DELIVERY_AFTER_S,
            )
        return True

    def drop(self, job: Job, recipient_id: str) -> bool:
        """Note that a text is not to be sent any more; False if that is known."""
        with self._db.transaction(durable=True):
            return self._end(job, recipient_id, None)

    def _end(self, job: Job, recipient_id: str, sid: str | None) -> bool:
        self._deadlines.pop(job.subject, None)
        if not self._jobs.remove(job.id):
            return False
        self._db.query(
            "INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?)",
            (recipient_id, job.payload["id"], sid, self._clock.now()),
        )
        self._forget_stills()
        return True

    def _forget_stills(self) -> None:
        """Remove the stills that no text waits for any more."""
        self._db.query(
            "DELETE FROM text_stills WHERE message_id NOT IN"
            " (SELECT payload ->> '$.id' FROM jobs WHERE kind = ?)",
            (JobKind.TEXT,),
        )

    def end_delivery(self, job: Job) -> bool:
        """Stop asking what became of a text."""
        return self._jobs.remove(job.id)

    def put_off(self, job: Job, wait_s: float, error: str) -> None:
        """Try again only later."""
        self._jobs.reschedule(job, wait_s, error)

    def hurry(self, recipient_id: str) -> None:
        """Make due what failed before."""
        prefix = subject_of(recipient_id)
        self._db.query(
            "UPDATE jobs SET not_before = 0 WHERE kind = ? AND substr(subject, 1, ?) = ?",
            (JobKind.TEXT, len(prefix), prefix),
        )

    # --- recipients ---------------------------------------------------------------------------

    def last_sent_at(self, recipient_id: str) -> float | None:
        """Return when the last text was sent."""
        ((at,),) = self._db.query(
            "SELECT max(ended_at) FROM texts WHERE recipient_id = ? AND sid IS NOT NULL",
            (recipient_id,),
        )
        return None if at is None else float(at)

    def forget(self, recipient_id: str) -> None:
        """Send nothing more to a recipient, and forget what was sent."""
        with self._db.transaction(durable=True):
            prefix = subject_of(recipient_id)
            self._db.query(
                "DELETE FROM jobs WHERE kind IN (?, ?) AND substr(subject, 1, ?) = ?",
                (JobKind.TEXT, JobKind.DELIVERY, len(prefix), prefix),
            )
            self._db.query("DELETE FROM texts WHERE recipient_id = ?", (recipient_id,))
            self._forget_stills()

    def tidy(self, recipients: Collection[str]) -> None:
        """Forget what was sent long ago, and what was for recipients that are not there any more.

        The last one to each recipient is kept, since it is told.
        """
        now = self._clock.now()
        with self._db.transaction():
            self._db.query(
                "DELETE FROM texts WHERE ended_at < ?"  # noqa: S608 - question marks only
                f" AND (sid IS NULL OR recipient_id NOT IN ({', '.join('?' * len(recipients))})"
                " OR ended_at < (SELECT max(ended_at) FROM texts AS later"
                " WHERE later.recipient_id = texts.recipient_id AND later.sid IS NOT NULL))",
                (now - REMEMBERED_S, *recipients),
            )
            for job in (
                *self._jobs.for_subject(JobKind.TEXT, ""),
                *self._jobs.for_subject(JobKind.DELIVERY, ""),
            ):
                old = job.payload.get("expires_at", job.created_at + REMEMBERED_S) <= now
                if old and not job.subject.startswith(_subjects(recipients)):
                    self._jobs.remove(job.id)
            self._forget_stills()


def subject_of(recipient_id: str, message_id: str = "") -> str:
    """Return the subject of a text's jobs, or what all of a recipient's begin with."""
    return f"{quote(recipient_id, safe='')}/{message_id}"


def _parts(subject: str) -> tuple[str, str]:
    recipient, _, message_id = subject.partition("/")
    return unquote(recipient), message_id


def _subjects(recipients: Iterable[str]) -> tuple[str, ...]:
    return tuple(subject_of(recipient_id) for recipient_id in recipients)

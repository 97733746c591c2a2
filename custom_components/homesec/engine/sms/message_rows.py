"""What the database holds of text messages: their jobs, which have ended, and their stills."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from ..db.job_queue import Job, JobKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ..db.database import Database
    from ..db.job_queue import JobQueue

REMEMBERED_S = 7 * 86_400.0  # how long a message that is given again is known to have been sent
KINDS = (JobKind.TEXT, JobKind.DELIVERY)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecord:
    """All that is stored of one message to one recipient."""

    subject: str
    jobs: Mapping[JobKind, Job] = field(default_factory=dict)
    ended_at: float | None = None  # when it was sent or dropped (UTC epoch seconds)
    sid: str | None = None  # twilio's id, if it was sent
    still: bytes | None = field(default=None, repr=False)


class MessageRows:
    """Reads and writes the rows. Calls block for a moment and may come from any thread."""

    def __init__(self, database: Database, jobs: JobQueue) -> None:
        self._db = database
        self._jobs = jobs

    def get(self, subject: str) -> MessageRecord:
        """Return all rows of a message; an empty record if there are none."""
        jobs = {kind: job for kind in KINDS if (job := self._jobs.get(kind, subject)) is not None}
        recipient_id, message_id = split_subject(subject)
        rows = self._db.query(
            "SELECT sid, ended_at FROM texts WHERE recipient_id = ? AND message_id = ?",
            (recipient_id, message_id),
        )
        sid, ended_at = rows[0] if rows else (None, None)
        still = self.still(message_id)
        return MessageRecord(subject=subject, jobs=jobs, ended_at=ended_at, sid=sid, still=still)

    def save(self, records: Iterable[MessageRecord]) -> None:
        """Make the rows equal to the records; not even a power cut undoes that."""
        with self._db.transaction(durable=True):
            for record in records:
                recipient_id, message_id = split_subject(record.subject)
                for kind in KINDS:
                    if (job := record.jobs.get(kind)) is not None:
                        self._jobs.save(job)
                    else:
                        self._db.query(
                            "DELETE FROM jobs WHERE kind = ? AND subject = ?",
                            (kind, record.subject),
                        )
                if record.ended_at is not None:
                    self._db.query(
                        "INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?)",
                        (recipient_id, message_id, record.sid, record.ended_at),
                    )
                if record.still is not None:
                    self._db.query(
                        "INSERT INTO text_stills VALUES (?, ?) ON CONFLICT DO NOTHING",
                        (message_id, record.still),
                    )
            self._delete_unused_stills()

    def jobs(self, kind: JobKind, recipient_id: str) -> list[Job]:
        """Return a recipient's jobs of one kind, oldest first."""
        return self._jobs.for_subject(kind, subject_of(recipient_id))

    def still(self, message_id: str) -> bytes | None:
        """Return a message's still, as long as the message waits."""
        rows = self._db.query("SELECT jpeg FROM text_stills WHERE message_id = ?", (message_id,))
        return rows[0][0] if rows else None

    def sids(self) -> frozenset[str]:
        """Return the SIDs of recent messages to all recipients."""
        rows = self._db.query("SELECT sid FROM texts WHERE sid IS NOT NULL")
        return frozenset(row[0] for row in rows)

    def last_sent_at(self, recipient_id: str) -> float | None:
        """Return when the last message to a recipient was sent."""
        ((at,),) = self._db.query(
            "SELECT max(ended_at) FROM texts WHERE recipient_id = ? AND sid IS NOT NULL",
            (recipient_id,),
        )
        return None if at is None else float(at)

    def delete_recipient(self, recipient_id: str) -> None:
        """Delete all rows of a recipient."""
        prefix = subject_of(recipient_id)
        with self._db.transaction(durable=True):
            self._db.query(
                "DELETE FROM jobs WHERE kind IN (?, ?) AND substr(subject, 1, ?) = ?",
                (*KINDS, len(prefix), prefix),
            )
            self._db.query("DELETE FROM texts WHERE recipient_id = ?", (recipient_id,))
            self._delete_unused_stills()

    def delete_expired(self, recipients: Collection[str], now: float) -> None:
        """Delete what ended long ago, and expired jobs of recipients that no longer exist.

        The last message to each of the ``recipients`` stays: its time is shown.
        """
        with self._db.transaction():
            self._db.query(
                "DELETE FROM texts WHERE ended_at < ?"  # noqa: S608 - question marks only
                f" AND (sid IS NULL OR recipient_id NOT IN ({', '.join('?' * len(recipients))})"
                " OR ended_at < (SELECT max(ended_at) FROM texts AS later"
                " WHERE later.recipient_id = texts.recipient_id AND later.sid IS NOT NULL))",
                (now - REMEMBERED_S, *recipients),
            )
            known = tuple(map(subject_of, recipients))
            for job in (job for kind in KINDS for job in self._jobs.for_subject(kind, "")):
                expires_at = job.payload.get("expires_at", job.created_at + REMEMBERED_S)
                if expires_at <= now and not job.subject.startswith(known):
                    self._jobs.remove(job.id)
            self._delete_unused_stills()

    def _delete_unused_stills(self) -> None:
        self._db.query(
            "DELETE FROM text_stills WHERE message_id NOT IN"
            " (SELECT payload ->> '$.id' FROM jobs WHERE kind = ?)",
            (JobKind.TEXT,),
        )


def subject_of(recipient_id: str, message_id: str = "") -> str:
    """Return the subject of a message's jobs, or what all of a recipient's subjects begin with."""
    return f"{quote(recipient_id, safe='')}/{message_id}"


def split_subject(subject: str) -> tuple[str, str]:
    """Return the ids of the recipient and of the message."""
    recipient, _, message_id = subject.partition("/")
    return unquote(recipient), message_id

"""The queue of jobs: rows that are added in the transaction that makes them necessary.

No row says that a job is being done. It is removed in the transaction that stores the job's result,
so a crash at any moment leaves it to be done again.
"""

from dataclasses import dataclass, field
from enum import StrEnum
import json
from typing import TYPE_CHECKING, Any

from ..core.events import Backlog

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    import sqlite3

    from ..core.clock import Clock
    from .database import Database

LONGEST_WAIT_S = 900.0
"""No job waits longer; a row that says so was written while the wall clock was wrong."""


class JobKind(StrEnum):
    """What there is to do, and what a job's subject is."""

    UPLOAD = "upload"  # upload a clip's video and still; the subject is the clip's id
    DESCRIBE = "describe"  # update the metadata of an uploaded clip; the subject is the clip's id
    DELETE = "delete"  # delete the objects named in the payload; the subject is the clip's id
    TEXT = "text"  # send a text message; the subject is the recipient and the message
    DELIVERY = "delivery"
    """Ask whether a text message has arrived; the subject is that of its ``TEXT`` job."""
    TIDY = "tidy"
    """Delete alerts' stills of days before the one in the payload; there is one subject."""
    KEYS = "keys"
    """Remember how clips of earlier versions are encrypted in the bucket; there is one subject."""


def deferred_kind(kind: JobKind, bucket_uri: str) -> str:
    """Return the kind under which a job waits until this bucket is used again."""
    return f"{kind}@{bucket_uri}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row; ``kind`` and ``subject`` are unique together."""

    id: int  # grows with each job
    kind: JobKind
    subject: str
    payload: Mapping[str, Any]
    bytes: int = 0
    created_at: float
    attempts: int = 0  # how many have failed
    not_before: float = 0.0
    resume: str | None = field(default=None, repr=False)
    """Where an interrupted job goes on. Secret: it may allow to write to the bucket."""
    error: str | None = None  # key of the last attempt's error

    def wait_s(self, now: float) -> float:
        """Return in how many seconds it is due."""
        wait_s = self.not_before - now
        return wait_s if 0 < wait_s <= LONGEST_WAIT_S else 0.0


class JobQueue:
    """The rows of jobs. Calls block for a moment and may come from any thread."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._listeners: list[Callable[[], None]] = []

    def add_listener(self, on_change: Callable[[], None]) -> None:
        """Call this when a job was added or canceled; it must not block."""
        self._listeners.append(on_change)

    def _changed(self) -> None:
        for on_change in self._listeners:
            on_change()

    def add(
        self,
        kind: JobKind | str,
        subject: str,
        payload: Mapping[str, Any] | None = None,
        *,
        bytes: int = 0,  # noqa: A002 - as it is called everywhere
        not_before: float = 0.0,
    ) -> None:
        """Add a job of a kind or ``deferred_kind``, unless it is there already.

        ``not_before`` (UTC epoch seconds) is at most ``LONGEST_WAIT_S`` from now.
        """
        self._database.query(
            "INSERT INTO jobs (kind, subject, payload, bytes, created_at, not_before)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (kind, subject, json.dumps(payload or {}), bytes, self._clock.now(), not_before),
        )
        self._changed()

    def save(self, job: Job) -> None:
        """Add a job with all its values, or change the one of its kind and subject to them."""
        self._database.query(
            "INSERT INTO jobs (kind, subject, payload, bytes, created_at, attempts, not_before,"
            " resume, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, subject)"
            " DO UPDATE SET attempts = excluded.attempts, not_before = excluded.not_before,"
            " resume = excluded.resume, error = excluded.error",
            (
                *(job.kind, job.subject, json.dumps(job.payload), job.bytes, job.created_at),
                *(job.attempts, job.not_before, job.resume, job.error),
            ),
        )

    def get(self, kind: JobKind, subject: str) -> Job | None:
        """Return one job, if it is there."""
        rows = self._database.query(
            "SELECT * FROM jobs WHERE kind = ? AND subject = ?", (kind, subject)
        )
        return _job(rows[0]) if rows else None

    def for_subject(self, kind: JobKind, prefix: str) -> list[Job]:
        """Return the jobs whose subjects begin with ``prefix``, oldest first."""
        rows = self._database.query(
            "SELECT * FROM jobs WHERE kind = ? AND substr(subject, 1, ?) = ? ORDER BY id",
            (kind, len(prefix), prefix),
        )
        return [_job(row) for row in rows]

    def cancel(self, kind: JobKind, subject: str) -> None:
        """Remove a job that is not needed anymore; no error if there is none."""
        self._database.query("DELETE FROM jobs WHERE kind = ? AND subject = ?", (kind, subject))
        self._changed()

    def remove(self, job_id: int) -> bool:
        """Remove a job that was done; return False if it was canceled meanwhile."""
        return self._database.change("DELETE FROM jobs WHERE id = ?", (job_id,)) > 0

    def due(self, kinds: Collection[JobKind], *, oldest: bool = False) -> Job | None:
        """Return the newest job that may be done now, or the oldest."""
        now = self._clock.now()
        rows = self._database.query(
            f"SELECT * FROM jobs WHERE kind IN ({_marks(kinds)})"  # noqa: S608
            " AND (not_before <= ? OR not_before > ?)"
            f" ORDER BY id {'ASC' if oldest else 'DESC'} LIMIT 1",
            (*kinds, now, now + LONGEST_WAIT_S),
        )
        return _job(rows[0]) if rows else None

    def wait_s(self, kinds: Collection[JobKind]) -> float | None:
        """Return in how many seconds the next job is due; None if there is none."""
        ((first,),) = self._database.query(
            f"SELECT min(not_before) FROM jobs WHERE kind IN ({_marks(kinds)})",  # noqa: S608
            kinds,
        )
        return None if first is None else max(0.0, first - self._clock.now())

    def reschedule(self, job: Job, wait_s: float, error: str) -> None:
        """Count a failed attempt, and make the job due again in ``wait_s``."""
        self._reschedule(wait_s, error, "id = ?", job.id)

    def reschedule_newer(self, job: Job, wait_s: float, error: str) -> None:
        """Do the same to all jobs of this kind that are newer: they would fail alike."""
        self._reschedule(wait_s, error, "kind = ? AND id > ?", job.kind, job.id)

    def give_up(self, kind: JobKind, attempts: int) -> int:
        """Remove the jobs of a kind that have failed so often; return their number."""
        return self._database.change(
            "DELETE FROM jobs WHERE kind = ? AND attempts >= ?", (kind, attempts)
        )

    def _reschedule(self, wait_s: float, error: str, where: str, *values: object) -> None:
        self._database.query(
            f"UPDATE jobs SET attempts = attempts + 1, not_before = ?, error = ? WHERE {where}",  # noqa: S608
            (self._clock.now() + min(wait_s, LONGEST_WAIT_S), error, *values),
        )

    def make_due(self, errors: Collection[str]) -> None:
        """Make jobs due now that failed with one of these error keys."""
        self._database.query(
            f"UPDATE jobs SET not_before = 0 WHERE error IN ({_marks(errors)})",  # noqa: S608
            errors,
        )

    def save_resume(self, job_id: int, resume: str | None) -> None:
        """Store where an interrupted job goes on."""
        self._database.query("UPDATE jobs SET resume = ? WHERE id = ?", (resume, job_id))

    def backlog(self, kinds: Collection[JobKind]) -> Backlog:
        """Return how many jobs and bytes wait, and since when."""
        ((jobs, size, oldest_at),) = self._database.query(
            "SELECT count(*), coalesce(sum(bytes), 0), min(created_at)"  # noqa: S608
            f" FROM jobs WHERE kind IN ({_marks(kinds)})",
            kinds,
        )
        return Backlog(jobs=jobs, bytes=size, oldest_at=oldest_at)


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))


def _job(row: sqlite3.Row) -> Job:
    values = dict(row)
    values["kind"] = JobKind(values["kind"])
    values["payload"] = json.loads(values["payload"])
    return Job(**values)

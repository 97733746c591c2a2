"""What is still to be done, as rows beside the clips: a job is added with what makes it necessary.

There is no mark for a job that is being done: its row is there until it is done, and is removed in
the transaction that tells so. A crash at any moment thus leaves it to be done (again).
"""

from __future__ import annotations

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
"""No job is put off for longer; what says so was put off by a clock that was wrong."""


class JobKind(StrEnum):
    """What there is to do."""

    UPLOAD = "upload"
    """A clip's film and still; the subject is the clip's id."""
    DESCRIBE = "describe"
    """A clip's facts, that have changed since it was uploaded; the subject is the clip's id."""
    DELETE = "delete"
    """A clip's objects in the cloud, by the names in the payload; the subject is the clip's id."""
    TEXT = "text"
    """A text message; the subject is the recipient and the message. See ``texts/ledger.py``."""
    DELIVERY = "delivery"
    """What became of a text that was sent; the subject is the text's."""
    TIDY = "tidy"
    """Delete the alerts' stills of days before the one in the payload; there is one subject."""


def parked(kind: JobKind, place: str) -> str:
    """Return as what a job lies there that is for another bucket than the present one."""
    return f"{kind}@{place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row."""

    id: int
    """Grows with each job."""
    kind: JobKind
    subject: str
    """There is one job of a kind for a subject."""
    payload: Mapping[str, Any]
    bytes: int
    created_at: float
    attempts: int
    """That failed."""
    not_before: float
    resume: str | None = field(repr=False)
    """Where to go on; whoever has it can write to the bucket."""
    error: str | None
    """Key of what the last attempt failed for."""

    def wait_s(self, now: float) -> float:
        """Return in how many seconds it is due."""
        wait_s = self.not_before - now
        return wait_s if 0 < wait_s <= LONGEST_WAIT_S else 0.0


class Jobs:
    """The rows of jobs. Calls block for a moment and may come from any thread."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._watchers: list[Callable[[], None]] = []

    def watch(self, on_change: Callable[[], None]) -> None:
        """Call this when a job was added or withdrawn; it must not block."""
        self._watchers.append(on_change)

    def _changed(self) -> None:
        for on_change in self._watchers:
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
        """Add a job (or one that is ``parked``), unless it is there already.

        ``not_before`` (UTC epoch seconds) is not further away than ``LONGEST_WAIT_S``.
        """
        self._database.query(
            "INSERT INTO jobs (kind, subject, payload, bytes, created_at, not_before)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (kind, subject, json.dumps(payload or {}), bytes, self._clock.now(), not_before),
        )
        self._changed()

    def put(self, job: Job) -> None:
        """Add a job as it stands in another database; there must be none like it."""
        self._database.query(
            "INSERT INTO jobs (kind, subject, payload, bytes, created_at, attempts, not_before,"
            " resume, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(job.kind, job.subject, json.dumps(job.payload), job.bytes, job.created_at),
                *(job.attempts, job.not_before, job.resume, job.error),
            ),
        )
        self._changed()

    def get(self, kind: JobKind, subject: str) -> Job | None:
        """Return one job, if it is there."""
        rows = self._database.query(
            "SELECT * FROM jobs WHERE kind = ? AND subject = ?", (kind, subject)
        )
        return _job(rows[0]) if rows else None

    def of(self, kind: JobKind, prefix: str) -> list[Job]:
        """Return the jobs whose subjects begin so, the oldest first."""
        rows = self._database.query(
            "SELECT * FROM jobs WHERE kind = ? AND substr(subject, 1, ?) = ? ORDER BY id",
            (kind, len(prefix), prefix),
        )
        return [_job(row) for row in rows]

    def withdraw(self, kind: JobKind, subject: str) -> None:
        """Remove a job that is not to be done any more; no error if there is none."""
        self._database.query("DELETE FROM jobs WHERE kind = ? AND subject = ?", (kind, subject))
        self._changed()

    def remove(self, job_id: int) -> bool:
        """Remove a job that was done; False if it was withdrawn meanwhile."""
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

    def put_off(self, job: Job, wait_s: float, error: str) -> None:
        """Note that a job has failed, and try again only later."""
        self._database.query(
            "UPDATE jobs SET attempts = attempts + 1, not_before = ?, error = ? WHERE id = ?",
            (self._clock.now() + min(wait_s, LONGEST_WAIT_S), error, job.id),
        )

    def put_off_later_ones(self, job: Job, wait_s: float, error: str) -> None:
        """Note that what a job has failed for holds for all of its kind that came after it."""
        self._database.query(
            "UPDATE jobs SET attempts = attempts + 1, not_before = ?, error = ?"
            " WHERE kind = ? AND id > ?",
            (self._clock.now() + min(wait_s, LONGEST_WAIT_S), error, job.kind, job.id),
        )

    def hurry(self, errors: Collection[str]) -> None:
        """Make due what failed for these errors only, since their cause is gone."""
        self._database.query(
            f"UPDATE jobs SET not_before = 0 WHERE error IN ({_marks(errors)})",  # noqa: S608
            errors,
        )

    def keep_resume(self, job_id: int, resume: str | None) -> None:
        """Note where to go on."""
        self._database.query("UPDATE jobs SET resume = ? WHERE id = ?", (resume, job_id))

    def backlog(self, kinds: Collection[JobKind]) -> Backlog:
        """Return what waits."""
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

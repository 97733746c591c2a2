"""Store visits, that is every presence, recorded or not, and count them."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
import logging
import math
from queue import Empty, SimpleQueue
import sqlite3
from typing import TYPE_CHECKING, override

from ..core.events import DetectionEnded, DetectionStarted, VisitLogged
from ..db.worker import WorkerThread

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from ..core.events import EngineEvent, EventSink
    from ..db.database import Database

_LOGGER = logging.getLogger(__name__)

_QUARTER_S = 900
"""The offsets of all time zones, and the times when they change, are multiples of it."""
MAX_VISIT_AGE_S = 3 * 366 * 86_400.0
MAX_VISITS = 500_000  # of more, the oldest are removed


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitStatistics:
    """Number of visits by day and by hour of the week."""

    days: Mapping[tuple[date, str, str], int]  # by day, camera id, and label; without zeros
    hours: tuple[tuple[int, ...], ...]  # Monday to Sunday, 24 hours each


class Visits:
    """The table of visits. Calls block for a moment and may come from any thread."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def begin(self, camera_id: str, label: str, started_at: float, clip_id: str | None) -> int:
        """Add a visit that has no end yet; return its number."""
        ((number,),) = self._db.query(
            "INSERT INTO visits (camera_id, label, started_at, clip_id) VALUES (?, ?, ?, ?)"
            " RETURNING id",
            (camera_id, label, started_at, clip_id),
        )
        return int(number)

    def end(self, number: int, ended_at: float, clip_id: str | None) -> None:
        """Store a visit's end, and its clip if that started later than the visit."""
        self._db.query(
            "UPDATE visits SET ended_at = max(started_at, ?), clip_id = coalesce(clip_id, ?)"
            " WHERE id = ?",
            (ended_at, clip_id, number),
        )

    def end_all(self) -> None:
        """End visits that a crash left open: with the end of their clip, or else at their start."""
        self._db.query(
            "UPDATE visits SET ended_at = max(started_at, coalesce("
            "(SELECT clips.started_at + duration_s FROM clips WHERE clips.id = visits.clip_id),"
            " started_at)) WHERE ended_at IS NULL"
        )

    def remove_old(self, before: float, *, keep: int) -> None:
        """Remove visits that started before a moment, and all but the newest ``keep``."""
        self._db.query("DELETE FROM visits WHERE started_at < ?", (before,))
        self._db.query("DELETE FROM visits WHERE id <= (SELECT max(id) FROM visits) - ?", (keep,))

    def count(self, camera_id: str, label: str, since: float) -> int:
        """Return how many visits have started since a moment."""
        ((count,),) = self._db.query(
            "SELECT count(*) FROM visits WHERE camera_id = ? AND label = ? AND started_at >= ?",
            (camera_id, label, since),
        )
        return int(count)

    def last(self, camera_id: str, label: str) -> float | None:
        """Return when the newest visit started."""
        ((at,),) = self._db.query(
            "SELECT max(started_at) FROM visits WHERE camera_id = ? AND label = ?",
            (camera_id, label),
        )
        return None if at is None else float(at)

    def statistics(
        self,
        since: float,
        until: float,
        tz: tzinfo,
        *,
        cameras: tuple[str, ...] | None = None,
        labels: tuple[str, ...] | None = None,
    ) -> VisitStatistics:
        """Count the visits that started in a span of time, by day and by hour in ``tz``."""
        where = ["started_at >= ?", "started_at < ?"]
        values: list[float | str] = [since, until]
        for column, names in (("camera_id", cameras), ("label", labels)):
            if names is not None:
                # The plus keeps SQLite from using an index of this column instead of time's.
                where.append(f"+{column} IN ({', '.join('?' * len(names))})")
                values += names
        rows = self._db.query(
            f"SELECT CAST(started_at / {_QUARTER_S} AS INTEGER), camera_id, label, count(*)"  # noqa: S608
            f" FROM visits WHERE {' AND '.join(where)} GROUP BY 1, 2, 3",
            values,
        )
        days: Counter[tuple[date, str, str]] = Counter()
        hours = [[0] * 24 for _ in range(7)]
        for quarter, camera_id, label, count in rows:
            local = datetime.fromtimestamp(quarter * _QUARTER_S, UTC).astimezone(tz)
            days[local.date(), camera_id, label] += count
            hours[local.weekday()][local.hour] += count
        return VisitStatistics(days=days, hours=tuple(map(tuple, hours)))


class VisitWriter(WorkerThread):
    """Store each presence as a visit; send ``VisitLogged`` for each that is counted."""

    def __init__(self, visits: Visits, *, on_event: EventSink) -> None:
        super().__init__(name="homesec-visits")
        self._visits = visits
        self._on_event = on_event
        self._events: SimpleQueue[DetectionStarted | DetectionEnded] = SimpleQueue()
        self._open: dict[tuple[str, str], int] = {}  # number of the open visit by camera and label

    def handle_event(self, event: EngineEvent) -> None:
        """Queue the start or end of a presence; never waits."""
        if isinstance(event, DetectionStarted | DetectionEnded):
            self._events.put(event)
            self.wake()

    def close(self, timeout_s: float = 5.0) -> bool:
        """Store what is queued, and end; return False if the disk is too slow for that."""
        self.halt()
        return self.join(timeout_s)

    @override
    def _run(self) -> None:
        try:
            self._visits.end_all()
        except sqlite3.Error as err:
            self.log_error(err)
        super()._run()
        self.run_step()  # the rest of the queue

    @override
    def run_step(self) -> float:
        while True:
            try:
                event = self._events.get_nowait()
            except Empty:
                return math.inf
            try:
                self._write(event)
            except sqlite3.Error as err:
                self.log_error(err)

    @override
    def log_error(self, err: Exception) -> None:
        # Clips and the alarm don't depend on it.
        _LOGGER.error("A visit could not be stored in the clip index: %s", err)

    def _write(self, event: DetectionStarted | DetectionEnded) -> None:
        presence = event.presence
        key = (presence.camera_id, presence.label)
        if (number := self._open.pop(key, None)) is not None:
            self._visits.end(number, presence.last_seen_at, event.clip_id)
        if isinstance(event, DetectionStarted):
            self._open[key] = self._visits.begin(*key, presence.first_seen_at, event.clip_id)
            self._on_event(VisitLogged(camera_id=presence.camera_id, label=presence.label))

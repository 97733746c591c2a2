"""Writes down who came and went, on a thread of its own: a slow disk must not hold up a camera."""

from __future__ import annotations

import logging
import math
from queue import Empty, SimpleQueue
import sqlite3
from typing import TYPE_CHECKING, override

from ..core.events import DetectionEnded, DetectionStarted, VisitLogged
from ..db.worker import WorkerThread

if TYPE_CHECKING:
    from ..core.events import EngineEvent, EventSink
    from .visit_queries import Visits

_LOGGER = logging.getLogger(__name__)


class VisitWriter(WorkerThread):
    """Store each presence as a visit; send ``VisitLogged`` for each that is counted."""

    def __init__(self, visits: Visits, *, on_event: EventSink) -> None:
        super().__init__(name="homesec-visits")
        self._visits = visits
        self._on_event = on_event
        self._events: SimpleQueue[DetectionStarted | DetectionEnded] = SimpleQueue()
        self._open: dict[tuple[str, str], int] = {}
        """Number of the visit that lasts, by camera and label."""

    def hear(self, event: EngineEvent) -> None:
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
        self.run_step()  # what came until the stop

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
        # One visit is not counted; the clip and the alarm do not depend on it.
        _LOGGER.error("The clip index does not take a visit: %s", err)

    def _write(self, event: DetectionStarted | DetectionEnded) -> None:
        presence = event.presence
        key = (presence.camera_id, presence.label)
        if (number := self._open.pop(key, None)) is not None:
            self._visits.end(number, presence.last_seen_at, event.clip_id)
        if isinstance(event, DetectionStarted):
            self._open[key] = self._visits.begin(*key, presence.first_seen_at, event.clip_id)
            self._on_event(VisitLogged(camera_id=presence.camera_id, label=presence.label))

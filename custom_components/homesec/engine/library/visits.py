"""Writes down who came and went, on a thread of its own: a slow disk must not hold up a camera."""

from __future__ import annotations

from functools import partial
import logging
from queue import SimpleQueue
import sqlite3
import threading
from typing import TYPE_CHECKING

from ..core.events import DetectionEnded, DetectionStarted, VisitLogged

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.events import EngineEvent, EventSink
    from .visit_queries import Visits

_LOGGER = logging.getLogger(__name__)


class VisitWriter:
    """Hears of presences; ``VisitLogged`` tells that the catalogue counts one more."""

    def __init__(self, visits: Visits, *, on_event: EventSink) -> None:
        self._visits = visits
        self._on_event = on_event
        self._heard: SimpleQueue[DetectionStarted | DetectionEnded | None] = SimpleQueue()
        self._open: dict[tuple[str, str], int] = {}
        """Number of the visit that lasts, by camera and label."""
        self._thread = threading.Thread(target=self._run, name="homesec-visits", daemon=True)

    def start(self) -> None:
        """Begin; what the last run left open is ended first."""
        self._thread.start()

    def hear(self, event: EngineEvent) -> None:
        """Take in who came or went; never waits."""
        if isinstance(event, DetectionStarted | DetectionEnded):
            self._heard.put(event)

    def close(self, timeout_s: float = 5.0) -> bool:
        """Write down what was heard until now, and end; False if the disk is too slow for it."""
        self._heard.put(None)
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._try(self._visits.end_all)
        while (event := self._heard.get()) is not None:
            self._try(partial(self._write, event))

    def _try(self, write: Callable[[], None]) -> None:
        try:
            write()
        except sqlite3.Error as err:
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

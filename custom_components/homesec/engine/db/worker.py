"""What all that do jobs have in common: a thread, and patience with whoever does not answer."""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
import traceback
from typing import TYPE_CHECKING

from .job_queue import LONGEST_WAIT_S

if TYPE_CHECKING:
    import random

    from ..core.clock import Clock

_LOGGER = logging.getLogger(__name__)

FIRST_WAIT_S = 2.0
"""After the first failure; each further one doubles it, up to ``LONGEST_WAIT_S``."""
LOOK_AGAIN_S = 60.0
"""The longest sleep: the clock may have been set meanwhile."""


class JobWorker:
    """Does one job after the other on a thread of its own, and nothing is lost when that ends."""

    def __init__(self, *, name: str, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._failures = 0
        """Of the whole worker, one after the other."""
        self._ready_t = -math.inf
        self._error: str | None = None
        self._paused = False
        self._cured = False
        """Whether ``resume`` was called since what is being done was begun."""
        self._mood = threading.Lock()
        self._stop = threading.Event()
        self._wake = threading.Event()
        # Whatever it is doing may be cut off, so it never holds up the end of the process.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def paused(self) -> bool:
        """Whether it waits for ``resume``."""
        return self._paused

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def halt(self) -> None:
        """Begin to end; a job that is being done is left for the next start."""
        self._stop.set()
        self._wake.set()

    def join(self, timeout_s: float = 5.0) -> bool:
        """Wait for the end; False if it has not come."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def wake(self) -> None:
        """Look at once whether there is something to do."""
        self._wake.set()

    def resume(self) -> None:
        """Try again at once: what was in the way has been cured, or may have been."""
        with self._mood:
            self._paused = False
            self._error = None
            self._failures = 0
            self._ready_t = -math.inf
            self._cured = True
        self._wake.set()

    # --- the worker's thread ------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                self._tell()
                wait_s = self.step()
            except Exception as err:  # noqa: BLE001 - whatever it is, the next job may be done
                if self._stop.is_set():
                    return
                # Nothing was lost: the job is still there.
                _log(err)
                wait_s = LOOK_AGAIN_S
            if wait_s > 0:
                self._wake.wait(min(wait_s, LOOK_AGAIN_S))

    def step(self) -> float:
        """Do one job, if one is due; return in how many seconds the next may be."""
        raise NotImplementedError

    def _tell(self) -> None:
        """Tell how it is doing, if that has changed."""
        raise NotImplementedError

    def _held_s(self) -> float:
        """Return for how many seconds nothing is tried."""
        return math.inf if self._paused else max(0.0, self._ready_t - self._clock.monotonic())

    def _pause(self, error: str) -> None:
        """Do nothing until ``resume``, unless that was called while it failed."""
        with self._mood:
            if not self._cured:
                self._paused = True
                self._error = error

    def _hold(self, error: str, *, at_least_s: float = 0.0, at_most_s: float = math.inf) -> None:
        """Do nothing for a while, and for a longer one each time."""
        with self._mood:
            if self._cured:
                return
            wait_s = max(at_least_s, min(at_most_s, self._back_off_s(self._failures)))
            self._failures += 1
            self._ready_t = self._clock.monotonic() + wait_s
            self._error = error

    def _back_off_s(self, failures: int) -> float:
        """Return how long to wait; by chance, so that many houses do not come back at once."""
        longest_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures, 32))
        return longest_s * (0.5 + self._rng.random() / 2)


def _log(err: Exception) -> None:
    """Say what failed; of what a library wrote of it nothing, since that may hold a link."""
    if isinstance(err, sqlite3.Error):
        _LOGGER.error("The clip index does not take what the outbox has done: %s", err)
        return
    where = "".join(traceback.format_tb(err.__traceback__))
    _LOGGER.error("The outbox cannot go on: %s\n%s", type(err).__name__, where)

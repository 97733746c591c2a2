"""Threads that repeat a step, among them those that do the jobs of the database."""

from abc import ABC, abstractmethod
import logging
import math
import sqlite3
import threading
import traceback
from typing import TYPE_CHECKING, override

from ..core.backoff import backoff_s
from .job_queue import LONGEST_WAIT_S

if TYPE_CHECKING:
    import random

    from ..core.clock import Clock

_LOGGER = logging.getLogger(__name__)

FIRST_WAIT_S = 2.0  # longest wait after the first failure; each further one doubles it
MAX_SLEEP_S = 60.0  # the longest sleep between two steps, since the wall clock may be set meanwhile


class WorkerThread(ABC):
    """Calls ``run_step`` on a thread of its own, and sleeps in between.

    It's a daemon thread: a step that hangs doesn't hold up the end of the process.
    """

    def __init__(self, *, name: str) -> None:
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def halt(self) -> None:
        """Ask the thread to end after its present step, without waiting for that."""
        self._stop.set()
        self._wake.set()

    def join(self, timeout_s: float = 5.0) -> bool:
        """Wait for the thread to end; return whether it has."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def wake(self) -> None:
        """End the present sleep."""
        self._wake.set()

    @abstractmethod
    def run_step(self) -> float:
        """Do one step; return how many seconds to sleep. What it raises is logged and retried."""

    def log_error(self, err: Exception) -> None:
        """Log what a step raised. Libraries' messages may contain a signed link: leave them out."""
        trace = "".join(traceback.format_tb(err.__traceback__))
        _LOGGER.error("%s failed: %s\n%s", self._thread.name, type(err).__name__, trace)

    def _max_sleep_s(self) -> float:
        return MAX_SLEEP_S

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                sleep_s = self.run_step()
            except Exception as err:  # noqa: BLE001 - logged, and the next step may succeed
                if self._stop.is_set():
                    return
                self.log_error(err)
                sleep_s = math.inf
            if sleep_s > 0:
                self._wake.wait(min(sleep_s, self._max_sleep_s()))


class JobWorker(WorkerThread):
    """Does one job after the other, with a back-off for all of them together."""

    def __init__(self, *, name: str, clock: Clock, rng: random.Random) -> None:
        super().__init__(name=name)
        self._clock = clock
        self._rng = rng
        self._failures = 0  # in a row, of any job
        self._ready_t = -math.inf
        self._error: str | None = None
        self.paused = False  # whether it waits for ``resume``
        self._resumed = False  # whether ``resume`` was called since the present job was begun
        self._state_lock = threading.Lock()

    def resume(self) -> None:
        """End a pause or back-off, since its cause may be gone."""
        with self._state_lock:
            self.paused = False
            self._error = None
            self._failures = 0
            self._ready_t = -math.inf
            self._resumed = True
        self._wake.set()

    @override
    def run_step(self) -> float:
        self._report_state()
        return self.step()

    @abstractmethod
    def step(self) -> float:
        """Do one job, if one is due; return in how many seconds the next may be."""

    @abstractmethod
    def _report_state(self) -> None:
        """Send an event if the state has changed."""

    @override
    def log_error(self, err: Exception) -> None:
        if isinstance(err, sqlite3.Error):
            _LOGGER.error("The result of a job could not be stored: %s", err)
        else:
            super().log_error(err)

    def _delay_s(self) -> float:
        """Return for how many seconds no job is tried."""
        return math.inf if self.paused else max(0.0, self._ready_t - self._clock.monotonic())

    def _pause(self, error: str) -> None:
        """Do nothing until ``resume``, unless that was called during the job."""
        with self._state_lock:
            if not self._resumed:
                self.paused = True
                self._error = error

    def _back_off(
        self, error: str, *, at_least_s: float = 0.0, at_most_s: float = math.inf
    ) -> None:
        """Do nothing for a while, for longer after each failure in a row."""
        with self._state_lock:
            if self._resumed:
                return
            wait_s = max(at_least_s, min(at_most_s, self._backoff_s(self._failures)))
            self._failures += 1
            self._ready_t = self._clock.monotonic() + wait_s
            self._error = error

    def _backoff_s(self, failures_before: int) -> float:
        """Return how long to wait after another failure, at most ``LONGEST_WAIT_S``."""
        return backoff_s(failures_before + 1, (FIRST_WAIT_S, LONGEST_WAIT_S), self._rng)

"""Run tasks on a few threads; those of one lane run in order, one at a time."""

from collections import deque
import logging
from threading import Condition, Thread, current_thread
import time
from typing import TYPE_CHECKING

from ..core.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

_LOGGER = logging.getLogger(__name__)

MAX_WAITING = 2000
MAX_WAITING_BYTES = 128 * 2**20
PATIENCE_S = 10.0
"""How long ``submit`` waits for room: the sender is held up, and is no longer believed then."""


class Lanes:
    """Threads, made when they're needed, that run the tasks of many lanes."""

    def __init__(self, name: str, threads: int) -> None:
        self._name = name
        self._most = threads
        self._changed = Condition()
        # The condition's lock guards everything below.
        self._threads: list[Thread] = []
        self._idle = 0
        self._lanes: dict[object, deque[tuple[Callable[[], object], int]]] = {}
        self._ready: deque[object] = deque()
        self._waiting = 0
        self._bytes = 0
        self._running = 0
        self._closed = False

    def submit(self, lane: object, task: Callable[[], object], size: int = 0) -> None:
        """Run a task after those of its lane; without a lane (None), as soon as a thread is free.

        ``size`` is the memory that the task keeps. Raises ``ProtocolError`` if there's no room.
        """
        key = object() if lane is None else lane
        with self._changed:
            if not self._changed.wait_for(lambda: self._closed or self._has_room(), PATIENCE_S):
                raise ProtocolError("messages come faster than they can be handled")
            if self._closed:
                return
            if key in self._lanes:
                self._lanes[key].append((task, size))
            else:
                self._lanes[key] = deque([(task, size)])
                self._ready.append(key)
            self._waiting += 1
            self._bytes += size
            if len(self._ready) > self._idle and len(self._threads) < self._most:
                name = f"homesec-{self._name}-{len(self._threads)}"
                # Daemons: a task that hangs must not keep the process from ending.
                thread = Thread(target=self._work, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify_all()

    def close(self, timeout_s: float) -> bool:
        """Let the waiting tasks run, and end the threads; return whether all have run."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            done = self._changed.wait_for(
                lambda: not self._waiting and not self._running, timeout_s
            )
            if not done:
                self._lanes.clear()
                self._ready.clear()
                self._waiting = self._bytes = 0
            threads = list(self._threads)
        for thread in threads:
            if thread is not current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))
        return done

    def _has_room(self) -> bool:
        return self._waiting < MAX_WAITING and self._bytes < MAX_WAITING_BYTES

    def _work(self) -> None:
        while (found := self._next()) is not None:
            lane, task, size = found
            try:
                task()
            except Exception:
                _LOGGER.exception("A message could not be handled")
            with self._changed:
                self._running -= 1
                self._bytes = max(0, self._bytes - size)
                if self._lanes.get(lane):
                    self._ready.append(lane)
                else:
                    self._lanes.pop(lane, None)
                self._changed.notify_all()

    def _next(self) -> tuple[object, Callable[[], object], int] | None:
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._ready or (self._closed and not self._waiting))
            self._idle -= 1
            if not self._ready:
                return None
            lane = self._ready.popleft()
            task, size = self._lanes[lane].popleft()
            self._waiting -= 1
            self._running += 1
            return lane, task, size

"""The shared detector and its threads: every camera's newest frame in turn.

A camera has one slot. A newer task replaces the one that waits in it, so a slow detector never
builds a queue. Slots are served in the order in which they were filled, so that cameras which all
have something to show take turns, however fast each of them is. A second opinion on somebody who
seems to have come has a slot of its own: the next frame does not replace it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
import logging
import math
import random
from statistics import median
from threading import Condition, Event, Thread
import time
from typing import TYPE_CHECKING

from ..core.backoff import backoff_s
from ..core.errors import DetectorError, FrameBroken, HomeSecError
from ..core.events import DetectorChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.types import Detection
    from .cascade import CascadeDetector

    type Task = Callable[[CascadeDetector], list[Detection]]
    """Looks at a picture in some way. Called in a worker's thread."""
    type Reply = Callable[[list[Detection] | None], None]
    """Told what is in it; None: nobody could look. Called in a worker's thread: be quick."""

_LOGGER = logging.getLogger(__name__)

FAILURES_IN_A_ROW = 3  # until the detector is taken for broken and made anew
PATIENCE_S = 15.0  # that the first detector may take to be made
LOG_EVERY_S = 60.0  # a failing look is worth one line in this time


class _State(Enum):  # of the detector
    MAKING = auto()  # for the first time: frames wait
    READY = auto()
    FAILED = auto()  # or broken down: frames are answered with None until it is made anew


@dataclass(frozen=True, slots=True)
class _Job:
    slot: str
    task: Task
    reply: Reply
    timed: bool


class DetectionPool:
    """Looks at frames with one shared detector, which it makes, watches and makes again."""

    def __init__(
        self,
        *,
        create: Callable[[Event], CascadeDetector],
        on_change: Callable[[DetectorChanged], None],
        detector: str = "",
        model: str = "",
        workers: int = 1,
        retry_s: tuple[float, float] = (10.0, 600.0),
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        """Prepare; nothing runs before ``start``.

        ``create`` makes the detector, in a thread of the pool, and may download; it ends early when
        its event is set. ``on_change`` is called from the pool's threads and must not block.
        ``detector`` and ``model`` name what is wanted in the reports of a failure. ``retry_s`` is
        the shortest and the longest wait before another attempt.
        """
        self._create = create
        self._on_change = on_change
        self._wanted = (detector, model)
        self._retry_s = retry_s
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, keeps no secret
        self._stop = Event()
        self._changed = Condition()
        # All below is guarded by the condition's lock.
        self._waiting: dict[str, _Job] = {}  # in the order in which the slots were filled
        self._under_way: set[str] = set()
        self._state = _State.MAKING
        self._cascade: CascadeDetector | None = None
        self._looking = 0  # threads that use it
        self._failures = 0  # of the detector, since a look last went well
        self._failed_looks = 0  # in a row
        self._breakdown: Exception = DetectorError("stopped")
        self._recent_ms: deque[float] = deque(maxlen=50)
        self._frame_count = 0
        self._complained_at = -math.inf
        self._begun = clock()
        # Daemons, since a native call that hangs must not keep the process from ending.
        loops = {"homesec-detector": self._keep}
        loops |= {f"homesec-look-{index}": self._work for index in range(workers)}
        self._threads = [Thread(target=loop, name=n, daemon=True) for n, loop in loops.items()]

    def start(self) -> None:
        """Begin to make the detector and to look."""
        self._begun = self._clock()
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End the threads, drop what waits without a reply; the pool cannot start again."""
        self._stop.set()
        with self._changed:
            self._waiting.clear()
            self._changed.notify_all()
        deadline = time.monotonic() + timeout_s
        for thread in filter(Thread.is_alive, self._threads):
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            _LOGGER.warning("The detector did not stop within %.0f s", timeout_s)

    @property
    def inference_ms(self) -> float | None:
        """Median of the last looks in milliseconds, scaling included."""
        with self._changed:
            return median(self._recent_ms) if self._recent_ms else None

    @property
    def thresholds(self) -> tuple[float, float]:
        """Lowest score that counts: of a look, and of a second opinion; 1 without a detector."""
        with self._changed:
            cascade = self._cascade
        if cascade is None:
            return 1.0, 1.0
        return cascade.threshold, cascade.verified_threshold

    @property
    def has_verifier(self) -> bool:
        """Whether there is a second network to ask."""
        with self._changed:
            return self._cascade is not None and self._cascade.verifier is not None

    @property
    def unavailable(self) -> bool:
        """Whether nobody can look, nor will in a moment."""
        with self._changed:
            late = self._clock() - self._begun > PATIENCE_S
            return self._cascade is None and (late or self._state is not _State.MAKING)

    @property
    def frame_count(self) -> int:
        """Frames looked at so far."""
        with self._changed:
            return self._frame_count

    def submit(
        self, slot: str, task: Task, reply: Reply, *, wait_s: float = 0.0, timed: bool = True
    ) -> bool:
        """Put a task into a slot; return False if it replaced one that waited there.

        ``wait_s`` is how long to wait first for the slot to become free (``math.inf`` allowed).
        Each task is replied to once, unless it is replaced, forgotten or dropped by a stop: at
        once with None while there is no working detector. While the first is made, tasks wait.
        ``timed``: it is a common look, by which to judge how long looks take.
        """
        with self._changed:
            self._wait_for(lambda: slot not in self._waiting, wait_s)
            if self._stop.is_set():
                return True
            free = slot not in self._waiting
            # An assignment to a key that is there keeps its place in the order.
            self._waiting[slot] = _Job(slot, task, reply, timed)
            self._changed.notify_all()
            return free

    def cancel(self, slot: str) -> None:
        """Drop the task that waits; a look under way may still reply."""
        with self._changed:
            self._waiting.pop(slot, None)
            self._changed.notify_all()

    def is_idle(self, slot: str) -> bool:
        """Tell whether no task of the slot waits or is under way."""
        with self._changed:
            return self._idle(slot)

    def wait_until_idle(self, slot: str, timeout_s: float) -> bool:
        """Wait until the slot is idle; return whether it is."""
        with self._changed:
            self._wait_for(lambda: self._idle(slot), timeout_s)
            return self._idle(slot)

    def _idle(self, slot: str) -> bool:
        return slot not in self._waiting and slot not in self._under_way

    def _wait_for(self, ready: Callable[[], bool], timeout_s: float) -> None:
        if timeout_s > 0:
            self._changed.wait_for(
                lambda: ready() or self._stop.is_set(),
                None if math.isinf(timeout_s) else timeout_s,
            )

    def _keep(self) -> None:
        while not self._stop.is_set():
            try:
                cascade = self._create(self._stop)
            except Exception as err:  # noqa: BLE001 - reported, and tried again
                problem = err
            else:
                problem = self._serve(cascade)
            if not self._stop.is_set():
                self._stop.wait(self._fail(problem))

    def _serve(self, cascade: CascadeDetector) -> Exception:
        """Let the workers use a detector until it breaks down or the pool stops; then close it."""
        with self._changed:
            self._state, self._cascade, self._failed_looks = _State.READY, cascade, 0
            self._changed.notify_all()
        self._report(cascade)
        while not self._over_within(
            math.inf if cascade.verifier_error is None else self._retry_s[1]
        ):
            if cascade.load_verifier():
                self._report(cascade)
        with self._changed:
            self._cascade = None
            # Closing what another thread still uses would end the process.
            self._changed.wait_for(lambda: not self._looking)
        _guarded("Closing the detector", cascade.close)
        return self._breakdown

    def _over_within(self, timeout_s: float) -> bool:
        """Wait until the detector has broken down or the pool stops; return whether it did."""
        with self._changed:
            self._wait_for(lambda: self._state is not _State.READY, timeout_s)
            return self._stop.is_set() or self._state is not _State.READY

    def _report(self, cascade: CascadeDetector) -> None:
        if self._stop.is_set():
            return
        missing = cascade.verifier_error
        change = DetectorChanged(
            ready=True,
            detector=cascade.primary.name,
            model=cascade.primary.model,
            verifier=None if cascade.verifier is None else cascade.verifier.model,
            verifier_error=None if missing is None else missing.key,
            placeholders={} if missing is None else missing.placeholders,
        )
        _guarded("Reporting the detector", partial(self._on_change, change))

    def _fail(self, problem: Exception) -> float:
        """Make known that the detector does not work; return the seconds until another attempt."""
        with self._changed:
            self._state = _State.FAILED
            self._failures += 1
            failures = self._failures
            self._changed.notify_all()
        delay_s = backoff_s(failures, self._retry_s, self._rng)
        level = logging.WARNING if failures == 1 else logging.DEBUG
        _LOGGER.log(level, "%s; trying again in %.0f s", problem, delay_s)
        if not isinstance(problem, HomeSecError):
            problem = DetectorError(str(problem), reason=str(problem))
        detector, model = self._wanted
        change = DetectorChanged(
            ready=False,
            detector=detector,
            model=model,
            error=problem.key,
            placeholders={"detector": detector, "model": model, **problem.placeholders},
        )
        _guarded("Reporting the detector", partial(self._on_change, change))
        return delay_s

    def _work(self) -> None:
        while not self._stop.is_set():
            with self._changed:
                job = self._take()
                if job is None:
                    # Check again under the lock: a stop just before sends no further wake-up.
                    if not self._stop.is_set():
                        self._changed.wait()
                    continue
                cascade = self._cascade
                self._looking += cascade is not None
            found = self._look(cascade, job) if cascade else None
            with self._changed:
                self._looking -= cascade is not None
            _guarded("The reply to a look", partial(job.reply, found))
            with self._changed:
                self._under_way.discard(job.slot)
                self._changed.notify_all()

    def _take(self) -> _Job | None:
        """Take the slot that was filled first, of those whose last task has ended."""
        if self._stop.is_set() or self._state is _State.MAKING:
            return None
        for slot in self._waiting:
            if slot not in self._under_way:
                self._under_way.add(slot)
                self._changed.notify_all()
                return self._waiting.pop(slot)
        return None

    def _look(self, cascade: CascadeDetector, job: _Job) -> list[Detection] | None:
        began = self._clock()
        try:
            found = job.task(cascade)
        except FrameBroken as err:  # says nothing about the detector
            self._complain("A look failed: %s", err)
            return None
        except Exception as err:  # noqa: BLE001 - whatever a native library throws
            self._complain("A look failed: %s", err)
            with self._changed:
                self._failed_looks += 1
                if self._failed_looks >= FAILURES_IN_A_ROW and self._cascade is cascade:
                    self._state, self._cascade, self._breakdown = _State.FAILED, None, err
                    self._changed.notify_all()
            return None
        with self._changed:
            self._failures = self._failed_looks = 0
            if job.timed:
                self._frame_count += 1
                self._recent_ms.append((self._clock() - began) * 1000)
        return found

    def _complain(self, text: str, problem: Exception) -> None:
        """Log a failed look, unless one was logged a moment ago."""
        with self._changed:
            if (now := self._clock()) - self._complained_at < LOG_EVERY_S:
                return
            self._complained_at = now
        _LOGGER.warning(text, problem)


def _guarded(what: str, call: Callable[[], None]) -> None:
    """Call what is not ours: its exception is logged and ends no thread."""
    try:
        call()
    except Exception:
        _LOGGER.exception("%s failed", what)

"""Share one detector among all cameras: a waiting frame per camera, the newest wins.

Each camera has a slot. A newer job replaces the one that waits in it, so a slow detector never
builds up a queue. Slots are served in the order in which they were filled, so cameras take turns.
A verification has a slot of its own and is not replaced by the next frame.
"""

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

import numpy as np

from ..core.activity_board import BOARD, Work
from ..core.backoff import backoff_s
from ..core.errors import DetectorError, FrameBroken, HomeSecError
from ..core.events import DetectionPaused, DetectorChanged
from .camera_failures import CameraFailures

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.events import EngineEvent
    from ..core.types import Detection
    from .cascade import CascadeDetector

    type Task = Callable[[CascadeDetector], list[Detection]]
    """Detects objects in a frame. Called on a worker's thread."""
    type Reply = Callable[[list[Detection] | None], None]
    """Gets the detections, or None if there were none to be had. Called on a worker's thread, must
    not block."""

_LOGGER = logging.getLogger(__name__)

PATIENCE_S = 15.0  # that the first detector may take to load before it counts as unavailable
LOG_EVERY_S = 60.0  # failed jobs are logged once in this time
_TRIED_WIDTH, _TRIED_HEIGHT, _GRAY = 640, 384, 128  # picture with which a detector is tried


class _State(Enum):
    LOADING = auto()  # for the first time: jobs wait
    READY = auto()
    FAILED = auto()  # jobs get None until there is a new detector


@dataclass(frozen=True, slots=True)
class _Job:
    slot: str
    task: Task
    reply: Reply
    timed: bool


class DetectionPool:
    """Runs jobs on one shared detector, which it loads, supervises, and replaces."""

    def __init__(
        self,
        *,
        create: Callable[[Event], CascadeDetector],
        on_change: Callable[[EngineEvent], None],
        detector: str = "",
        model: str = "",
        workers: int = 1,
        retry_s: tuple[float, float] = (10.0, 600.0),
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        """Prepare; nothing runs before ``start``.

        ``create`` loads the detector on a thread of the pool and may download; it returns early
        when its event is set. ``on_change`` is called on the pool's threads and must not block.
        ``detector`` and ``model`` are named in reports of a failure. ``retry_s`` is the shortest
        and the longest wait before the next attempt.
        """
        self._create = create
        self._on_change = on_change
        self._wanted = (detector, model)
        self._retry_s = retry_s
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, keeps no secret
        self._stop = Event()
        self._changed = Condition()
        # The condition's lock guards everything below.
        self._waiting: dict[str, _Job] = {}  # in the order in which the slots were filled
        self._running: set[str] = set()  # slots
        self._state = _State.LOADING
        self._cascade: CascadeDetector | None = None
        self._users = 0  # threads that use it
        self._breakdowns = 0  # since a job last succeeded
        self._failures = CameraFailures(self._rng)
        self._error: Exception = DetectorError("stopped")
        self._recent_ms: deque[float] = deque(maxlen=50)
        self.frame_count = 0  # timed jobs that have succeeded
        self._freed_at_count = 0
        self._logged_at = -math.inf
        self._started_at = clock()
        # Daemons, since a native call that hangs must not keep the process from ending.
        loops = {"homesec-detector": self._supervise}
        loops |= {f"homesec-detect-{index}": self._work for index in range(workers)}
        self._threads = [Thread(target=loop, name=n, daemon=True) for n, loop in loops.items()]

    def start(self) -> None:
        """Start the threads."""
        self._started_at = self._clock()
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End the threads and drop waiting jobs without a reply; the pool cannot start again."""
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
        """Median duration of the last timed jobs in milliseconds, scaling included."""
        with self._changed:
            return median(self._recent_ms) if self._recent_ms else None

    @property
    def thresholds(self) -> tuple[float, float]:
        """Lowest confidence that counts, of detection and of verification; 1 if not loaded."""
        cascade = self._cascade
        return (cascade.threshold, cascade.verified_threshold) if cascade else (1.0, 1.0)

    @property
    def has_verifier(self) -> bool:
        """Whether candidates can be verified."""
        cascade = self._cascade
        return cascade is not None and cascade.verifier is not None

    @property
    def is_loaded(self) -> bool:
        """Whether there is a detector."""
        return self._cascade is not None

    @property
    def unavailable(self) -> bool:
        """Whether there is no detector, nor will be in a moment."""
        is_late = self._clock() - self._started_at > PATIENCE_S
        with self._changed:
            return self._cascade is None and (is_late or self._state is not _State.LOADING)

    def is_paused(self, camera_id: str) -> bool:
        """Whether nothing is detected for a camera, since its pictures made detection fail."""
        with self._changed:
            return self._failures.is_paused(camera_id, self._clock())

    def free_memory(self) -> None:
        """Free what the detector keeps for the next frame, if there was none since the last call.

        Call it every few seconds.
        """
        with self._changed:
            cascade = self._cascade
            is_idle = self.frame_count == self._freed_at_count and not self._running
            self._freed_at_count = self.frame_count
        if is_idle and cascade is not None:
            cascade.free_memory()

    def submit(
        self, slot: str, task: Task, reply: Reply, *, wait_s: float = 0.0, timed: bool = True
    ) -> bool:
        """Put a job into a slot; return False if it replaced a waiting one.

        ``slot`` is a camera's id, alone or followed by a space and a name. ``wait_s`` is how long
        to wait for the slot to become free (``math.inf`` allowed). Each job gets one reply, unless
        it is replaced, canceled, or dropped by a stop: None at once while there is no working
        detector, and while the camera is paused. While the first one loads, jobs wait. ``timed``
        jobs count for ``inference_ms`` and ``frame_count``.
        """
        with self._changed:
            self._wait_for(lambda: slot not in self._waiting, wait_s)
            if self._stop.is_set():
                return True
            free = slot not in self._waiting
            # Assigning to an existing key keeps its position in the order.
            self._waiting[slot] = _Job(slot, task, reply, timed)
            self._changed.notify_all()
            return free

    def cancel(self, slot: str) -> None:
        """Drop the job that waits in a slot; one that runs may still reply."""
        with self._changed:
            self._waiting.pop(slot, None)
            self._changed.notify_all()

    def is_idle(self, slot: str) -> bool:
        """Return whether no job of the slot waits or runs."""
        with self._changed:
            return slot not in self._waiting and slot not in self._running

    def wait_until_idle(self, slot: str, timeout_s: float) -> bool:
        """Wait until the slot is idle; return whether it is."""
        with self._changed:
            self._wait_for(lambda: self.is_idle(slot), timeout_s)
            return self.is_idle(slot)

    def _wait_for(self, ready: Callable[[], bool], timeout_s: float) -> None:
        if timeout_s > 0:
            self._changed.wait_for(
                lambda: ready() or self._stop.is_set(),
                None if math.isinf(timeout_s) else timeout_s,
            )

    def _supervise(self) -> None:
        while not self._stop.is_set():
            try:
                cascade = self._create(self._stop)
            except Exception as err:  # noqa: BLE001 - reported, and tried again
                error = err
            else:
                error = self._serve(cascade)
            if not self._stop.is_set():
                self._stop.wait(self._fail(error))

    def _serve(self, cascade: CascadeDetector) -> Exception:
        """Let the workers use a cascade until it fails or the pool stops; return its error."""
        with self._changed:
            self._state, self._cascade = _State.READY, cascade
            self._failures.clear()
            self._changed.notify_all()
        self._report_ready(cascade)
        while True:
            with self._changed:
                retry_s = math.inf if cascade.verifier_error is None else self._retry_s[1]
                self._wait_for(lambda: self._state is not _State.READY, retry_s)
                if self._stop.is_set() or self._state is not _State.READY:
                    self._cascade = None
                    # Closing it while another thread uses it would end the process.
                    self._changed.wait_for(lambda: not self._users)
                    break
            if cascade.load_verifier():
                self._report_ready(cascade)
        _run_callback("Closing the detector", cascade.close)
        return self._error

    def _report_ready(self, cascade: CascadeDetector) -> None:
        error = cascade.verifier_error
        self._report(
            DetectorChanged(
                ready=True,
                detector=cascade.primary.name,
                model=cascade.primary.model,
                verifier=None if cascade.verifier is None else cascade.verifier.model,
                verifier_error=None if error is None else error.key,
                placeholders={} if error is None else error.placeholders,
            )
        )

    def _fail(self, error: Exception) -> float:
        """Report that there is no detector; return the seconds until the next attempt."""
        with self._changed:
            self._state = _State.FAILED
            self._breakdowns += 1
            breakdowns = self._breakdowns
            self._changed.notify_all()
        delay_s = backoff_s(breakdowns, self._retry_s, self._rng)
        level = logging.WARNING if breakdowns == 1 else logging.DEBUG
        _LOGGER.log(level, "%s; trying again in %.0f s", error, delay_s)
        if not isinstance(error, HomeSecError):
            error = DetectorError(str(error), reason=str(error))
        detector, model = self._wanted
        self._report(
            DetectorChanged(
                ready=False,
                detector=detector,
                model=model,
                error=error.key,
                placeholders={"detector": detector, "model": model, **error.placeholders},
            )
        )
        return delay_s

    def _report(self, change: EngineEvent) -> None:
        if not self._stop.is_set():
            _run_callback("Reporting the detector", partial(self._on_change, change))

    def _work(self) -> None:
        while not self._stop.is_set():
            with self._changed:
                job = self._next_job()
                if job is None:
                    # Check again under the lock: a stop just before sends no further wake-up.
                    if not self._stop.is_set():
                        self._changed.wait()
                    continue
                paused = self._failures.is_paused(_camera_of(job.slot), self._clock())
                cascade = None if paused else self._cascade
                self._users += cascade is not None
            found = self._run_job(cascade, job) if cascade else None
            with self._changed:
                self._users -= cascade is not None
            _run_callback("The reply to a detection", partial(job.reply, found))
            with self._changed:
                self._running.discard(job.slot)
                self._changed.notify_all()

    def _next_job(self) -> _Job | None:
        """Take the job of the slot that was filled first, of those with no running job."""
        if self._stop.is_set() or self._state is _State.LOADING:
            return None
        for slot in self._waiting:
            if slot not in self._running:
                self._running.add(slot)
                self._changed.notify_all()
                return self._waiting.pop(slot)
        return None

    def _run_job(self, cascade: CascadeDetector, job: _Job) -> list[Detection] | None:
        start = self._clock()
        try:
            with BOARD.working(Work.DETECT, _camera_of(job.slot)):
                found = job.task(cascade)
        except Exception as err:  # noqa: BLE001 - native libraries raise anything
            self._handle_failed_job(cascade, _camera_of(job.slot), err)
            return None
        with self._changed:
            self._breakdowns = 0
            was_paused = self._failures.forget(_camera_of(job.slot))
            if job.timed:
                self.frame_count += 1
                self._recent_ms.append((self._clock() - start) * 1000)
        if was_paused:
            self._report(DetectionPaused(camera_id=_camera_of(job.slot), paused=False))
        return found

    def _handle_failed_job(
        self, cascade: CascadeDetector, camera_id: str, error: Exception
    ) -> None:
        """Log an error unless one was logged a moment ago.

        After several in a row of a camera, replace the detector if it fails with any picture.
        Otherwise, the camera's pictures are the cause, and only that camera is paused.
        """
        with self._changed:
            now = self._clock()
            is_due = now - self._logged_at >= LOG_EVERY_S
            if is_due:
                self._logged_at = now
            too_many = self._failures.add(camera_id)
        if is_due:
            _LOGGER.warning("Detection failed: %s", error)
        if not too_many:
            return
        works = isinstance(error, FrameBroken) or _try_detector(cascade)
        with self._changed:
            if not works:
                if self._cascade is cascade:
                    self._state, self._cascade, self._error = _State.FAILED, None, error
                    self._changed.notify_all()
                return
            is_new = self._failures.pause(camera_id, now)
        if is_new:
            _LOGGER.warning("Detection is paused for camera %s: %s", camera_id, error)
            self._report(DetectionPaused(camera_id=camera_id, paused=True))


def _camera_of(slot: str) -> str:
    return slot.partition(" ")[0]


def _try_detector(cascade: CascadeDetector) -> bool:
    """Return whether the networks work with a picture that is surely sound."""
    try:
        for detector in filter(None, (cascade.primary, cascade.verifier)):
            width, height = detector.fit(_TRIED_WIDTH, _TRIED_HEIGHT)
            detector.detect(np.full((height, width, 3), _GRAY, np.uint8))
    except Exception as err:  # noqa: BLE001 - native libraries raise anything
        _LOGGER.debug("The detector fails with any picture: %s", err)
        return False
    return True


def _run_callback(name: str, callback: Callable[[], None]) -> None:
    """Call foreign code: log its exception instead of ending the thread."""
    try:
        callback()
    except Exception:
        _LOGGER.exception("%s failed", name)

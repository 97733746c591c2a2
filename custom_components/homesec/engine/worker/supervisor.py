"""All worker processes of an engine: which cameras run in which, and what follows when one ends."""

import logging
import random
from threading import Event, RLock, Thread
import time
from typing import TYPE_CHECKING

from ..core.backoff import backoff_s
from ..core.camera_reports import CameraReport, WorkerReport
from ..core.errors import HomeSecError, SourceBroken
from ..core.events import DetectorChanged, HealthChanged
from ..core.types import Activity, CameraHealth
from . import methods
from .camera_process import SERVICE, CameraProcess
from .exit_report import signal_name
from .interface import WorkerStatus
from .memory import default_limit_bytes
from .process_tools import ProcessTools
from .process_tryout import ProcessTryout
from .suspects import Suspects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.camera_reports import ZonePreview
    from ..core.events import EngineEvent
    from ..core.source_feed import SourceFeed
    from ..core.types import CameraConfig, Zone
    from .exit_report import ExitReport
    from .interface import WorkerParent, WorkerSettings

_LOGGER = logging.getLogger(__name__)

STEADY_S = 60.0
"""A worker that lives longer isn't one that keeps crashing."""
RESTARTS_S = (1.0, 60.0)
"""Waits before a worker that keeps crashing is started; after one crash, there's none."""
CALL_S = 15.0
REMOVAL_S = 20.0
FORGIVE_EVERY_S = 30.0
ISOLATED_SHARE = 2
"""A camera alone may take one part of so many of a shared worker's memory."""


class SupervisedWorker:
    """Implements ``Worker`` with child processes."""

    def __init__(
        self,
        settings: WorkerSettings,
        parent: WorkerParent,
        *,
        memory_limit_bytes: int | None = None,
        rng: random.Random | None = None,
        service: str = SERVICE,
    ) -> None:
        self._settings = settings
        self._parent = parent
        self._limit_bytes = memory_limit_bytes or default_limit_bytes()
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, keeps no secret
        self._service = service
        self.tools = ProcessTools(parent, memory_limit_bytes=self._limit_bytes)
        self._stop = Event()
        self._forgiving = Thread(target=self._forgive, name="homesec-workers", daemon=True)
        self._lock = RLock()
        # The lock guards everything below.
        self._suspects = Suspects(time.monotonic, self._rng)
        self._shared = self._create("cameras", self._limit_bytes)
        self._alone: dict[str, CameraProcess] = {}  # by camera id
        self._failures = 0  # of the shared worker, in a row
        self._restarts = 0
        self._last_exit: str | None = None
        self._tryouts: list[ProcessTryout] = []

    def start(self) -> None:
        """Start the shared worker."""
        self._shared.start()
        self._forgiving.start()

    def stop(self, timeout_s: float) -> None:
        """End all workers; open clips are finalized."""
        self._stop.set()
        with self._lock:
            stops = [each.stop for each in (self._shared, *self._alone.values())]
            stops += [each.stop for each in self._tryouts]
        threads = [Thread(target=stop, args=(timeout_s,)) for stop in stops]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.tools.stop(timeout_s)

    def set_camera(self, config: CameraConfig, activity: Activity) -> None:
        """Add a camera, or change it; it restarts only if its source has changed."""
        with self._lock:
            if self._stop.is_set():
                return
            worker = self._worker(config.id)
            known = worker.cameras.get(config.id)
            if worker is self._shared or known is None or known[0].source == config.source:
                worker.set_camera(config, activity)
                return
            # Another source isn't to blame for what the one before did.
            self._suspects.forget(config.id)
            del self._alone[config.id]
        worker.stop(REMOVAL_S)
        self.set_camera(config, activity)

    def remove_camera(self, camera_id: str) -> None:
        """Stop and remove a camera; returns when its thread has ended."""
        with self._lock:
            worker = self._worker(camera_id)
            worker.forget_camera(camera_id)
            self._suspects.forget(camera_id)
            alone = self._alone.pop(camera_id, None)
        if alone is not None:
            alone.stop(REMOVAL_S)
            return
        try:
            worker.call(methods.REMOVE_CAMERA, REMOVAL_S, camera_id=camera_id)
        except HomeSecError as err:
            _LOGGER.debug("A camera ended with its worker: %s", err)

    def start_recording(self, camera_id: str, duration_s: float | None) -> str:
        """Start a manual recording; return its clip's id. Raises ``CameraNotRunning``."""
        worker = self._worker(camera_id)
        return worker.call(
            methods.START_RECORDING, CALL_S, camera_id=camera_id, duration_s=duration_s
        )

    def stop_recording(self, camera_id: str) -> None:
        """End a manual recording. Raises ``CameraNotRunning``."""
        self._worker(camera_id).call(methods.STOP_RECORDING, CALL_S, camera_id=camera_id)

    def wake(self, camera_id: str, sensor: str, *, trusted: bool) -> None:
        """Have a camera look closely for some seconds, unless it's off."""
        with self._lock:
            self._worker(camera_id).wake(camera_id, sensor, trusted=trusted)

    def learn_scene(self, camera_id: str) -> None:
        """Have a camera learn its scene anew, unless it's off."""
        with self._lock:
            self._worker(camera_id).learn_scene(camera_id)

    def jpeg(self, camera_id: str, width: int | None, *, opens: bool = False) -> bytes | None:
        """Return the newest frame as JPEG; None if there is none."""
        return self._worker(camera_id).call(
            methods.JPEG, CALL_S, camera_id=camera_id, width=width, opens=opens
        )

    def live_url(self, camera_id: str) -> str | None:
        """Return the address of a camera's live video; None if there's none."""
        return self._worker(camera_id).live_url(camera_id)

    def preview_zones(self, camera_id: str, zones: Sequence[Zone]) -> ZonePreview:
        """Detect objects in the newest frame, and judge them by zones that aren't saved yet."""
        return self._worker(camera_id).call(
            methods.PREVIEW_ZONES, CALL_S, camera_id=camera_id, zones=tuple(zones)
        )

    def create_tryout(self, config: CameraConfig, feed: SourceFeed | None) -> ProcessTryout:
        """Return a tryout of a camera, which has a process of its own and is to be stopped."""
        limit_bytes = self._limit_bytes // ISOLATED_SHARE
        tryout = ProcessTryout(
            config, feed, settings=self._settings, parent=self._parent, limit_bytes=limit_bytes
        )
        with self._lock:
            self._tryouts = [*(each for each in self._tryouts if not each.stopped), tryout]
            is_late = self._stop.is_set()
        if is_late:
            tryout.stop(0.0)
        return tryout

    @property
    def report(self) -> WorkerReport:
        """The newest reports of all workers together."""
        with self._lock:
            workers = [self._shared, *self._alone.values()]
            paused = self._suspects.paused
        cameras: dict[str, CameraReport] = {}
        for worker in workers:
            cameras.update(worker.report.cameras)
        for camera_id in paused:
            cameras[camera_id] = CameraReport(health=CameraHealth.LOST)
        return WorkerReport(
            cameras=cameras,
            inference_ms=workers[0].report.inference_ms,
            frame_count=sum(worker.frame_count for worker in workers),
        )

    @property
    def status(self) -> WorkerStatus:
        """How the workers are."""
        with self._lock:
            workers = [self._shared, *self._alone.values()]
            sizes = [each.rss_bytes for each in workers]
            sizes += [each.rss_bytes for each in self._tryouts]
            sizes += [each.rss_bytes for each in self.tools.processes]
            known = [size for size in sizes if size is not None]
            return WorkerStatus(
                running=sum(each.pid is not None for each in workers),
                restarts=self._restarts,
                last_exit=self._last_exit,
                rss_mb=round(sum(known) / 2**20, 1) if known else None,
                isolated=tuple(sorted(self._alone)),
                paused=tuple(sorted(self._suspects.paused)),
            )

    @property
    def pids(self) -> dict[str, int]:
        """The ids of the processes with cameras, by name."""
        with self._lock:
            workers = [self._shared, *self._alone.values()]
        return {each.name: each.pid for each in workers if each.pid is not None}

    def _worker(self, camera_id: str) -> CameraProcess:
        with self._lock:
            return self._alone.get(camera_id, self._shared)

    def _create(self, name: str, limit_bytes: int) -> CameraProcess:
        return CameraProcess(
            name,
            settings=self._settings,
            parent=self._parent,
            on_event=self._handle_event,
            on_exit=self._handle_exit,
            memory_limit_bytes=limit_bytes,
            service=self._service,
        )

    def _handle_event(self, worker: CameraProcess, event: EngineEvent) -> None:
        # Each worker loads the detector; the shared one speaks for all.
        if worker is self._shared or not isinstance(event, DetectorChanged):
            self._parent.handle_event(event)

    def _handle_exit(self, worker: CameraProcess, report: ExitReport) -> float:
        """Handle the end of a worker; return how long it waits before it's started again."""
        reason = signal_name(report.reason)
        with self._lock:
            self._restarts += 1
            self._last_exit = reason
            camera_ids = frozenset(worker.cameras)
            found = self._suspects.handle_exit(camera_ids, report)
            names = [worker.cameras[each][0].name for each in sorted(found)]
        suspected = f", perhaps because of {', '.join(names)}" if names else ""
        _LOGGER.warning("The worker process %s ended (%s)%s", worker.name, reason, suspected)
        self._parent.handle_exit(camera_ids)
        with self._lock:
            if worker is not self._shared:
                return self._pause(worker)
            for camera_id in found & self._suspects.isolated:
                self._isolate(camera_id)
            self._failures = 1 if report.lived_s > STEADY_S else self._failures + 1
            if found or self._failures == 1:
                return 0.0
            return backoff_s(self._failures - 1, RESTARTS_S, self._rng)

    def _isolate(self, camera_id: str) -> None:
        """Give a camera a worker of its own."""
        if (known := self._shared.cameras.get(camera_id)) is None:
            return
        config, activity = known
        self._shared.forget_camera(camera_id)
        _LOGGER.warning("The camera %s gets a worker process of its own", config.name)
        limit_bytes = self._limit_bytes // ISOLATED_SHARE
        worker = self._alone[camera_id] = self._create(f"camera-{camera_id[-6:]}", limit_bytes)
        worker.set_camera(config, activity)
        worker.adopt_wakes(camera_id, self._shared)
        if not self._stop.is_set():
            worker.start()

    def _pause(self, worker: CameraProcess) -> float:
        """Return how long a camera waits that has ended its own worker, and report that."""
        wait_s = 0.0
        for camera_id, (config, activity) in worker.cameras.items():
            wait_s = self._suspects.pause_s(camera_id)
            if wait_s and activity is not Activity.OFF:
                _LOGGER.error(
                    "The camera %s ended its worker process again; next try in %.0f s",
                    config.name,
                    wait_s,
                )
                self._parent.handle_event(
                    HealthChanged(
                        camera_id=camera_id, health=CameraHealth.LOST, error=SourceBroken.key
                    )
                )
        return wait_s

    def _forgive(self) -> None:
        """Bring cameras that have been quiet back to the shared worker."""
        while not self._stop.wait(FORGIVE_EVERY_S):
            with self._lock:
                self._suspects.forgive()
                quiet = self._alone.keys() - self._suspects.isolated
            for camera_id in quiet:
                self._end_isolation(camera_id)

    def _end_isolation(self, camera_id: str) -> None:
        with self._lock:
            worker = self._alone.get(camera_id)
            if worker is None:
                return
        worker.stop(REMOVAL_S)
        with self._lock:
            if self._alone.pop(camera_id, None) is None or self._stop.is_set():
                return
            for config, activity in worker.cameras.values():
                self._shared.set_camera(config, activity)

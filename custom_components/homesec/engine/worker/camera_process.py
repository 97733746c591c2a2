"""A worker process with some cameras, which is started again whenever it ends."""

from collections import deque
from functools import partial
import logging
from threading import Event, RLock, Thread, current_thread
import time
from typing import TYPE_CHECKING, Any

from ..core.camera_reports import WorkerReport
from ..core.errors import HomeSecError, WorkerMissing
from ..core.events import (
    ClipFailed,
    ClipSaved,
    ClipsLimited,
    ClipStarted,
    DetectionEnded,
    DetectionPaused,
    DetectionStarted,
    DetectionUpdated,
    DetectStreamChanged,
    HealthChanged,
    KeyframesMissing,
    SnapshotTaken,
    TamperChanged,
    ZoneChanged,
)
from ..core.live_address import live_url, open_listener
from ..core.types import WAKE_S, Activity, CameraHealth
from . import methods
from .checks import UnexpectedValue, check_values
from .process import WorkerProcess
from .token_bucket import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    import socket

    from ..core.events import EngineEvent
    from ..core.types import CameraConfig, Clip
    from .exit_report import ExitReport
    from .interface import WorkerParent, WorkerSettings
    from .method import Handler, Method

_LOGGER = logging.getLogger(__name__)

SERVICE = "engine.worker.camera_service"
EVENTS_AT_ONCE, EVENTS_PER_S = 2000, 200.0
"""Home Assistant's event loop gets no more, whatever a worker sends; 16 cameras send about 100."""
EVENT_PAUSE_S = 0.005
MAX_WAKES = 64  # kept for a process that ends within seconds
START_S = 120.0  # the import of the libraries, on a slow SD card under load


class CameraProcess:
    """Implements the part of ``CameraWorker`` that survives the process."""

    def __init__(
        self,
        name: str,
        *,
        settings: WorkerSettings,
        parent: WorkerParent,
        on_event: Callable[[CameraProcess, EngineEvent], None],
        on_exit: Callable[[CameraProcess, ExitReport], float],
        memory_limit_bytes: int | None = None,
        service: str = SERVICE,
    ) -> None:
        """``on_exit`` is called after each end and returns how long to wait before the next start.

        It's called on the process's own thread, when everything that the process had sent has been
        handled.
        """
        self.name = name
        self._settings = settings
        self._parent = parent
        self._on_event = on_event
        self._on_exit = on_exit
        self._limit_bytes = memory_limit_bytes
        self._service = service
        self._listener: socket.socket | None = None
        try:
            self._listener = open_listener()
        except OSError as err:
            _LOGGER.warning("There is no live video: %s", err)
        self._events = TokenBucket(burst=EVENTS_AT_ONCE, per_s=EVENTS_PER_S)
        self._stop = Event()
        self._thread = Thread(target=self._run, name=f"homesec-{name}", daemon=True)
        self._lock = RLock()
        # The lock guards everything below.
        self.cameras: dict[str, tuple[CameraConfig, Activity]] = {}
        self._known: set[str] = set()  # cameras that the running process has or has had
        self._wakes: deque[tuple[float, dict[str, object]]] = deque(maxlen=MAX_WAKES)
        """When each of the last ones came, and its arguments."""
        self._process: WorkerProcess | None = None
        self._earlier_frames = 0  # of processes that have ended
        self._report = WorkerReport()

    def start(self) -> None:
        """Start the process."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """End every camera and the process, which isn't started again."""
        self._stop.set()
        with self._lock:
            process = self._process
        if process is not None:
            try:
                process.connection.call(
                    methods.STOP, deadline_s=timeout_s + 1.0, timeout_s=timeout_s
                )
            except HomeSecError as err:
                _LOGGER.debug("The worker %s had to be ended: %s", self.name, err)
            process.stop()
        if self._thread is not current_thread() and self._thread.ident is not None:
            self._thread.join(timeout_s + 5.0)
        if self._listener is not None:
            self._listener.close()

    def live_url(self, camera_id: str) -> str | None:
        """Return the address of a camera's live video; processes that follow have the same."""
        if self._listener is None or self._stop.is_set():
            return None
        port: int = self._listener.getsockname()[1]
        return live_url(port, self._settings.live_secret, camera_id)

    def kill(self, reason: str) -> None:
        """End the process at once; it's started again."""
        with self._lock:
            if self._process is not None:
                self._process.kill(reason)

    @property
    def rss_bytes(self) -> int | None:
        """The memory that the process takes; None if there's none."""
        process = self._process
        return None if process is None else process.rss_bytes

    @property
    def pid(self) -> int | None:
        """The process's id; None if there's none."""
        process = self._process
        return None if process is None else process.pid

    @property
    def report(self) -> WorkerReport:
        """The newest report; without cameras if there's no process."""
        with self._lock:
            return self._report

    @property
    def frame_count(self) -> int:
        """The frames that this process and those before it have detected in."""
        with self._lock:
            return self._earlier_frames + self._report.frame_count

    def set_camera(self, config: CameraConfig, activity: Activity) -> None:
        """Add or change a camera, in each process to come, too."""
        with self._lock:
            self.cameras[config.id] = (config, activity)
            self._known.add(config.id)
            if self._process is not None:
                self._process.connection.notify(
                    methods.SET_CAMERA, config=config, activity=activity
                )
                return
        if activity is Activity.OFF:  # there's no session to say so
            off = HealthChanged(camera_id=config.id, health=CameraHealth.OFF)
            self._on_event(self, off)

    def forget_camera(self, camera_id: str) -> None:
        """Leave a camera out of the processes to come."""
        with self._lock:
            self.cameras.pop(camera_id, None)

    def wake(self, camera_id: str, sensor: str, *, trusted: bool) -> None:
        """Wake a camera; in the next process, too, if this one ends within seconds."""
        with self._lock:
            if camera_id not in self.cameras:
                return
            wake = {"camera_id": camera_id, "sensor": sensor, "trusted": trusted}
            self._wakes.append((time.monotonic(), wake))
            if self._process is not None:
                self._process.connection.notify(methods.WAKE, **wake)

    def adopt_wakes(self, camera_id: str, earlier: CameraProcess) -> None:
        """Wake a camera for what woke it in another process, before this one is started."""
        with earlier._lock:
            found = [each for each in earlier._wakes if each[1]["camera_id"] == camera_id]
        with self._lock:
            self._wakes.extend(found)

    def learn_scene(self, camera_id: str) -> None:
        """Have a camera learn its scene anew; a process that isn't there knows none."""
        with self._lock:
            if self._process is not None and camera_id in self.cameras:
                self._process.connection.notify(methods.LEARN_SCENE, camera_id=camera_id)

    def call[T](self, method: Method[T], deadline_s: float, **args: object) -> T:
        """Call the process. Raises ``WorkerMissing`` if there's none."""
        with self._lock:
            process = self._process
        if process is None:
            raise WorkerMissing
        return process.connection.call(method, deadline_s=deadline_s, **args)

    def _run(self) -> None:
        wait_s = 0.0
        while not self._stop.wait(wait_s):
            process = WorkerProcess(
                service=self._service,
                handlers=self._handlers(),
                name=self.name,
                on_start=self._begin,
                memory_limit_bytes=self._limit_bytes,
                inherited=() if self._listener is None else (self._listener.fileno(),),
            )
            report = process.run()
            with self._lock:
                self._process = None
                self._earlier_frames += self._report.frame_count
                self._report = WorkerReport()
            if self._stop.is_set():
                return
            try:
                wait_s = self._on_exit(self, report)
            except Exception:
                _LOGGER.exception("The end of a worker could not be handled")
                wait_s = 10.0

    def _begin(self, process: WorkerProcess) -> None:
        """Let a new process start its service, and give it all cameras."""
        # In one go: a stop meanwhile either finds the process, or is found here.
        with self._lock:
            if self._stop.is_set():  # while it was started
                process.stop()
                return
            Thread(
                target=self._start_service, args=(process,), name=f"homesec-{self.name}-start"
            ).start()
            self._process = process
            self._known = set(self.cameras)
            for config, activity in self.cameras.values():
                process.connection.notify(methods.SET_CAMERA, config=config, activity=activity)
            for came, wake in self._wakes:
                if time.monotonic() - came < WAKE_S:
                    process.connection.notify(methods.WAKE, **wake)

    def _start_service(self, process: WorkerProcess) -> None:
        try:
            live_fd = None if self._listener is None else self._listener.fileno()
            process.connection.call(
                methods.START, deadline_s=START_S, settings=self._settings, live_fd=live_fd
            )
        except HomeSecError as err:
            if process.connection.is_open and not self._stop.is_set():
                _LOGGER.error("The worker process can't run the cameras: %s", err)
                process.kill("its service did not start")

    def _handlers(self) -> Mapping[Method[Any], Handler]:
        parent = self._parent
        return {
            methods.EVENT: self._handle_event,
            methods.PICTURE: self._handle_event,
            methods.REPORT: self._handle_report,
            methods.PUT: partial(self._store, parent.put),
            methods.SAVE: partial(self._store, parent.save),
            methods.SAVE_TRACK_LOG: parent.save_track_log,
            methods.STREAM_URL: parent.stream_url,
            methods.SNAPSHOT: parent.snapshot,
            methods.OBTAIN_MODEL: self._obtain_model,
            methods.FIND_VERIFIER: parent.find_verifier,
        }

    def _handle_event(self, event: EngineEvent) -> None:
        camera_id = camera_of(event)
        if camera_id is not None and camera_id not in self._known:
            raise UnexpectedValue("an event of another camera")
        while not self._events.allow() and not self._stop.is_set():
            time.sleep(EVENT_PAUSE_S)
        self._on_event(self, event)

    def _handle_report(self, report: WorkerReport) -> None:
        if not report.cameras.keys() <= self._known:
            raise UnexpectedValue("a report of other cameras")
        check_values(report)
        with self._lock:
            self._report = report

    def _store(self, store: Callable[..., Clip | None], clip: Clip, **args: object) -> Clip | None:
        """Store a row of one of this process's cameras."""
        if clip.camera_id not in self._known:
            raise UnexpectedValue("a clip of another camera")
        return store(clip, **args)

    def _obtain_model(self, name: str, detector: str) -> object:
        """Find a model; another one than is in use, and its verifier, isn't asked for."""
        allowed = (self._settings.model, self._parent.find_verifier(self._settings.model))
        if name not in allowed or detector != self._settings.detector:
            raise UnexpectedValue("a model that isn't in use")
        return self._parent.obtain_model(name, detector)


def camera_of(event: EngineEvent) -> str | None:
    """Return the camera that an event is about; None if it's about none."""
    match event:
        case ClipStarted(clip=clip) | ClipSaved(clip=clip) | ClipFailed(clip=clip):
            return clip.camera_id
        case DetectionStarted() | DetectionUpdated() | DetectionEnded():
            return event.presence.camera_id
        case HealthChanged() | ZoneChanged() | SnapshotTaken() | TamperChanged():
            return event.camera_id
        case ClipsLimited() | DetectionPaused() | DetectStreamChanged() | KeyframesMissing():
            return event.camera_id
    return None

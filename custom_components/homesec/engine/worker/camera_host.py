"""The cameras, their detector, and their recordings: what a worker runs.

It's the same code in a child process and, for tests and plain scripts, in the parent's own.
"""

import logging
from pathlib import Path
import random
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING

from ..camera.session import CameraSession
from ..camera.zone_preview import preview_zones
from ..core.camera_reports import CameraReport, WorkerReport
from ..core.clock import SystemClock
from ..core.errors import CameraNotRunning
from ..core.live_address import live_url
from ..core.types import Activity, CameraHealth, SourceKind
from ..detection.cascade import load_cascade
from ..detection.pool import DetectionPool
from ..live.server import LiveServer
from .parent_calls import ParentFeed, ParentModels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    import socket

    from ..core.camera_reports import ZonePreview
    from ..core.clock import Clock
    from ..core.types import CameraConfig, Zone
    from ..detection.cascade import CascadeDetector
    from ..live.viewer import Viewer
    from ..recording.writer import ClipWriter
    from .interface import WorkerParent, WorkerSettings

_LOGGER = logging.getLogger(__name__)

PLACES = 5
PICTURE_S = 15.0
"""A camera that is off stays open for this long after a picture, for dashboards that request one
every 10 s."""
REMOVAL_S = 15.0  # a camera's thread that takes longer hangs in a driver, and is left behind


class CameraHost:
    """Owns the cameras' sessions, the detection pool, and the writers of clips.

    Implements ``CameraWorker``. Calls may come from any thread.
    """

    def __init__(
        self,
        settings: WorkerSettings,
        parent: WorkerParent,
        *,
        create_cascade: Callable[[threading.Event], CascadeDetector] | None = None,
        clock: Clock | None = None,
        rng: random.Random | None = None,
    ) -> None:
        """``create_cascade`` replaces the detector and model of the settings."""
        self._settings = settings
        self._parent = parent
        self._clock = clock or SystemClock()
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, keeps no secret
        self._pool = DetectionPool(
            create=create_cascade or self._load_cascade,
            on_change=parent.handle_event,
            detector=settings.detector,
            model=settings.model,
        )
        self._lock = threading.RLock()
        self.sessions: dict[str, tuple[CameraSession, threading.Thread]] = {}
        self._wanted: dict[str, tuple[CameraConfig, Activity]] = {}
        self._writers: set[ClipWriter] = set()
        self._ending: dict[str, tuple[CameraSession, threading.Thread]] = {}
        """Cameras without viewers, until their threads have ended."""
        self._stopping = False
        self._server: LiveServer | None = None

    def start(self) -> None:
        """Begin to load the detector; cameras can be set."""
        self._pool.start()

    def serve_live(self, listener: socket.socket) -> None:
        """Serve live video to those who connect; the socket belongs to the host now."""
        with self._lock:
            if self._stopping:
                listener.close()
                return
            self._server = LiveServer(listener, self._settings.live_secret, self)
            self._server.start()

    def stop(self, timeout_s: float) -> None:
        """End every thread; open clips are finalized."""
        deadline = time.monotonic() + timeout_s
        with self._lock:
            self._stopping = True
            sessions = [*self.sessions.values(), *self._ending.values()]
            self._wanted.clear()
        for session, _ in sessions:
            session.stop()
        if self._server is not None:
            self._server.refuse()
        for session, thread in sessions:
            _join(session, thread, deadline)
        if self._server is not None:
            self._server.join(max(0.1, deadline - time.monotonic()))
        self._pool.stop(max(0.1, deadline - time.monotonic()))
        for writer in self.writers:
            if not writer.join(max(0.1, deadline - time.monotonic())):
                _LOGGER.warning("Clip %s is finalized at the next start", writer.clip.id)

    @property
    def writers(self) -> list[ClipWriter]:
        """The writers of clips that may not be finalized yet."""
        with self._lock:
            return list(self._writers)

    def set_camera(self, config: CameraConfig, activity: Activity) -> None:
        """Add a camera, or change it; it restarts only if its source has changed."""
        with self._lock:
            if self._stopping:
                return
            self._wanted[config.id] = (config, activity)
            running = self.sessions.get(config.id)
            if running and _can_reconfigure(running[0], config, activity):
                running[0].reconfigure(config, activity)
                return
        self._end_session(config.id)
        self._begin_session(config.id)

    def remove_camera(self, camera_id: str) -> None:
        """Stop and remove a camera; its clips stay."""
        with self._lock:
            self._wanted.pop(camera_id, None)
        self._end_session(camera_id)

    def _end_session(self, camera_id: str) -> None:
        with self._lock:
            ended = [self._ending.pop(camera_id, None), self.sessions.pop(camera_id, None)]
        for running in ended:
            if running is not None:
                running[0].stop()
                _join(*running, time.monotonic() + REMOVAL_S)

    def _begin_session(self, camera_id: str, *, opens: bool = False) -> None:
        """Start a camera's thread; with ``opens``, that of a camera that is off, too."""
        with self._lock:
            if self._stopping or camera_id in self.sessions or camera_id not in self._wanted:
                return
            config, activity = self._wanted[camera_id]
            if activity is Activity.OFF and not opens:
                return
            outside = config.source.kind is SourceKind.ENTITY
            session = CameraSession(
                config,
                activity,
                feed=ParentFeed(self._parent, config.source.location) if outside else None,
                pool=self._pool,
                catalog=self._parent,
                clips_dir=self._settings.clips_dir,
                on_event=self._parent.handle_event,
                on_writer=self._add_writer,
                on_unwatched=self._end_unwatched,
                clock=self._clock,
                rng=self._rng,
            )
            # A daemon, since a native call that hangs must not keep the process from ending.
            thread = threading.Thread(
                target=session.run, name=f"homesec-camera-{config.id[-6:]}", daemon=True
            )
            self.sessions[config.id] = (session, thread)
            thread.start()

    def _open_for[T](self, camera_id: str, use: Callable[[CameraSession], T]) -> T | None:
        """Call ``use`` with a camera's session, which is begun if the camera is off.

        The session doesn't end in the meantime. Returns None if there's no such camera.
        """
        with self._lock:
            if (running := self.sessions.get(camera_id)) is not None:
                return use(running[0])
            ending = self._ending.pop(camera_id, None)
        if ending is not None:  # it has one connection at a time
            _join(*ending, time.monotonic() + REMOVAL_S)
        with self._lock:
            self._begin_session(camera_id, opens=True)
            running = self.sessions.get(camera_id)
            return None if running is None else use(running[0])

    def _end_unwatched(self, session: CameraSession) -> None:
        """End the session of a camera that is off and has no viewers; on its own thread."""
        camera_id = session.config.id
        with self._lock:
            running = self.sessions.get(camera_id)
            if running is None or running[0] is not session or session.live.is_wanted:
                return
            if session.activity is not Activity.OFF:
                return
            self._ending[camera_id] = self.sessions.pop(camera_id)
        session.stop()

    def open_live(self, camera_id: str, lead_s: float) -> Viewer | None:
        """Return a new viewer of a camera, which is opened if it's off; None if there's none."""
        return self._open_for(camera_id, lambda session: session.live.attach(lead_s))

    def close_live(self, camera_id: str, viewer: Viewer) -> None:
        """Forget a viewer that has gone."""
        with self._lock:
            running = self.sessions.get(camera_id)
        viewer.close()
        if running is not None:
            running[0].live.detach(viewer)

    def _add_writer(self, writer: ClipWriter) -> None:
        with self._lock:
            self._writers = {each for each in self._writers if not each.join(0)} | {writer}

    def start_recording(self, camera_id: str, duration_s: float | None) -> str:
        """Start a manual recording; return its clip's id. Raises ``CameraNotRunning``."""
        return self._session(camera_id).start_recording(duration_s)

    def stop_recording(self, camera_id: str) -> None:
        """End a manual recording. Raises ``CameraNotRunning``."""
        self._session(camera_id).stop_recording()

    def wake(self, camera_id: str, sensor: str, *, trusted: bool) -> None:
        """Have a camera look closely for some seconds, unless it's off."""
        with self._lock:
            running = self.sessions.get(camera_id)
        if running is not None:
            running[0].wake(sensor, trusted=trusted)

    def learn_scene(self, camera_id: str) -> None:
        """Have a camera learn its scene anew, unless it's off."""
        with self._lock:
            running = self.sessions.get(camera_id)
        if running is not None:
            running[0].learn_scene()

    def jpeg(self, camera_id: str, width: int | None, *, opens: bool = False) -> bytes | None:
        """Return the newest frame as JPEG; None if there is none."""
        if opens:
            session = self._open_for(camera_id, _keep_for_picture)
            return None if session is None else session.jpeg(width=width)
        with self._lock:
            running = self.sessions.get(camera_id)
        return running[0].jpeg(width=width) if running else None

    def preview_zones(self, camera_id: str, zones: Sequence[Zone]) -> ZonePreview:
        """Detect objects in the newest frame, and judge them by zones that aren't saved yet.

        Raises ``CameraNotRunning`` without a frame, ``DetectorError`` without a detector.
        """
        return preview_zones(self._session(camera_id), self._pool, zones)

    def _session(self, camera_id: str) -> CameraSession:
        with self._lock:
            running = self.sessions.get(camera_id)
        if running is None:
            raise CameraNotRunning
        return running[0]

    def camera_report(self, camera_id: str) -> CameraReport:
        """Return the state of one camera."""
        with self._lock:
            running = self.sessions.get(camera_id)
        if running is None:
            return CameraReport(health=CameraHealth.OFF)
        if running[0].activity is Activity.OFF:  # it's only opened for viewers
            return CameraReport(health=CameraHealth.OFF)
        running[0].check_watched()
        return CameraReport(health=running[0].health, stats=running[0].stats())

    def _live_url(self, camera_id: str) -> str | None:
        """Return the address of a camera's live video; None if it isn't served."""
        if self._server is None or self._stopping:
            return None
        port: int = self._server.server_address[1]
        return live_url(port, self._settings.live_secret, camera_id)

    @property
    def report(self) -> WorkerReport:
        """What is measured at the moment."""
        with self._lock:
            camera_ids = list(self.sessions)
        return WorkerReport(
            cameras={camera_id: self.camera_report(camera_id) for camera_id in camera_ids},
            inference_ms=self._pool.inference_ms,
            frame_count=self._pool.frame_count,
        )

    def free_memory(self) -> None:
        """Free what the networks keep for their next run, if there was none lately."""
        self._pool.free_memory()

    def _load_cascade(self, stop: threading.Event) -> CascadeDetector:
        """Have the parent find or download the models, and load them; on the pool's thread."""
        return load_cascade(
            ParentModels(self._parent), self._settings.detector, self._settings.model, stop=stop
        )


def _keep_for_picture(session: CameraSession) -> CameraSession:
    session.live.want(PICTURE_S)
    return session


def _can_reconfigure(session: CameraSession, config: CameraConfig, activity: Activity) -> bool:
    """Return whether a camera can do something else without a restart."""
    running = session.next_config
    if (running.source, running.detect_source) != (config.source, config.detect_source):
        return False
    if activity is Activity.OFF:  # it stays open for those who watch
        return session.live.is_wanted
    if session.activity is not Activity.OFF and session.health is CameraHealth.OFF:
        return running == config  # a file that was played to its end
    return True


def _join(session: CameraSession, thread: threading.Thread, deadline: float) -> None:
    """Wait for a camera's thread until ``deadline``; one that hangs in a driver is left behind."""
    thread.join(max(0.1, deadline - time.monotonic()))
    if thread.is_alive():
        name, places = session.config.name, _places(session.config.id)
        _LOGGER.warning("Camera %s did not stop in time. Its threads: %s", name, places)


def _places(camera_id: str) -> str:
    """Return the innermost calls of a camera's threads, which are named after it."""
    frames = sys._current_frames()  # noqa: SLF001 - there is no other way
    places = []
    for thread in threading.enumerate():
        if thread.name.endswith(camera_id[-6:]) and (frame := frames.get(thread.ident or 0)):
            stack = traceback.extract_stack(frame)[-PLACES:]
            calls = " > ".join(f"{Path(call.filename).name}:{call.lineno}" for call in stack)
            places.append(f"{thread.name} {calls}")
    return ", ".join(places)

"""The whole engine: all cameras, the shared detector, the library of clips, and texts."""

import logging
import random
import threading
import time
from typing import TYPE_CHECKING

from .camera.session import CameraSession
from .camera.zone_preview import preview_zones
from .core.clock import Clock, SystemClock
from .core.errors import CameraNotRunning
from .core.events import HealthChanged, ModelProgress
from .core.types import Activity, CameraHealth, CameraStats, EngineStats
from .detection.cascade import load_cascade
from .detection.pool import DetectionPool
from .library.library import ClipLibrary
from .library.start_errors import start_error
from .model_zoo.detectors import DEFAULT
from .model_zoo.manifest import default_model
from .model_zoo.store import ModelStore
from .sms.service import SmsService

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor
    from pathlib import Path

    from .cloud.object_store import CloudStore
    from .core.camera_reports import PreviewedDetection
    from .core.events import EngineEvent, EventSink
    from .core.source_feed import SourceFeed
    from .core.types import CameraConfig, Zone
    from .detection.cascade import CascadeDetector
    from .library.catalog import Catalog
    from .library.retention_policy import RetentionRules
    from .recording.writer import ClipWriter

_LOGGER = logging.getLogger(__name__)

CATALOG_NAME = "clips.db"


class HomeSecEngine:
    """Owns all parts and their threads, and reports events through one callback.

    Calls may come from any thread; all but ``health``, ``stats``, and ``engine_stats`` may block
    for a moment.
    """

    def __init__(
        self,
        *,
        clips_dir: Path,
        data_dir: Path,
        models_dir: Path,
        executor: ThreadPoolExecutor,
        on_event: EventSink,
        detector: str = DEFAULT,
        model: str | None = None,
        create_cascade: Callable[[threading.Event], CascadeDetector] | None = None,
        clock: Clock | None = None,
        rng: random.Random | None = None,
        cloud: CloudStore | None = None,
        retention: RetentionRules | None = None,
    ) -> None:
        """Prepare; nothing runs before ``start``.

        ``executor`` needs a thread per camera. ``create_cascade`` replaces what ``detector`` and
        ``model`` name. With ``cloud``, every clip is uploaded; without ``retention``, none is ever
        removed.
        """
        self._clips_dir = clips_dir
        self._data_dir = data_dir
        self._executor = executor
        self._sink = on_event
        self._clock = clock or SystemClock()
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, keeps no secret
        self._detector = detector
        self._model = model or default_model(detector)
        self._store = ModelStore(folder=models_dir)
        self._pool = DetectionPool(
            create=create_cascade or self._load_cascade,
            on_change=self._on_event,
            detector=self._detector,
            model=self._model,
        )
        self._lock = threading.RLock()
        self._sessions: dict[str, tuple[CameraSession, Future[None]]] = {}
        self._wanted: dict[str, tuple[CameraConfig, Activity, SourceFeed | None]] = {}
        self._writers: set[ClipWriter] = set()
        self._stopping = False
        self.library = ClipLibrary(
            path=data_dir / CATALOG_NAME,
            clips_dir=clips_dir,
            cloud=cloud,
            rules=retention,
            on_event=self._on_event,
            clock=self._clock,
            rng=self._rng,
        )
        self.sms = SmsService(
            cloud=lambda: self.library.cloud,
            on_event=self._on_event,
            clock=self._clock,
            rng=self._rng,
        )

    @property
    def catalog(self) -> Catalog:
        """The catalog of clips, open from ``start`` to ``stop``."""
        return self.library.catalog

    def start(self) -> None:
        """Open the catalog, finalize clips that a crash left open, and load the detector.

        Raises ``StartFailed`` when the folders can't be used; nothing is left running then.
        """
        try:
            self._clips_dir.mkdir(parents=True, exist_ok=True)
            self.library.start()
            self.sms.start(self.catalog.database, self.catalog.jobs)
            self._pool.start()
        except BaseException as err:
            self.stop()
            if not isinstance(err, Exception):
                raise
            catalog = self._data_dir / CATALOG_NAME
            raise start_error(err, clips_dir=self._clips_dir, catalog=catalog) from err

    def stop(self, timeout_s: float = 5.0) -> None:
        """End every thread; open clips are finalized."""
        deadline = time.monotonic() + timeout_s
        with self._lock:
            self._stopping = True
            sessions = list(self._sessions.values())
            self._wanted.clear()
        self.library.halt()
        self.sms.halt()
        for session, _ in sessions:
            session.stop()
        for session, future in sessions:
            _wait(session, future, deadline)
        self._pool.stop(max(0.1, deadline - time.monotonic()))
        with self._lock:
            writers = list(self._writers)
        for writer in writers:
            if not writer.join(max(0.1, deadline - time.monotonic())):
                _LOGGER.warning("Clip %s is finalized at the next start", writer.clip.id)
        self.sms.close(max(0.1, deadline - time.monotonic()))
        self.library.close(max(0.1, deadline - time.monotonic()))

    def set_camera(
        self, config: CameraConfig, activity: Activity, feed: SourceFeed | None = None
    ) -> None:
        """Add a camera, or change it; it restarts only if its source has changed."""
        with self._lock:
            if self._stopping:
                return
            self._wanted[config.id] = (config, activity, feed)
            running = self._sessions.get(config.id)
            if running and activity is not Activity.OFF and _can_reconfigure(*running, config):
                running[0].reconfigure(config, activity)
                return
        self._end_session(config.id)
        self._begin_session(config.id)

    def remove_camera(self, camera_id: str) -> None:
        """Stop and remove a camera; its clips stay."""
        with self._lock:
            self._wanted.pop(camera_id, None)
        self._end_session(camera_id)

    def set_activity(self, camera_id: str, activity: Activity) -> None:
        """Switch a camera off, or to detecting or recording."""
        with self._lock:
            wanted = self._wanted.get(camera_id)
        if wanted is not None:
            self.set_camera(wanted[0], activity, wanted[2])

    def start_recording(self, camera_id: str, duration_s: float | None = None) -> str:
        """Start a manual recording; return its clip's id. Raises ``CameraNotRunning``."""
        return self._session(camera_id).start_recording(duration_s)

    def stop_recording(self, camera_id: str) -> None:
        """End a manual recording. Raises ``CameraNotRunning``."""
        self._session(camera_id).stop_recording()

    def jpeg(self, camera_id: str, *, width: int | None = None) -> bytes | None:
        """Return the newest frame as JPEG; None if there is none."""
        with self._lock:
            running = self._sessions.get(camera_id)
        return running[0].jpeg(width=width) if running else None

    def preview_zones(self, camera_id: str, zones: Sequence[Zone]) -> list[PreviewedDetection]:
        """Detect objects in the newest frame, and judge them by zones that aren't saved yet.

        Raises ``CameraNotRunning`` without a frame, ``DetectorError`` without a detector.
        """
        return preview_zones(self._session(camera_id), self._pool, zones)

    def _session(self, camera_id: str) -> CameraSession:
        with self._lock:
            running = self._sessions.get(camera_id)
        if running is None:
            raise CameraNotRunning
        return running[0]

    def _begin_session(self, camera_id: str) -> None:
        with self._lock:
            if self._stopping or camera_id in self._sessions or camera_id not in self._wanted:
                return
            config, activity, feed = self._wanted[camera_id]
            if activity is Activity.OFF:
                return
            session = CameraSession(
                config,
                activity,
                feed=feed,
                pool=self._pool,
                catalog=self.catalog,
                clips_dir=self._clips_dir,
                on_event=self._on_event,
                on_writer=self._add_writer,
                clock=self._clock,
                rng=self._rng,
            )
            self._sessions[camera_id] = (session, self._executor.submit(session.run))

    def _end_session(self, camera_id: str) -> None:
        with self._lock:
            running = self._sessions.pop(camera_id, None)
        if running is None:
            return
        session, future = running
        session.stop()
        _wait(session, future, time.monotonic() + 5.0)

    def health(self, camera_id: str) -> CameraHealth:
        """Return the state of a camera's connection."""
        running = self._sessions.get(camera_id)
        return running[0].health if running else CameraHealth.OFF

    def stats(self, camera_id: str) -> CameraStats:
        """Return a camera's statistics; all zero while it's off."""
        running = self._sessions.get(camera_id)
        return running[0].stats() if running else CameraStats()

    def engine_stats(self) -> EngineStats:
        """Return statistics of the whole engine."""
        totals = self.library.totals
        return EngineStats(
            inference_ms=self._pool.inference_ms,
            frame_count=self._pool.frame_count,
            clips=totals.clips,
            clip_bytes=totals.bytes,
            cloud_clips=totals.cloud_clips,
            cloud_bytes=totals.cloud_bytes,
        )

    def _load_cascade(self, stop: threading.Event) -> CascadeDetector:
        """Find or download the models, and load them; on the pool's thread."""
        return load_cascade(
            self._store, self._detector, self._model, stop=stop, on_progress=self._report_progress
        )

    def _report_progress(self, model: str, have: int, total: int) -> None:
        self._on_event(ModelProgress(model=model, have_bytes=have, total_bytes=total))

    def _add_writer(self, writer: ClipWriter) -> None:
        with self._lock:
            self._writers = {each for each in self._writers if not each.join(0)} | {writer}

    def _on_event(self, event: EngineEvent) -> None:
        self.library.handle_event(event)
        if isinstance(event, HealthChanged):
            _LOGGER.debug("Camera %s is %s", event.camera_id, event.health)
        self._sink(event)


def _can_reconfigure(session: CameraSession, future: Future[None], config: CameraConfig) -> bool:
    """Return whether a camera can use another configuration without a restart."""
    if future.done():  # a file that was played to its end
        return session.next_config == config
    return session.next_config.source == config.source


def _wait(session: CameraSession, future: Future[None], deadline: float) -> None:
    """Wait for a camera's thread until ``deadline``; one that hangs in a driver is left behind."""
    try:
        future.result(max(0.1, deadline - time.monotonic()))
    except TimeoutError:
        _LOGGER.warning("Camera %s did not stop in time", session.config.name)

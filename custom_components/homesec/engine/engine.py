"""The whole engine: the cameras in their worker process, the library of clips, and texts."""

from contextlib import contextmanager
from functools import partial
import logging
import random
import threading
import time
from typing import TYPE_CHECKING

from .core.camera_reports import CameraReport
from .core.clock import Clock, SystemClock
from .core.errors import DiscoveryError, ModelBroken, SourceBroken, WorkerDied, WorkerError
from .core.events import HealthChanged
from .core.types import Activity, EngineStats
from .library.library import ClipLibrary
from .library.start_errors import start_error
from .model_zoo.detectors import DEFAULT
from .model_zoo.manifest import default_model
from .model_zoo.store import ModelStore
from .sms.service import SmsService
from .worker.interface import WorkerSettings
from .worker.parent import EngineParent
from .worker.retried_tools import RetriedTools
from .worker.supervisor import SupervisedWorker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from .cloud.object_store import CloudStore
    from .core.camera_reports import Probe, ZonePreview
    from .core.discovery import DeviceDetails, MovableDevice, Movement, OnvifDevice, Position
    from .core.events import EngineEvent, EventSink
    from .core.source_feed import SourceFeed
    from .core.types import CameraConfig, CameraHealth, CameraStats, Clip, SourceConfig, Zone
    from .detection.cascade import CascadeDetector
    from .library.catalog import Catalog
    from .library.retention_policy import RetentionRules
    from .model_zoo.manifest import ModelFiles
    from .worker.interface import CreateWorker, Tryout, Worker, WorkerParent, WorkerStatus

_LOGGER = logging.getLogger(__name__)

CATALOG_NAME = "clips.db"
ROW_WAIT_S = 2.0  # how long a manual recording waits for its clip's row


class HomeSecEngine:
    """Owns all parts and their threads, and reports events through one callback.

    Calls may come from any thread; all but ``health``, ``stats``, ``live_url``, ``engine_stats``,
    and ``worker_status`` may block for a moment.
    """

    def __init__(
        self,
        *,
        clips_dir: Path,
        data_dir: Path,
        models_dir: Path,
        on_event: EventSink,
        detector: str = DEFAULT,
        model: str | None = None,
        create_worker: CreateWorker | None = None,
        create_cascade: Callable[[threading.Event], CascadeDetector] | None = None,
        clock: Clock | None = None,
        rng: random.Random | None = None,
        cloud: CloudStore | None = None,
        retention: RetentionRules | None = None,
        purge_held: Callable[[], bool] = lambda: False,
    ) -> None:
        """Prepare; nothing runs before ``start``.

        ``create_worker`` creates what runs the cameras, by default processes of their own.
        ``create_cascade`` replaces what ``detector`` and ``model`` name, and has the cameras run in
        this process. With ``cloud``, every clip is uploaded; without ``retention``, none is ever
        removed by itself. See ``ClipLibrary`` for ``purge_held``.
        """
        self._clips_dir = clips_dir
        self._data_dir = data_dir
        self._sink = on_event
        clock = clock or SystemClock()
        rng = rng or random.Random()  # noqa: S311 - spreads retries, keeps no secret
        self._lock = threading.RLock()
        self._wanted: dict[str, tuple[CameraConfig, Activity, SourceFeed | None]] = {}
        self._stop = threading.Event()
        if create_worker is None:
            create_worker = partial(
                _create_worker, create_cascade=create_cascade, clock=clock, rng=rng
            )
        self._parent = EngineParent(
            rows=lambda: self.catalog,
            get_clip=self._get_clip,
            models=ModelStore(folder=models_dir),
            on_event=self._on_event,
            on_exit=self._handle_exit,
            stop=self._stop,
        )
        settings = WorkerSettings(
            clips_dir=clips_dir, detector=detector, model=model or default_model(detector)
        )
        self.worker: Worker = create_worker(settings, self._parent)
        self.library = ClipLibrary(
            path=data_dir / CATALOG_NAME,
            clips_dir=clips_dir,
            tools=RetriedTools(lambda: self.worker.tools),
            cloud=cloud,
            rules=retention,
            on_event=self._on_event,
            clock=clock,
            rng=rng,
            purge_held=purge_held,
        )
        self.sms = SmsService(
            cloud=lambda: self.library.cloud,
            on_event=self._on_event,
            clock=clock,
            rng=rng,
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
            self.worker.start()
        except BaseException as err:
            self.stop()
            if not isinstance(err, Exception):
                raise
            catalog = self._data_dir / CATALOG_NAME
            raise start_error(err, clips_dir=self._clips_dir, catalog=catalog) from err

    def stop(self, timeout_s: float = 5.0) -> None:
        """End every thread and process; open clips are finalized."""
        deadline = time.monotonic() + timeout_s
        with self._lock:
            self._stop.set()
            self._wanted.clear()
        self.library.halt()
        self.sms.halt()
        self.worker.stop(timeout_s)
        self.sms.close(max(0.1, deadline - time.monotonic()))
        self.library.close(max(0.1, deadline - time.monotonic()))

    def set_camera(
        self, config: CameraConfig, activity: Activity, feed: SourceFeed | None = None
    ) -> None:
        """Add a camera, or change it; it restarts only if its source has changed."""
        with self._lock:
            if self._stop.is_set():
                return
            self._wanted[config.id] = (config, activity, feed)
            self._parent.add_camera(config, feed)
        self.worker.set_camera(config, activity)

    def remove_camera(self, camera_id: str) -> None:
        """Stop and remove a camera; its clips stay."""
        with self._lock:
            self._wanted.pop(camera_id, None)
        self.worker.remove_camera(camera_id)

    def set_activity(self, camera_id: str, activity: Activity) -> None:
        """Switch a camera off, or to detecting or recording."""
        with self._lock:
            wanted = self._wanted.get(camera_id)
        if wanted is not None:
            self.set_camera(wanted[0], activity, wanted[2])

    def start_recording(self, camera_id: str, duration_s: float | None = None) -> str:
        """Start a manual recording; return its clip's id. Raises ``CameraNotRunning``."""
        clip_id = self.worker.start_recording(camera_id, duration_s)
        self._parent.wait_for_row(clip_id, ROW_WAIT_S)
        return clip_id

    def stop_recording(self, camera_id: str) -> None:
        """End a manual recording. Raises ``CameraNotRunning``."""
        self.worker.stop_recording(camera_id)

    def wake(self, camera_id: str, *, sensor: str, trusted: bool = False) -> None:
        """Replay a camera's pre-roll and look at every frame for 10 s, since a sensor reports.

        ``sensor`` is its name. If it's ``trusted``, or while no detector works, its word counts as
        a person. Nothing happens to a camera that's off.
        """
        self.worker.wake(camera_id, sensor, trusted=trusted)

    def learn_scene(self, camera_id: str) -> None:
        """Have a camera learn anew what it's meant to show, since it's moved on purpose."""
        self.worker.learn_scene(camera_id)

    def live_url(self, camera_id: str) -> str | None:
        """Return the address of a camera's live video, on this system only; None if there's none.

        It's an MPEG transport stream over HTTP. Who opens it watches: a camera that is off is open
        as long. It holds a password, so never log it. Doesn't block.
        """
        return self.worker.live_url(camera_id)

    def jpeg(
        self, camera_id: str, *, width: int | None = None, opens: bool = False
    ) -> bytes | None:
        """Return the newest frame as JPEG; None if there is none.

        ``opens``: a camera that is off is opened for some seconds, and has a picture in a moment.
        """
        try:
            return self.worker.jpeg(camera_id, width, opens=opens)
        except WorkerError:
            return None

    def preview_zones(self, camera_id: str, zones: Sequence[Zone]) -> ZonePreview:
        """Detect objects in the newest frame, and judge them by zones that aren't saved yet.

        Raises ``CameraNotRunning`` without a frame, ``DetectorError`` without a detector.
        """
        return self.worker.preview_zones(camera_id, zones)

    def probe(self, config: SourceConfig, feed: SourceFeed | None = None) -> Probe:
        """Open a source, decode one picture, and close it. Raises ``SourceError``."""
        with self._parent.lend_feed(config.location, feed):
            try:
                return self.worker.tools.probe(config)
            except WorkerDied as err:
                raise SourceBroken from err

    def try_camera(self, config: CameraConfig, feed: SourceFeed | None = None) -> Tryout:
        """Return a tryout of a camera that isn't saved yet, with this engine's detector.

        It's to be stopped. Nothing that it sees is recorded or reported.
        """
        return self.worker.create_tryout(config, feed)

    def try_model(self, detector: str, files: ModelFiles) -> None:
        """Load a model, and run it once. Raises ``DetectorError``."""
        try:
            self.worker.tools.try_model(detector, files)
        except WorkerDied as err:
            raise ModelBroken(
                f"{files.title} ends the process that runs it, or takes too long",
                model=files.title,
                detector=detector,
            ) from err

    def search(self, seconds: float) -> list[OnvifDevice]:
        """Search the network for ONVIF devices for that long. Raises ``DiscoveryError``."""
        try:
            return self.worker.tools.search(seconds)
        except WorkerError as err:
            raise DiscoveryError from err

    def read_device(
        self, address: str, username: str | None, password: str | None
    ) -> DeviceDetails:
        """Log in to an ONVIF device, and ask what it offers.

        ``address`` is that of an ``OnvifDevice``, or a host with or without port. Raises
        ``SourceError`` or ``DiscoveryError``.
        """
        try:
            return self.worker.tools.read_device(address, username, password)
        except WorkerDied as err:
            raise SourceBroken from err
        except WorkerError as err:
            raise DiscoveryError from err

    def move(self, device: MovableDevice, movement: Movement, seconds: float) -> None:
        """Begin to move a camera, until the next order, but no longer than that.

        No movement at all stops it. Raises ``SourceError``, ``DiscoveryError``, or ``MoveRefused``.
        """
        with _mover_errors():
            self.worker.tools.move(device, movement, seconds)

    def go_to(self, device: MovableDevice, position: str) -> None:
        """Move a camera to the stored position with this token. Raises as ``move``."""
        with _mover_errors():
            self.worker.tools.go_to(device, position)

    def read_positions(self, device: MovableDevice) -> list[Position]:
        """Return the positions that a camera has stored. Raises as ``move``."""
        with _mover_errors():
            return self.worker.tools.read_positions(device)

    def health(self, camera_id: str) -> CameraHealth:
        """Return the state of a camera's connection."""
        return self._report(camera_id).health

    def stats(self, camera_id: str) -> CameraStats:
        """Return a camera's statistics; all zero while it's off."""
        return self._report(camera_id).stats

    def _report(self, camera_id: str) -> CameraReport:
        return self.worker.report.cameras.get(camera_id, CameraReport())

    def engine_stats(self) -> EngineStats:
        """Return statistics of the whole engine."""
        totals, report = self.library.totals, self.worker.report
        return EngineStats(
            inference_ms=report.inference_ms,
            frame_count=report.frame_count,
            clips=totals.clips,
            clip_bytes=totals.bytes,
            cloud_clips=totals.cloud_clips,
            cloud_bytes=totals.cloud_bytes,
            deleted_clips=totals.deleted_clips,
            deleted_bytes=totals.deleted_bytes,
        )

    @property
    def worker_status(self) -> WorkerStatus:
        """How the worker is."""
        return self.worker.status

    def _get_clip(self, clip_id: str) -> Clip | None:
        return self.catalog.get(clip_id)

    def _handle_exit(self, camera_ids: frozenset[str]) -> None:
        if not self._stop.is_set():
            self.library.finish_interrupted(camera_ids)

    def _on_event(self, event: EngineEvent) -> None:
        self.library.handle_event(event)
        if isinstance(event, HealthChanged):
            _LOGGER.debug("Camera %s is %s", event.camera_id, event.health)
        self._sink(event)


@contextmanager
def _mover_errors() -> Iterator[None]:
    """Raise the errors of the process that moves cameras as those of a camera."""
    try:
        yield
    except WorkerDied as err:
        raise SourceBroken from err
    except WorkerError as err:
        raise DiscoveryError from err


def _create_worker(
    settings: WorkerSettings,
    parent: WorkerParent,
    *,
    create_cascade: Callable[[threading.Event], CascadeDetector] | None,
    clock: Clock,
    rng: random.Random,
) -> Worker:
    """Create the default worker: a child process, unless it's to run code of the caller's."""
    if create_cascade is None:
        return SupervisedWorker(settings, parent, rng=rng)
    # Late: it imports PyAV and NumPy, which Home Assistant's process does without.
    from .worker.in_process import InProcessWorker

    return InProcessWorker(settings, parent, create_cascade=create_cascade, clock=clock, rng=rng)

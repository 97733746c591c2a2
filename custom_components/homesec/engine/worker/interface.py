"""What the worker does for Home Assistant's process, and what it asks of it.

Each interface has two implementations: the code itself (``camera_host.py``, ``media_tools.py``, and
the engine), and a proxy that calls it in the other process. All arguments and results are frozen
dataclasses, enums, numbers, text, bytes, paths, and tuples, lists, or mappings of them. No module
that is imported here or by the proxies imports PyAV or NumPy.

A call raises ``WorkerDied`` if the worker ends meanwhile or doesn't answer before the call's
deadline, and ``WorkerMissing`` while there's no worker. ``start``, ``stop``, ``set_camera``,
``remove_camera``, and ``wake`` raise neither: the supervisor applies them to the next worker, too.
"""

from dataclasses import dataclass, field
import secrets
from typing import TYPE_CHECKING, Protocol

from ..core.clip_sink import ClipSink
from ..core.clip_tools import ClipTools

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ..core.camera_reports import Probe, WalkReport, WorkerReport, ZonePreview
    from ..core.discovery import DeviceDetails, MovableDevice, Movement, OnvifDevice, Position
    from ..core.events import EngineEvent
    from ..core.source_feed import SourceFeed
    from ..core.types import Activity, CameraConfig, SourceConfig, Zone
    from ..model_zoo.manifest import ModelFiles

    type CreateWorker = Callable[[WorkerSettings, WorkerParent], Worker]
    """Creates a worker that doesn't run yet; called once for an engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """What a worker gets at its start."""

    clips_dir: Path
    detector: str
    model: str
    live_secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    """From which the passwords of live video follow (``live_address.py``)."""


class WorkerParent(ClipSink, Protocol):
    """What a worker asks of its parent; any thread may call it.

    The rows of ``ClipSink`` are the answers to calls, and raise ``RowRefused``.
    """

    def handle_event(self, event: EngineEvent) -> None:
        """Take an event; they come in their order. Doesn't block, and has no answer."""

    def stream_url(self, location: str) -> str | None:
        """Return the URL of a camera outside of the engine; see ``SourceFeed``.

        ``location`` is that of the camera's source. Answers within 4 s, as ``snapshot`` does.
        Raises ``EntityUnavailable``.
        """

    def snapshot(self, location: str) -> bytes:
        """Return a JPEG or PNG of such a camera. Raises ``EntityUnavailable``."""

    def obtain_model(self, name: str, detector: str) -> ModelFiles:
        """Find or download a model, which may take minutes. Raises ``DetectorError``."""

    def find_verifier(self, name: str) -> str | None:
        """Return the name of the model that verifies a model's candidates."""

    def handle_exit(self, camera_ids: frozenset[str]) -> None:
        """Finish what a worker with these cameras left open; its last event was handled before.

        The supervisor calls it, before these cameras start in another worker.
        """


class ChildParent(WorkerParent, Protocol):
    """What a child process has as its parent; the supervisor takes the reports itself."""

    def handle_report(self, report: WorkerReport) -> None:
        """Take a report, which comes every second. Doesn't block, and has no answer."""


class CameraWorker(Protocol):
    """The cameras, their detector, and their recordings."""

    def start(self) -> None:
        """Begin to load the detector; cameras can be set."""

    def stop(self, timeout_s: float) -> None:
        """End every camera; open clips are finalized."""

    def set_camera(self, config: CameraConfig, activity: Activity) -> None:
        """Add a camera, or change it; it restarts only if its source has changed."""

    def remove_camera(self, camera_id: str) -> None:
        """Stop and remove a camera; returns when its thread has ended."""

    def start_recording(self, camera_id: str, duration_s: float | None) -> str:
        """Start a manual recording; return its clip's id. Raises ``CameraNotRunning``."""

    def stop_recording(self, camera_id: str) -> None:
        """End a manual recording. Raises ``CameraNotRunning``."""

    def wake(self, camera_id: str, sensor: str, *, trusted: bool) -> None:
        """Have a camera look closely for some seconds, since a sensor with this name reports.

        ``trusted``: that counts as a person. Nothing happens to a camera that's off. Doesn't block.
        """

    def learn_scene(self, camera_id: str) -> None:
        """Have a camera learn anew what it's meant to show, since it's moved on purpose.

        Nothing happens to a camera that's off. Doesn't block.
        """

    def jpeg(self, camera_id: str, width: int | None, *, opens: bool = False) -> bytes | None:
        """Return the newest frame as JPEG; None if there is none.

        ``opens``: a camera that is off is opened for some seconds, and has a picture in a moment.
        """

    def preview_zones(self, camera_id: str, zones: Sequence[Zone]) -> ZonePreview:
        """Detect objects in the newest frame, and judge them by zones that aren't saved yet.

        Raises ``CameraNotRunning`` without a frame, ``DetectorError`` without a detector.
        """


class MediaTools(ClipTools, Protocol):
    """Work on one clip, source, or model, which may end the process without a trace left."""

    def probe(self, config: SourceConfig) -> Probe:
        """Open a source, decode one picture, and close it. Raises ``SourceError``.

        The parent is asked for the stream URL or picture of a camera outside of the engine.
        """

    def try_model(self, detector: str, files: ModelFiles) -> None:
        """Load a model, and run it once. Raises ``DetectorError``."""

    def search(self, seconds: float) -> list[OnvifDevice]:
        """Search the network for ONVIF devices for that long. Raises ``DiscoveryError``."""

    def read_device(
        self, address: str, username: str | None, password: str | None
    ) -> DeviceDetails:
        """Log in to an ONVIF device, and ask what it offers.

        Raises ``SourceError`` or ``DiscoveryError``.
        """

    def move(self, device: MovableDevice, movement: Movement, seconds: float) -> None:
        """Begin to move a camera, or stop it. Raises as ``Movers.move`` does."""

    def go_to(self, device: MovableDevice, position: str) -> None:
        """Move a camera to a stored position. Raises as ``Movers.move`` does."""

    def read_positions(self, device: MovableDevice) -> list[Position]:
        """Return the positions that a camera has stored. Raises as ``Movers.move`` does."""


class Tryout(Protocol):
    """A camera that isn't saved yet, which may end its process."""

    def jpeg(self, width: int | None) -> bytes | None:
        """Return the newest picture; None if there is none, or none yet.

        The source is opened, and stays open for some seconds.
        """

    def walk(self, seconds: float) -> WalkReport:
        """Detect until something is seen that counts, but no longer than that; blocks meanwhile.

        Raises ``SourceError`` if the camera can't be reached, and ``DetectorError`` without a
        detector.
        """

    def stop(self, timeout_s: float) -> None:
        """Close the source; calls that run raise ``WorkerDied`` or end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """How a worker is, for diagnostics."""

    in_process: bool = False
    running: int = 0  # children
    restarts: int = 0  # since the start of the engine
    last_exit: str | None = None  # why the last one ended: "signal 11", "memory", "no heartbeat"
    rss_mb: float | None = None
    isolated: tuple[str, ...] = ()  # ids of cameras with a child of their own
    paused: tuple[str, ...] = ()  # ids of cameras that wait, since they ended it several times


class Worker(CameraWorker, Protocol):
    """A worker as the engine has it: its state is in memory, and it may be restarted by itself."""

    @property
    def tools(self) -> MediaTools:
        """The tools, in a child of their own that is started when they're used."""

    def create_tryout(self, config: CameraConfig, feed: SourceFeed | None) -> Tryout:
        """Return a tryout of a camera, which has a process of its own and is to be stopped.

        ``feed`` gives the pictures of a camera outside of the engine.
        """

    def live_url(self, camera_id: str) -> str | None:
        """Return the address of a camera's live video, on this system; None if there's none.

        It holds a password, and changes when the camera gets another worker. Doesn't block.
        """

    @property
    def report(self) -> WorkerReport:
        """The newest report; with several children, all of theirs together."""

    @property
    def status(self) -> WorkerStatus:
        """How it is."""

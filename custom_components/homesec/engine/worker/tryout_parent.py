"""The parent of a tryout's cameras: keeps their newest events, and refuses their recordings."""

from threading import Condition
from typing import TYPE_CHECKING

from ..core.errors import CameraNotRunning, RowRefused
from ..core.events import DetectionStarted, DetectorChanged, HealthChanged, SnapshotTaken
from ..core.types import CameraHealth
from .remote_errors import error_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.errors import HomeSecError
    from ..core.events import EngineEvent
    from ..core.source_feed import SourceFeed
    from ..core.types import Clip, Presence
    from ..model_zoo.manifest import ModelFiles
    from .interface import WorkerParent


class TryoutParent:
    """Implements ``WorkerParent``."""

    def __init__(self, parent: WorkerParent, feed: SourceFeed | None = None) -> None:
        """Without ``feed``, ``parent`` is asked for a camera outside of the engine."""
        self._parent = parent
        self._feed = feed
        self.changed = Condition()
        # The condition's lock guards everything below.
        self.running = False  # whether the camera is connected
        self.lost: HomeSecError | None = None  # why it isn't
        self.detector: DetectorChanged | None = None
        self.presence: Presence | None = None  # the first one since ``forget_presence``
        self.picture: bytes | None = None  # a JPEG of it, with its box
        self._is_ended = False

    def wait_for(self, condition: Callable[[], object], timeout_s: float) -> bool:
        """Wait for an event that fulfills a condition; return whether one did in time.

        Raises ``CameraNotRunning`` once ``end`` was called.
        """
        with self.changed:
            met = self.changed.wait_for(lambda: self._is_ended or condition(), timeout_s)
            if self._is_ended:
                raise CameraNotRunning
            return bool(met)

    def end(self) -> None:
        """End what waits for an event."""
        with self.changed:
            self._is_ended = True
            self.changed.notify_all()

    def forget_presence(self) -> None:
        """Wait for another presence."""
        with self.changed:
            self.presence = self.picture = None

    def handle_event(self, event: EngineEvent) -> None:
        """Take an event."""
        with self.changed:
            match event:
                case HealthChanged():
                    self.running = event.health is CameraHealth.RUNNING
                    if event.health is CameraHealth.LOST:
                        self.lost = error_of(event.error or "", event.placeholders)
                    elif event.health is not CameraHealth.CONNECTING:
                        self.lost = None
                case DetectorChanged():
                    self.detector = event
                case DetectionStarted() if self.presence is None:
                    self.presence = event.presence
                case SnapshotTaken() if self.presence is not None and self.picture is None:
                    self.picture = event.jpeg
            self.changed.notify_all()

    def stream_url(self, location: str) -> str | None:
        """Return the URL of a camera outside of the engine. Raises ``EntityUnavailable``."""
        if self._feed is None:
            return self._parent.stream_url(location)
        return self._feed.stream_url()

    def snapshot(self, location: str) -> bytes:
        """Return a picture of such a camera. Raises ``EntityUnavailable``."""
        if self._feed is None:
            return self._parent.snapshot(location)
        return self._feed.snapshot()

    def obtain_model(self, name: str, detector: str) -> ModelFiles:
        """Find or download a model. Raises ``DetectorError``."""
        return self._parent.obtain_model(name, detector)

    def find_verifier(self, name: str) -> str | None:
        """Return the name of the model that verifies a model's candidates."""
        return self._parent.find_verifier(name)

    def put(self, clip: Clip) -> None:
        """Nothing is recorded. Raises ``RowRefused``."""
        raise RowRefused(f"a tryout has no clip {clip.id}")

    def save(self, clip: Clip, tracks: bytes | None = None) -> Clip:
        """Nothing is recorded. Raises ``RowRefused``."""
        del tracks
        raise RowRefused(f"a tryout has no clip {clip.id}")

    def save_track_log(self, clip_id: str, zones: tuple[str, ...], tracks: bytes | None) -> None:
        """Nothing is recorded. Raises ``RowRefused``."""
        del zones, tracks
        raise RowRefused(f"a tryout has no clip {clip_id}")

    def handle_exit(self, camera_ids: frozenset[str]) -> None:
        """Nothing was left open."""

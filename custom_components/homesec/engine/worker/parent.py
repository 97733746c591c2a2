"""The side of the engine that answers a worker: rows, models, and cameras outside of the engine.

Nothing that comes from a worker is used unchecked.
"""

from collections import deque
from contextlib import contextmanager
import logging
import sqlite3
import threading
from typing import TYPE_CHECKING

from ..core.errors import EntityUnavailable, RowRefused, WorkerError
from ..core.events import DetectionStarted, ModelProgress
from .checks import check_event, check_new_clip, check_values
from .open_presences import OpenPresences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..core.clip_sink import ClipSink
    from ..core.events import EngineEvent, EventSink
    from ..core.source_feed import SourceFeed
    from ..core.types import CameraConfig, Clip
    from ..model_zoo.manifest import ModelFiles
    from ..model_zoo.store import ModelStore

_LOGGER = logging.getLogger(__name__)

LOG_EVERY = 100  # of refused events, the first and then one of so many is logged
ROW_WAIT_S = 0.3
"""How long a detection waits for its clip's row, which is being stored. The disk may be slow, and
then it's announced without."""
ROWS_REMEMBERED = 1000


class EngineParent:
    """Implements ``WorkerParent``; any thread may call it."""

    def __init__(
        self,
        *,
        rows: Callable[[], ClipSink],
        get_clip: Callable[[str], Clip | None],
        models: ModelStore,
        on_event: EventSink,
        on_exit: Callable[[frozenset[str]], None],
        stop: threading.Event,
    ) -> None:
        """``rows`` returns the catalog; ``stop`` interrupts downloads."""
        self._rows = rows
        self._get_clip = get_clip
        self._models = models
        self._on_event = on_event
        self._on_exit = on_exit
        self._stop = stop
        self._lock = threading.Lock()
        self._camera_ids: set[str] = set()  # removed ones, too: their last clips may be open
        self._feeds: dict[str, SourceFeed] = {}
        self._presences = OpenPresences()
        self._row_stored = threading.Condition()
        self._stored: deque[str] = deque(maxlen=ROWS_REMEMBERED)  # ids of clips with a row
        self._refused = 0

    def add_camera(self, config: CameraConfig, feed: SourceFeed | None) -> None:
        """Take what a worker says about a camera, and let it ask for ``feed``."""
        with self._lock:
            self._camera_ids.add(config.id)
            if feed is not None:
                self._feeds[config.source.location] = feed

    @contextmanager
    def lend_feed(self, location: str, feed: SourceFeed | None) -> Iterator[None]:
        """Let the worker ask for a feed meanwhile."""
        with self._lock:
            before = self._feeds.get(location)
            if feed is not None:
                self._feeds[location] = feed
        try:
            yield
        finally:
            with self._lock:
                if before is None:
                    self._feeds.pop(location, None)
                else:
                    self._feeds[location] = before

    def handle_event(self, event: EngineEvent) -> None:
        """Pass on an event that is plausible."""
        try:
            check_event(event, self._camera_ids)
        except WorkerError as err:
            self._refused += 1
            if self._refused % LOG_EVERY == 1:
                _LOGGER.error("An event of the worker process was refused: %s", err)
            return
        self._presences.handle_event(event)
        if isinstance(event, DetectionStarted) and event.clip_id is not None:
            self.wait_for_row(event.clip_id, ROW_WAIT_S)
        self._on_event(event)

    def wait_for_row(self, clip_id: str, timeout_s: float) -> bool:
        """Wait until a clip that was begun can be found by its id; return whether it can."""
        with self._row_stored:
            return self._row_stored.wait_for(lambda: clip_id in self._stored, timeout_s)

    def handle_exit(self, camera_ids: frozenset[str]) -> None:
        """End what the cameras of a worker that died had begun."""
        for event in self._presences.end(camera_ids):
            self._on_event(event)
        self._on_exit(camera_ids)

    def put(self, clip: Clip) -> None:
        """Add a clip's row, or update what its recording knows. Raises ``RowRefused``."""
        with _refusals():
            self._check(clip)
            self._rows().put(clip)
        with self._row_stored:
            if clip.id not in self._stored:
                self._stored.append(clip.id)
            self._row_stored.notify_all()

    def save(self, clip: Clip, tracks: bytes | None = None) -> Clip:
        """Store a finished clip with its packed tracks; return its row. Raises ``RowRefused``."""
        with _refusals():
            self._check(clip)
            check_values(tracks)
            return self._rows().save(clip, tracks)

    def save_track_log(self, clip_id: str, zones: tuple[str, ...], tracks: bytes | None) -> None:
        """Store zones and packed tracks of a clip. Raises ``RowRefused``."""
        with _refusals():
            check_values([zones, tracks])
            known = self._get_clip(clip_id)
            if known is None or known.camera_id not in self._camera_ids:
                raise RowRefused("there is no such clip")
            self._rows().save_track_log(clip_id, zones, tracks)

    def _check(self, clip: Clip) -> None:
        """Refuse what would change a clip of another camera."""
        check_new_clip(clip, self._camera_ids)
        known = self._get_clip(clip.id)
        if known is not None and (known.camera_id, known.path) != (clip.camera_id, clip.path):
            raise RowRefused("another camera has a clip of this id")

    def stream_url(self, location: str) -> str | None:
        """Return the URL of a camera outside of the engine. Raises ``EntityUnavailable``."""
        return self._feed(location).stream_url()

    def snapshot(self, location: str) -> bytes:
        """Return a picture of such a camera. Raises ``EntityUnavailable``."""
        return self._feed(location).snapshot()

    def _feed(self, location: str) -> SourceFeed:
        with self._lock:
            feed = self._feeds.get(location)
        if feed is None:
            raise EntityUnavailable
        return feed

    def obtain_model(self, name: str, detector: str) -> ModelFiles:
        """Find or download a model. Raises ``DetectorError``."""

        def report(have: int, total: int) -> None:
            self._on_event(ModelProgress(model=name, have_bytes=have, total_bytes=total))

        return self._models.obtain(name, detector, stop=self._stop, on_progress=report)

    def find_verifier(self, name: str) -> str | None:
        """Return the name of the model that verifies a model's candidates."""
        return self._models.verifier_of(name)


@contextmanager
def _refusals() -> Iterator[None]:
    """Raise ``RowRefused`` for whatever keeps a row from being stored."""
    try:
        yield
    except (sqlite3.Error, WorkerError) as err:
        raise RowRefused(str(err)) from err

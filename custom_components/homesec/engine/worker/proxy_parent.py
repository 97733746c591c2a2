"""The parent, as the code in a worker has it: every call goes to the other process."""

from functools import partial
import logging
from typing import TYPE_CHECKING

from ..core.errors import (
    EntityUnavailable,
    ModelUnavailable,
    ProtocolError,
    RowRefused,
    WorkerDied,
    WorkerError,
)
from ..core.events import SnapshotTaken
from . import methods

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.camera_reports import WorkerReport
    from ..core.errors import HomeSecError
    from ..core.events import EngineEvent
    from ..core.types import Clip
    from ..model_zoo.manifest import ModelFiles
    from .connection import Connection
    from .method import Method

_LOGGER = logging.getLogger(__name__)

ROW_S = 60.0
FEED_S = 8.0
MODEL_S = 3600.0  # a download over a slow line


class ProxyParent:
    """Implements ``ChildParent``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def handle_event(self, event: EngineEvent) -> None:
        """Send an event."""
        try:
            if isinstance(event, SnapshotTaken):
                self._connection.notify(methods.PICTURE, event=event)
            else:
                self._connection.notify(methods.EVENT, event=event)
        except WorkerDied as err:
            _LOGGER.debug("An event could not be sent: %s", err)  # this process ends, too
        except ProtocolError as err:
            _LOGGER.error("%s could not be sent: %s", type(event).__name__, err)

    def handle_report(self, report: WorkerReport) -> None:
        """Send a report."""
        try:
            self._connection.notify(methods.REPORT, report=report)
        except ProtocolError as err:
            _LOGGER.debug("A report could not be sent: %s", err)

    def put(self, clip: Clip) -> None:
        """Add or update a clip's row. Raises ``RowRefused``."""
        self._store(methods.PUT, clip=clip)

    def save(self, clip: Clip, tracks: bytes | None = None) -> Clip:
        """Store a finished clip; return its row. Raises ``RowRefused``."""
        return self._store(methods.SAVE, clip=clip, tracks=tracks)

    def save_track_log(self, clip_id: str, zones: tuple[str, ...], tracks: bytes | None) -> None:
        """Store zones and tracks of a clip that is being recorded. Raises ``RowRefused``."""
        self._store(methods.SAVE_TRACK_LOG, clip_id=clip_id, zones=zones, tracks=tracks)

    def stream_url(self, location: str) -> str | None:
        """Return the URL of a camera outside of the engine. Raises ``EntityUnavailable``."""
        return self._call(methods.STREAM_URL, FEED_S, EntityUnavailable, location=location)

    def snapshot(self, location: str) -> bytes:
        """Return a picture of such a camera. Raises ``EntityUnavailable``."""
        return self._call(methods.SNAPSHOT, FEED_S, EntityUnavailable, location=location)

    def obtain_model(self, name: str, detector: str) -> ModelFiles:
        """Find or download a model. Raises ``DetectorError``."""
        error = partial(ModelUnavailable, model=name)
        return self._call(methods.OBTAIN_MODEL, MODEL_S, error, name=name, detector=detector)

    def find_verifier(self, name: str) -> str | None:
        """Return the name of the model that verifies a model's candidates."""
        return self._call(methods.FIND_VERIFIER, ROW_S, ModelUnavailable, name=name)

    def handle_exit(self, camera_ids: frozenset[str]) -> None:
        """Only the supervisor calls it, in the parent itself."""
        raise NotImplementedError

    def _store[T](self, method: Method[T], **args: object) -> T:
        return self._call(method, ROW_S, RowRefused, **args)

    def _call[T](
        self,
        method: Method[T],
        deadline_s: float,
        error: Callable[[str], HomeSecError],
        **args: object,
    ) -> T:
        """Call the parent; raise ``error`` if it can't be reached."""
        try:
            return self._connection.call(method, deadline_s=deadline_s, **args)
        except WorkerError as err:
            raise error(str(err)) from err

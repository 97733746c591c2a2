"""The parent, as the code in the child has it."""

from typing import TYPE_CHECKING

from ..core.errors import EntityUnavailable, ModelUnavailable, RowRefused, WorkerError
from ..core.events import SnapshotTaken
from .calls import (
    FIND_VERIFIER,
    HANDLE_EVENT,
    HANDLE_REPORT,
    HANDLE_SNAPSHOT,
    OBTAIN_MODEL,
    PUT_CLIP,
    SAVE_CLIP,
    SAVE_TRACK_LOG,
    SNAPSHOT,
    STREAM_URL,
)

if TYPE_CHECKING:
    from ..core.camera_reports import WorkerReport
    from ..core.events import EngineEvent
    from ..core.types import Clip
    from ..model_zoo.manifest import ModelFiles
    from .connection import Connection

ROW_S = 60.0  # SQLite waits for other connections, and a disk may take its time
FEED_S = 6.0  # the parent's own limit is 4 s
MODEL_S = 3600.0  # a slow line


class ParentProxy:
    """Implements ``ChildParent``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def handle_event(self, event: EngineEvent) -> None:
        """Send an event; of the snapshots that a slow reader hasn't read, only the newest."""
        if isinstance(event, SnapshotTaken):
            self._connection.notify(HANDLE_SNAPSHOT, event=event)
        else:
            self._connection.notify(HANDLE_EVENT, event=event)

    def handle_report(self, report: WorkerReport) -> None:
        """Send a report."""
        self._connection.notify(HANDLE_REPORT, report=report)

    def handle_exit(self, camera_ids: frozenset[str]) -> None:
        """Do nothing: only the parent itself learns of a worker's end."""

    def put(self, clip: Clip) -> None:
        """Add a clip's row, or update what its recording knows. Raises ``RowRefused``."""
        try:
            self._connection.call(PUT_CLIP, deadline_s=ROW_S, clip=clip)
        except WorkerError as err:
            raise RowRefused(str(err)) from err

    def save(self, clip: Clip, tracks: bytes | None = None) -> Clip:
        """Store a finished clip with its packed tracks; return its row. Raises ``RowRefused``."""
        try:
            return self._connection.call(SAVE_CLIP, deadline_s=ROW_S, clip=clip, tracks=tracks)
        except WorkerError as err:
            raise RowRefused(str(err)) from err

    def save_track_log(self, clip_id: str, zones: tuple[str, ...], tracks: bytes | None) -> None:
        """Store zones and packed tracks of a clip. Raises ``RowRefused``."""
        try:
            self._connection.call(
                SAVE_TRACK_LOG, deadline_s=ROW_S, clip_id=clip_id, zones=zones, tracks=tracks
            )
        except WorkerError as err:
            raise RowRefused(str(err)) from err

    def stream_url(self, location: str) -> str | None:
        """Return the URL of a camera outside of the engine. Raises ``EntityUnavailable``."""
        try:
            return self._connection.call(STREAM_URL, deadline_s=FEED_S, location=location)
        except WorkerError:
            raise EntityUnavailable from None

    def snapshot(self, location: str) -> bytes:
        """Return a picture of such a camera. Raises ``EntityUnavailable``."""
        try:
            return self._connection.call(SNAPSHOT, deadline_s=FEED_S, location=location)
        except WorkerError:
            raise EntityUnavailable from None

    def obtain_model(self, name: str, detector: str) -> ModelFiles:
        """Find or download a model. Raises ``DetectorError``."""
        try:
            return self._connection.call(
                OBTAIN_MODEL, deadline_s=MODEL_S, name=name, detector=detector
            )
        except WorkerError as err:
            raise ModelUnavailable(
                str(err), model=name, detector=detector, reason=str(err)
            ) from err

    def find_verifier(self, name: str) -> str | None:
        """Return the name of the model that verifies a model's candidates."""
        return self._connection.call(FIND_VERIFIER, deadline_s=ROW_S, name=name)

"""The services of the children, as the parent calls them, and what they may call of it."""

from typing import TYPE_CHECKING, Any

from .calls import (
    CONFIGURE,
    DISCARD_EMPTY,
    FINALIZE,
    FIND_VERIFIER,
    HANDLE_EVENT,
    HANDLE_REPORT,
    HANDLE_SNAPSHOT,
    JPEG,
    OBTAIN_MODEL,
    PREVIEW_ZONES,
    PROBE,
    PUT_CLIP,
    READ_INDEX,
    REMOVE_CAMERA,
    SAVE_CLIP,
    SAVE_TRACK_LOG,
    SET_CAMERA,
    SNAPSHOT,
    START_RECORDING,
    STOP,
    STOP_RECORDING,
    STREAM_URL,
    TRY_MODEL,
    WRITE_STILL,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ..core.camera_reports import PreviewedDetection, Probe, WorkerReport
    from ..core.clip_files import ClipInfo
    from ..core.types import Activity, CameraConfig, Clip, SourceConfig, Zone
    from ..model_zoo.manifest import ModelFiles
    from .connection import Connection, Handler, Method
    from .interface import WorkerParent, WorkerSettings

# Deadlines in seconds. A worker that keeps its heartbeat may still hang in one call.
CONFIGURE_S = 60.0  # it imports PyAV and NumPy
SET_S = 30.0  # the session before may hang for 5 s, and so may opening a webcam
RECORDING_S = 10.0  # a camera's thread has 3 s for it
PICTURE_S = 10.0
PREVIEW_S = 10.0  # the detector has 3 s for it
STOP_SLACK_S = 3.0
PROBE_S = 60.0
MODEL_S = 60.0
READ_S = 120.0  # a large clip on a slow network share
FINALIZE_S = 300.0


class CameraProxy:
    """Implements ``CameraWorker`` with one child, which gets its settings by ``configure``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def configure(self, settings: WorkerSettings) -> None:
        """Begin to load the detector; cameras can be set."""
        self._connection.call(CONFIGURE, deadline_s=CONFIGURE_S, settings=settings)

    def stop(self, timeout_s: float) -> None:
        """End every camera; open clips are finalized."""
        deadline_s = timeout_s + STOP_SLACK_S
        self._connection.call(STOP, deadline_s=deadline_s, timeout_s=timeout_s)

    def set_camera(self, config: CameraConfig, activity: Activity) -> None:
        """Add a camera, or change it."""
        self._connection.call(SET_CAMERA, deadline_s=SET_S, config=config, activity=activity)

    def remove_camera(self, camera_id: str) -> None:
        """Stop and remove a camera."""
        self._connection.call(REMOVE_CAMERA, deadline_s=SET_S, camera_id=camera_id)

    def start_recording(self, camera_id: str, duration_s: float | None) -> str:
        """Start a manual recording; return its clip's id."""
        return self._connection.call(
            START_RECORDING, deadline_s=RECORDING_S, camera_id=camera_id, duration_s=duration_s
        )

    def stop_recording(self, camera_id: str) -> None:
        """End a manual recording."""
        self._connection.call(STOP_RECORDING, deadline_s=RECORDING_S, camera_id=camera_id)

    def jpeg(self, camera_id: str, width: int | None) -> bytes | None:
        """Return the newest frame as JPEG; None if there is none."""
        return self._connection.call(JPEG, deadline_s=PICTURE_S, camera_id=camera_id, width=width)

    def preview_zones(self, camera_id: str, zones: Sequence[Zone]) -> list[PreviewedDetection]:
        """Detect objects in the newest frame, and judge them by the zones."""
        return self._connection.call(
            PREVIEW_ZONES, deadline_s=PREVIEW_S, camera_id=camera_id, zones=tuple(zones)
        )


class ToolsProxy:
    """Implements ``MediaTools`` with one child."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def finalize(self, final: Path, comment: str | None) -> ClipInfo:
        """Make the final file of a clip from its partial one."""
        return self._connection.call(FINALIZE, deadline_s=FINALIZE_S, final=final, comment=comment)

    def discard_empty(self, final: Path) -> bool:
        """Remove a partial file that surely holds no picture; return whether it did."""
        return self._connection.call(DISCARD_EMPTY, deadline_s=READ_S, final=final)

    def read_index(self, path: Path) -> ClipInfo:
        """Find out what a finalized clip contains."""
        return self._connection.call(READ_INDEX, deadline_s=READ_S, path=path)

    def write_still(self, clips_dir: Path, clip: Clip) -> str | None:
        """Write the still of a finalized clip; return its path."""
        return self._connection.call(WRITE_STILL, deadline_s=READ_S, clips_dir=clips_dir, clip=clip)

    def probe(self, config: SourceConfig) -> Probe:
        """Open a source, decode one picture, and close it. Raises ``SourceError``."""
        return self._connection.call(PROBE, deadline_s=PROBE_S, config=config)

    def try_model(self, detector: str, files: ModelFiles) -> None:
        """Load a model, and run it once. Raises ``DetectorError``."""
        self._connection.call(TRY_MODEL, deadline_s=MODEL_S, detector=detector, files=files)


def parent_handlers(
    parent: WorkerParent, handle_report: Callable[[WorkerReport], None]
) -> Mapping[Method[Any], Handler]:
    """Return the methods that a child may call."""
    return {
        HANDLE_EVENT: parent.handle_event,
        HANDLE_SNAPSHOT: parent.handle_event,
        HANDLE_REPORT: handle_report,
        PUT_CLIP: parent.put,
        SAVE_CLIP: parent.save,
        SAVE_TRACK_LOG: parent.save_track_log,
        STREAM_URL: parent.stream_url,
        SNAPSHOT: parent.snapshot,
        OBTAIN_MODEL: parent.obtain_model,
        FIND_VERIFIER: parent.find_verifier,
    }

"""The methods that the two processes call of each other: names, types, and order.

Methods in the same lane are handled in the order in which they were sent. Events have a thread of
their own in the parent, so that they keep their order, whatever they are about.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.camera_reports import PreviewedDetection, Probe, WorkerReport
from ..core.clip_files import ClipInfo
from ..core.events import EngineEvent, SnapshotTaken
from ..core.types import Activity, CameraConfig, Clip, SourceConfig, Zone
from ..model_zoo.manifest import ModelFiles
from .connection import Method
from .interface import WorkerSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

_EVENTS = "events"


def _camera(args: Mapping[str, Any]) -> str:
    return str(args["camera_id"])


def _clip(args: Mapping[str, Any]) -> str:
    return str(args["clip"].id)


# What a worker with cameras does.
CONFIGURE: Method[None] = Method(name="configure", args={"settings": WorkerSettings})
STOP: Method[None] = Method(name="stop", args={"timeout_s": float})
SET_CAMERA: Method[None] = Method(
    name="set_camera",
    args={"config": CameraConfig, "activity": Activity},
    lane=lambda args: str(args["config"].id),
)
REMOVE_CAMERA: Method[None] = Method(name="remove_camera", args={"camera_id": str}, lane=_camera)
START_RECORDING: Method[str] = Method(
    name="start_recording", args={"camera_id": str, "duration_s": float | None}, result=str
)
STOP_RECORDING: Method[None] = Method(name="stop_recording", args={"camera_id": str})
JPEG: Method[bytes | None] = Method(
    name="jpeg", args={"camera_id": str, "width": int | None}, result=bytes | None
)
PREVIEW_ZONES: Method[list[PreviewedDetection]] = Method(
    name="preview_zones",
    args={"camera_id": str, "zones": Sequence[Zone]},
    result=list[PreviewedDetection],
)

# What a worker with tools does.
FINALIZE: Method[ClipInfo] = Method(
    name="finalize", args={"final": Path, "comment": str | None}, result=ClipInfo
)
DISCARD_EMPTY: Method[bool] = Method(name="discard_empty", args={"final": Path}, result=bool)
READ_INDEX: Method[ClipInfo] = Method(name="read_index", args={"path": Path}, result=ClipInfo)
WRITE_STILL: Method[str | None] = Method(
    name="write_still", args={"clips_dir": Path, "clip": Clip}, result=str | None
)
PROBE: Method[Probe] = Method(name="probe", args={"config": SourceConfig}, result=Probe)
TRY_MODEL: Method[None] = Method(name="try_model", args={"detector": str, "files": ModelFiles})

# What a worker asks of its parent.
HANDLE_EVENT: Method[None] = Method(
    name="handle_event", args={"event": EngineEvent}, thread=_EVENTS
)
HANDLE_SNAPSHOT: Method[None] = Method(
    name="handle_snapshot",
    args={"event": SnapshotTaken},
    thread=_EVENTS,
    lane=lambda args: str(args["event"].camera_id),
    droppable=True,
)
HANDLE_REPORT: Method[None] = Method(
    name="handle_report", args={"report": WorkerReport}, droppable=True
)
PUT_CLIP: Method[None] = Method(name="put_clip", args={"clip": Clip}, lane=_clip)
SAVE_CLIP: Method[Clip] = Method(
    name="save_clip", args={"clip": Clip, "tracks": bytes | None}, result=Clip, lane=_clip
)
SAVE_TRACK_LOG: Method[None] = Method(
    name="save_track_log",
    args={"clip_id": str, "zones": tuple[str, ...], "tracks": bytes | None},
    lane=lambda args: str(args["clip_id"]),
)
STREAM_URL: Method[str | None] = Method(
    name="stream_url", args={"location": str}, result=str | None
)
SNAPSHOT: Method[bytes] = Method(name="snapshot", args={"location": str}, result=bytes)
OBTAIN_MODEL: Method[ModelFiles] = Method(
    name="obtain_model", args={"name": str, "detector": str}, result=ModelFiles
)
FIND_VERIFIER: Method[str | None] = Method(
    name="find_verifier", args={"name": str}, result=str | None
)

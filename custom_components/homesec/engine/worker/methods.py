"""What the processes ask of each other: the interfaces of ``interface.py`` as messages."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.camera_reports import Probe, WalkReport, WorkerReport, ZonePreview
from ..core.clip_files import ClipInfo
from ..core.discovery import DeviceDetails, MovableDevice, Movement, OnvifDevice, Position
from ..core.events import (
    ClipFailed,
    ClipSaved,
    ClipsLimited,
    ClipStarted,
    DetectionEnded,
    DetectionPaused,
    DetectionStarted,
    DetectionUpdated,
    DetectorChanged,
    DetectStreamChanged,
    FilesSetAside,
    HealthChanged,
    KeyframesMissing,
    SnapshotTaken,
    TamperChanged,
    ZoneChanged,
)
from ..core.types import Activity, CameraConfig, Clip, SourceConfig, Zone
from ..model_zoo.manifest import ModelFiles
from .interface import WorkerSettings
from .method import Method

if TYPE_CHECKING:
    from collections.abc import Mapping

type WorkerEvent = (
    ClipFailed
    | ClipSaved
    | ClipStarted
    | ClipsLimited
    | DetectionEnded
    | DetectionPaused
    | DetectionStarted
    | DetectionUpdated
    | DetectorChanged
    | DetectStreamChanged
    | FilesSetAside
    | HealthChanged
    | KeyframesMissing
    | TamperChanged
    | ZoneChanged
)
"""All that a worker reports; pictures have a message of their own."""

EVENTS = "events"
"""The thread on which the parent handles events, in their order."""


def _camera(args: Mapping[str, Any]) -> str:
    return f"camera {args['camera_id']}"


def _clip(args: Mapping[str, Any]) -> str:
    return f"clip {args['clip'].id}"


# Of the parent to the cameras' worker
START: Method[None] = Method(name="start", args={"settings": WorkerSettings, "live_fd": int | None})
"""``live_fd``: the socket that the child has inherited, on which viewers of live video connect."""
STOP: Method[None] = Method(name="stop", args={"timeout_s": float})
SET_CAMERA: Method[None] = Method(
    name="set_camera",
    args={"config": CameraConfig, "activity": Activity},
    lane=lambda args: f"camera {args['config'].id}",
)
REMOVE_CAMERA: Method[None] = Method(name="remove_camera", args={"camera_id": str}, lane=_camera)
START_RECORDING: Method[str] = Method(
    name="start_recording",
    args={"camera_id": str, "duration_s": float | None},
    result=str,
    lane=_camera,
)
STOP_RECORDING: Method[None] = Method(name="stop_recording", args={"camera_id": str}, lane=_camera)
WAKE: Method[None] = Method(
    name="wake", args={"camera_id": str, "sensor": str, "trusted": bool}, lane=_camera
)
LEARN_SCENE: Method[None] = Method(name="learn_scene", args={"camera_id": str}, lane=_camera)
JPEG: Method[bytes | None] = Method(
    name="jpeg",
    args={"camera_id": str, "width": int | None, "opens": bool},
    result=bytes | None,
)
PREVIEW_ZONES: Method[ZonePreview] = Method(
    name="preview_zones",
    args={"camera_id": str, "zones": Sequence[Zone]},
    result=ZonePreview,
)

# Of a worker to its parent
EVENT: Method[None] = Method(name="event", args={"event": WorkerEvent}, thread=EVENTS)
PICTURE: Method[None] = Method(
    name="picture",
    args={"event": SnapshotTaken},
    thread=EVENTS,
    lane=lambda args: str(args["event"].camera_id),
    droppable=True,
)
REPORT: Method[None] = Method(
    name="report",
    args={"report": WorkerReport},
    thread=EVENTS,
    lane=lambda _: "report",
    droppable=True,
)
PUT: Method[None] = Method(name="put", args={"clip": Clip}, lane=_clip)
SAVE: Method[Clip] = Method(
    name="save", args={"clip": Clip, "tracks": bytes | None}, result=Clip, lane=_clip
)
SAVE_TRACK_LOG: Method[None] = Method(
    name="save_track_log",
    args={"clip_id": str, "zones": tuple[str, ...], "tracks": bytes | None},
    lane=lambda args: f"clip {args['clip_id']}",
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

# Of the parent to the tools' worker
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

# Of the parent to the worker of a tryout
TRYOUT_JPEG: Method[bytes | None] = Method(
    name="tryout_jpeg",
    args={"config": CameraConfig, "settings": WorkerSettings, "width": int | None},
    result=bytes | None,
)
WALK: Method[WalkReport] = Method(
    name="walk",
    args={"config": CameraConfig, "settings": WorkerSettings, "seconds": float},
    result=WalkReport,
)

# Of the parent to the worker that searches the network
SEARCH: Method[list[OnvifDevice]] = Method(
    name="search", args={"seconds": float}, result=list[OnvifDevice]
)
READ_DEVICE: Method[DeviceDetails] = Method(
    name="read_device",
    args={"address": str, "username": str | None, "password": str | None},
    result=DeviceDetails,
)

# Of the parent to the worker that moves cameras
MOVE: Method[None] = Method(
    name="move", args={"device": MovableDevice, "movement": Movement, "seconds": float}
)
GO_TO: Method[None] = Method(name="go_to", args={"device": MovableDevice, "position": str})
READ_POSITIONS: Method[list[Position]] = Method(
    name="read_positions", args={"device": MovableDevice}, result=list[Position]
)

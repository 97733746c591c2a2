"""Clips as messages for the panel; ``docs/websocket.md`` describes the fields."""

from typing import TYPE_CHECKING, Any

from homeassistant.util import dt as dt_util

from ..engine.core.types import ClipState, CloudState
from ..urls import CLIP_URL, STILL_URL
from .naming import camera_name

if TYPE_CHECKING:
    from ..cameras.registry import CameraRegistry
    from ..cloud.state import StorageState
    from ..engine.core.types import Clip


def clip_as_dict(cameras: CameraRegistry, storage: StorageState, clip: Clip) -> dict[str, Any]:
    """Return a clip's message; its paths open only with a login."""
    recording = clip.state is ClipState.RECORDING
    available = clip.local or clip.cloud is CloudState.STORED
    playable = recording or (clip.state is ClipState.SAVED and available)
    since_s = max(0.0, dt_util.utcnow().timestamp() - clip.started_at)
    return {
        "id": clip.id,
        "camera_id": clip.camera_id,
        "camera": camera_name(cameras, clip.camera_id, clip.camera_name),
        "state": clip.state.value,
        "trigger": clip.trigger.value,
        "started": clip.started_at,
        "event": clip.event_at,
        "duration": round(since_s if recording else clip.duration_s, 2),
        "label": clip.label,
        "score": None if clip.score is None else round(clip.score, 3),
        "sensor": clip.sensor,
        "zones": list(clip.zones),
        "protected": clip.protected,
        "local": clip.local and clip.state is not ClipState.MISSING,
        "cloud": clip.cloud.value,
        "progress": _upload_progress(storage, clip),
        "bytes": clip.bytes,
        "width": clip.width,
        "height": clip.height,
        "error": clip.error,
        "film": CLIP_URL.format(clip_id=clip.id) if playable else None,
        "still": STILL_URL.format(clip_id=clip.id) if clip.still_path and playable else None,
    }


def _upload_progress(storage: StorageState, clip: Clip) -> float | None:
    """Return the uploaded share of a clip's bytes; None unless it's being uploaded."""
    if clip.cloud is not CloudState.WAITING:
        return None
    share = storage.uploaded_share.get(clip.id)
    return None if share is None else round(share, 3)

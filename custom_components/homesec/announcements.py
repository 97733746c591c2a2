"""The ``homesec_*`` events on Home Assistant's bus.

They are recorded in the database, so they stay small, and automations forward them to anywhere, so
they hold ids and names but never a URL or a file's absolute path.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from homeassistant.util import dt as dt_util

from .clips.naming import clip_media_id
from .const import (
    EVENT_CLIP_FAILED,
    EVENT_CLIP_SAVED,
    EVENT_CLIP_UPLOADED,
    EVENT_DETECTION_ENDED,
    EVENT_DETECTION_STARTED,
    EVENT_ZONE_ENTERED,
    EVENT_ZONE_LEFT,
)
from .engine.core.events import (
    ClipFailed,
    ClipSaved,
    ClipUploaded,
    DetectionEnded,
    DetectionStarted,
    EngineEvent,
    ZoneChanged,
)

if TYPE_CHECKING:
    from .engine.core.types import Clip, Presence


def announcement(  # noqa: PLR0911 - a table
    event: EngineEvent,
) -> tuple[str, dict[str, Any]] | None:
    """Return the bus event's name and what it says; None for what is not announced."""
    match event:
        case DetectionStarted():
            return EVENT_DETECTION_STARTED, {
                **_presence_facts(event.presence),
                "zones": list(event.presence.zones),
                "clip_id": event.clip_id,
            }
        case DetectionEnded():
            presence = event.presence
            return EVENT_DETECTION_ENDED, {
                **_presence_facts(presence),
                "last_seen": iso(presence.last_seen_at),
                "duration_s": round(presence.last_seen_at - presence.first_seen_at, 1),
                "clip_id": event.clip_id,
            }
        case ZoneChanged():
            return EVENT_ZONE_ENTERED if event.occupied else EVENT_ZONE_LEFT, {
                "zone": event.zone,
                "label": event.label,
                "time": iso(event.at),
            }
        case ClipSaved():
            return EVENT_CLIP_SAVED, {
                **clip_facts(event.clip),
                "duration_s": round(event.clip.duration_s, 1),
                "pre_roll_s": round(event.clip.pre_roll_s, 1),
                "path": event.clip.path,
                "media_content_id": clip_media_id(event.clip.id),
            }
        case ClipUploaded():
            return EVENT_CLIP_UPLOADED, {
                **clip_facts(event.clip),
                "media_content_id": clip_media_id(event.clip.id),
            }
        case ClipFailed():
            return EVENT_CLIP_FAILED, {**clip_facts(event.clip), "error": event.clip.error}
    return None


def _presence_facts(presence: Presence) -> dict[str, Any]:
    return {
        "label": presence.label,
        "score": round(presence.score, 2),
        "track_id": presence.track_id,
        "count": presence.count,
        "first_seen": iso(presence.first_seen_at),
    }


def clip_facts(clip: Clip) -> dict[str, Any]:
    """Return what every message about a clip says of it."""
    return {
        "clip_id": clip.id,
        "trigger": clip.trigger.value,
        "label": clip.label,
        "score": None if clip.score is None else round(clip.score, 2),
        "started": iso(clip.started_at),
        "event": iso(clip.event_at),
    }


def iso(at: float) -> str:
    """Return UTC epoch seconds as ISO 8601 text."""
    return datetime.fromtimestamp(at, dt_util.UTC).isoformat(timespec="milliseconds")

"""The ``homesec_*`` events on Home Assistant's bus.

They are stored in the recorder's database, so they stay small; and automations forward them
anywhere, so they hold ids and names, but never a URL or a file's absolute path.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from homeassistant.util import dt as dt_util

from .alarm.machine import AlarmState
from .clips.naming import clip_media_id
from .const import (
    EVENT_ALARM_ARMED,
    EVENT_ALARM_DISARMED,
    EVENT_ALARM_PENDING,
    EVENT_ALARM_TRIGGERED,
    EVENT_CLIP_FAILED,
    EVENT_CLIP_SAVED,
    EVENT_CLIP_UPLOADED,
    EVENT_DETECTION_ENDED,
    EVENT_DETECTION_STARTED,
    EVENT_TAMPER,
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
    TamperChanged,
    ZoneChanged,
)

if TYPE_CHECKING:
    from .alarm.machine import AlarmSnapshot
    from .engine.core.types import Clip, Presence

type BusEvent = tuple[str, dict[str, Any]]
"""An event's type and data."""


def bus_event(event: EngineEvent) -> BusEvent | None:  # noqa: PLR0911 - a table
    """Return what is announced of an engine's event, without its camera; None if nothing is."""
    match event:
        case DetectionStarted():
            return EVENT_DETECTION_STARTED, {
                **_presence_data(event.presence),
                "zones": list(event.presence.zones),
                "clip_id": event.clip_id,
            }
        case DetectionEnded():
            presence = event.presence
            return EVENT_DETECTION_ENDED, {
                **_presence_data(presence),
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
                **clip_data(event.clip),
                "duration_s": round(event.clip.duration_s, 1),
                "pre_roll_s": round(event.clip.pre_roll_s, 1),
                "path": event.clip.path,
                "media_content_id": clip_media_id(event.clip.id),
            }
        case ClipUploaded():
            media_id = clip_media_id(event.clip.id)
            return EVENT_CLIP_UPLOADED, {**clip_data(event.clip), "media_content_id": media_id}
        case TamperChanged(kind=kind) if kind is not None:
            return EVENT_TAMPER, {"kind": kind.value, "time": iso(event.at)}
        case ClipFailed():
            return EVENT_CLIP_FAILED, {**clip_data(event.clip), "error": event.clip.error}
    return None


def alarm_event(
    snapshot: AlarmSnapshot,
    previous: AlarmSnapshot,
    *,
    timed: bool,
    bypassed: list[str],
    offline: list[str],
    ends_at: float | None,
) -> BusEvent | None:
    """Return what is announced of a state that begins, without its camera; None if nothing is.

    ``timed``: just time led to it. ``offline``: the cameras bypassed without consent.
    """
    label = None if snapshot.cause is None else snapshot.cause.label
    match snapshot.state:
        case AlarmState.PENDING:
            return EVENT_ALARM_PENDING, {
                "mode": snapshot.mode.value,
                "delay_s": snapshot.lasts_s,
                "ends_at": None if ends_at is None else iso(ends_at),
                "label": label,
            }
        case AlarmState.TRIGGERED:
            return EVENT_ALARM_TRIGGERED, {
                "mode": snapshot.mode.value,
                "label": label,
                "triggered_by": snapshot.triggered_by,
            }
        case AlarmState.ARMED if previous.state is not AlarmState.TRIGGERED or not timed:
            return EVENT_ALARM_ARMED, {
                "mode": snapshot.mode.value,
                "changed_by": snapshot.changed_by,
                "forced": snapshot.forced,
                "bypassed": bypassed,
                "offline": offline,
            }
        case AlarmState.DISARMED if previous.state is not AlarmState.DISARMED and not timed:
            return EVENT_ALARM_DISARMED, {
                "changed_by": snapshot.changed_by,
                "was": previous.state.value,
                "mode": previous.mode.value,
            }
    return None


def _presence_data(presence: Presence) -> dict[str, Any]:
    return {
        "label": presence.label,
        "score": None if presence.seen_score is None else round(presence.seen_score, 2),
        "track_id": presence.track_id,
        "count": presence.count,
        "first_seen": iso(presence.first_seen_at),
        "sensor": presence.sensor,
    }


def clip_data(clip: Clip) -> dict[str, Any]:
    """Return what each event about a clip has."""
    return {
        "clip_id": clip.id,
        "trigger": clip.trigger.value,
        "label": clip.label,
        "score": None if clip.score is None else round(clip.score, 2),
        "started": iso(clip.started_at),
        "event": iso(clip.event_at),
    }


def iso(at: float) -> str:
    """Return UTC epoch seconds as ISO 8601 text with milliseconds."""
    return datetime.fromtimestamp(at, dt_util.UTC).isoformat(timespec="milliseconds")

"""Sightings of presences, and of what triggered the alarm."""

from typing import TYPE_CHECKING

from .rules import AlertKind, Sighting

if TYPE_CHECKING:
    from ..alarm.cause import Cause
    from ..alarm.machine import AlarmMode
    from ..cameras.registry import CameraRegistry
    from ..engine.core.types import Presence
    from ..event_bus import AlarmTriggered


def presence_sighting(
    presence: Presence, *, at: float, mode: AlarmMode, camera: str, clip_id: str | None
) -> Sighting:
    """Return a sighting of a presence; ``at``: when it's worth an alert, perhaps only later."""
    return Sighting(
        kind=AlertKind.SEEN,
        at=at,
        mode=mode,
        camera_id=presence.camera_id,
        camera=camera,
        label=presence.label,
        score=presence.seen_score,
        count=presence.count,
        zones=presence.zones,
        sensor=presence.sensor,
        clip_id=clip_id,
        seen_at=presence.first_seen_at,
    )


def alarm_sighting(
    event: AlarmTriggered,
    cameras: CameraRegistry,
    *,
    at: float,
    mode: AlarmMode,
    cause: Cause | None,
) -> Sighting:
    """Return a sighting of what triggered the alarm, as it was seen; ``cause``: by whom if not.

    A camera that was removed during the entry delay is still the cause.
    """
    camera_id, by = event.camera_id, cause.by if cause else None
    if camera_id is None:
        return Sighting(kind=AlertKind.ALARM, at=at, mode=mode, by=by)
    return Sighting(
        kind=AlertKind.ALARM,
        at=at,
        mode=mode,
        camera_id=camera_id,
        camera=cameras.last_name(camera_id) or by,
        label=event.label,
        score=event.score,
        zones=event.zones,
        sensor=event.sensor,
        clip_id=event.clip_id,
        seen_at=event.seen_at,
    )

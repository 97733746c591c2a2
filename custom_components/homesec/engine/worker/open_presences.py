"""What is present or occupied at the moment, so that it can be ended when a worker dies."""

from dataclasses import replace
import threading
from typing import TYPE_CHECKING

from ..core.errors import HomeSecError
from ..core.events import (
    ClipFailed,
    ClipSaved,
    ClipStarted,
    DetectionEnded,
    DetectionStarted,
    DetectionUpdated,
    HealthChanged,
    ZoneChanged,
)
from ..core.types import CameraHealth

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..core.events import EngineEvent
    from ..core.types import Presence


class OpenPresences:
    """Follows the events of all cameras; any thread may call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._presences: dict[tuple[str, str], Presence] = {}  # by camera id and label
        self._zones: dict[tuple[str, str, str], ZoneChanged] = {}  # by camera id, zone, and label
        self._clips: dict[str, str] = {}  # the open clip's id, by camera id
        self._health: dict[str, CameraHealth] = {}

    def handle_event(self, event: EngineEvent) -> None:
        """Take an event that is sent on."""
        with self._lock:
            match event:
                case DetectionStarted(presence=presence) | DetectionUpdated(presence=presence):
                    self._presences[presence.camera_id, presence.label] = presence
                case DetectionEnded(presence=presence):
                    self._presences.pop((presence.camera_id, presence.label), None)
                case ZoneChanged():
                    zone_key = (event.camera_id, event.zone, event.label)
                    self._zones.pop(zone_key, None)
                    if event.occupied:
                        self._zones[zone_key] = event
                case ClipStarted(clip=clip):
                    self._clips[clip.camera_id] = clip.id
                case ClipSaved(clip=clip) | ClipFailed(clip=clip):
                    if self._clips.get(clip.camera_id) == clip.id:
                        del self._clips[clip.camera_id]
                case HealthChanged():
                    self._health[event.camera_id] = event.health

    def end(self, camera_ids: Collection[str]) -> list[EngineEvent]:
        """Forget all of these cameras; return the events that end it, as a session would."""
        with self._lock:
            events: list[EngineEvent] = []
            for zone in list(self._zones.values()):
                if zone.camera_id in camera_ids:
                    del self._zones[zone.camera_id, zone.zone, zone.label]
                    events.append(replace(zone, occupied=False))
            for presence in list(self._presences.values()):
                if presence.camera_id not in camera_ids:
                    continue
                del self._presences[presence.camera_id, presence.label]
                clip_id = self._clips.get(presence.camera_id)
                events.append(DetectionEnded(presence=presence, clip_id=clip_id))
            for camera_id in sorted(camera_ids):
                self._clips.pop(camera_id, None)
                if self._health.get(camera_id, CameraHealth.OFF) is not CameraHealth.OFF:
                    self._health[camera_id] = CameraHealth.LOST
                    events.append(
                        HealthChanged(
                            camera_id=camera_id, health=CameraHealth.LOST, error=HomeSecError.key
                        )
                    )
            return events

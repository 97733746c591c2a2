"""What is known of one camera at the moment, as the engine's events told it."""

from dataclasses import dataclass, field

from ..engine.core.events import (
    ClipFailed,
    ClipSaved,
    ClipStarted,
    DetectionEnded,
    DetectionStarted,
    DetectionUpdated,
    EngineEvent,
    HealthChanged,
    SnapshotTaken,
    ZoneChanged,
)
from ..engine.core.types import CameraHealth, CameraStats, Clip, Presence, Trigger


@dataclass(slots=True, kw_only=True)
class CameraState:
    """One camera; changed by events only, in the event loop."""

    health: CameraHealth = CameraHealth.OFF
    error: str | None = None
    presences: dict[str, Presence] = field(default_factory=dict)
    """By label, those that last."""
    zones: dict[str, list[str]] = field(default_factory=dict)
    """By name, those that somebody is in: the labels, in the order in which they came."""
    recordings: dict[str, Clip] = field(default_factory=dict)
    """By clip id, those that grow."""
    asked_to_record: bool = False
    """By somebody, and not taken back since; a clip that grows already may serve."""
    snapshot: SnapshotTaken | None = None
    stats: CameraStats = field(default_factory=CameraStats)

    @property
    def watching(self) -> bool:
        """Whether the camera's picture is looked at, so that "nobody" means something."""
        return self.health is CameraHealth.RUNNING

    @property
    def recording(self) -> bool:
        """Whether a clip grows."""
        return bool(self.recordings)

    @property
    def recording_manually(self) -> bool:
        """Whether somebody asked for the clip that grows, or is about to."""
        began_so = any(clip.trigger is Trigger.MANUAL for clip in self.recordings.values())
        return began_so or self.asked_to_record

    def apply(self, event: EngineEvent) -> None:
        """Take in what happened."""
        match event:
            case HealthChanged():
                self._take_health(event)
            case DetectionStarted() | DetectionUpdated():
                self.presences[event.presence.label] = event.presence
            case DetectionEnded():
                self.presences.pop(event.presence.label, None)
            case ZoneChanged():
                self._take_zone(event)
            case ClipStarted():
                self.recordings[event.clip.id] = event.clip
            case ClipSaved() | ClipFailed():
                self.recordings.pop(event.clip.id, None)
                self.asked_to_record &= self.recording
            case SnapshotTaken():
                self.snapshot = event

    def _take_health(self, event: HealthChanged) -> None:
        if event.health is CameraHealth.CONNECTING and self.health is not CameraHealth.OFF:
            # Only a camera that was off is "connecting"; a lost one stays lost until it runs.
            return
        self.health, self.error = event.health, event.error
        if event.health is CameraHealth.OFF:
            self.presences.clear()
            self.zones.clear()

    def _take_zone(self, event: ZoneChanged) -> None:
        labels = [label for label in self.zones.pop(event.zone, []) if label != event.label]
        if event.occupied:
            labels.append(event.label)
        if labels:
            self.zones[event.zone] = labels

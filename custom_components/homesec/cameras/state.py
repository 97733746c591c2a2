"""The current state of a camera, from the engine's events."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
    TamperChanged,
    ZoneChanged,
)
from ..engine.core.types import CameraHealth, CameraStats, Clip, Presence, TamperKind, Trigger

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True, kw_only=True)
class CameraState:
    """Changed by events only, in the event loop."""

    health: CameraHealth = CameraHealth.OFF
    error: str | None = None
    error_placeholders: Mapping[str, str] = field(default_factory=dict)
    presences: dict[str, Presence] = field(default_factory=dict)  # by label
    clips: dict[str, str] = field(default_factory=dict)
    """Of each label that is present, the newest clip that records it."""
    zones: dict[str, list[str]] = field(default_factory=dict)
    """Of each occupied zone, by its name, the labels in the order in which they entered."""
    recordings: dict[str, Clip] = field(default_factory=dict)  # by clip id
    manual_requested: bool = False
    """Whether a manual recording was started and not ended; it may use a clip that had begun."""
    snapshot: SnapshotTaken | None = None
    tamper: TamperKind | None = None  # how the camera was tampered with
    tamper_known: bool = False  # whether it has learned what it's meant to show
    stats: CameraStats = field(default_factory=CameraStats)

    @property
    def watching(self) -> bool:
        """Whether the camera runs, so that no presence means no person in view."""
        return self.health is CameraHealth.RUNNING

    @property
    def recording(self) -> bool:
        """Whether a clip is being recorded."""
        return bool(self.recordings)

    @property
    def recording_manually(self) -> bool:
        """Whether a clip is being recorded manually, or is about to be."""
        manual = any(clip.trigger is Trigger.MANUAL for clip in self.recordings.values())
        return manual or self.manual_requested

    def apply(self, event: EngineEvent) -> None:
        """Update the state with an event."""
        match event:
            case HealthChanged():
                self._set_health(event)
            case DetectionStarted() | DetectionUpdated():
                self.presences[event.presence.label] = event.presence
                if isinstance(event, DetectionStarted) and event.clip_id is not None:
                    self.clips[event.presence.label] = event.clip_id
            case DetectionEnded():
                self.presences.pop(event.presence.label, None)
                self.clips.pop(event.presence.label, None)
            case ZoneChanged():
                self._set_zone(event)
            case ClipStarted():
                self.recordings[event.clip.id] = event.clip
                self.clips.update(dict.fromkeys(self.presences, event.clip.id))
            case ClipSaved() | ClipFailed():
                self.recordings.pop(event.clip.id, None)
                self.manual_requested &= self.recording
            case SnapshotTaken():
                self.snapshot = event
            case TamperChanged():
                self.tamper, self.tamper_known = event.kind, True

    def _set_health(self, event: HealthChanged) -> None:
        if event.health is CameraHealth.CONNECTING and self.health is not CameraHealth.OFF:
            # Only a camera that was off is "connecting"; a lost one stays lost until it runs.
            return
        self.health, self.error = event.health, event.error
        self.error_placeholders = event.placeholders
        if event.health is CameraHealth.OFF:
            self.presences.clear()
            self.clips.clear()
            self.zones.clear()
            self.tamper, self.tamper_known = None, False

    def _set_zone(self, event: ZoneChanged) -> None:
        labels = [label for label in self.zones.pop(event.zone, []) if label != event.label]
        if event.occupied:
            labels.append(event.label)
        if labels:
            self.zones[event.zone] = labels

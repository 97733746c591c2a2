"""What the engine tells its owner, through one callback.

Keeping clips and sending texts have further events: ``keeping.py``, ``texts/models.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .models import CameraHealth, Clip, Presence


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineEvent:
    """Base of everything the engine reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthChanged(EngineEvent):
    """A camera came, went or is being looked for."""

    camera_id: str
    health: CameraHealth
    error: str | None = None
    """A key of ``errors.py`` (``cannot_connect``, …) while LOST."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionStarted(EngineEvent):
    """Somebody is here."""

    presence: Presence
    clip_id: str | None
    """The clip that records it, if one does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionUpdated(EngineEvent):
    """Somebody is still here; sent when their number, their zones or the best score changes."""

    presence: Presence


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionEnded(EngineEvent):
    """Nobody was seen for the grace period."""

    presence: Presence
    clip_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneChanged(EngineEvent):
    """A zone of a camera has become occupied by a label, or empty of it."""

    camera_id: str
    zone: str
    label: str
    occupied: bool
    at: float
    """When it was first seen in the zone; when it was last seen there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotTaken(EngineEvent):
    """A better picture of who is here: JPEG with the boxes drawn in."""

    camera_id: str
    at: float
    jpeg: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipStarted(EngineEvent):
    """A clip's file is open."""

    clip: Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSaved(EngineEvent):
    """A clip is finished, playable and in the catalogue."""

    clip: Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFailed(EngineEvent):
    """A clip could not be written; ``clip.error`` is a key of ``errors.py``."""

    clip: Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorChanged(EngineEvent):
    """The shared detector became ready, or cannot work."""

    ready: bool
    detector: str
    model: str
    second: str | None = None
    """The model that gives the second opinion, if there is one."""
    second_error: str | None = None
    """Why there is none though there should be: a key of ``errors.py``."""
    error: str | None = None
    """A key of ``errors.py``."""
    placeholders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelProgress(EngineEvent):
    """A model is being downloaded."""

    model: str
    have_bytes: int
    total_bytes: int
    """0 while it is not known."""


if TYPE_CHECKING:
    EventSink = Callable[[EngineEvent], None]
    """Called from any thread of the engine; must not block."""

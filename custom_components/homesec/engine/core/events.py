"""What the engine tells its owner, through one callback.

Keeping clips and sending texts have further events: ``keeping.py``, ``texts/models.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .types import CameraHealth, Clip, Presence


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
    verifier: str | None = None
    """The model of the verifier, if there is one."""
    verifier_error: str | None = None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits to be uploaded."""

    jobs: int = 0
    bytes: int = 0
    """To be uploaded."""
    oldest_at: float | None = None
    """Since when the oldest job waits."""


class RemovalReason(StrEnum):
    """Why retention removed something."""

    AGE = "age"
    SIZE = "size"
    SPACE = "space"
    """The disk was about to be full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipUploaded(EngineEvent):
    """A clip is in the cloud, and its checksum was compared."""

    clip: Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadProgress(EngineEvent):
    """A part of a clip's film has arrived in the cloud."""

    clip_id: str
    share: float
    """0..1"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipChanged(EngineEvent):
    """A clip's row has changed, or is gone: what it says now, the catalogue tells."""

    clip_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitLogged(EngineEvent):
    """The catalogue counts one visit more."""

    camera_id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxChanged(EngineEvent):
    """Jobs came or were done, or the outbox began to wait for something."""

    backlog: Backlog
    error: str | None = None
    """A key of ``errors.py``, while the cloud cannot be used."""
    paused: bool = False
    """Whether uploads wait until ``resume`` is called, once the cause is fixed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipsRemoved(EngineEvent):
    """Retention removed copies of clips."""

    count: int
    bytes: int
    reason: RemovalReason
    last_copies: int
    """How many of the clips are nowhere any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskSpaceChanged(EngineEvent):
    """There is too little free space for clips, whatever is removed; or enough again."""

    low: bool
    free_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipsRescanned(EngineEvent):
    """All clips were looked for again; any number may be new, or better known than before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DamagedFile:
    """A file that could not be read."""

    name: str
    """Its path in the clip folder, with forward slashes."""
    reason: str
    moved: bool
    """Whether it was renamed; else the disk did not allow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesSetAside(EngineEvent):
    """Damaged files were found; they are kept, and nothing else depends on them."""

    files: tuple[DamagedFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogRebuilt(EngineEvent):
    """A new catalogue was filled from the files that are there."""

    clips: int
    set_aside: str | None
    """File name of the damaged catalogue before, if there was one."""

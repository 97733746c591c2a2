"""The events that the engine reports through one callback; ``sms/types.py`` has more of them."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .types import CameraHealth, Clip, Presence, TamperKind

    type EventSink = Callable[[EngineEvent], None]
    """Called from any thread of the engine; must not block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineEvent:
    """Base of all events of the engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthChanged(EngineEvent):
    """The state of a camera's connection has changed."""

    camera_id: str
    health: CameraHealth
    error: str | None = None  # the key of an error while LOST
    placeholders: Mapping[str, str] = field(default_factory=dict)  # of the error's text


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionStarted(EngineEvent):
    """A presence has started."""

    presence: Presence
    clip_id: str | None  # the clip that records it


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionUpdated(EngineEvent):
    """The number of objects, their zones, or the highest confidence of a presence has changed.

    Or a sensor has reported it again, or the networks see what only a sensor had reported.
    """

    presence: Presence


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionEnded(EngineEvent):
    """A presence has ended."""

    presence: Presence
    clip_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneChanged(EngineEvent):
    """A zone's occupancy by a label has changed."""

    camera_id: str
    zone: str
    label: str
    occupied: bool
    at: float  # when the label was first or last seen in the zone


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotTaken(EngineEvent):
    """There is a better picture of a presence, with boxes drawn in."""

    camera_id: str
    at: float
    jpeg: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TamperChanged(EngineEvent):
    """A camera has been tampered with, or shows again what it's meant to show.

    The first one of a camera that runs comes as soon as it has learned what it's meant to show.
    """

    camera_id: str
    kind: TamperKind | None  # None: all is well
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipStarted(EngineEvent):
    """A clip has begun."""

    clip: Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSaved(EngineEvent):
    """A clip is finished, playable, and in the catalog."""

    clip: Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFailed(EngineEvent):
    """A clip couldn't be written; ``clip.error`` is the key of an error."""

    clip: Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorChanged(EngineEvent):
    """The detector is ready, or doesn't work."""

    ready: bool
    detector: str
    model: str
    verifier: str | None = None  # the verifier's model, if there is a verifier
    verifier_error: str | None = None  # why the verifier is missing: the key of an error
    error: str | None = None  # why the detector doesn't work: the key of an error
    placeholders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionPaused(EngineEvent):
    """Detection failed in a camera's pictures, so it's paused; or it has succeeded again."""

    camera_id: str
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipsLimited(EngineEvent):
    """A camera starts too many clips, so no more begin for a while; or that is over."""

    camera_id: str
    clips: int  # how many within a minute; 0 if it's over


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyframesMissing(EngineEvent):
    """A camera sends keyframes too rarely for the pre-roll buffer; or that is over."""

    camera_id: str
    seconds: float  # since the last one, when the buffer was full; 0 if it's over


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectStreamChanged(EngineEvent):
    """A camera's detect stream is lost, so its main stream is looked at; or it's back."""

    camera_id: str
    error: str | None = None  # why it's lost: the key of an error


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelProgress(EngineEvent):
    """A model is being downloaded."""

    model: str
    have_bytes: int
    total_bytes: int  # 0 if unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """The uploads that wait."""

    jobs: int = 0
    bytes: int = 0
    oldest_at: float | None = None  # when the oldest job was created


class RemovalReason(StrEnum):
    """Why retention removed a copy."""

    AGE = "age"
    SIZE = "size"
    SPACE = "space"  # the disk was almost full
    DELETED = "deleted"  # it was in Recently deleted for long enough


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipUploaded(EngineEvent):
    """A clip was uploaded, and its checksum compared."""

    clip: Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadProgress(EngineEvent):
    """Part of a clip was uploaded."""

    clip_id: str
    share: float  # 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipChanged(EngineEvent):
    """A clip's row in the catalog was changed or deleted."""

    clip_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitLogged(EngineEvent):
    """A visit was added to the catalog."""

    camera_id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxChanged(EngineEvent):
    """The uploads that wait have changed, or the state of the outbox."""

    backlog: Backlog
    error: str | None = None  # the key of an error while the cloud can't be used
    paused: bool = False  # whether uploads wait until ``resume`` is called


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRefused(EngineEvent):
    """An object in the bucket isn't encrypted, although it has to be; each is reported once."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipsRemoved(EngineEvent):
    """Retention removed copies of clips."""

    count: int
    bytes: int
    reason: RemovalReason
    last_copies: int  # how many of the clips have no other copy


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskSpaceChanged(EngineEvent):
    """Free space for clips is too low even after retention, or is sufficient again."""

    low: bool
    free_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipsRescanned(EngineEvent):
    """All files were compared with the catalog; any number of clips may have changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DamagedFile:
    """A file that can't be read."""

    name: str  # path in the clip folder, with forward slashes
    reason: str
    moved: bool  # false if the disk didn't allow it to be renamed


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesSetAside(EngineEvent):
    """Damaged files were found and renamed."""

    files: tuple[DamagedFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogRebuilt(EngineEvent):
    """A new catalog was filled from the files."""

    clips: int
    set_aside: str | None  # file name of the previous, damaged catalog

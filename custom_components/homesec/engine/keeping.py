"""What the engine tells of keeping clips: uploads, retention, the health of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .events import EngineEvent

if TYPE_CHECKING:
    from .models import Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits to be uploaded."""

    jobs: int = 0
    bytes: int = 0
    """To be uploaded."""
    oldest_at: float | None = None
    """Since when the oldest job waits."""


class DropReason(StrEnum):
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
    """Whether it waits until somebody has cured that, and ``resume`` is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipsDropped(EngineEvent):
    """Retention removed copies of clips."""

    count: int
    bytes: int
    reason: DropReason
    last_copies: int
    """How many of the clips are nowhere any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskSpaceChanged(EngineEvent):
    """There is too little free space for clips, whatever is removed; or enough again."""

    low: bool
    free_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipsFound(EngineEvent):
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

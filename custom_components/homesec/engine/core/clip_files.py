"""The files of a clip: their names, what they contain, and the errors of writing them."""

from dataclasses import dataclass, replace
import errno
from typing import TYPE_CHECKING

from .errors import DiskFull, DiskReadOnly, RecordingError
from .types import ClipState

if TYPE_CHECKING:
    from pathlib import Path

    from .types import Clip

PARTIAL_SUFFIX = ".part.mp4"
FRESH_SUFFIX = ".new.mp4"  # of the final file until it's complete


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipInfo:
    """What a finalized file contains."""

    duration_s: float
    bytes: int
    width: int
    height: int
    video_codec: str
    audio_codec: str | None
    comment: str | None = None  # the clip's metadata; see ``core/clip_metadata.py``
    damaged: bool = False  # part of the partial file couldn't be read, so that file was kept


def partial_path(final: Path) -> Path:
    """Return the path of a clip's file while it's recorded."""
    return final.with_name(final.stem + PARTIAL_SUFFIX)


def saved_clip(clip: Clip, info: ClipInfo) -> Clip:
    """Return a clip as saved, with what its final file contains."""
    return replace(
        clip,
        state=ClipState.SAVED,
        duration_s=info.duration_s,
        bytes=info.bytes,
        width=info.width,
        height=info.height,
        video_codec=info.video_codec,
        audio_codec=info.audio_codec,
        error=None,
    )


def recording_error(error: Exception) -> RecordingError:
    """Return the engine's error for one of the system."""
    if isinstance(error, RecordingError):
        return error
    match getattr(error, "errno", None):
        case errno.ENOSPC | errno.EDQUOT:
            return DiskFull()
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return DiskReadOnly()
        case _:
            return RecordingError()

"""Find a clip's video and still, in the clip folder or in the cloud."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine.cloud.object_names import STILL, VIDEO, object_name
from ..engine.core.clip_files import partial_path
from ..engine.core.clip_id import is_clip_id
from ..engine.core.types import ClipState, CloudState

if TYPE_CHECKING:
    from ..engine.cloud.object_store import CloudStore
    from ..engine.core.types import Clip
    from ..engine.library.library import ClipLibrary
    from ..engine_host import EngineHost


class ClipNotFoundError(Exception):
    """There is no such clip, no copy is left, or it's still being recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudFile:
    """An object in the bucket."""

    store: CloudStore
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipMedia:
    """A clip's video and still, each where it can be read."""

    clip: Clip
    video: Path | CloudFile
    still: Path | CloudFile | None = None
    in_progress: bool = False  # whether the video is still being recorded, and grows
    locked: bool = False  # whether the key that decrypts the video isn't on this system


async def async_find_clip(
    host: EngineHost, clip_id: str, *, in_progress: bool = False, deleted: bool = False
) -> ClipMedia:
    """Find a clip's files. One that is being recorded counts only with ``in_progress``.

    A recently deleted one counts only with ``deleted``.

    Raises ``ClipNotFoundError`` and ``EngineNotRunningError``.
    """
    library = host.engine.library
    if not is_clip_id(clip_id):
        raise ClipNotFoundError
    find = partial(_find, in_progress=in_progress, deleted=deleted)
    return await host.async_run(find, library, host.clips_dir, clip_id)


def _find(
    library: ClipLibrary, clips_dir: Path, clip_id: str, *, in_progress: bool, deleted: bool
) -> ClipMedia:
    clip = library.catalog.get(clip_id)
    if clip is not None and clip.state is ClipState.RECORDING and in_progress:
        return _find_in_progress(clips_dir, clip)
    if clip is not None and clip.deleted_at is not None and not deleted:
        raise ClipNotFoundError
    # The file of a missing clip may be back: its disk wasn't connected when Home Assistant started.
    if clip is None or clip.state not in (ClipState.SAVED, ClipState.MISSING):
        raise ClipNotFoundError
    video = _inside(clips_dir, clip.path) or _in_cloud(library, clip, VIDEO)
    if video is None:
        raise ClipNotFoundError
    still: Path | CloudFile | None = _inside(clips_dir, clip.still_path)
    if still is None and clip.still_path:
        still = _in_cloud(library, clip, STILL)
    locked = isinstance(video, CloudFile) and library.is_locked(clip_id)
    return ClipMedia(clip=clip, video=video, still=still, locked=locked)


def _find_in_progress(clips_dir: Path, clip: Clip) -> ClipMedia:
    # It's renamed when it's finalized: a request just between the two checks finds nothing.
    for name in (clip.path, partial_path(Path(clip.path)).as_posix()):
        video = _inside(clips_dir, name)
        if video is not None and video.stat().st_size > 0:
            return ClipMedia(clip=clip, video=video, in_progress=True)
    raise ClipNotFoundError


def _in_cloud(library: ClipLibrary, clip: Clip, suffix: str) -> CloudFile | None:
    store = library.cloud
    if store is None or clip.cloud is not CloudState.STORED:
        return None
    return CloudFile(store=store, name=object_name(clip, prefix=store.prefix, suffix=suffix))


def _inside(clips_dir: Path, relative: str | None) -> Path | None:
    """Return an existing file below the clip folder; None too if a link or ``..`` leads out."""
    if not relative:
        return None
    path = (clips_dir / relative).resolve()
    return path if path.is_relative_to(clips_dir.resolve()) and path.is_file() else None

"""From a clip's id, which may come from anywhere, to its files: in the clip folder or the cloud."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine.cloud.object_names import STILL, VIDEO, object_name
from ..engine.core.types import ClipState, CloudState
from ..engine.recording.finalize import partial_path
from .media_ids import is_clip_id

if TYPE_CHECKING:
    from ..coordinator import HomeSecCoordinator
    from ..engine.cloud.object_store import CloudStore
    from ..engine.core.types import Clip
    from ..engine.library.library import ClipLibrary


class ClipNotFoundError(Exception):
    """There is no such clip, no copy is left, or it is still being recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudFile:
    """An object in the bucket."""

    store: CloudStore
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFile:
    """A clip's files: each is here, else in the cloud, or there is none."""

    clip: Clip
    video: Path | CloudFile
    still: Path | CloudFile | None = None
    growing: bool = False
    """Whether the film is still being recorded: there is more of it each second."""


async def async_find_clip(
    coordinator: HomeSecCoordinator, clip_id: str, *, growing: bool = False
) -> ClipFile:
    """Find a clip's files; of one that is being recorded only if it may be ``growing``.

    Raises ``ClipNotFoundError`` and ``EngineNotRunningError``.
    """
    library = coordinator.engine.library
    if not is_clip_id(clip_id):
        raise ClipNotFoundError
    find = _find_growing if growing else _find
    return await coordinator.async_run(find, library, coordinator.clips_dir, clip_id)


def _find_growing(library: ClipLibrary, clips_dir: Path, clip_id: str) -> ClipFile:
    clip = library.catalog.get(clip_id)
    if clip is None or clip.state is not ClipState.RECORDING:
        return _find(library, clips_dir, clip_id)
    # Between the two it gets its name; whoever comes in between comes again.
    for name in (clip.path, partial_path(Path(clip.path)).as_posix()):
        film = _inside(clips_dir, name)
        if film is not None and film.stat().st_size > 0:
            return ClipFile(clip=clip, video=film, growing=True)
    raise ClipNotFoundError


def _find(library: ClipLibrary, clips_dir: Path, clip_id: str) -> ClipFile:
    clip = library.catalog.get(clip_id)
    # A missing one may be back: its disk was not connected when Home Assistant started.
    if clip is None or clip.state not in (ClipState.SAVED, ClipState.MISSING):
        raise ClipNotFoundError
    video = _inside(clips_dir, clip.path) or _in_cloud(library, clip, VIDEO)
    if video is None:
        raise ClipNotFoundError
    still = _inside(clips_dir, clip.still_path)
    if still is None and clip.still_path:
        return ClipFile(clip=clip, video=video, still=_in_cloud(library, clip, STILL))
    return ClipFile(clip=clip, video=video, still=still)


def _in_cloud(library: ClipLibrary, clip: Clip, suffix: str) -> CloudFile | None:
    store = library.cloud
    if store is None or clip.cloud is not CloudState.STORED:
        return None
    return CloudFile(store=store, name=object_name(clip, prefix=store.prefix, suffix=suffix))


def _inside(clips_dir: Path, relative: str | None) -> Path | None:
    """Return an existing file below the clip folder; no link or ``..`` leads out of it."""
    if not relative:
        return None
    path = (clips_dir / relative).resolve()
    return path if path.is_relative_to(clips_dir.resolve()) and path.is_file() else None

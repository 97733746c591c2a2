"""From a clip's id, which may come from anywhere, to files inside the clip folder."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .media_ids import is_clip_id

if TYPE_CHECKING:
    from pathlib import Path

    from .coordinator import HomeSecCoordinator
    from .engine.catalog import Catalog


class ClipNotFoundError(Exception):
    """There is no such clip, its file is gone, or it is still being recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFile:
    """A clip's files."""

    video: Path
    still: Path | None


async def async_find_clip(coordinator: HomeSecCoordinator, clip_id: str) -> ClipFile:
    """Find a clip's files. Raises ``ClipNotFoundError`` and ``EngineNotRunningError``."""
    catalog = coordinator.engine.catalog
    if not is_clip_id(clip_id):
        raise ClipNotFoundError
    return await coordinator.async_run(_find, catalog, coordinator.clips_dir, clip_id)


def _find(catalog: Catalog, clips_dir: Path, clip_id: str) -> ClipFile:
    clip = catalog.get(clip_id)
    if clip is None or (video := _inside(clips_dir, clip.path)) is None:
        raise ClipNotFoundError
    return ClipFile(video=video, still=_inside(clips_dir, clip.still_path))


def _inside(clips_dir: Path, relative: str | None) -> Path | None:
    """Return an existing file below the clip folder; no link or ``..`` leads out of it."""
    if not relative:
        return None
    path = (clips_dir / relative).resolve()
    return path if path.is_relative_to(clips_dir.resolve()) and path.is_file() else None

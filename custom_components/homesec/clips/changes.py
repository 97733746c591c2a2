"""What people do to clips, by ids that come from anywhere; calls block."""

from typing import TYPE_CHECKING

from ..engine.core.errors import ClipNotFound, HomeSecError
from ..engine.core.types import ClipState
from .media_ids import is_clip_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..engine.core.types import Clip
    from ..engine.library.library import ClipLibrary
    from .caches import Caches

REMOVED_LATER = "clip_removed_later"
"""Key of what a disk that does not let go of a clip means."""


def existing(library: ClipLibrary, clip_ids: list[str]) -> list[Clip]:
    """Return the clips. Raises ``ClipNotFound`` if one is not there."""
    clips = [library.catalog.get(clip_id) for clip_id in clip_ids if is_clip_id(clip_id)]
    found = [c for c in clips if c is not None and c.state is not ClipState.REMOVING]
    if len(found) != len(clip_ids):
        raise ClipNotFound
    return found


def protect(library: ClipLibrary, clip_ids: list[str], protected: bool) -> None:  # noqa: FBT001
    """Keep clips from retention, or leave them to it again: all of them or, if one is gone, none.

    Raises ``ClipNotFound``.
    """
    existing(library, clip_ids)
    for clip_id in clip_ids:
        library.protect(clip_id, protected=protected)


def delete_each(
    library: ClipLibrary, clip_ids: Iterable[str], caches: Caches
) -> tuple[list[str], dict[str, str]]:
    """Delete what may be deleted; return those ids, and why the others may not, as keys."""
    deleted: list[str] = []
    refused: dict[str, str] = {}
    for clip_id in dict.fromkeys(clip_ids):
        try:
            if not is_clip_id(clip_id):
                raise ClipNotFound
            library.delete(clip_id)
        except HomeSecError as err:
            refused[clip_id] = err.key
        except OSError:
            # It is gone from every listing already.
            refused[clip_id] = REMOVED_LATER
        else:
            caches.forget(clip_id)
            deleted.append(clip_id)
    return deleted, refused

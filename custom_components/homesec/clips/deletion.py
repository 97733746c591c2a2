"""Deletes, restores, and purges clips for a user, and announces it."""

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from homeassistant.core import HomeAssistant, callback

from ..alarm.guard import Weakening
from ..cloud.retention_config import retention_rules
from ..engine.core.clip_id import is_clip_id
from ..engine.core.errors import ClipNotFound, ClipProtected, HomeSecError, PurgeHeld
from ..engine.core.types import ClipState
from ..exceptions import translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from homeassistant.core import Context

    from ..alarm.guard import Guard
    from ..engine.core.types import Clip
    from ..engine.library.library import ClipLibrary
    from .cache import Caches

REMOVED_LATER: Final = "clip_removed_later"
"""Translation key: the disk refused to remove a clip for now."""
NOT_RESTORED: Final = "clip_not_restored"
"""Translation key: the disk refused to restore a clip."""
MAX_ANNOUNCED: Final = 100
"""Ids in an event: the recorder stores no more than 32 KiB of it."""


class Outcome(NamedTuple):
    """Ids of the clips that were changed, and error keys of the others."""

    done: list[str]
    refused: dict[str, str]


def delete_each(
    library: ClipLibrary, clip_ids: Iterable[str], *, by: str | None, caches: Caches
) -> Outcome:
    """Move clips to Recently deleted, as far as that's possible. Blocks."""

    def delete(clip_id: str) -> None:
        library.delete(clip_id, by=by)
        caches.remove(clip_id)

    return _each(clip_ids, delete, refused_by_disk=REMOVED_LATER)


def restore_each(library: ClipLibrary, clip_ids: Iterable[str]) -> Outcome:
    """Bring clips back from Recently deleted, as far as that's possible. Blocks."""
    return _each(clip_ids, library.restore, refused_by_disk=NOT_RESTORED)


def purge_each(library: ClipLibrary, clip_ids: Iterable[str], *, caches: Caches) -> Outcome:
    """Remove clips from Recently deleted, as far as that's possible. Blocks."""

    def purge(clip_id: str) -> None:
        library.purge(clip_id)
        caches.remove(clip_id)

    return _each(clip_ids, purge, refused_by_disk=REMOVED_LATER)


def _each(
    clip_ids: Iterable[str], change: Callable[[str], object], *, refused_by_disk: str
) -> Outcome:
    done: list[str] = []
    refused: dict[str, str] = {}
    for clip_id in dict.fromkeys(clip_ids):
        try:
            if not is_clip_id(clip_id):
                raise ClipNotFound
            change(clip_id)
        except HomeSecError as err:
            refused[clip_id] = err.key
        except OSError:
            refused[clip_id] = refused_by_disk
        else:
            done.append(clip_id)
    return Outcome(done, refused)


def check_deletable(library: ClipLibrary, clip_ids: Iterable[str]) -> None:
    """Raise ``ClipNotFound`` or ``ClipProtected`` if one of these can't be deleted. Blocks."""
    clips = get_existing(library, clip_ids)
    if any(clip.state is ClipState.RECORDING for clip in clips):
        raise ClipNotFound
    if any(clip.protected for clip in clips):
        raise ClipProtected


def check_deleted(library: ClipLibrary, clip_ids: Iterable[str]) -> None:
    """Raise ``ClipNotFound`` if one of these isn't in Recently deleted. Blocks."""
    for clip_id in clip_ids:
        if not is_clip_id(clip_id):
            raise ClipNotFound
        library.recently_deleted.get(clip_id)


def get_existing(library: ClipLibrary, clip_ids: Iterable[str]) -> list[Clip]:
    """Return the clips. Raises ``ClipNotFound`` if one doesn't exist, or is deleted. Blocks."""
    found: list[Clip] = []
    for clip_id in clip_ids:
        clip = library.catalog.get(clip_id) if is_clip_id(clip_id) else None
        if clip is None or clip.deleted_at is not None or clip.state is ClipState.REMOVING:
            raise ClipNotFound
        found.append(clip)
    return found


def is_restorable(library: ClipLibrary, data: Mapping[str, Any]) -> bool:
    """Return whether deleted clips are kept for a while, by the config entry's data."""
    return library.purge_held or retention_rules(data).deleted_kept_s > 0


async def async_check_purge(library: ClipLibrary, guard: Guard, context: Context) -> None:
    """Raise ``HomeAssistantError`` while nothing may be purged; the attempt leaves a trace."""
    if library.purge_held:
        await guard.async_trace_denied(context, Weakening.CLIPS_DELETED)
        raise translated(PurgeHeld())


@callback
def async_announce(
    hass: HomeAssistant, event_type: str, clip_ids: list[str], *, by: str | None, context: Context
) -> None:
    """Announce on the bus which clips a user, or an automation, has changed."""
    if clip_ids:
        data = {"clip_ids": clip_ids[:MAX_ANNOUNCED], "count": len(clip_ids), "by": by}
        hass.bus.async_fire(event_type, data, context=context)

"""Commands for Recently deleted: list, restore, and purge clips."""

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from homeassistant.exceptions import ServiceValidationError
import probatio

from ..access import Permission
from ..alarm.guard import Weakening
from ..clips.cache import get_caches
from ..clips.deletion import async_announce, async_check_purge, purge_each, restore_each
from ..clips.serialize import clip_as_dict
from ..cloud.retention_config import retention_rules
from ..const import DOMAIN, EVENT_CLIPS_PURGED, EVENT_CLIPS_RESTORED
from ..engine.core.clip_id import is_clip_id
from ..engine.library.queries import DeletedCursor
from .decorators import command
from .filter import CLIP_ID
from .pins import PIN_FIELD, async_guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeassistant.components.websocket_api import ActiveConnection

    from ..clips.deletion import Outcome
    from ..engine.core.types import Clip
    from ..engine.library.catalog import Catalog
    from ..engine.library.library import ClipLibrary
    from ..runtime import HomeSecData
    from .decorators import Message

MAX_CLIPS_PER_PAGE: Final = 200
MAX_IDS: Final = 1000
IDS: Final = probatio.All([CLIP_ID], probatio.Length(min=1, max=MAX_IDS))


@command(
    "homesec/deleted/list",
    Permission.CONTROL,
    {
        probatio.Optional("cursor"): probatio.Any(None, probatio.All(str, probatio.Length(max=64))),
        probatio.Optional("limit", default=50): probatio.All(
            int, probatio.Range(min=1, max=MAX_CLIPS_PER_PAGE)
        ),
    },
)
async def _list(runtime: HomeSecData, _: ActiveConnection, msg: Message) -> Message:
    before, limit = _read_cursor(msg.get("cursor")), msg["limit"]
    library = runtime.host.engine.library
    kept_s = retention_rules(runtime.entry.data).deleted_kept_s
    clips, total = await runtime.host.async_run(_read_page, library.catalog, before, limit)
    page = clips[:limit]
    return {
        "clips": [_deleted_clip(runtime, clip, kept_s) for clip in page],
        "cursor": _cursor(page[-1]) if len(clips) > limit else None,
        "total": total,
        "purge_held": library.purge_held,
    }


def _read_page(
    catalog: Catalog, before: DeletedCursor | None, limit: int
) -> tuple[list[Clip], int | None]:
    """Return a page and one clip more; on the first page also the number of all clips."""
    clips = catalog.queries.deleted(limit=limit + 1, before=before)
    return clips, catalog.queries.count_deleted() if before is None else None


def _deleted_clip(runtime: HomeSecData, clip: Clip, kept_s: float) -> dict[str, Any]:
    deleted_at = clip.deleted_at or 0.0
    return {
        **clip_as_dict(runtime.cameras, runtime.storage.state, clip),
        "deleted": deleted_at,
        "deleted_by": clip.deleted_by,
        "expires": None if clip.protected else deleted_at + kept_s,
    }


def _cursor(clip: Clip) -> str:
    return f"{clip.deleted_at!r}/{clip.id}"


def _read_cursor(cursor: str | None) -> DeletedCursor | None:
    """Return where the previous page ended. Raises ``ServiceValidationError``."""
    if cursor is None:
        return None
    at, _, clip_id = cursor.partition("/")
    try:
        if is_clip_id(clip_id):
            return DeletedCursor(float(at), clip_id)
    except ValueError:
        pass
    raise ServiceValidationError(translation_domain=DOMAIN, translation_key="bad_cursor")


@command("homesec/deleted/restore", Permission.CONTROL, {probatio.Required("ids"): IDS})
async def _restore(runtime: HomeSecData, connection: ActiveConnection, msg: Message) -> Message:
    done, refused = await async_change_clips(
        runtime, connection, msg, restore_each, EVENT_CLIPS_RESTORED
    )
    return {"restored": done, "refused": refused}


@command("homesec/deleted/purge", Permission.ADMIN, {probatio.Required("ids"): IDS, **PIN_FIELD})
async def _purge(runtime: HomeSecData, connection: ActiveConnection, msg: Message) -> Message:
    library = runtime.host.engine.library
    await async_check_purge(library, runtime.guard, connection.context(msg))
    await async_guard(runtime, connection, msg, Weakening.CLIPS_DELETED, clips=len(msg["ids"]))
    purge = partial(purge_each, caches=get_caches(runtime.hass))
    done, refused = await async_change_clips(runtime, connection, msg, purge, EVENT_CLIPS_PURGED)
    return {"purged": done, "refused": refused}


async def async_change_clips(
    runtime: HomeSecData,
    connection: ActiveConnection,
    msg: Message,
    change: Callable[[ClipLibrary, list[str]], Outcome],
    event_type: str,
) -> tuple[list[str], list[dict[str, str]]]:
    """Change a command's clips, and announce it; return the changed and the refused ones."""
    library, context = runtime.host.engine.library, connection.context(msg)
    try:
        outcome = await runtime.host.async_run(change, library, msg["ids"])
    finally:
        runtime.coordinator.async_update_stats()
    by = connection.user.name
    async_announce(runtime.hass, event_type, outcome.done, by=by, context=context)
    return outcome.done, [{"id": id_, "error": key} for id_, key in outcome.refused.items()]


COMMANDS = (_list, _restore, _purge)

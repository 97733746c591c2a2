"""Commands that list, show, protect, delete, and export clips."""

from functools import partial
from typing import TYPE_CHECKING, Final

import probatio

from ..access import Permission
from ..alarm.guard import Weakening
from ..clips.actions import protect_all
from ..clips.cache import get_caches
from ..clips.deletion import delete_each, is_restorable
from ..clips.export import async_export, export_folder
from ..clips.serialize import clip_as_dict
from ..const import EVENT_CLIPS_DELETED
from ..engine.core.clip_id import is_clip_id
from ..engine.core.errors import ClipNotFound
from ..engine.core.types import ClipState
from .decorators import command
from .deleted import IDS, async_change_clips
from .filter import CLIP_ID, FILTER, MAX_NAME_LENGTH, async_read_filter, read_cursor
from .pins import PIN_FIELD, async_guard

if TYPE_CHECKING:
    from homeassistant.components.websocket_api import ActiveConnection

    from ..engine.core.track_log import ClipTrack
    from ..engine.core.types import Clip
    from ..engine.library.catalog import Catalog
    from ..engine.library.queries import ClipFilter
    from ..runtime import HomeSecData
    from .decorators import Message

MAX_CLIPS_PER_PAGE: Final = 200


@command(
    "homesec/clips/list",
    Permission.READ,
    {
        **FILTER,
        probatio.Optional("cursor"): probatio.Any(None, CLIP_ID),
        probatio.Optional("limit", default=50): probatio.All(
            int, probatio.Range(min=1, max=MAX_CLIPS_PER_PAGE)
        ),
    },
)
async def _list(runtime: HomeSecData, _: ActiveConnection, msg: Message) -> Message:
    clip_filter = await async_read_filter(runtime, msg)
    before, limit = read_cursor(msg), msg["limit"]
    catalog = runtime.host.engine.catalog
    clips, total = await runtime.host.async_run(_read_page, catalog, clip_filter, before, limit)
    page = clips[:limit]
    return {
        "clips": [clip_as_dict(runtime.cameras, runtime.storage.state, clip) for clip in page],
        "cursor": page[-1].id if len(clips) > limit else None,
        "total": total,
    }


def _read_page(
    catalog: Catalog, clip_filter: ClipFilter, before: str | None, limit: int
) -> tuple[list[Clip], int | None]:
    """Return a page and one clip more; on the first page also the number of all clips."""
    clips = catalog.queries.page(clip_filter, limit=limit + 1, before=before)
    return clips, catalog.queries.count(clip_filter) if before is None else None


@command("homesec/clips/get", Permission.READ, {probatio.Required("clip_id"): CLIP_ID, **FILTER})
async def _get(runtime: HomeSecData, _: ActiveConnection, msg: Message) -> Message:
    clip_filter, catalog = await async_read_filter(runtime, msg), runtime.host.engine.catalog
    clip, (older, newer), tracks = await runtime.host.async_run(
        _read_clip, catalog, clip_filter, msg["clip_id"]
    )
    return {
        "clip": clip_as_dict(runtime.cameras, runtime.storage.state, clip),
        "tracks": [
            {"id": track.id, "label": track.label, "boxes": [list(box) for box in track.boxes]}
            for track in tracks
        ],
        "previous": older,
        "next": newer,
    }


def _read_clip(
    catalog: Catalog, clip_filter: ClipFilter, clip_id: str
) -> tuple[Clip, tuple[str | None, str | None], list[ClipTrack]]:
    """Return a clip, the ids of its neighbors, and its tracks. Raises ``ClipNotFound``."""
    clip = catalog.get(clip_id) if is_clip_id(clip_id) else None
    if clip is None or clip.deleted_at is not None or clip.state is ClipState.REMOVING:
        raise ClipNotFound
    return clip, catalog.queries.neighbors(clip_filter, clip_id), catalog.tracks(clip_id)


@command(
    "homesec/clips/protect",
    Permission.CONTROL,
    {probatio.Required("ids"): IDS, probatio.Required("protected"): bool, **PIN_FIELD},
)
async def _protect(runtime: HomeSecData, connection: ActiveConnection, msg: Message) -> Message:
    library = runtime.host.engine.library
    if not msg["protected"]:
        await async_guard(
            runtime, connection, msg, Weakening.CLIPS_UNPROTECTED, clips=len(msg["ids"])
        )
    await runtime.host.async_run(protect_all, library, msg["ids"], msg["protected"])
    return {}


@command("homesec/clips/delete", Permission.CONTROL, {probatio.Required("ids"): IDS, **PIN_FIELD})
async def _delete(runtime: HomeSecData, connection: ActiveConnection, msg: Message) -> Message:
    library = runtime.host.engine.library
    await async_guard(runtime, connection, msg, Weakening.CLIPS_DELETED, clips=len(msg["ids"]))
    delete = partial(delete_each, by=connection.user.name, caches=get_caches(runtime.hass))
    done, refused = await async_change_clips(runtime, connection, msg, delete, EVENT_CLIPS_DELETED)
    restorable = is_restorable(library, runtime.entry.data)
    return {"deleted": done, "refused": refused, "restorable": restorable}


@command(
    "homesec/clips/export",
    Permission.CONTROL,
    {
        probatio.Required("ids"): IDS,
        probatio.Optional("name"): probatio.All(str, probatio.Length(max=MAX_NAME_LENGTH)),
    },
)
async def _export(runtime: HomeSecData, _: ActiveConnection, msg: Message) -> Message:
    folder = export_folder(runtime.host, msg.get("name"))
    queries, clip_ids = runtime.host.engine.catalog.queries, list(dict.fromkeys(msg["ids"]))
    clips = await runtime.host.async_run(queries.get_many, [x for x in clip_ids if is_clip_id(x)])
    export = await async_export(runtime.hass, runtime.host, clips, str(folder))
    missing = set(clip_ids) - {clip.id for clip in clips}
    refused = [{"id": x, "error": ClipNotFound.key} for x in clip_ids if x in missing]
    refused += [{"id": x, "error": err.translation_key} for x, err in export.failed]
    return {"folder": str(folder), "exported": len(export.files), "refused": refused}


COMMANDS = (_list, _get, _protect, _delete, _export)

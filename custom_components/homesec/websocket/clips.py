"""The page's commands on clips: a page of them, one of them, and what is done to them."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
import probatio

from ..access import Permission
from ..clips.actions import delete_each, protect_all
from ..clips.cache import get_caches
from ..clips.export import async_export, export_folder
from ..clips.serialize import clip_as_dict
from ..engine.core.clip_id import is_clip_id
from ..engine.core.errors import ClipNotFound
from ..engine.core.types import ClipState
from .access import answers
from .filter import CLIP_ID, FILTER, LONGEST_NAME, async_filter, cursor

if TYPE_CHECKING:
    from homeassistant.components.websocket_api import ActiveConnection

    from ..engine.core.track_log import ClipTrack
    from ..engine.core.types import Clip
    from ..engine.library.catalog import Catalog
    from ..engine.library.queries import ClipFilter
    from ..runtime import HomeSecData

MOST_CLIPS: Final = 200
"""In one page."""
MOST_IDS: Final = 1000
"""In one command."""
_IDS: Final = probatio.All([CLIP_ID], probatio.Length(min=1, max=MOST_IDS))


@callback
def async_setup_clip_commands(hass: HomeAssistant) -> None:
    """Register them."""
    for command in (_list, _get, _protect, _delete, _export):
        websocket_api.async_register_command(hass, command)


@websocket_api.websocket_command(
    {
        probatio.Required("type"): "homesec/clips/list",
        **FILTER,
        probatio.Optional("cursor"): probatio.Any(None, CLIP_ID),
        probatio.Optional("limit", default=50): probatio.All(
            int, probatio.Range(min=1, max=MOST_CLIPS)
        ),
    }
)
@answers(Permission.READ)
async def _list(
    runtime: HomeSecData, _connection: ActiveConnection, msg: dict[str, Any]
) -> dict[str, Any]:
    wanted, before, limit = await async_filter(runtime, msg), cursor(msg), msg["limit"]
    catalog = runtime.host.engine.catalog
    clips, total = await runtime.host.async_run(_page, catalog, wanted, before, limit)
    shown = clips[:limit]
    return {
        "clips": [clip_as_dict(runtime.cameras, runtime.storage.state, clip) for clip in shown],
        "cursor": shown[-1].id if len(clips) > limit else None,
        "total": total,
    }


def _page(
    catalog: Catalog, wanted: ClipFilter, before: str | None, limit: int
) -> tuple[list[Clip], int | None]:
    """Return a page and one clip more, and on the first page how many there are in all."""
    clips = catalog.queries.page(wanted, limit=limit + 1, before=before)
    return clips, catalog.queries.count(wanted) if before is None else None


@websocket_api.websocket_command(
    {
        probatio.Required("type"): "homesec/clips/get",
        probatio.Required("clip_id"): CLIP_ID,
        **FILTER,
    }
)
@answers(Permission.READ)
async def _get(
    runtime: HomeSecData, _connection: ActiveConnection, msg: dict[str, Any]
) -> dict[str, Any]:
    wanted = await async_filter(runtime, msg)
    catalog = runtime.host.engine.catalog
    clip, (older, newer), tracks = await runtime.host.async_run(
        _one, catalog, wanted, msg["clip_id"]
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


def _one(
    catalog: Catalog, wanted: ClipFilter, clip_id: str
) -> tuple[Clip, tuple[str | None, str | None], list[ClipTrack]]:
    """Return a clip, its neighbours and who is where in it. Raises ``ClipNotFound``."""
    clip = catalog.get(clip_id) if is_clip_id(clip_id) else None
    if clip is None or clip.state is ClipState.REMOVING:
        raise ClipNotFound
    return clip, catalog.queries.neighbors(wanted, clip_id), catalog.tracks(clip_id)


@websocket_api.websocket_command(
    {
        probatio.Required("type"): "homesec/clips/protect",
        probatio.Required("ids"): _IDS,
        probatio.Required("protected"): bool,
    }
)
@answers(Permission.CONTROL)
async def _protect(
    runtime: HomeSecData, _connection: ActiveConnection, msg: dict[str, Any]
) -> dict[str, Any]:
    library = runtime.host.engine.library
    await runtime.host.async_run(protect_all, library, msg["ids"], msg["protected"])
    return {}


@websocket_api.websocket_command(
    {probatio.Required("type"): "homesec/clips/delete", probatio.Required("ids"): _IDS}
)
@answers(Permission.CONTROL)
async def _delete(
    runtime: HomeSecData, _connection: ActiveConnection, msg: dict[str, Any]
) -> dict[str, Any]:
    library, kept = runtime.host.engine.library, get_caches(runtime.hass)
    try:
        deleted, refused = await runtime.host.async_run(delete_each, library, msg["ids"], kept)
    finally:
        runtime.coordinator.async_update_stats()
    return {
        "deleted": deleted,
        "refused": [{"id": id_, "error": error} for id_, error in refused.items()],
    }


@websocket_api.websocket_command(
    {
        probatio.Required("type"): "homesec/clips/export",
        probatio.Required("ids"): _IDS,
        probatio.Optional("name"): probatio.All(str, probatio.Length(max=LONGEST_NAME)),
    }
)
@answers(Permission.CONTROL)
async def _export(
    runtime: HomeSecData, _connection: ActiveConnection, msg: dict[str, Any]
) -> dict[str, Any]:
    folder = export_folder(runtime.host, msg.get("name"))
    queries, wanted = runtime.host.engine.catalog.queries, list(dict.fromkeys(msg["ids"]))
    clips = await runtime.host.async_run(queries.get_many, [x for x in wanted if is_clip_id(x)])
    export = await async_export(runtime.hass, runtime.host, clips, str(folder))
    gone = set(wanted) - {clip.id for clip in clips}
    refused = [{"id": x, "error": ClipNotFound.key} for x in wanted if x in gone]
    refused += [{"id": x, "error": err.translation_key} for x, err in export.failed]
    return {"folder": str(folder), "exported": len(export.files), "refused": refused}

"""Actions on recorded clips: list, export, delete, protect, and rebuild their index."""

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import ATTR_CODE
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_config_entry, async_register_admin_service
import probatio

from ..access import Permission, async_check_call
from ..alarm.guard import Weakening
from ..bus_events import clip_data
from ..const import DOMAIN, EVENT_CLIPS_DELETED, EVENT_CLIPS_PURGED, EVENT_CLIPS_RESTORED
from ..engine.core.clip_id import is_clip_id
from ..urls import STILL_URL
from .cache import get_caches
from .deletion import (
    Outcome,
    async_announce,
    async_check_purge,
    check_deletable,
    check_deleted,
    delete_each,
    get_existing,
    purge_each,
    restore_each,
)
from .export import async_export
from .naming import camera_name, clip_media_id
from .query import ATTR_FROM, ATTR_TO, QUERY_FIELDS, async_clip_filter

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeassistant.core import ServiceResponse
    from homeassistant.util.json import JsonObjectType, JsonValueType

    from ..engine.core.types import Clip
    from ..engine.library.library import ClipLibrary
    from ..runtime import HomeSecData

SERVICE_LIST_CLIPS: Final = "list_clips"
SERVICE_EXPORT: Final = "export"
SERVICE_DELETE_CLIP: Final = "delete_clip"
SERVICE_RESTORE_CLIP: Final = "restore_clip"
SERVICE_PURGE_CLIP: Final = "purge_clip"
SERVICE_PROTECT_CLIP: Final = "protect_clip"
SERVICE_REBUILD_INDEX: Final = "rebuild_index"

ATTR_CURSOR: Final = "cursor"
ATTR_LIMIT: Final = "limit"
ATTR_CLIP_ID: Final = "clip_id"
ATTR_PROTECTED: Final = "protected"
ATTR_FOLDER: Final = "folder"

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
MAX_IDS = 1000  # per call

_CLIP_IDS = probatio.All(cv.ensure_list, [cv.string], probatio.Length(min=1, max=MAX_IDS))
_LIST = probatio.Schema(
    {
        **QUERY_FIELDS,
        probatio.Optional(ATTR_CURSOR): cv.string,
        probatio.Optional(ATTR_LIMIT, default=DEFAULT_LIMIT): probatio.All(
            probatio.Coerce(int), probatio.Range(min=1, max=MAX_LIMIT)
        ),
    }
)
_EXPORT = probatio.Schema(
    {
        **QUERY_FIELDS,
        probatio.Optional(ATTR_CLIP_ID): _CLIP_IDS,
        probatio.Required(ATTR_FOLDER): cv.string,
    }
)
_DELETE = probatio.Schema(
    {probatio.Required(ATTR_CLIP_ID): _CLIP_IDS, probatio.Optional(ATTR_CODE): cv.string}
)
_RESTORE = probatio.Schema({probatio.Required(ATTR_CLIP_ID): _CLIP_IDS})
_PROTECT = _DELETE.extend({probatio.Optional(ATTR_PROTECTED, default=True): cv.boolean})


@callback
def async_setup_clip_actions(hass: HomeAssistant) -> None:
    """Register the actions; those that write elsewhere or take long are for administrators."""
    register = partial(hass.services.async_register, DOMAIN)
    register(SERVICE_LIST_CLIPS, _async_list, _LIST, SupportsResponse.ONLY)
    register(SERVICE_DELETE_CLIP, _async_delete, _DELETE)
    register(SERVICE_RESTORE_CLIP, _async_restore, _RESTORE)
    register(SERVICE_PURGE_CLIP, _async_purge, _DELETE)
    register(SERVICE_PROTECT_CLIP, _async_protect, _PROTECT)
    register_admin = partial(async_register_admin_service, hass, DOMAIN)
    register_admin(SERVICE_EXPORT, _async_export, _EXPORT, SupportsResponse.OPTIONAL)
    register_admin(
        SERVICE_REBUILD_INDEX, _async_rebuild, probatio.Schema({}), SupportsResponse.OPTIONAL
    )


def _runtime(call: ServiceCall) -> HomeSecData:
    """Return the one loaded entry's runtime. Raises ``ServiceValidationError``."""
    runtime: HomeSecData = async_get_config_entry(call.hass, DOMAIN, None).runtime_data
    return runtime


async def _async_list(call: ServiceCall) -> ServiceResponse:
    runtime = _runtime(call)
    await async_check_call(call, runtime, Permission.READ)
    wanted = await async_clip_filter(call.hass, runtime.host, runtime.cameras, call.data)
    before = call.data.get(ATTR_CURSOR)
    if before is not None and not is_clip_id(before):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="bad_cursor")
    read = partial(
        runtime.host.engine.catalog.queries.page_and_cursor,
        limit=call.data[ATTR_LIMIT],
        before=before,
    )
    clips, cursor = await runtime.host.async_run(read, wanted)
    return {"clips": [_clip_data(runtime, clip) for clip in clips], "cursor": cursor}


def _clip_data(runtime: HomeSecData, clip: Clip) -> JsonObjectType:
    """Return a clip as automations get it: no URL that opens without a login."""
    return {
        **clip_data(clip),
        "camera_id": clip.camera_id,
        "camera": camera_name(runtime.cameras, clip.camera_id, clip.camera_name),
        "device_id": runtime.devices.id_of(clip.camera_id),
        "duration_s": round(clip.duration_s, 1),
        "bytes": clip.bytes,
        "local": clip.local,
        "cloud": clip.cloud.value,
        "protected": clip.protected,
        "media_content_id": clip_media_id(clip.id),
        "thumbnail": STILL_URL.format(clip_id=clip.id) if clip.still_path else None,
    }


async def _async_export(call: ServiceCall) -> ServiceResponse:
    runtime = _runtime(call)
    if (clip_ids := call.data.get(ATTR_CLIP_ID)) is not None:
        clips = await runtime.host.async_run(get_existing, runtime.host.engine.library, clip_ids)
    elif ATTR_FROM in call.data and ATTR_TO in call.data:
        wanted = await async_clip_filter(call.hass, runtime.host, runtime.cameras, call.data)
        read = partial(runtime.host.engine.catalog.queries.page, limit=MAX_IDS + 1)
        clips = await runtime.host.async_run(read, wanted)
        if len(clips) > MAX_IDS:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="too_many_clips",
                translation_placeholders={"limit": str(MAX_IDS)},
            )
    else:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_chosen")
    export = await async_export(call.hass, runtime.host, clips, call.data[ATTR_FOLDER])
    if export.failed and not call.return_response:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="not_all_exported",
            translation_placeholders={
                "failed": str(len(export.failed)),
                "error": str(export.failed[0][1]),
            },
        )
    failed: list[JsonValueType] = [
        {"clip_id": clip_id, "error": str(err)} for clip_id, err in export.failed
    ]
    return {"files": [*export.files], "failed": failed}


async def _async_delete(call: ServiceCall) -> None:
    """Move all clips to Recently deleted or, if one is protected or missing, none."""
    runtime = _runtime(call)
    await async_check_call(call, runtime, Permission.CONTROL)
    library, clip_ids = runtime.host.engine.library, call.data[ATTR_CLIP_ID]
    await _async_guard(call, runtime, Weakening.CLIPS_DELETED)
    await runtime.host.async_run(check_deletable, library, clip_ids)
    by = await async_user_name(call)
    delete = partial(delete_each, by=by, caches=get_caches(call.hass))
    await _async_change(call, runtime, delete, EVENT_CLIPS_DELETED, by)


async def _async_restore(call: ServiceCall) -> None:
    """Restore all clips or, if one isn't in Recently deleted, none."""
    runtime = _runtime(call)
    await async_check_call(call, runtime, Permission.CONTROL)
    library, clip_ids = runtime.host.engine.library, call.data[ATTR_CLIP_ID]
    await runtime.host.async_run(check_deleted, library, clip_ids)
    by = await async_user_name(call)
    await _async_change(call, runtime, restore_each, EVENT_CLIPS_RESTORED, by)


async def _async_purge(call: ServiceCall) -> None:
    """Remove all clips from Recently deleted or, if one isn't there, none."""
    runtime = _runtime(call)
    await async_check_call(call, runtime, Permission.ADMIN)
    library, clip_ids = runtime.host.engine.library, call.data[ATTR_CLIP_ID]
    await async_check_purge(library, runtime.guard, call.context)
    await _async_guard(call, runtime, Weakening.CLIPS_DELETED)
    await runtime.host.async_run(check_deleted, library, clip_ids)
    by = await async_user_name(call)
    purge = partial(purge_each, caches=get_caches(call.hass))
    await _async_change(call, runtime, purge, EVENT_CLIPS_PURGED, by)


async def _async_change(
    call: ServiceCall,
    runtime: HomeSecData,
    change: Callable[[ClipLibrary, list[str]], Outcome],
    event_type: str,
    by: str | None,
) -> None:
    """Change clips, announce it, and raise if some couldn't be changed after all."""
    library, clip_ids = runtime.host.engine.library, call.data[ATTR_CLIP_ID]
    outcome = await runtime.host.async_run(change, library, clip_ids)
    runtime.coordinator.async_update_stats()
    async_announce(call.hass, event_type, outcome.done, by=by, context=call.context)
    for key in outcome.refused.values():
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key=key)


async def async_user_name(call: ServiceCall) -> str | None:
    """Return the name of the user who calls an action; None for an automation."""
    user_id = call.context.user_id
    user = None if user_id is None else await call.hass.auth.async_get_user(user_id)
    return None if user is None else user.name


async def _async_protect(call: ServiceCall) -> None:
    runtime = _runtime(call)
    await async_check_call(call, runtime, Permission.CONTROL)
    library, clip_ids = runtime.host.engine.library, call.data[ATTR_CLIP_ID]
    if not call.data[ATTR_PROTECTED]:
        await _async_guard(call, runtime, Weakening.CLIPS_UNPROTECTED)
    await runtime.host.async_run(protect_all, library, clip_ids, call.data[ATTR_PROTECTED])


async def _async_guard(call: ServiceCall, runtime: HomeSecData, action: Weakening) -> None:
    """Have an action on clips take the right to disarm while the alarm is armed."""
    code, clips = call.data.get(ATTR_CODE), len(call.data[ATTR_CLIP_ID])
    await runtime.guard.async_check(action, call.context, code=code, clips=clips)


async def _async_rebuild(call: ServiceCall) -> ServiceResponse:
    runtime = _runtime(call)
    rebuilt = await runtime.host.async_run(runtime.host.engine.library.rebuild)
    runtime.coordinator.async_update_stats()
    return dict[str, Any](asdict(rebuilt))


def protect_all(library: ClipLibrary, clip_ids: list[str], protected: bool) -> None:  # noqa: FBT001
    """Set whether retention may remove clips: all or none. Raises ``ClipNotFound``. Blocks."""
    get_existing(library, clip_ids)
    for clip_id in clip_ids:
        library.protect(clip_id, protected=protected)

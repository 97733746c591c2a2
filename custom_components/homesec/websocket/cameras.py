"""Commands that turn a camera on or off, record, snooze its alerts, and find its last picture.

Home Assistant's own actions would put the PIN on its bus, and so into the recorder.
"""

from functools import partial
from typing import TYPE_CHECKING, Final

from homeassistant.exceptions import ServiceValidationError
import probatio

from ..access import Permission
from ..alarm.guard import Weakening
from ..alerts.snooze import MAX_SNOOZE
from ..const import DOMAIN
from ..engine.core.types import Activity, ClipState, CloudState
from ..engine.library.queries import ClipFilter
from ..urls import LAST_PICTURE_URL, STILL_URL
from .decorators import command
from .filter import NAME, NAMES
from .pins import PIN_FIELD, async_guard

if TYPE_CHECKING:
    from homeassistant.components.websocket_api import ActiveConnection

    from ..engine.core.types import Clip
    from ..runtime import HomeSecData
    from .decorators import Message

_SECONDS: Final = probatio.All(
    probatio.Any(int, float), probatio.Range(min=0, max=MAX_SNOOZE.total_seconds())
)


@command(
    "homesec/cameras/detection",
    Permission.CONTROL,
    {probatio.Required("camera_id"): NAME, probatio.Required("on"): bool, **PIN_FIELD},
)
async def _set_detection(
    runtime: HomeSecData, connection: ActiveConnection, msg: Message
) -> Message:
    camera_id, on = msg["camera_id"], msg["on"]
    check_cameras(runtime, [camera_id])
    if runtime.cameras.detects(camera_id) is not on:
        if not on:
            await async_guard(
                runtime, connection, msg, Weakening.DETECTION_OFF, cameras=[camera_id]
            )
        runtime.cameras.async_set_detection(camera_id, on=on)
    return {}


@command("homesec/cameras/turn_on", Permission.CONTROL, {probatio.Required("camera_id"): NAME})
async def _turn_on(runtime: HomeSecData, _: ActiveConnection, msg: Message) -> Message:
    camera_id = msg["camera_id"]
    check_cameras(runtime, [camera_id])
    if runtime.alarm.activity(runtime.cameras.subentry(camera_id)) is Activity.OFF:
        runtime.cameras.async_turn_on(camera_id)
    return {}


@command(
    "homesec/cameras/record",
    Permission.CONTROL,
    {probatio.Required("camera_id"): NAME, probatio.Required("on"): bool, **PIN_FIELD},
)
async def _record(runtime: HomeSecData, connection: ActiveConnection, msg: Message) -> Message:
    camera_id, coordinator = msg["camera_id"], runtime.coordinator
    check_cameras(runtime, [camera_id])
    if msg["on"]:
        return {"clip_id": await coordinator.async_start_recording(camera_id, None)}
    if runtime.cameras[camera_id].recording_manually:
        await async_guard(runtime, connection, msg, Weakening.RECORDING_ENDED, cameras=[camera_id])
        await coordinator.async_stop_recording(camera_id)
    return {}


@command("homesec/cameras/picture", Permission.READ, {probatio.Required("camera_id"): NAME})
async def _picture(runtime: HomeSecData, _: ActiveConnection, msg: Message) -> Message:
    """Return the newer one of a camera's last picture and the still of its last clip."""
    camera_id = msg["camera_id"]
    check_cameras(runtime, [camera_id])
    picture = await runtime.pictures.async_find(camera_id)
    clip = await _async_last_clip(runtime, camera_id)
    if clip is not None and (picture is None or picture.at < clip.event_at):
        return {"at": clip.event_at, "path": STILL_URL.format(clip_id=clip.id)}
    if picture is None:
        return {"at": None, "path": None}
    url = LAST_PICTURE_URL.format(camera_id=camera_id, at_ms=int(picture.at * 1000))
    return {"at": picture.at, "path": url}


async def _async_last_clip(runtime: HomeSecData, camera_id: str) -> Clip | None:
    """Return a camera's newest clip, if it has a still that can be shown."""
    if not runtime.host.ready:
        return None
    wanted = ClipFilter(cameras=(camera_id,), states=(ClipState.SAVED,))
    page = partial(runtime.host.engine.catalog.queries.page, wanted, limit=1)
    for clip in await runtime.host.async_run(page):
        if clip.still_path and (clip.local or clip.cloud is CloudState.STORED):
            return clip
    return None


@command(
    "homesec/cameras/snooze",
    Permission.CONTROL,
    {
        probatio.Required("cameras"): probatio.All(NAMES, probatio.Length(min=1)),
        probatio.Required("duration_s"): _SECONDS,
        **PIN_FIELD,
    },
)
async def _snooze(runtime: HomeSecData, connection: ActiveConnection, msg: Message) -> Message:
    camera_ids, duration_s = list(dict.fromkeys(msg["cameras"])), float(msg["duration_s"])
    check_cameras(runtime, camera_ids)
    if duration_s > 0:
        await async_guard(runtime, connection, msg, Weakening.SNOOZE, cameras=camera_ids)
    for camera_id in camera_ids:
        await runtime.alerts.snooze.async_set(camera_id, duration_s)
    return {}


def check_cameras(runtime: HomeSecData, camera_ids: list[str]) -> None:
    """Raise ``ServiceValidationError`` for an id that no camera has."""
    for camera_id in camera_ids:
        if not runtime.cameras.exists(camera_id):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="camera_not_found",
                translation_placeholders={"camera": camera_id},
            )


COMMANDS = (_set_detection, _turn_on, _record, _picture, _snooze)

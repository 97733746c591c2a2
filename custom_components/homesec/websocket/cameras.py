"""Commands that turn a camera's detection on or off, and snooze its alerts.

Home Assistant's own actions would put the PIN on its bus, and so into the recorder.
"""

from typing import TYPE_CHECKING, Final

from homeassistant.exceptions import ServiceValidationError
import probatio

from ..access import Permission
from ..alarm.guard import Weakening
from ..alerts.snooze import MAX_SNOOZE
from ..const import DOMAIN
from .decorators import command
from .filter import NAME, NAMES
from .pins import PIN_FIELD, async_guard

if TYPE_CHECKING:
    from homeassistant.components.websocket_api import ActiveConnection

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


COMMANDS = (_set_detection, _snooze)

"""The actions that turn a camera's detection or recording on or off, or move it."""

from functools import partial
from typing import TYPE_CHECKING, Final

from homeassistant.const import ATTR_CODE
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_config_entry
import probatio

from ..access import Permission, async_check_call
from ..alarm.guard import Weakening
from ..const import ATTR_DURATION, DOMAIN
from .movers import Direction
from .target import TARGET_FIELDS, async_camera_ids

if TYPE_CHECKING:
    from ..runtime import HomeSecData
    from .movement import CameraMovement

SERVICE_SET_DETECTION: Final = "set_detection"
SERVICE_SET_RECORDING: Final = "set_recording"
SERVICE_MOVE: Final = "move_camera"
ATTR_ENABLED: Final = "enabled"
ATTR_DIRECTION: Final = "direction"
ATTR_POSITION: Final = "position"
DEFAULT_MOVE_S: Final = 0.5


@callback
def async_setup_camera_actions(hass: HomeAssistant) -> None:
    """Register the actions."""
    fields = {
        **TARGET_FIELDS,
        probatio.Required(ATTR_ENABLED): cv.boolean,
        probatio.Optional(ATTR_CODE): cv.string,
    }
    for service, weakening in (
        (SERVICE_SET_DETECTION, Weakening.DETECTION_OFF),
        (SERVICE_SET_RECORDING, Weakening.RECORDING_OFF),
    ):
        hass.services.async_register(
            DOMAIN, service, partial(_async_switch, weakening), probatio.Schema(fields)
        )
    move = {
        **TARGET_FIELDS,
        probatio.Exclusive(ATTR_DIRECTION, "where"): probatio.Coerce(Direction),
        probatio.Exclusive(ATTR_POSITION, "where"): cv.string,
        probatio.Optional(ATTR_DURATION, default=DEFAULT_MOVE_S): cv.positive_time_period,
        probatio.Optional(ATTR_CODE): cv.string,
    }
    hass.services.async_register(
        DOMAIN,
        SERVICE_MOVE,
        _async_move,
        probatio.All(cv.has_at_least_one_key(ATTR_DIRECTION, ATTR_POSITION), probatio.Schema(move)),
    )


async def _async_switch(weakening: Weakening, call: ServiceCall) -> None:
    """Turn what ``weakening`` is about on or off."""
    runtime: HomeSecData = async_get_config_entry(call.hass, DOMAIN, None).runtime_data
    await async_check_call(call, runtime, Permission.CONTROL)
    cameras, on = runtime.cameras, call.data[ATTR_ENABLED]
    if weakening is Weakening.DETECTION_OFF:
        is_on, switch = cameras.detects, cameras.async_set_detection
    else:
        is_on, switch = cameras.records, cameras.async_set_recording
    camera_ids = [
        camera_id
        for camera_id in async_camera_ids(call.hass, cameras, call.data)
        if is_on(camera_id) is not on
    ]
    if camera_ids and not on:
        code = call.data.get(ATTR_CODE)
        await runtime.guard.async_check(weakening, call.context, code=code, cameras=camera_ids)
    for camera_id in camera_ids:
        switch(camera_id, on=on)


async def _async_move(call: ServiceCall) -> None:
    """Move cameras for some time, or to a stored position of this name or id."""
    runtime: HomeSecData = async_get_config_entry(call.hass, DOMAIN, None).runtime_data
    guard, movement, data = runtime.guard, runtime.movement, call.data
    await async_check_call(call, runtime, Permission.CONTROL if guard.active else Permission.READ)
    camera_ids = async_camera_ids(call.hass, runtime.cameras, data)
    await guard.async_check(
        Weakening.CAMERA_MOVED, call.context, code=data.get(ATTR_CODE), cameras=camera_ids
    )
    if (position := data.get(ATTR_POSITION)) is not None:
        for camera_id in camera_ids:
            await _async_go_to(movement, camera_id, position)
        return
    seconds = data[ATTR_DURATION].total_seconds()
    motions = [
        movement.async_motion(camera_id, data[ATTR_DIRECTION], seconds) for camera_id in camera_ids
    ]
    for motion in motions:
        await motion.async_start()


async def _async_go_to(movement: CameraMovement, camera_id: str, wanted: str) -> None:
    """Move a camera to the position with this name or id. Raises ``ServiceValidationError``."""
    positions = await movement.async_positions(camera_id)
    names = {name.casefold(): id_ for id_, name in reversed(positions.items())}
    position = wanted if wanted in positions else names.get(wanted.casefold())
    if position is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="position_not_found",
            translation_placeholders={"position": wanted},
        )
    await movement.async_go_to(camera_id, position)

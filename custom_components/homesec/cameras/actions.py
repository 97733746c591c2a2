"""The action that turns a camera's detection on or off, with a PIN where that takes one."""

from typing import TYPE_CHECKING, Final

from homeassistant.const import ATTR_CODE
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_config_entry
import probatio

from ..access import Permission, async_check_call
from ..alarm.guard import Weakening
from ..const import DOMAIN
from .target import TARGET_FIELDS, async_camera_ids

if TYPE_CHECKING:
    from ..runtime import HomeSecData

SERVICE_SET_DETECTION: Final = "set_detection"
ATTR_ENABLED: Final = "enabled"


@callback
def async_setup_camera_actions(hass: HomeAssistant) -> None:
    """Register the action."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_SET_DETECTION,
        _async_set_detection,
        probatio.Schema(
            {
                **TARGET_FIELDS,
                probatio.Required(ATTR_ENABLED): cv.boolean,
                probatio.Optional(ATTR_CODE): cv.string,
            }
        ),
    )


async def _async_set_detection(call: ServiceCall) -> None:
    runtime: HomeSecData = async_get_config_entry(call.hass, DOMAIN, None).runtime_data
    await async_check_call(call, runtime, Permission.CONTROL)
    cameras, on = runtime.cameras, call.data[ATTR_ENABLED]
    camera_ids = [
        camera_id
        for camera_id in async_camera_ids(call.hass, cameras, call.data)
        if cameras.detects(camera_id) is not on
    ]
    if camera_ids and not on:
        code = call.data.get(ATTR_CODE)
        await runtime.guard.async_check(
            Weakening.DETECTION_OFF, call.context, code=code, cameras=camera_ids
        )
    for camera_id in camera_ids:
        cameras.async_set_detection(camera_id, on=on)

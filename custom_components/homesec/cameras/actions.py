"""The actions that turn a camera's detection or recording on or off, with a PIN if needed."""

from functools import partial
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
SERVICE_SET_RECORDING: Final = "set_recording"
ATTR_ENABLED: Final = "enabled"


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

"""The actions on alerts: snooze cameras, and send a test."""

from typing import TYPE_CHECKING, Final

from homeassistant.const import ATTR_CODE
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    config_validation as cv,
)
from homeassistant.helpers.service import async_get_config_entry, async_register_admin_service
from homeassistant.util import dt as dt_util
import probatio

from ..access import Permission, async_check_call
from ..alarm.guard import Weakening
from ..cameras.target import TARGET_FIELDS, async_camera_ids
from ..const import ATTR_DURATION, DOMAIN
from ..targets import async_subentry_id
from .snooze import MAX_SNOOZE

if TYPE_CHECKING:
    from homeassistant.core import ServiceResponse
    from homeassistant.util.json import JsonValueType

    from ..runtime import HomeSecData

SERVICE_SNOOZE: Final = "snooze"
SERVICE_TEST_ALERT: Final = "test_alert"
ATTR_RECIPIENT: Final = "recipient"


@callback
def async_setup_alert_actions(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_SNOOZE,
        _async_snooze,
        probatio.Schema(
            {
                **TARGET_FIELDS,
                probatio.Required(ATTR_DURATION): probatio.All(
                    cv.time_period, cv.positive_timedelta, probatio.Range(max=MAX_SNOOZE)
                ),
                probatio.Optional(ATTR_CODE): cv.string,
            }
        ),
        SupportsResponse.OPTIONAL,
    )
    # For administrators, since texts cost money.
    async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_TEST_ALERT,
        _async_test,
        probatio.Schema(
            {probatio.Optional(ATTR_RECIPIENT): probatio.All(cv.ensure_list, [cv.string])}
        ),
        SupportsResponse.OPTIONAL,
    )


async def _async_test(call: ServiceCall) -> ServiceResponse:
    runtime: HomeSecData = async_get_config_entry(call.hass, DOMAIN, None).runtime_data
    only: set[str] = set()
    for recipient in call.data.get(ATTR_RECIPIENT, ()):
        recipient_id = async_subentry_id(runtime.hass, recipient)
        if recipient_id not in runtime.alerts.recipients.rules:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="recipient_not_found",
                translation_placeholders={"recipient": recipient},
            )
        only.add(recipient_id)
    alert_id = runtime.alerts.async_test(frozenset(only) or None)
    return {"alert_id": alert_id} if call.return_response else None


async def _async_snooze(call: ServiceCall) -> ServiceResponse:
    runtime: HomeSecData = async_get_config_entry(call.hass, DOMAIN, None).runtime_data
    # Only users who can disarm may silence a camera.
    await async_check_call(call, runtime, Permission.CONTROL)
    camera_ids = async_camera_ids(call.hass, runtime.cameras, call.data)
    duration_s = call.data[ATTR_DURATION].total_seconds()
    if duration_s > 0:
        code = call.data.get(ATTR_CODE)
        await runtime.guard.async_check(
            Weakening.SNOOZE, call.context, code=code, cameras=camera_ids
        )
    cameras: list[JsonValueType] = []
    for camera_id in camera_ids:
        until = await runtime.alerts.snooze.async_set(camera_id, duration_s)
        cameras.append(
            {
                "camera_id": camera_id,
                "camera": runtime.cameras.name(camera_id),
                "until": None if until is None else dt_util.utc_from_timestamp(until).isoformat(),
            }
        )
    return {"cameras": cameras} if call.return_response else None

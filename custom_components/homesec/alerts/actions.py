"""The actions on alerts: leave a camera out of them for a while, and try them out."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import ATTR_ENTITY_ID, ENTITY_MATCH_ALL
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.service import async_get_config_entry, async_register_admin_service
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.util import dt as dt_util
import probatio

from ..access import Permission, async_check_call
from ..const import ATTR_DURATION, DOMAIN
from .snooze import MAX_SNOOZE

if TYPE_CHECKING:
    from homeassistant.core import ServiceResponse
    from homeassistant.util.json import JsonValueType

    from ..runtime import HomeSecData

SERVICE_SNOOZE: Final = "snooze"
SERVICE_TEST_ALERT: Final = "test_alert"
ATTR_RECIPIENT: Final = "recipient"
ATTR_CAMERA: Final = "camera"
"""For longer, the camera's settings say what is told."""


@callback
def async_setup_alert_actions(hass: HomeAssistant) -> None:
    """Register them."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_SNOOZE,
        _async_snooze,
        probatio.Schema(
            {
                **cv.TARGET_SERVICE_FIELDS,
                probatio.Optional(ATTR_CAMERA): probatio.All(cv.ensure_list, [cv.string]),
                probatio.Required(ATTR_DURATION): probatio.All(
                    cv.time_period, cv.positive_timedelta, probatio.Range(max=MAX_SNOOZE)
                ),
            }
        ),
        SupportsResponse.OPTIONAL,
    )
    # It costs money.
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
        recipient_id = _subentry_id(runtime, recipient)
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
    # Only those silence a camera who may switch off the alarm.
    await async_check_call(call, runtime, Permission.CONTROL)
    cameras: list[JsonValueType] = []
    for camera_id in _chosen(runtime, call.data):
        until = await runtime.alerts.snooze.async_set(
            camera_id, call.data[ATTR_DURATION].total_seconds()
        )
        cameras.append(
            {
                "camera_id": camera_id,
                "camera": runtime.cameras.name(camera_id),
                "until": None if until is None else dt_util.utc_from_timestamp(until).isoformat(),
            }
        )
    return {"cameras": cameras} if call.return_response else None


def _chosen(runtime: HomeSecData, data: dict[str, Any]) -> list[str]:
    """Return the cameras that a call is about. Raises ``ServiceValidationError``."""
    found: dict[str, None] = {}
    for camera in data.get(ATTR_CAMERA, ()):
        if (camera_id := _camera_id(runtime, camera)) is None:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="camera_not_found",
                translation_placeholders={"camera": camera},
            )
        found[camera_id] = None
    if data.get(ATTR_ENTITY_ID) == ENTITY_MATCH_ALL:
        return list(runtime.cameras)
    selected = async_extract_referenced_entity_ids(runtime.hass, TargetSelection(data))
    for target in sorted(
        selected.referenced | selected.indirectly_referenced | selected.referenced_devices
    ):
        if (camera_id := _camera_id(runtime, target)) is not None:
            found[camera_id] = None
    if not found:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_camera_chosen")
    return list(found)


def _camera_id(runtime: HomeSecData, text: str) -> str | None:
    """Return the camera that a text stands for."""
    camera_id = _subentry_id(runtime, text)
    return camera_id if camera_id in runtime.cameras else None


def _subentry_id(runtime: HomeSecData, text: str) -> str | None:
    """Return the subentry that an entity, a device or an id stands for."""
    if (entity := er.async_get(runtime.hass).async_get(text)) is not None:
        return entity.config_subentry_id if entity.platform == DOMAIN else None
    if (device := dr.async_get(runtime.hass).async_get(text)) is not None:
        return next((id_ for domain, id_ in device.identifiers if domain == DOMAIN), None)
    return text

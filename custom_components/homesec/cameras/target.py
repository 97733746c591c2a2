"""The cameras that an action is for."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import ATTR_ENTITY_ID, ENTITY_MATCH_ALL
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
import probatio

from ..const import DOMAIN
from ..targets import async_subentry_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .registry import CameraRegistry

ATTR_CAMERA: Final = "camera"
TARGET_FIELDS: Final = {
    **cv.TARGET_SERVICE_FIELDS,
    probatio.Optional(ATTR_CAMERA): probatio.All(cv.ensure_list, [cv.string]),
}


@callback
def async_camera_ids(
    hass: HomeAssistant, cameras: CameraRegistry, data: Mapping[str, Any]
) -> list[str]:
    """Return the cameras of an action. Raises ``ServiceValidationError``."""
    found: dict[str, None] = {}
    for camera in data.get(ATTR_CAMERA, ()):
        if (camera_id := async_subentry_id(hass, camera)) not in cameras:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="camera_not_found",
                translation_placeholders={"camera": camera},
            )
        found[str(camera_id)] = None
    if data.get(ATTR_ENTITY_ID) == ENTITY_MATCH_ALL:
        return list(cameras)
    selected = async_extract_referenced_entity_ids(hass, TargetSelection(dict(data)))
    for target in sorted(
        selected.referenced | selected.indirectly_referenced | selected.referenced_devices
    ):
        if (camera_id := async_subentry_id(hass, target)) in cameras:
            found[str(camera_id)] = None
    if not found:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_camera_chosen")
    return list(found)

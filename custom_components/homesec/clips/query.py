"""The fields by which actions select clips: camera, time, and label."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    config_validation as cv,
)
from homeassistant.util import dt as dt_util
import probatio

from ..const import DOMAIN
from ..engine.library.queries import SAVED, ClipFilter
from ..targets import async_subentry_id

if TYPE_CHECKING:
    from datetime import datetime

    from homeassistant.core import HomeAssistant

    from ..cameras.registry import CameraRegistry
    from ..engine_host import EngineHost

ATTR_CAMERA: Final = "camera"
ATTR_FROM: Final = "from"
ATTR_TO: Final = "to"
ATTR_LABEL: Final = "label"

QUERY_FIELDS: Final = {
    probatio.Optional(ATTR_CAMERA): cv.string,
    probatio.Optional(ATTR_FROM): cv.datetime,
    probatio.Optional(ATTR_TO): cv.datetime,
    probatio.Optional(ATTR_LABEL): cv.string,
}


async def async_clip_filter(
    hass: HomeAssistant, host: EngineHost, cameras: CameraRegistry, data: dict[str, Any]
) -> ClipFilter:
    """Read an action's fields. Raises ``ServiceValidationError``."""
    since, until = _epoch(data.get(ATTR_FROM)), _epoch(data.get(ATTR_TO))
    if since is not None and until is not None and since >= until:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="bad_times")
    camera, label = data.get(ATTR_CAMERA), data.get(ATTR_LABEL)
    return replace(
        SAVED,
        since=since,
        until=until,
        cameras=None if camera is None else (await _async_camera_id(hass, host, cameras, camera),),
        labels=None if label is None else (label,),
    )


def _epoch(time: datetime | None) -> float | None:
    if time is None:
        return None
    if time.tzinfo is None:
        time = time.replace(tzinfo=dt_util.get_default_time_zone())
    try:
        return time.timestamp()
    except (OverflowError, ValueError, OSError) as err:  # a year out of range
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="bad_times"
        ) from err


async def _async_camera_id(
    hass: HomeAssistant, host: EngineHost, cameras: CameraRegistry, camera: str
) -> str:
    """Return the camera of a device or entity, or with this ``camera_id``.

    A removed camera whose clips still exist has nothing but its id.
    """
    camera_id = async_subentry_id(hass, camera)
    if camera_id is not None and camera_id in cameras:
        return camera_id
    if not camera_id or not await host.async_run(host.engine.catalog.queries.newest, camera_id):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="camera_not_found",
            translation_placeholders={"camera": camera},
        )
    return camera_id

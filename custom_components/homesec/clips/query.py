"""Which clips an action means: a camera, a time, a label, a page of them."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.util import dt as dt_util
import probatio

from ..const import DOMAIN
from ..engine.core.clip_id import is_clip_id

if TYPE_CHECKING:
    from datetime import datetime

    from homeassistant.core import HomeAssistant

    from ..cameras.registry import CameraRegistry
    from ..engine.core.types import Clip
    from ..engine.library.catalog import Catalog
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipQuery:
    """What is asked of the catalogue; each page is one indexed query."""

    camera_id: str | None = None
    since: float | None = None
    until: float | None = None
    label: str | None = None
    before: str | None = None
    """The cursor: id of the last clip of the page before."""

    def page(self, catalog: Catalog, limit: int) -> tuple[list[Clip], str | None]:
        """Return the next clips, newest first, and the cursor behind them if there are more."""
        found = catalog.page(
            camera_id=self.camera_id,
            since=self.since,
            until=self.until,
            label=self.label,
            before=self.before,
            limit=limit + 1,
        )
        clips = found[:limit]
        return clips, clips[-1].id if len(found) > limit else None

    def after(self, cursor: str | None) -> Self:
        """Return the same for the page behind a cursor. Raises ``ServiceValidationError``."""
        if cursor is not None and not is_clip_id(cursor):
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="bad_cursor")
        return replace(self, before=cursor)


async def async_clip_query(
    hass: HomeAssistant, host: EngineHost, cameras: CameraRegistry, data: dict[str, Any]
) -> ClipQuery:
    """Read an action's fields. Raises ``ServiceValidationError``."""
    since, until = _epoch(data.get(ATTR_FROM)), _epoch(data.get(ATTR_TO))
    if since is not None and until is not None and since >= until:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="bad_times")
    camera = data.get(ATTR_CAMERA)
    return ClipQuery(
        camera_id=None if camera is None else await _async_camera_id(hass, host, cameras, camera),
        since=since,
        until=until,
        label=data.get(ATTR_LABEL),
    )


def _epoch(time: datetime | None) -> float | None:
    if time is None:
        return None
    if time.tzinfo is None:
        time = time.replace(tzinfo=dt_util.get_default_time_zone())
    try:
        return time.timestamp()
    except (OverflowError, ValueError, OSError) as err:  # a year that no clock can show
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="bad_times"
        ) from err


async def _async_camera_id(
    hass: HomeAssistant, host: EngineHost, cameras: CameraRegistry, camera: str
) -> str:
    """Return the camera that a device, an entity or an event's ``camera_id`` stands for.

    The last is all that is left of a camera that was removed and whose clips are still there.
    """
    camera_id: str | None = camera
    if (entity := er.async_get(hass).async_get(camera)) is not None:
        camera_id = entity.config_subentry_id if entity.platform == DOMAIN else None
    elif (device := dr.async_get(hass).async_get(camera)) is not None:
        camera_id = next((id_ for domain, id_ in device.identifiers if domain == DOMAIN), None)
    if camera_id in cameras:
        return str(camera_id)
    recorded = await host.async_run(host.engine.catalog.cameras)
    if camera_id is None or camera_id not in {known for known, _name, _clips in recorded}:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="camera_not_found",
            translation_placeholders={"camera": camera},
        )
    return str(camera_id)

"""How a clip is called: its title, its media id, and the names of its file."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
import unicodedata
from urllib.parse import quote

from homeassistant.components.media_source import generate_media_source_id
from homeassistant.util import dt as dt_util, slugify

from ..const import DOMAIN
from ..translations import async_options

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

    from ..cameras.registry import CameraRegistry
    from ..engine.core.types import Clip

# Identifiers of the media source: ``camera/<camera id>/<yyyy-mm-dd>/<hour>/<id of a page's clip>``,
# or the beginning of that, and ``clip/<clip id>``, which doesn't depend on where the clip is shown.
CAMERA: Final = "camera"
CLIP: Final = "clip"

MAX_NAME = 60  # characters of a camera's name in a file's
_FORBIDDEN = frozenset('<>:"/\\|?*%')
"""Not allowed by some file system, or special to some shell or browser."""


def clip_media_id(clip_id: str) -> str:
    """Return the media content id that plays a clip in Home Assistant."""
    return generate_media_source_id(DOMAIN, f"{CLIP}/{clip_id}")


def camera_name(cameras: CameraRegistry, camera_id: str, recorded_as: str) -> str:
    """Return a camera's present name, or the recorded one if the camera was removed."""
    return cameras.name(camera_id) or recorded_as


async def async_reason_names(hass: HomeAssistant) -> dict[str, str]:
    """Return the translated names of everything clips are recorded for: labels and triggers."""
    return await async_options(hass, "label") | await async_options(hass, "trigger")


def reason(clip: Clip) -> str:
    """Return the label or trigger that a clip was recorded for."""
    return clip.label or clip.trigger.value


def title(clip: Clip, reasons: dict[str, str]) -> str:
    """Return a title short enough for a card: ``14:03:21 Person, 12 s``."""
    name = reasons.get(reason(clip), reason(clip))
    return f"{local_time(clip):%H:%M:%S} {name}, {clip.duration_s:.0f} s"


def local_time(clip: Clip) -> datetime:
    """Return the event's time in Home Assistant's time zone."""
    return datetime.fromtimestamp(clip.event_at, UTC).astimezone(dt_util.get_default_time_zone())


def file_name(clip: Clip) -> str:
    """Return an ASCII file name: ``2026-11-21_14-03-21_front_door_01K….mp4``."""
    camera = slugify(clip.camera_name)[:MAX_NAME] or "camera"
    return f"{local_time(clip):%Y-%m-%d_%H-%M-%S}_{camera}_{clip.id}.mp4"


def content_disposition(clip: Clip) -> str:
    """Return the header for a download (RFC 6266): an ASCII name, and the readable one."""
    readable = quote(_readable_file_name(clip), safe="")
    return f"attachment; filename=\"{file_name(clip)}\"; filename*=UTF-8''{readable}"


def _readable_file_name(clip: Clip) -> str:
    """Return ``Front door 2026-11-21 14.03.21.mp4``, without control characters."""
    camera = "".join(
        " " if char in _FORBIDDEN or unicodedata.category(char)[0] in "CZ" else char
        for char in clip.camera_name
    )
    camera = " ".join(camera.split()).strip(". ")[:MAX_NAME] or "Camera"
    return f"{camera} {local_time(clip):%Y-%m-%d %H.%M.%S}.mp4"

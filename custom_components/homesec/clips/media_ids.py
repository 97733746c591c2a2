"""The media source's identifiers, in one place for all who make or read them.

``camera/<camera id>``, ``camera/<camera id>/<yyyy-mm-dd>`` and ``clip/<clip id>``: a clip's own id
stays the same whatever day it is shown under.
"""

import re
from typing import Final

from homeassistant.components.media_source import generate_media_source_id

from ..const import DOMAIN

CAMERA: Final = "camera"
CLIP: Final = "clip"

_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


def is_clip_id(text: str) -> bool:
    """Tell whether a text from outside can be a clip's id at all."""
    return _ULID.fullmatch(text) is not None


def clip_media_id(clip_id: str) -> str:
    """Return what plays this clip in Home Assistant."""
    return generate_media_source_id(DOMAIN, f"{CLIP}/{clip_id}")

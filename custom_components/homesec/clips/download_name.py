"""What a clip is called on the disk of whoever downloads it."""

from typing import TYPE_CHECKING
import unicodedata
from urllib.parse import quote

from .export import NAME_LIMIT, file_name
from .texts import local_time

if TYPE_CHECKING:
    from ..engine.core.types import Clip

_FORBIDDEN = frozenset('<>:"/\\|?*%')
"""By some file system, or with a meaning to some shell or browser."""


def content_disposition(clip: Clip) -> str:
    """Return the header (RFC 6266): a plain name for all, and the camera's own for most."""
    own = quote(_own_name(clip), safe="")
    return f"attachment; filename=\"{file_name(clip)}\"; filename*=UTF-8''{own}"


def _own_name(clip: Clip) -> str:
    """Return ``Front door 2026-11-21 14.03.21.mp4``; nothing in it controls or redirects."""
    camera = "".join(
        " " if char in _FORBIDDEN or unicodedata.category(char)[0] in "CZ" else char
        for char in clip.camera_name
    )
    camera = " ".join(camera.split()).strip(". ")[:NAME_LIMIT] or "Camera"
    return f"{camera} {local_time(clip):%Y-%m-%d %H.%M.%S}.mp4"

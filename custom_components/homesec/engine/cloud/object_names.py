"""Names and metadata of objects in the bucket, from which alone a catalog can be rebuilt."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..core.clip_id import clip_time
from ..core.clip_metadata import dump_metadata, load_metadata
from ..core.types import CloudState

if TYPE_CHECKING:
    from ..core.types import Clip
    from .object_store import StoredObject

CLIP_ENTRY = "homesec-clip"
"""The metadata entry with all values of a clip, see ``clip_metadata.py``."""
VIDEO = ".mp4"
STILL = ".jpg"
CONTENT_TYPES = {VIDEO: "video/mp4", STILL: "image/jpeg"}
ALERT_ENTRY = "homesec-alert"  # the metadata entry of an alert's still, which no clip's object has
ALERT_FOLDER = "alerts"  # the folder of alerts' stills, beside those of the cameras


def object_name(clip: Clip, *, prefix: str = "", suffix: str = VIDEO) -> str:
    """Return ``<prefix>/<camera>/<yyyy>/<mm>/<dd>/<clip id>.mp4``; the day is in UTC."""
    day = datetime.fromtimestamp(clip.event_at, UTC)
    parts = (prefix, _folder(clip.camera_id), f"{day:%Y/%m/%d}", f"{clip.id}{suffix}")
    return "/".join(part for part in parts if part)


def gcs_uri(bucket: str, prefix: str) -> str:
    """Return the identity of a bucket with the folder in it."""
    return f"gs://{bucket}/{prefix.strip('/')}"


def _folder(camera_id: str) -> str:
    # A name of dots alone is refused by GCS, or has a meaning for programs that copy the bucket.
    return quote(camera_id, safe="") if camera_id.strip(".") else camera_id.replace(".", "%2E")


def alert_still_name(alert_id: str, at: float, *, prefix: str = "") -> str:
    """Return ``<prefix>/alerts/<yyyy>/<mm>/<dd>/<alert id>.jpg``; the day is in UTC."""
    parts = (prefix, ALERT_FOLDER, alert_day(at), f"{quote(alert_id, safe='')}{STILL}")
    return "/".join(part for part in parts if part)


def alert_day(at: float) -> str:
    """Return the folder of a day; folders sort by day."""
    return f"{datetime.fromtimestamp(at, UTC):%Y/%m/%d}"


def clip_id_from_name(name: str) -> str | None:
    """Return the id of the clip whose video or still has this name; None for other names."""
    clip_id, dot, suffix = name.rpartition("/")[2].rpartition(".")
    return clip_id if dot + suffix in CONTENT_TYPES and clip_time(clip_id) is not None else None


def object_metadata(clip: Clip) -> dict[str, str]:
    """Return the metadata of a clip's objects."""
    return {CLIP_ENTRY: dump_metadata(clip)}


def clip_from_object(obj: StoredObject) -> Clip | None:
    """Return the clip whose video this is, as one without a local copy; None for other objects."""
    clip = load_metadata(obj.metadata.get(CLIP_ENTRY, ""))
    if clip is None or not f"/{obj.name}".endswith(f"/{object_name(clip)}"):
        return None
    return replace(
        clip, bytes=obj.bytes, local=False, cloud=CloudState.STORED, cloud_bytes=obj.bytes
    )

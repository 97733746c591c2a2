"""How a clip is called in the bucket, and how its facts travel with it.

An empty catalogue is rebuilt from these alone (see ``clip_facts``).
"""

from __future__ import annotations

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

FACTS = "homesec-clip"
"""The metadata entry; one, so that the facts come together or not at all."""
VIDEO = ".mp4"
STILL = ".jpg"
CONTENT_TYPES = {VIDEO: "video/mp4", STILL: "image/jpeg"}
ALERT = "homesec-alert"
"""The metadata entry of an alert's still, which no clip's object has."""
ALERTS = "alerts"
"""The folder they lie in, beside those of the cameras."""


def object_name(clip: Clip, *, prefix: str = "", suffix: str = VIDEO) -> str:
    """Return ``<prefix>/<camera>/<yyyy>/<mm>/<dd>/<clip id>.mp4``; the day is UTC's."""
    day = datetime.fromtimestamp(clip.event_at, UTC)
    parts = (prefix, _folder(clip.camera_id), f"{day:%Y/%m/%d}", f"{clip.id}{suffix}")
    return "/".join(part for part in parts if part)


def gcs_uri(bucket: str, prefix: str) -> str:
    """Return how a bucket and the folder in it are told apart from all others."""
    return f"gs://{bucket}/{prefix.strip('/')}"


def _folder(camera_id: str) -> str:
    # A name part of dots alone is refused by GCS, or means something to what copies the bucket.
    return quote(camera_id, safe="") if camera_id.strip(".") else camera_id.replace(".", "%2E")


def alert_still_name(alert_id: str, at: float, *, prefix: str = "") -> str:
    """Return ``<prefix>/alerts/<yyyy>/<mm>/<dd>/<alert id>.jpg``; the day is UTC's."""
    parts = (prefix, ALERTS, alert_day(at), f"{quote(alert_id, safe='')}{STILL}")
    return "/".join(part for part in parts if part)


def alert_day(at: float) -> str:
    """Return the folder of a day; the order of names is the order of days."""
    return f"{datetime.fromtimestamp(at, UTC):%Y/%m/%d}"


def clip_id_from_name(name: str) -> str | None:
    """Return the id of the clip whose video or still has this name."""
    clip_id, dot, suffix = name.rpartition("/")[2].rpartition(".")
    return clip_id if dot + suffix in CONTENT_TYPES and clip_time(clip_id) is not None else None


def clip_metadata(clip: Clip) -> dict[str, str]:
    """Return the facts that go with the clip's objects."""
    return {FACTS: dump_metadata(clip)}


def clip_from_object(obj: StoredObject) -> Clip | None:
    """Return the clip whose video this object is, as one that is only there; None for any other."""
    clip = load_metadata(obj.metadata.get(FACTS, ""))
    if clip is None or not f"/{obj.name}".endswith(f"/{object_name(clip)}"):
        return None
    return replace(
        clip, bytes=obj.bytes, local=False, cloud=CloudState.STORED, cloud_bytes=obj.bytes
    )

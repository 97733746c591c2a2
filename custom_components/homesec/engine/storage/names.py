"""How a clip is called in the bucket, and how its facts travel with it.

An empty catalogue is rebuilt from these alone, so they say all that a row says and does not follow
from the object itself. Whoever may write the bucket may write anything there: what does not read as
a clip's facts is no clip.
"""

from __future__ import annotations

from datetime import UTC, datetime
import json
import math
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..clip_rows import clip_time
from ..models import Clip, ClipState, CloudState, Trigger

if TYPE_CHECKING:
    from .base import StoredObject

FACTS = "homesec-clip"
"""The metadata entry; one, so that the facts come together or not at all."""
VIDEO = ".mp4"
STILL = ".jpg"
CONTENT_TYPES = {VIDEO: "video/mp4", STILL: "image/jpeg"}
TEXT_LIMIT = 200
"""Characters of a name. GCS takes 8 KiB of metadata in all, and one may become 12 bytes."""
ZONES_LIMIT, ZONE_LIMIT = 8, 40
"""Zones of a clip, and characters of a zone's name, that travel with it."""
ALERT = "homesec-alert"
"""The metadata entry of an alert's still, which no clip's object has."""
ALERTS = "alerts"
"""The folder they lie in, beside those of the cameras."""
NUMBER_LIMIT = 2**31
FAR_FUTURE = 253_402_300_800.0
"""The year 10000, which no date can tell."""


def object_name(clip: Clip, *, prefix: str = "", suffix: str = VIDEO) -> str:
    """Return ``<prefix>/<camera>/<yyyy>/<mm>/<dd>/<clip id>.mp4``; the day is UTC's."""
    day = datetime.fromtimestamp(clip.event_at, UTC)
    parts = (prefix, _folder(clip.camera_id), f"{day:%Y/%m/%d}", f"{clip.id}{suffix}")
    return "/".join(part for part in parts if part)


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


def clip_id_of(name: str) -> str | None:
    """Return the id of the clip whose video or still has this name."""
    clip_id, dot, suffix = name.rpartition("/")[2].rpartition(".")
    return clip_id if dot + suffix in CONTENT_TYPES and clip_time(clip_id) is not None else None


def clip_metadata(clip: Clip) -> dict[str, str]:
    """Return the facts that go with the clip's objects."""
    facts = {
        "v": 1,
        "id": clip.id,
        "camera_id": clip.camera_id,
        "camera_name": clip.camera_name[:TEXT_LIMIT],
        "trigger": clip.trigger,
        "started_at": clip.started_at,
        "event_at": clip.event_at,
        "duration_s": clip.duration_s,
        "label": clip.label,
        "score": clip.score,
        "width": clip.width,
        "height": clip.height,
        "video_codec": clip.video_codec,
        "audio_codec": clip.audio_codec,
        "zones": [zone[:ZONE_LIMIT] for zone in clip.zones[:ZONES_LIMIT]],
    }
    return {FACTS: json.dumps(facts, separators=(",", ":"))}


def clip_from_object(obj: StoredObject) -> Clip | None:
    """Return the clip whose video this object is, as one that is only there; None for any other."""
    try:
        facts = json.loads(obj.metadata.get(FACTS, ""))
    # Nesting without end is a RecursionError.
    except ValueError, RecursionError:
        return None
    if not isinstance(facts, dict):
        return None
    try:
        clip = _clip(facts, obj.bytes)
    except ValueError, KeyError:
        return None
    ours = clip_time(clip.id) is not None and f"/{obj.name}".endswith(f"/{object_name(clip)}")
    return clip if ours else None


def _clip(facts: dict[str, Any], size: int) -> Clip:
    """Raise KeyError or ValueError for what no clip can be."""
    score, label, audio_codec = facts["score"], facts["label"], facts["audio_codec"]
    return Clip(
        id=_text(facts["id"]),
        camera_id=_text(facts["camera_id"], least=1),
        camera_name=_text(facts["camera_name"]),
        state=ClipState.SAVED,
        trigger=Trigger(facts["trigger"]),
        started_at=_number(facts["started_at"], FAR_FUTURE),
        event_at=_number(facts["event_at"], FAR_FUTURE),
        duration_s=_number(facts["duration_s"]),
        label=None if label is None else _text(label),
        score=None if score is None else _number(score),
        bytes=size,
        local=False,
        cloud=CloudState.STORED,
        cloud_bytes=size,
        width=_count(facts["width"]),
        height=_count(facts["height"]),
        video_codec=_text(facts["video_codec"]),
        audio_codec=None if audio_codec is None else _text(audio_codec),
        zones=_zones(facts.get("zones", [])),
    )


def _zones(value: object) -> tuple[str, ...]:
    """Read the zones; an object of an older version tells none."""
    if not isinstance(value, list) or len(value) > ZONES_LIMIT:
        raise ValueError("no zones")
    return tuple(_text(zone, least=1) for zone in value)


def _text(value: object, *, least: int = 0) -> str:
    if not isinstance(value, str) or not least <= len(value) <= TEXT_LIMIT:
        raise ValueError("no text")
    value.encode()  # half a surrogate pair is no text, and SQLite refuses it
    return value


def _number(value: object, limit: float = NUMBER_LIMIT) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("no number")
    if not 0 <= value < limit or math.isnan(value):
        raise ValueError("out of range")
    return float(value)


def _count(value: object) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError("no whole number")
    return int(number)

"""A clip's facts as a text that travels with its film: in the file itself, and in the bucket.

A lost catalogue is rebuilt from these alone, so they say all that a row says and does not follow
from the film. Whoever may write there may write anything: what does not read as facts is none.
"""

from __future__ import annotations

from dataclasses import replace
import json
import math
from typing import TYPE_CHECKING, Any

from .clip_id import MAX_TIMESTAMP, clip_time
from .types import Clip, ClipState, Trigger

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT_LIMIT = 200
"""Characters of a name. GCS takes 8 KiB of metadata in all, and one may become 12 bytes."""
ZONES_LIMIT, ZONE_LIMIT = 8, 40
"""Zones of a clip, and characters of a zone's name, that travel with it."""
NUMBER_LIMIT = 2**31


def dump_metadata(clip: Clip) -> str:
    """Return the facts that go with a clip."""
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
        "protected": clip.protected,
    }
    return json.dumps(facts, separators=(",", ":"))


def load_metadata(text: str) -> Clip | None:
    """Return the clip that the facts tell of, with no place and no size; None if it is no clip."""
    try:
        facts = json.loads(text)
    # Nesting without end is a RecursionError.
    except ValueError, RecursionError:
        return None
    if not isinstance(facts, dict):
        return None
    try:
        read = {name: _READ[name](facts.get(name, _ABSENT.get(name, KeyError))) for name in _READ}
    except ValueError:
        return None
    return Clip(state=ClipState.SAVED, **read) if clip_time(read["id"]) is not None else None


def dump_comment(clip: Clip) -> str:
    """Return the comment of a clip's file: what the film itself does not tell."""
    return dump_metadata(replace(clip, protected=False))


def merge_metadata(clip: Clip, comment: str | None) -> Clip:
    """Return a clip of which little is known but its file, with what the file's comment tells."""
    facts = load_metadata(comment or "")
    if facts is None or facts.id != clip.id:
        return clip
    return replace(clip, **{name: getattr(facts, name) for name in _OF_THE_EVENT})


_OF_THE_EVENT = (
    "camera_name",
    "trigger",
    "started_at",
    "event_at",
    "label",
    "score",
    "zones",
)


def _text(value: object, *, least: int = 0) -> str:
    if not isinstance(value, str) or not least <= len(value) <= TEXT_LIMIT:
        raise ValueError("no text")
    value.encode()  # half a surrogate pair is no text, and SQLite refuses it
    return value


def _name(value: object) -> str:
    return _text(value, least=1)


def _number(value: object, limit: float = NUMBER_LIMIT) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("no number")
    if not 0 <= value < limit or math.isnan(value):
        raise ValueError("out of range")
    return float(value)


def _moment(value: object) -> float:
    return _number(value, MAX_TIMESTAMP)


def _count(value: object) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError("no whole number")
    return int(number)


def _trigger(value: object) -> Trigger:
    return Trigger(_text(value))


def _zones(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > ZONES_LIMIT:
        raise ValueError("no zones")
    return tuple(_name(zone) for zone in value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def _or_none[T](read: Callable[[object], T]) -> Callable[[object], T | None]:
    return lambda value: None if value is None else read(value)


_READ: dict[str, Callable[[object], Any]] = {
    "id": _text,
    "camera_id": _name,
    "camera_name": _text,
    "trigger": _trigger,
    "started_at": _moment,
    "event_at": _moment,
    "duration_s": _number,
    "label": _or_none(_text),
    "score": _or_none(_number),
    "width": _count,
    "height": _count,
    "video_codec": _text,
    "audio_codec": _or_none(_text),
    "zones": _zones,
    "protected": _flag,
}
"""Each raises ValueError for what no clip can have; what is not there is the class KeyError."""
_ABSENT: dict[str, object] = {"zones": [], "protected": False}
"""What came with later versions, and what it is without."""

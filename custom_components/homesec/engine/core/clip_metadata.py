"""A clip's metadata as JSON, stored in its file's comment and in the bucket.

A lost catalog is rebuilt from it, so it has all of a row that the video itself doesn't show.
Others may be able to write there: it's checked like any other input.
"""

from dataclasses import replace
from functools import partial
import json
import math
from typing import TYPE_CHECKING, Any

from .clip_id import MAX_TIMESTAMP, clip_time
from .types import Clip, ClipState, Trigger

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT_LIMIT = 200
"""Characters of a name. Google Cloud Storage takes 8 KiB in all, and one may become 12 bytes."""
ZONES_LIMIT, ZONE_LIMIT = 8, 40  # zones of a clip, and characters of a zone's name
NUMBER_LIMIT = 2**31


def dump_metadata(clip: Clip) -> str:
    """Return a clip's metadata."""
    shortened = {
        "camera_name": clip.camera_name[:TEXT_LIMIT],
        "zones": [zone[:ZONE_LIMIT] for zone in clip.zones[:ZONES_LIMIT]],
        "deleted_by": clip.deleted_by and clip.deleted_by[:TEXT_LIMIT],
        "sensor": clip.sensor and clip.sensor[:TEXT_LIMIT],
    }
    values = {name: shortened.get(name, getattr(clip, name)) for name in _PARSERS}
    if clip.deleted_at is None:
        for name in _ABOUT_DELETION:
            del values[name]
    if clip.sensor is None:
        del values["sensor"]
    return json.dumps({"v": 1, **values}, separators=(",", ":"))


def load_metadata(text: str) -> Clip | None:
    """Return the clip with this metadata, without path and size; None if it's invalid."""
    try:
        values = json.loads(text)
    # Deep nesting raises RecursionError.
    except ValueError, RecursionError:
        return None
    if not isinstance(values, dict):
        return None
    try:
        valid = {
            name: parse(values.get(name, _DEFAULTS.get(name, KeyError)))
            for name, parse in _PARSERS.items()
        }
    except ValueError:
        return None
    return Clip(state=ClipState.SAVED, **valid) if clip_time(valid["id"]) is not None else None


def dump_comment(clip: Clip) -> str:
    """Return the metadata for the comment of a clip's file, which doesn't change later."""
    return dump_metadata(replace(clip, protected=False, deleted_at=None, deleted_by=None))


def merge_metadata(clip: Clip, comment: str | None) -> Clip:
    """Return a clip that was rebuilt from its file, with the event's data from its comment."""
    found = load_metadata(comment or "")
    if found is None or found.id != clip.id:
        return clip
    return replace(clip, **{name: getattr(found, name) for name in _EVENT_FIELDS})


_EVENT_FIELDS = (
    "camera_name",
    "trigger",
    "started_at",
    "event_at",
    "label",
    "score",
    "zones",
    "sensor",
)


def _text(value: object, *, min_length: int = 0) -> str:
    if not isinstance(value, str) or not min_length <= len(value) <= TEXT_LIMIT:
        raise ValueError("no text")
    value.encode()  # SQLite refuses lone surrogates, and so does this
    return value


_name = partial(_text, min_length=1)


def _number(value: object, limit: float = NUMBER_LIMIT) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("no number")
    if not 0 <= value < limit or math.isnan(value):
        raise ValueError("out of range")
    return float(value)


_timestamp = partial(_number, limit=MAX_TIMESTAMP)


def _integer(value: object) -> int:
    number = _number(value)
    if not number.is_integer():
        raise ValueError("no whole number")
    return int(number)


def _zones(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > ZONES_LIMIT:
        raise ValueError("no zones")
    return tuple(_name(zone) for zone in value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def _optional[T](parse: Callable[[object], T]) -> Callable[[object], T | None]:
    return lambda value: None if value is None else parse(value)


_PARSERS: dict[str, Callable[[object], Any]] = {
    "id": _text,
    "camera_id": _name,
    "camera_name": _text,
    "trigger": lambda value: Trigger(_text(value)),
    "started_at": _timestamp,
    "event_at": _timestamp,
    "duration_s": _number,
    "label": _optional(_text),
    "score": _optional(_number),
    "width": _integer,
    "height": _integer,
    "video_codec": _text,
    "audio_codec": _optional(_text),
    "zones": _zones,
    "protected": _flag,
    "deleted_at": _optional(_timestamp),
    "deleted_by": _optional(_text),
    "sensor": _optional(_name),
}
"""Each raises ValueError for an invalid value, which ``KeyError`` stands for if there is none."""
_ABOUT_DELETION = ("deleted_at", "deleted_by")  # only written of deleted clips
_DEFAULTS: dict[str, object] = {
    "zones": [],
    "protected": False,
    **dict.fromkeys((*_ABOUT_DELETION, "sensor")),
}
"""Of fields that older versions don't write, or that aren't written of every clip."""

"""Clips as rows: the id that is also their order, and what the table holds in another form."""

from __future__ import annotations

from dataclasses import fields
import json
import re
from typing import TYPE_CHECKING, Any

from ulid_transform import bytes_to_ulid, ulid_at_time, ulid_to_timestamp

from .types import Clip, ClipState, CloudState, Trigger

if TYPE_CHECKING:
    import sqlite3

COLUMNS = tuple(f.name for f in fields(Clip))
MAX_TIMESTAMP = 253_402_300_800.0
"""The year 10000, which no date can tell."""
_ULID = re.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}")


def new_clip_id(event_at: float) -> str:
    """Return a ULID of this moment (UTC epoch seconds)."""
    return ulid_at_time(max(event_at, 0.0))


def is_clip_id(text: str) -> bool:
    """Tell whether a text has the form of a clip id, that is a ULID."""
    return _ULID.fullmatch(text) is not None


def clip_time(clip_id: str) -> float | None:
    """Return the moment that a clip's id tells (UTC epoch seconds); None if it is no clip id."""
    if not is_clip_id(clip_id):
        return None
    at = ulid_to_timestamp(clip_id) / 1000
    return at if at < MAX_TIMESTAMP else None


def first_clip_id(at: float) -> str:
    """Return the lowest id that a clip of this moment can have."""
    return bytes_to_ulid(int(max(at, 0.0) * 1000).to_bytes(6) + bytes(10))


def clip_from_row(row: sqlite3.Row) -> Clip:
    """Return a row of the table as the clip that it is."""
    values = dict(row)
    values["state"] = ClipState(values["state"])
    values["trigger"] = Trigger(values["trigger"])
    values["cloud"] = CloudState(values["cloud"])
    values["protected"] = bool(values["protected"])
    values["local"] = bool(values["local"])
    values["zones"] = tuple(json.loads(values["zones"]))
    return Clip(**values)


def clip_to_row(clip: Clip) -> list[Any]:
    """Return a clip as the table holds it, in the order of ``COLUMNS``."""
    values = {column: getattr(clip, column) for column in COLUMNS}
    values["zones"] = json.dumps(clip.zones)
    return [*values.values()]

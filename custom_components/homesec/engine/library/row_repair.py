"""Repair or remove rows with values that can't be parsed.

SQLite doesn't notice damaged bytes within a row, but each query that comes upon one would fail. So
all rows are checked when the catalog is opened. A clip's row keeps its readable values, and gets
the others from its id, like a clip that is recovered from its file.
"""

from __future__ import annotations

from datetime import UTC, datetime
import json
import logging
from typing import TYPE_CHECKING, Any

from ..core.clip_id import MAX_TIMESTAMP, clip_time, first_clip_id
from ..core.clip_metadata import TEXT_LIMIT
from ..core.types import Clip, ClipState, CloudState, Trigger
from ..db.job_queue import JobKind
from .lifecycle import restore

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

    from ..db.database import Database

_LOGGER = logging.getLogger(__name__)

_END_ID = first_clip_id(MAX_TIMESTAMP)
_MOST = 2**53
"""Larger than any size, and exact as a float."""


def _text(column: str) -> str:
    return f"typeof({column}) = 'text'"


def _count(column: str) -> str:
    return f"typeof({column}) = 'integer' AND {column} BETWEEN 0 AND {_MOST}"


def _number(column: str) -> str:
    return f"typeof({column}) IN ('real', 'integer') AND abs({column}) <= {_MOST}"


def _moment(column: str) -> str:
    return f"{_number(column)} AND {column} < {MAX_TIMESTAMP}"


def _flag(column: str) -> str:
    return f"typeof({column}) = 'integer' AND {column} IN (0, 1)"


def _or_null(condition: str, column: str) -> str:
    return f"({column} IS NULL OR {condition})"


def _one_of(column: str, names: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(f"'{name}'" for name in names)})"


def _path(column: str) -> str:
    """Return the condition that it's a path inside the clip folder."""
    return (
        f"{_text(column)} AND instr(CAST({column} AS BLOB), x'00') = 0"
        f" AND {column} NOT LIKE '/%'"
        f" AND '/' || {column} || '/' NOT LIKE '%/../%'"
    )


def _json(column: str, kind: str, more: str = "1") -> str:
    """Return the condition that it's JSON of this type. ``json_type`` fails for other text."""
    return f"CASE WHEN json_valid({column}) THEN json_type({column}) = '{kind}' AND {more} END"


def _member(name: str, *kinds: str) -> str:
    return f"json_type(payload, '$.{name}') IN ({', '.join(f"'{kind}'" for kind in kinds)})"


_ULID = (
    "typeof(id) = 'text' AND length(id) = 26 AND id NOT GLOB '*[^0-9A-HJKMNP-TV-Z]*'"
    f" AND id < '{_END_ID}'"
)
_ZONES = _json("zones", "array", "NOT EXISTS (SELECT 1 FROM json_each(zones) WHERE type != 'text')")
_PAYLOADS = {
    JobKind.TEXT: (
        _member("id", "text"),
        _member("body", "text"),
        _member("created_at", "real", "integer"),
        _member("expires_at", "real", "integer"),
    ),
    JobKind.DELIVERY: (_member("id", "text"), _member("sid", "text")),
    JobKind.DELETE: (_member("names", "array"),),
}
_PAYLOAD = " ".join(
    f"WHEN '{kind}' THEN {' AND '.join(members)}" for kind, members in _PAYLOADS.items()
)

UNKNOWN = "unknown"
"""Camera id of a clip whose own can't be read."""

READABLE = {
    "clips": (
        _ULID,
        *map(_text, ("camera_id", "camera_name", "video_codec")),
        "instr(CAST(camera_id AS BLOB), x'00') = 0",
        *(_or_null(_text(c), c) for c in ("label", "audio_codec", "error")),
        _one_of("state", ClipState),
        _one_of("trigger", Trigger),
        _one_of("cloud", CloudState),
        *map(_moment, ("started_at", "event_at")),
        _number("duration_s"),
        _or_null(_number("score"), "score"),
        _path("path"),
        _or_null(_path("still_path"), "still_path"),
        *map(_count, ("bytes", "width", "height", "cloud_bytes")),
        *map(_flag, ("protected", "local")),
        _ZONES,
    ),
    "jobs": (
        _count("id"),
        _text("kind"),
        _text("subject"),
        _json("payload", "object", f"CASE kind {_PAYLOAD} ELSE 1 END"),
        *map(_count, ("bytes", "attempts")),
        _moment("created_at"),
        _moment("not_before"),
        *(_or_null(_text(c), c) for c in ("resume", "error")),
    ),
    "visits": (
        _count("id"),
        *map(_text, ("camera_id", "label")),
        _moment("started_at"),
        _or_null(_moment("ended_at"), "ended_at"),
        _or_null(_text("clip_id"), "clip_id"),
    ),
    "tracks": (_text("clip_id"), "typeof(packed) = 'blob'"),
    "texts": (
        *map(_text, ("recipient_id", "message_id")),
        _or_null(_text("sid"), "sid"),
        _moment("ended_at"),
    ),
    "text_stills": (_text("message_id"), "typeof(jpeg) = 'blob'"),
    "elsewhere": (*map(_text, ("place", "clip_id")), _count("cloud_bytes")),
    "notes": (*map(_text, ("key", "value")),),
    "clip_zones": (*map(_text, ("zone", "clip_id")),),
}
"""Conditions on each table's rows."""


def repair_rows(database: Database) -> int:
    """Repair all rows; return how many were removed instead. Raises ``sqlite3.Error``."""
    removed = 0
    with database.transaction():
        for row in database.query(
            f"SELECT * FROM clips NOT INDEXED WHERE {_is_unreadable('clips')}"  # noqa: S608
        ):
            clip = repair_clip(dict(row))
            if clip is not None:
                _LOGGER.error("The row of clip %s was damaged and has been repaired", clip.id)
                restore(database, clip)
            else:
                _LOGGER.error("The row of a clip could not be read and was skipped")
                database.query("DELETE FROM clips WHERE id IS ?", (row["id"],))
                removed += 1
        for table in READABLE.keys() - {"clips"}:
            count = database.change(f"DELETE FROM {table} WHERE {_is_unreadable(table)}")  # noqa: S608
            if count:
                _LOGGER.error("%s rows of %s could not be read and were skipped", count, table)
            removed += count
        # With the largest number of all as the last one, no job could be added.
        database.query(
            "UPDATE sqlite_sequence SET seq = (SELECT coalesce(max(id), 0) FROM jobs)"  # noqa: S608
            f" WHERE name = 'jobs' AND ({_count('seq')}) IS NOT TRUE"
        )
    return removed


def _is_unreadable(table: str) -> str:
    return f"({' AND '.join(f'({each})' for each in READABLE[table])}) IS NOT TRUE"


def repair_clip(values: Mapping[str, Any]) -> Clip | None:
    """Return a clip with possible values only; None without an id."""
    clip_id = values["id"]
    at = clip_time(clip_id) if isinstance(clip_id, str) else None
    if at is None:
        return None
    read = _Reader(values)
    camera_id = read.text("camera_id") or UNKNOWN
    event_at = read.number("event_at", at, most=MAX_TIMESTAMP)
    day = datetime.fromtimestamp(event_at, UTC).date()
    local = values["local"] != 0  # if it's unreadable, `verify_files` looks for the file
    cloud_bytes = read.count("cloud_bytes")
    return Clip(
        id=clip_id,
        camera_id=camera_id,
        camera_name=read.text("camera_name") or camera_id,
        # How a recording ended is found out from its file.
        state=read.name("state", ClipState.RECORDING if local else ClipState.SAVED),
        trigger=read.name("trigger", Trigger.PRESENCE),
        started_at=read.number("started_at", event_at, most=MAX_TIMESTAMP),
        event_at=event_at,
        duration_s=read.number("duration_s", 0.0),
        label=read.text("label"),
        score=None if values["score"] is None else read.number("score", 0.0),
        path=read.path("path") or f"{_folder(camera_id)}/{day}/{clip_id}.mp4",
        still_path=read.path("still_path"),
        bytes=read.count("bytes"),
        width=read.count("width"),
        height=read.count("height"),
        video_codec=read.text("video_codec") or "",
        audio_codec=read.text("audio_codec"),
        error=read.text("error"),
        protected=values["protected"] not in (0, None),
        local=local,
        cloud=read.name("cloud", CloudState.STORED if cloud_bytes else CloudState.NONE),
        cloud_bytes=cloud_bytes,
        zones=read.zones(),
    )


def _folder(camera_id: str) -> str:
    return UNKNOWN if camera_id in (".", "..") or "/" in camera_id else camera_id


class _Reader:
    """Reads values of any type, with a substitute for each impossible one."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, column: str) -> str | None:
        value = self._values[column]
        return value[:TEXT_LIMIT] if isinstance(value, str) and "\0" not in value else None

    def path(self, column: str) -> str | None:
        value = self._values[column]
        if not isinstance(value, str) or "\0" in value or value.startswith("/"):
            return None
        return None if ".." in value.split("/") else value

    def number(self, column: str, otherwise: float, *, most: float = _MOST) -> float:
        value = self._values[column]
        return float(value) if isinstance(value, int | float) and 0 <= value < most else otherwise

    def count(self, column: str) -> int:
        value = self._values[column]
        return value if isinstance(value, int) and 0 <= value <= _MOST else 0

    def name[T: StrEnum](self, column: str, otherwise: T) -> T:
        try:
            return type(otherwise)(self._values[column])
        except ValueError:
            return otherwise

    def zones(self) -> tuple[str, ...]:
        try:
            zones = json.loads(self._values["zones"])
        except TypeError, ValueError, RecursionError:
            return ()
        found = zones if isinstance(zones, list) else []
        return tuple(zone for zone in found if isinstance(zone, str))

"""Repair or remove rows with values that can't be parsed.

SQLite doesn't notice damaged bytes within a row, but each query that comes upon one would fail. So
all rows are checked when the catalog is opened. A clip's row keeps its readable values, and gets
the others from its id, like a clip that is recovered from its file.
"""

from datetime import UTC, datetime
import json
import logging
from typing import TYPE_CHECKING, Any

from ..core.clip_id import MAX_TIMESTAMP, clip_time, first_clip_id
from ..core.clip_metadata import TEXT_LIMIT
from ..core.types import Clip, ClipState, CloudState, Trigger
from ..db.job_queue import JobKind
from .lifecycle import LEGAL, restore

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

    from ..db.database import Database

_LOGGER = logging.getLogger(__name__)

_MAX_NUMBER = 2**53  # larger than any size, and exact as a float
UNKNOWN = "unknown"  # camera id of a clip whose own can't be read
_PAYLOADS = {
    JobKind.TEXT: {"id": "text", "body": "text", "created_at": "number", "expires_at": "number"},
    JobKind.DELIVERY: {"id": "text", "sid": "text"},
    JobKind.DELETE: {"names": "array"},
}
_JSON_TYPES = {"text": "'text'", "number": "'real', 'integer'", "array": "'array'"}

# Conditions in SQL on a column.
_TEXT = "typeof({0}) = 'text'"
_BLOB = "typeof({0}) = 'blob'"
_COUNT = f"typeof({{0}}) = 'integer' AND {{0}} BETWEEN 0 AND {_MAX_NUMBER}"
_NUMBER = f"typeof({{0}}) IN ('real', 'integer') AND abs({{0}}) <= {_MAX_NUMBER}"
_TIME = f"{_NUMBER} AND {{0}} < {MAX_TIMESTAMP}"
_FLAG = "typeof({0}) = 'integer' AND {0} IN (0, 1)"
_WITHOUT_NUL = f"{_TEXT} AND instr(CAST({{0}} AS BLOB), x'00') = 0"
_PATH = f"{_WITHOUT_NUL} AND {{0}} NOT LIKE '/%' AND '/' || {{0}} || '/' NOT LIKE '%/../%'"
"""Inside the clip folder."""
_CLIP_ID = (
    f"{_TEXT} AND length({{0}}) = 26 AND {{0}} NOT GLOB '*[^0-9A-HJKMNP-TV-Z]*'"
    f" AND {{0}} < '{first_clip_id(MAX_TIMESTAMP)}'"
)
# ``json_type`` fails for text that isn't JSON.
_JSON = "CASE WHEN json_valid({{0}}) THEN json_type({{0}}) = '{0}' AND {1} END"
_ZONES = _JSON.format("array", "NOT EXISTS (SELECT 1 FROM json_each({0}) WHERE type != 'text')")
_MEMBERS = {
    kind: " AND ".join(
        f"json_type({{0}}, '$.{name}') IN ({_JSON_TYPES[type_]})" for name, type_ in members.items()
    )
    for kind, members in _PAYLOADS.items()
}
_TRIGGER = f"{{0}} IN ({', '.join(f"'{trigger}'" for trigger in Trigger)})"
_STATUSES = ", ".join(f"('{state}', {local:d}, '{cloud}')" for state, local, cloud in LEGAL)
_LEGAL = f"({{0}}, local, cloud) IN (VALUES {_STATUSES})"
_PAYLOAD = _JSON.format(
    "object",
    f"CASE kind {' '.join(f"WHEN '{x}' THEN {y}" for x, y in _MEMBERS.items())} ELSE 1 END",
)


def _or_null(condition: str) -> str:
    return f"({{0}} IS NULL OR {condition})"


_CONDITIONS: Mapping[str, Mapping[str, str]] = {
    "clips": {
        _CLIP_ID: "id",
        _WITHOUT_NUL: "camera_id",
        _TEXT: "camera_name video_codec",
        _or_null(_TEXT): "label audio_codec error deleted_by sensor",
        _TRIGGER: "trigger",
        _LEGAL: "state",
        _TIME: "started_at event_at",
        _NUMBER: "duration_s",
        _or_null(_NUMBER): "score",
        _PATH: "path",
        _or_null(_PATH): "still_path",
        _COUNT: "bytes width height cloud_bytes",
        _FLAG: "protected",
        _ZONES: "zones",
        _or_null(f"{_TIME} AND state != '{ClipState.RECORDING}'"): "deleted_at",
    },
    "jobs": {
        _COUNT: "id bytes attempts",
        _TEXT: "kind subject",
        _PAYLOAD: "payload",
        _TIME: "created_at not_before",
        _or_null(_TEXT): "resume error",
    },
    "visits": {
        _COUNT: "id",
        _TEXT: "camera_id label",
        _TIME: "started_at",
        _or_null(_TIME): "ended_at",
        _or_null(_TEXT): "clip_id",
    },
    "tracks": {_TEXT: "clip_id", _BLOB: "packed"},
    "texts": {_TEXT: "recipient_id message_id", _or_null(_TEXT): "sid", _TIME: "ended_at"},
    "text_stills": {_TEXT: "message_id", _BLOB: "jpeg"},
    "elsewhere": {_TEXT: "place clip_id", _COUNT: "cloud_bytes"},
    "notes": {_TEXT: "key value"},
    "object_keys": {_TEXT: "place clip_id key_id"},
    "clip_zones": {_TEXT: "zone clip_id"},
}
"""By table, the columns that a condition applies to."""


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
        for table in _CONDITIONS.keys() - {"clips"}:
            count = database.change(f"DELETE FROM {table} WHERE {_is_unreadable(table)}")  # noqa: S608
            if count:
                _LOGGER.error("%s rows of %s could not be read and were skipped", count, table)
            removed += count
        # With the largest number of all as the last one, no job could be added.
        database.query(
            "UPDATE sqlite_sequence SET seq = (SELECT coalesce(max(id), 0) FROM jobs)"  # noqa: S608
            f" WHERE name = 'jobs' AND ({_COUNT.format('seq')}) IS NOT TRUE"
        )
    return removed


def _is_unreadable(table: str) -> str:
    conditions = (
        f"({condition.format(column)})"
        for condition, columns in _CONDITIONS[table].items()
        for column in columns.split()
    )
    return f"({' AND '.join(conditions)}) IS NOT TRUE"


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
        # If it's unreadable, only the marker beside the clip's file tells that it was deleted.
        deleted_at=read.optional_time("deleted_at"),
        deleted_by=read.text("deleted_by"),
        sensor=read.text("sensor"),
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

    def number(self, column: str, otherwise: float, *, most: float = _MAX_NUMBER) -> float:
        value = self._values[column]
        return float(value) if isinstance(value, int | float) and 0 <= value < most else otherwise

    def optional_time(self, column: str) -> float | None:
        at = self.number(column, -1.0, most=MAX_TIMESTAMP)
        return None if at < 0 else at

    def count(self, column: str) -> int:
        value = self._values[column]
        return value if isinstance(value, int) and 0 <= value <= _MAX_NUMBER else 0

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

"""The life of a clip: the states it can be in, and all SQL that changes them.

Three columns of a clip's row tell where it is in its life: ``state``, ``local`` (whether its file
is in the clip folder), and ``cloud``. A recording ends as *saved* or *failed*. A saved clip whose
last copy has disappeared is *missing* until its file or bucket is back. A clip that is removed is
*removing* until its files are gone, and then so is its row. ``TRANSITIONS`` has the rest.

A clip that a person deletes stays as it is and only gets the time, ``deleted_at``: it's in Recently
deleted until it's restored or removed. Its copies change as those of any other clip meanwhile.
"""

from dataclasses import replace
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.types import ClipState as S, CloudState as C
from ..db.schema import COLUMNS, clip_to_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..core.types import Clip
    from ..db.database import Database


class Status(NamedTuple):
    """Where a clip is in its life."""

    state: S
    local: bool
    cloud: C


def _file(cloud: C) -> Status:
    return Status(S.SAVED, True, cloud)


def _no_file(cloud: C) -> Status:
    return Status(S.SAVED, False, cloud)


def _missing(cloud: C) -> Status:
    return Status(S.MISSING, False, cloud)


_NOT_STORED = (C.NONE, C.WAITING, C.DROPPED)
_FINISHED = (
    *map(_file, (*_NOT_STORED, C.STORED)),
    *map(_no_file, (C.STORED, C.ELSEWHERE)),
    *map(_missing, _NOT_STORED),
)
_RECORDING, _FAILED = Status(S.RECORDING, True, C.NONE), Status(S.FAILED, True, C.NONE)
_REMOVING = tuple(Status(S.REMOVING, local, cloud) for local in (True, False) for cloud in C)
LEGAL = frozenset((_RECORDING, _FAILED, *_FINISHED, *_REMOVING))


class Change(StrEnum):
    """What happens to a clip after its recording."""

    QUEUED = "queued"  # it gets an upload job
    UPLOADED = "uploaded"  # it's in the bucket, or was found there
    LOCAL_REMOVED = "local removed"  # retention removed its file
    CLOUD_REMOVED = "cloud removed"  # retention removed its objects
    FILE_MISSING = "file missing"
    FILE_MISSING_OTHER_BUCKET = "file missing, in another bucket"
    """Its file is missing, but a bucket that was in use before still has it."""
    FILE_FOUND = "file found"
    BUCKET_LEFT = "bucket left"  # another bucket is in use from now on
    BUCKET_REJOINED = "bucket rejoined"  # a bucket that has it is in use again
    REMOVING = "removing"


_STORED = {old: Status(S.SAVED, old.local, C.STORED) for old in _FINISHED}
TRANSITIONS: Mapping[Change, Mapping[Status, Status]] = {
    Change.QUEUED: {_file(cloud): _file(C.WAITING) for cloud in (C.NONE, C.WAITING)},
    Change.UPLOADED: _STORED,
    Change.LOCAL_REMOVED: {_file(C.STORED): _no_file(C.STORED)},
    Change.CLOUD_REMOVED: {_file(C.STORED): _file(C.DROPPED)},
    Change.FILE_MISSING: {
        _file(C.STORED): _no_file(C.STORED),
        **{_file(cloud): _missing(cloud) for cloud in _NOT_STORED},
    },
    Change.FILE_MISSING_OTHER_BUCKET: {
        _file(C.STORED): _no_file(C.STORED),
        **{_file(cloud): _no_file(C.ELSEWHERE) for cloud in _NOT_STORED},
    },
    Change.FILE_FOUND: {
        _no_file(C.STORED): _file(C.STORED),
        _no_file(C.ELSEWHERE): _file(C.NONE),
        **{_missing(cloud): _file(cloud) for cloud in _NOT_STORED},
    },
    Change.BUCKET_LEFT: {_file(C.STORED): _file(C.NONE), _no_file(C.STORED): _no_file(C.ELSEWHERE)},
    Change.BUCKET_REJOINED: _STORED,
    Change.REMOVING: {old: old._replace(state=S.REMOVING) for old in (*_FINISHED, _FAILED)},
}
"""A clip whose status isn't listed stays as it is."""


_DELETABLE = ", ".join(
    f"('{state}', {local:d}, '{cloud}')" for state, local, cloud in TRANSITIONS[Change.REMOVING]
)
_DELETE = (
    "UPDATE clips SET deleted_at = ?, deleted_by = ? WHERE id = ? AND deleted_at IS NULL"  # noqa: S608
    f" AND (state, local, cloud) IN (VALUES {_DELETABLE})"
)
_UNDELETE = (
    "UPDATE clips SET deleted_at = NULL, deleted_by = NULL"  # noqa: S608
    f" WHERE id = ? AND deleted_at IS NOT NULL AND state != '{S.REMOVING}'"
)


def nearest_legal(status: Status) -> Status:
    """Return the status of a clip whose row is damaged."""
    match status:
        case _ if status in LEGAL:
            return status
        case S.RECORDING | S.FAILED as state, _, _:
            return Status(state, True, C.NONE)
        case _, True, cloud:
            return Status(S.SAVED, True, C.NONE if cloud is C.ELSEWHERE else cloud)
        case _, _, C.STORED | C.ELSEWHERE as cloud:
            return Status(S.SAVED, False, cloud)
    return Status(S.MISSING, False, status.cloud)


def apply(
    database: Database,
    change: Change,
    where: str,
    values: Iterable[Any] = (),
    *,
    cloud_bytes: int | None = None,
) -> list[tuple[str, int]]:
    """Change the status of the clips that ``where`` selects and the change applies to.

    ``cloud_bytes`` is the size of an upload. Return the clips' ids and sizes, oldest first.
    """
    sql = f"{_statement(change)} AND ({where}) RETURNING id, bytes"
    return sorted((row[0], row[1]) for row in database.query(sql, (cloud_bytes, *values)))


@cache
def _statement(change: Change) -> str:
    steps = ", ".join(
        f"('{old[0]}', {old.local:d}, '{old.cloud}', '{new[0]}', {new.local:d}, '{new.cloud}')"
        for old, new in TRANSITIONS[change].items()
    )
    return (
        "UPDATE clips SET state = column4, local = column5, cloud = column6, cloud_bytes ="  # noqa: S608
        f" iif(column6 = '{C.STORED}', coalesce(?, cloud_bytes), 0) FROM (VALUES {steps})"
        " WHERE state = column1 AND local = column2 AND cloud = column3"
    )


def delete(database: Database, clip_id: str, *, at: float, by: str | None) -> bool:
    """Move a finished clip to Recently deleted; return whether it wasn't there already."""
    return database.change(_DELETE, (at, by, clip_id)) > 0


def undelete(database: Database, clip_id: str) -> bool:
    """Take a clip out of Recently deleted; return whether it was there."""
    return database.change(_UNDELETE, (clip_id,)) > 0


_OTHERS_WRITE = (
    *("id", "state", "protected", "local", "cloud", "cloud_bytes"),
    *("deleted_at", "deleted_by"),
)
_INSERT = (
    f"INSERT INTO clips ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
    " ON CONFLICT (id) DO UPDATE SET "
)
_PUT = (
    f"{_INSERT}{', '.join(f'{c} = excluded.{c}' for c in COLUMNS if c not in _OTHERS_WRITE)},"
    f" state = iif(state IN ('{S.RECORDING}', '{S.FAILED}')"
    f" AND excluded.state IN ('{S.SAVED}', '{S.FAILED}'), excluded.state, state)"
)
_RESTORE = f"{_INSERT}{', '.join(f'{c} = excluded.{c}' for c in COLUMNS)}"


def put(database: Database, clip: Clip) -> None:
    """Insert a clip, or update what its recording knows, which ends its recording if that's over.

    Raises ``ValueError`` if a clip can't have its status.
    """
    if (status := _status(clip)) not in LEGAL:
        message = f"a clip can't be {', '.join(map(str, status))}"
        raise ValueError(message)
    if clip.state is S.RECORDING and clip.deleted_at is not None:
        raise ValueError("a clip can't be deleted while it's being recorded")
    database.query(_PUT, clip_to_row(clip))


def restore(database: Database, clip: Clip) -> None:
    """Write a repaired row, all of it."""
    repaired = replace(clip, **nearest_legal(_status(clip))._asdict())
    if repaired.state is S.RECORDING:
        repaired = replace(repaired, deleted_at=None, deleted_by=None)
    database.query(_RESTORE, clip_to_row(repaired))


def _status(clip: Clip) -> Status:
    return Status(clip.state, clip.local, clip.cloud)

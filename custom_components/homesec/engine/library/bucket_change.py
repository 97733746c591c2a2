"""Which bucket the catalogue speaks of, and what becomes of the clips when it is another one.

A clip that is stored in one bucket is not in the next. What still has its file here is uploaded
anew; what is only in the bucket before stays in the catalogue, marked so, and is there again when
that bucket is. Jobs that change a bucket wait until it is that bucket's turn again.
"""

from __future__ import annotations

from dataclasses import dataclass
import logging
from typing import TYPE_CHECKING

from ..core.types import ClipState, CloudState
from ..db.job_queue import JobKind, deferred_kind

if TYPE_CHECKING:
    from .catalog import Catalog

_LOGGER = logging.getLogger(__name__)

NOTE = "cloud_place"
_OF_A_BUCKET = (JobKind.DELETE, JobKind.DESCRIBE)


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketChange:
    """What it means that the bucket is another one."""

    before: str
    """The place until now."""
    only_there: int
    """Clips that are nowhere else."""
    here_too: int
    """Clips whose files are here, too."""


def plan_bucket_change(catalog: Catalog, place: str) -> BucketChange | None:
    """Return what would become of the clips in another bucket; None if it is no other one."""
    before = catalog.get_value(NOTE)
    if before in (None, place):
        return None
    ((only_there, here_too),) = catalog.database.query(
        "SELECT coalesce(sum(NOT local), 0), coalesce(sum(local), 0) FROM clips"
        " WHERE state = ? AND cloud = ?",
        (ClipState.SAVED, CloudState.STORED),
    )
    return BucketChange(before=before, only_there=only_there, here_too=here_too)


def apply_bucket_change(catalog: Catalog, place: str) -> BucketChange | None:
    """Make the catalogue speak of this bucket; to be called before anything is uploaded."""
    with catalog.database.transaction(durable=True):
        move = plan_bucket_change(catalog, place)
        if move is not None:
            _leave(catalog, move.before)
            _return(catalog, place)
            _upload_anew(catalog, move.before)
        catalog.set_value(NOTE, place)
    if move is not None:
        _LOGGER.warning(
            "Clips go to %s now. Of those in %s, %s are uploaded again and %s are only there",
            place,
            move.before,
            move.here_too,
            move.only_there,
        )
    return move


def _leave(catalog: Catalog, before: str) -> None:
    query = catalog.database.query
    query(
        "INSERT OR REPLACE INTO elsewhere SELECT ?, id, cloud_bytes FROM clips"
        " WHERE state = ? AND cloud = ?",
        (before, ClipState.SAVED, CloudState.STORED),
    )
    query(
        "UPDATE clips SET cloud = iif(local, ?, ?), cloud_bytes = 0 WHERE state = ? AND cloud = ?",
        (CloudState.NONE, CloudState.ELSEWHERE, ClipState.SAVED, CloudState.STORED),
    )
    for kind in _OF_A_BUCKET:
        query(
            "UPDATE OR REPLACE jobs SET kind = ? WHERE kind = ?",
            (deferred_kind(kind, before), kind),
        )
    # What was half uploaded would go on in the bucket before.
    query(
        "UPDATE jobs SET resume = NULL, not_before = 0, error = NULL WHERE kind = ?",
        (JobKind.UPLOAD,),
    )


def _return(catalog: Catalog, place: str) -> None:
    """Take up again what is known of a bucket that was left before."""
    query = catalog.database.query
    query(
        "UPDATE clips SET cloud = ?, state = ?, cloud_bytes = ("
        "  SELECT cloud_bytes FROM elsewhere WHERE place = ? AND clip_id = clips.id)"
        " WHERE state IN (?, ?) AND id IN (SELECT clip_id FROM elsewhere WHERE place = ?)",
        (
            *(CloudState.STORED, ClipState.SAVED, place),
            *(ClipState.SAVED, ClipState.MISSING, place),
        ),
    )
    query(
        "DELETE FROM jobs WHERE kind = ?"
        " AND subject IN (SELECT clip_id FROM elsewhere WHERE place = ?)",
        (JobKind.UPLOAD, place),
    )
    query("DELETE FROM elsewhere WHERE place = ?", (place,))
    for kind in _OF_A_BUCKET:
        query(
            "UPDATE OR REPLACE jobs SET kind = ?, not_before = 0 WHERE kind = ?",
            (kind, deferred_kind(kind, place)),
        )


def _upload_anew(catalog: Catalog, before: str) -> None:
    """Have uploaded what was in the bucket before and has its file here."""
    rows = catalog.database.query(
        "SELECT id, bytes FROM clips WHERE state = ? AND local AND cloud = ?"
        " AND id IN (SELECT clip_id FROM elsewhere WHERE place = ?) ORDER BY id",
        (ClipState.SAVED, CloudState.NONE, before),
    )
    for clip_id, size in rows:
        catalog.database.query(
            "UPDATE clips SET cloud = ? WHERE id = ?", (CloudState.WAITING, clip_id)
        )
        catalog.jobs.add(JobKind.UPLOAD, clip_id, bytes=size)


def other_buckets(catalog: Catalog, clip_id: str) -> list[str]:
    """Return the other buckets in which a clip is."""
    rows = catalog.database.query("SELECT place FROM elsewhere WHERE clip_id = ?", (clip_id,))
    return [str(row["place"]) for row in rows]

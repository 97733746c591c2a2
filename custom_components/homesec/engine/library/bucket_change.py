"""What happens to clips and jobs when another bucket is configured.

A clip stored in one bucket isn't in the next. If its file is here, it's uploaded again. If not, it
stays in the catalog as *elsewhere*, and is *stored* again when its bucket is back. Jobs that change
objects wait until the bucket they are for is in use again.
"""

from dataclasses import dataclass
import logging
from typing import TYPE_CHECKING

from ..core.types import ClipState, CloudState
from ..db.job_queue import JobKind, deferred_kind
from . import lifecycle

if TYPE_CHECKING:
    from .catalog import Catalog

_LOGGER = logging.getLogger(__name__)

BUCKET_KEY = "cloud_place"  # key of the catalog's value with the URI of the bucket in use
_OBJECT_JOBS = (JobKind.DELETE, JobKind.DESCRIBE)
_IN_BUCKET = "id IN (SELECT clip_id FROM elsewhere WHERE place = ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketChange:
    """What a change of the bucket means for the clips."""

    before: str  # URI of the bucket until now
    only_there: int  # clips that are nowhere else
    here_too: int  # clips whose files are here, too


def plan_bucket_change(catalog: Catalog, bucket_uri: str) -> BucketChange | None:
    """Return what another bucket would mean; None if it's the one in use."""
    before = catalog.get_value(BUCKET_KEY)
    if before in (None, bucket_uri):
        return None
    ((only_there, here_too),) = catalog.database.query(
        "SELECT coalesce(sum(NOT local), 0), coalesce(sum(local), 0) FROM clips"
        " WHERE state = ? AND cloud = ?",
        (ClipState.SAVED, CloudState.STORED),
    )
    return BucketChange(before=before, only_there=only_there, here_too=here_too)


def apply_bucket_change(catalog: Catalog, bucket_uri: str) -> BucketChange | None:
    """Make the catalog describe this bucket. To be called before anything is uploaded."""
    with catalog.database.transaction(durable=True):
        change = plan_bucket_change(catalog, bucket_uri)
        if change is not None:
            _leave(catalog, change.before)
            _rejoin(catalog, bucket_uri)
            catalog.queue_uploads(f"cloud = ? AND {_IN_BUCKET}", (CloudState.NONE, change.before))
        catalog.set_value(BUCKET_KEY, bucket_uri)
    if change is not None:
        _LOGGER.warning(
            "Clips go to %s now. Of those in %s, %s are uploaded again and %s are only there",
            bucket_uri,
            change.before,
            change.here_too,
            change.only_there,
        )
    return change


def _leave(catalog: Catalog, bucket_uri: str) -> None:
    query = catalog.database.query
    query(
        "INSERT OR REPLACE INTO elsewhere SELECT ?, id, cloud_bytes FROM clips"
        " WHERE state = ? AND cloud = ?",
        (bucket_uri, ClipState.SAVED, CloudState.STORED),
    )
    lifecycle.apply(catalog.database, lifecycle.Change.BUCKET_LEFT, "true")
    for kind in _OBJECT_JOBS:
        query(
            "UPDATE OR REPLACE jobs SET kind = ? WHERE kind = ?",
            (deferred_kind(kind, bucket_uri), kind),
        )
    # An upload that was interrupted would be resumed in the bucket before.
    query(
        "UPDATE jobs SET resume = NULL, not_before = 0, error = NULL WHERE kind = ?",
        (JobKind.UPLOAD,),
    )


def _rejoin(catalog: Catalog, bucket_uri: str) -> None:
    """Restore what the catalog knows of a bucket that was left before."""
    query = catalog.database.query
    lifecycle.apply(catalog.database, lifecycle.Change.BUCKET_REJOINED, _IN_BUCKET, (bucket_uri,))
    query(
        "UPDATE clips SET cloud_bytes = elsewhere.cloud_bytes FROM elsewhere"
        " WHERE place = ? AND clip_id = id AND cloud = ?",
        (bucket_uri, CloudState.STORED),
    )
    query(
        "DELETE FROM jobs WHERE kind = ?"
        " AND subject IN (SELECT clip_id FROM elsewhere WHERE place = ?)",
        (JobKind.UPLOAD, bucket_uri),
    )
    query("DELETE FROM elsewhere WHERE place = ?", (bucket_uri,))
    for kind in _OBJECT_JOBS:
        query(
            "UPDATE OR REPLACE jobs SET kind = ?, not_before = 0 WHERE kind = ?",
            (kind, deferred_kind(kind, bucket_uri)),
        )


def other_buckets(catalog: Catalog, clip_id: str) -> list[str]:
    """Return the URIs of the other buckets that have a clip."""
    rows = catalog.database.query("SELECT place FROM elsewhere WHERE clip_id = ?", (clip_id,))
    return [str(row["place"]) for row in rows]

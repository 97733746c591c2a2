"""Rebuild the catalog from the bucket's objects and the clip folder's files.

The bucket first, since its objects' metadata is more complete. A rebuild may run at any time: what
is recorded or removed meanwhile stays as it is.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import batched
import logging
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from ..cloud.encrypted_store import PLAIN
from ..cloud.errors import TransferStopped
from ..cloud.object_names import ALERT_ENTRY, STILL, VIDEO, clip_from_object, clip_id_from_name
from ..core.types import Clip, ClipState, CloudState
from ..db.job_queue import JobKind
from .deletion_marker import read_marker
from .recovery import ClipTree, adopt_without_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from threading import Event

    from ..cloud.object_store import CloudStore, StoredObject
    from ..core.clip_tools import ClipTools
    from ..core.events import EventSink
    from .catalog import Catalog
    from .copies import ClipStorage

_LOGGER = logging.getLogger(__name__)

BATCH = 200  # rows per transaction, which takes some milliseconds: recordings wait for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """How many clips were found."""

    from_cloud: int = 0  # new to the catalog, in the bucket
    from_folder: int = 0  # new to the catalog, in the clip folder only
    completed: int = 0  # known ones whose rows the bucket has completed
    unchanged: int = 0  # known ones in the bucket
    locked: int = 0  # in the bucket, encrypted with an unknown key
    refused: int = 0  # in the bucket, not encrypted although it has to be
    foreign: int = 0  # objects that aren't clips


class _CloudClip(NamedTuple):
    """A clip in the bucket."""

    clip: Clip
    video_bytes: int
    key_id: str  # of the key it's encrypted with; empty without encryption


def rebuild(
    *,
    catalog: Catalog,
    copies: ClipStorage,
    clips_dir: Path,
    tools: ClipTools,
    cloud: CloudStore | None,
    stop: Event,
    on_event: EventSink = lambda _event: None,
) -> Rebuilt:
    """Find every clip again. Raises ``StorageError``, ``OSError``, and ``sqlite3.Error``.

    What was found before an error stays in the catalog.
    """
    bucket_uri = cloud.bucket_uri if cloud is not None else ""
    rebuilder = CatalogRebuilder(catalog, copies, clips_dir, bucket_uri)
    for found in batched(rebuilder.read(cloud, stop), BATCH, strict=False):
        rebuilder.store(found)
    if stop.is_set():
        raise TransferStopped
    tree = ClipTree(clips_dir, tools)
    try:
        from_folder = adopt_without_row(catalog, tree, stop)
    finally:
        tree.damaged.report(on_event)
    rebuilt = replace(rebuilder.rebuilt, from_folder=from_folder)
    _LOGGER.info("The clip index was rebuilt: %s", rebuilt)
    return rebuilt


class CatalogRebuilder:
    """Reads the clips of the bucket, and stores them in the catalog."""

    def __init__(
        self, catalog: Catalog, copies: ClipStorage, clips_dir: Path, bucket_uri: str
    ) -> None:
        self._bucket_uri = bucket_uri
        self._catalog = catalog
        self._copies = copies
        self._clips_dir = clips_dir
        # A clip that is known now and missing later was removed meanwhile.
        rows = catalog.database.query("SELECT id FROM clips")
        jobs = catalog.database.query("SELECT subject FROM jobs WHERE kind = ?", (JobKind.DELETE,))
        self._known = frozenset(row[0] for row in (*rows, *jobs))
        self.rebuilt = Rebuilt()

    def _count(self, name: str) -> None:
        self.rebuilt = replace(self.rebuilt, **{name: getattr(self.rebuilt, name) + 1})

    def read(self, cloud: CloudStore | None, stop: Event) -> Iterator[_CloudClip]:
        """Yield the clips in the bucket. Each one's still precedes it in the listing."""
        still: StoredObject | None = None
        for obj in cloud.list() if cloud is not None else ():
            if stop.is_set():
                raise TransferStopped
            if ALERT_ENTRY in obj.metadata:
                continue
            if (clip_id := clip_id_from_name(obj.name)) is None:
                self._count("foreign")
            elif obj.name.endswith(STILL):
                still = None if obj.refused else obj
            elif obj.refused:
                self._count("refused")
            elif (clip := clip_from_object(obj)) is not None:
                if still is not None and still.name != obj.name.removesuffix(VIDEO) + STILL:
                    still = None
                yield _CloudClip(_with_paths(clip, still), obj.bytes, obj.key_id or PLAIN)
            else:
                encrypted = obj.key_id is not None and obj.metadata
                self._count("locked" if encrypted else "foreign")
                if encrypted:
                    self._remember_key(clip_id, obj.key_id or PLAIN)

    def store(self, clips: Iterable[_CloudClip]) -> None:
        """Add clips to the catalog, or complete their rows, in one transaction."""
        with self._catalog.database.transaction():
            for found in clips:
                row = self._catalog.get(found.clip.id)
                if row is not None:
                    self._count("completed" if self._complete(row, found) else "unchanged")
                elif found.clip.id not in self._known:
                    self._add(found)
                    self._count("from_cloud")
                else:
                    continue
                self._remember_key(found.clip.id, found.key_id)

    def _remember_key(self, clip_id: str, key_id: str) -> None:
        """Remember how a known clip's object is encrypted, unless that's known from its upload."""
        if self._catalog.object_key(self._bucket_uri, clip_id) is None:
            self._catalog.remember_key(self._bucket_uri, clip_id, key_id)

    def _add(self, found: _CloudClip) -> None:
        clip, size = found.clip, self._file_bytes(found.clip.path)
        now = self._catalog.now()
        if clip.deleted_at is not None:
            # It may have been restored without a connection to the bucket, so its time starts anew.
            clip = replace(clip, deleted_at=now)
        if size is not None and (deletion := read_marker(self._clips_dir / clip.path, now=now)):
            clip = replace(clip, deleted_at=deletion.at, deleted_by=deletion.by)
        if size is not None:
            still = clip.path.removesuffix(VIDEO) + STILL
            if self._file_bytes(still) is not None:
                clip = replace(clip, still_path=still)
        if size is None or size == found.video_bytes:
            self._catalog.put(replace(clip, local=size is not None))
        else:
            # The file isn't the object. An upload compares their checksums.
            self._catalog.save(
                replace(clip, local=True, cloud=CloudState.NONE, cloud_bytes=0, bytes=size)
            )

    def _complete(self, row: Clip, found: _CloudClip) -> bool:
        """Add to a row what only the bucket knows; return whether there was anything."""
        clip = found.clip
        removing = row.state not in (ClipState.SAVED, ClipState.MISSING)
        if removing or row.cloud is CloudState.DROPPED:
            return False
        # *Elsewhere* too: the user may have copied the objects of the bucket in use before.
        not_stored = row.cloud in (CloudState.NONE, CloudState.ELSEWHERE)
        uploaded = row.state is ClipState.MISSING or (
            not_stored and row.bytes in (0, found.video_bytes)
        )
        if uploaded:
            self._copies.mark_uploaded(row.id, clip.cloud_bytes)
        # A row that was recovered from its file lacks protection, label, and more.
        protected = clip.protected and row.cloud is not CloudState.STORED
        if protected:
            self._copies.protect(row.id, protected=True)
        described = row.label is None and clip.label is not None
        if described:
            self._catalog.put(
                replace(
                    self._catalog.get(row.id) or row,
                    camera_name=clip.camera_name,
                    trigger=clip.trigger,
                    started_at=clip.started_at,
                    event_at=clip.event_at,
                    label=clip.label,
                    score=clip.score,
                    sensor=clip.sensor,
                    zones=clip.zones,
                )
            )
        return uploaded or described or (protected and not row.protected)

    def _file_bytes(self, path: str) -> int | None:
        try:
            return (self._clips_dir / path).stat().st_size
        except OSError:
            return None


def _with_paths(clip: Clip, still: StoredObject | None) -> Clip:
    """Add the paths that its files would have: inside the clip folder, whatever its metadata is."""
    day = datetime.fromtimestamp(clip.event_at, UTC).date().isoformat()
    camera = quote(clip.camera_id, safe="")
    path = f"{camera if camera.strip('.') else camera.replace('.', '%2E')}/{day}/{clip.id}"
    return replace(
        clip,
        path=path + VIDEO,
        still_path=path + STILL if still is not None else None,
        cloud_bytes=clip.cloud_bytes + (still.bytes if still is not None else 0),
    )

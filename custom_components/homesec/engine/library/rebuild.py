"""The whole catalogue from what there is: the bucket's objects and the clip folder's files.

The bucket first, since only its objects tell whom a clip shows. May be done at any time and as
often as one likes; what is recorded or removed meanwhile is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import batched
import logging
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..cloud.errors import TransferStopped
from ..cloud.object_names import ALERT_ENTRY, STILL, VIDEO, clip_from_object, clip_id_from_name
from ..core.types import Clip, ClipState, CloudState
from ..db.job_queue import JobKind
from .recovery import ClipTree, adopt_without_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from threading import Event

    from ..cloud.object_store import CloudStore, StoredObject
    from ..core.events import EventSink
    from .catalog import Catalog
    from .copies import ClipStorage

_LOGGER = logging.getLogger(__name__)

BATCH = 200
"""Rows written in one go: a few milliseconds, for which a recording may have to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What was found."""

    from_cloud: int = 0
    """Clips that the catalogue did not know."""
    from_folder: int = 0
    """Further ones, of which only a file in the clip folder tells."""
    completed: int = 0
    """Known ones that the bucket told more of: that it has them, or whom they show."""
    unchanged: int = 0
    """Known ones in the bucket."""
    locked: int = 0
    """Clips in the bucket that are encrypted with a key that is not here."""
    foreign: int = 0
    """Objects that are no clips of ours."""


def rebuild(
    *,
    catalog: Catalog,
    copies: ClipStorage,
    clips_dir: Path,
    cloud: CloudStore | None,
    stop: Event,
    on_event: EventSink = lambda _event: None,
) -> Rebuilt:
    """Find every clip again. Raises ``StorageError``, ``OSError`` and ``sqlite3.Error``.

    Cut off in the middle, what was found stays found, and the next time goes on from there.
    """
    shelf = CatalogRebuilder(catalog, copies, clips_dir)
    for films in batched(_films(cloud, shelf, stop), BATCH, strict=False):
        shelf.take_in(films)
    if stop.is_set():
        raise TransferStopped
    tree = ClipTree(clips_dir)
    try:
        from_folder = adopt_without_row(catalog, tree, stop)
    finally:
        tree.damaged.report(on_event)
    found = replace(shelf.found, from_folder=from_folder)
    _LOGGER.info("The clip index was rebuilt: %s", found)
    return found


@dataclass(frozen=True, slots=True)
class _Film:
    """A clip as the bucket tells it."""

    clip: Clip
    film_bytes: int


def _films(cloud: CloudStore | None, shelf: CatalogRebuilder, stop: Event) -> Iterator[_Film]:
    """Give the clips in the bucket, each with its still, which comes just before in the listing."""
    still: StoredObject | None = None
    for obj in cloud.list() if cloud is not None else ():
        if stop.is_set():
            raise TransferStopped
        if ALERT_ENTRY in obj.metadata:
            continue
        if clip_id_from_name(obj.name) is None:
            shelf.count(foreign=1)
        elif obj.name.endswith(STILL):
            still = obj
        elif (clip := clip_from_object(obj)) is not None:
            neighbors = still is not None and still.name == obj.name.removesuffix(VIDEO) + STILL
            yield _Film(_placed(clip, still if neighbors else None), obj.bytes)
        elif obj.key_id is not None and obj.metadata:
            shelf.count(locked=1)
        else:
            shelf.count(foreign=1)


def _placed(clip: Clip, still: StoredObject | None) -> Clip:
    """Say where its files would be. Whatever the bucket says, that is inside the clip folder."""
    day = datetime.fromtimestamp(clip.event_at, UTC).date().isoformat()
    camera = quote(clip.camera_id, safe="")
    path = f"{camera if camera.strip('.') else camera.replace('.', '%2E')}/{day}/{clip.id}"
    return replace(
        clip,
        path=path + VIDEO,
        still_path=path + STILL if still is not None else None,
        cloud_bytes=clip.cloud_bytes + (still.bytes if still is not None else 0),
    )


class CatalogRebuilder:
    """Where what was found is put."""

    def __init__(self, catalog: Catalog, copies: ClipStorage, clips_dir: Path) -> None:
        self._catalog = catalog
        self._copies = copies
        self._clips_dir = clips_dir
        # What is known now and not any more later, was removed meanwhile.
        self._known = _known(catalog)
        self.found = Rebuilt()

    def count(self, **more: int) -> None:
        """Add to what was found."""
        self.found = replace(
            self.found, **{key: getattr(self.found, key) + n for key, n in more.items()}
        )

    def take_in(self, films: Iterable[_Film]) -> None:
        """Write some clips down."""
        with self._catalog.database.transaction():
            for film in films:
                self._take_in(film)

    def _take_in(self, film: _Film) -> None:
        clip = film.clip
        row = self._catalog.get(clip.id)
        if row is not None:
            changed = self._complete(row, film)
            self.count(completed=int(changed), unchanged=int(not changed))
        elif clip.id not in self._known:
            self._add(film)
            self.count(from_cloud=1)

    def _add(self, film: _Film) -> None:
        clip, size = film.clip, self._bytes(film.clip.path)
        if size is not None:
            still = clip.path.removesuffix(VIDEO) + STILL
            if self._bytes(still) is not None:
                clip = replace(clip, still_path=still)
        if size is None or size == film.film_bytes:
            self._catalog.put(replace(clip, local=size is not None))
        else:
            # Not the same film: which is right, only the outbox' checksums tell.
            self._catalog.save(
                replace(clip, local=True, cloud=CloudState.NONE, cloud_bytes=0, bytes=size)
            )

    def _complete(self, row: Clip, film: _Film) -> bool:
        """Add to a row what it does not know; return whether there was anything."""
        removing = row.state not in (ClipState.SAVED, ClipState.MISSING)
        if removing or row.cloud is CloudState.DROPPED:
            return False
        # Also what somebody has copied here from a bucket that was in use before.
        unknown = row.cloud in (CloudState.NONE, CloudState.ELSEWHERE)
        there = unknown and row.bytes in (0, film.film_bytes)
        back = row.state is ClipState.MISSING
        nameless = row.label is None and film.clip.label is not None
        if there or back:
            self._copies.mark_uploaded(row.id, film.clip.cloud_bytes)
        protected = film.clip.protected and row.cloud is not CloudState.STORED
        if protected:
            # It was taken in from its file alone, which cannot tell that.
            self._copies.protect(row.id, protected=True)
        if nameless:
            # Taken in from its file alone, which tells nothing of what it shows.
            known = self._catalog.get(row.id) or row
            self._catalog.put(
                replace(
                    known,
                    camera_name=film.clip.camera_name,
                    trigger=film.clip.trigger,
                    started_at=film.clip.started_at,
                    event_at=film.clip.event_at,
                    label=film.clip.label,
                    score=film.clip.score,
                    zones=film.clip.zones,
                )
            )
        return there or back or nameless or (protected and not row.protected)

    def _bytes(self, path: str) -> int | None:
        try:
            return (self._clips_dir / path).stat().st_size
        except OSError:
            return None


def _known(catalog: Catalog) -> frozenset[str]:
    """Return the ids of all rows, and of what is still to be deleted from the bucket."""
    rows = catalog.database.query("SELECT id FROM clips")
    jobs = catalog.database.query("SELECT subject FROM jobs WHERE kind = ?", (JobKind.DELETE,))
    return frozenset(row[0] for row in (*rows, *jobs))

"""Recently deleted: clips that a person has deleted, until they are restored or purged.

Nothing but the time in a clip's row tells that it's deleted, besides a marker beside its file and
an entry in its object's metadata, for a catalog that is rebuilt. So a crash at any moment leaves a
clip either deleted or not, with all of its copies. To restore a clip, its marker goes first: after
a crash in between, the clip is still deleted.
"""

import threading
from typing import TYPE_CHECKING

from ..core.errors import ClipNotFound, ClipProtected, PurgeHeld
from ..core.types import ClipState
from . import lifecycle
from .deletion_marker import Deletion, remove_marker, write_marker_or_log

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..core.types import Clip
    from .catalog import Catalog
    from .copies import ClipStorage


class RecentlyDeleted:
    """Calls block for a moment and may come from any thread."""

    def __init__(
        self,
        catalog: Catalog,
        copies: ClipStorage,
        clips_dir: Path,
        *,
        purge_held: Callable[[], bool],
        on_change: Callable[[str], None] = lambda _clip_id: None,
    ) -> None:
        """While ``purge_held`` returns True, nothing is purged."""
        self._catalog = catalog
        self._copies = copies
        self._clips_dir = clips_dir
        self._purge_held = purge_held
        self._on_change = on_change
        self._lock = threading.Lock()  # a clip's row and marker change together

    def delete(self, clip_id: str, *, by: str | None) -> Clip:
        """Move a clip to Recently deleted; return its row.

        Raises ``ClipNotFound`` if there's no such clip outside, and ``ClipProtected``.
        """
        deletion = Deletion(self._catalog.now(), by)
        with self._lock:
            with self._catalog.database.transaction(durable=True):
                clip = self._catalog.get(clip_id)
                if clip is not None and clip.protected and clip.deleted_at is None:
                    raise ClipProtected
                if not lifecycle.delete(
                    self._catalog.database, clip_id, at=deletion.at, by=deletion.by
                ):
                    raise ClipNotFound
                clip = self._describe(clip_id)
            if clip.local:
                write_marker_or_log(self._clips_dir / clip.path, deletion)
        self._on_change(clip_id)
        return clip

    def restore(self, clip_id: str) -> Clip:
        """Bring a clip back with everything; return its row.

        Raises ``ClipNotFound`` if it isn't there, and ``OSError`` if the disk refuses; then it
        stays there.
        """
        with self._lock:
            remove_marker(self._clips_dir / self.get(clip_id).path)
            with self._catalog.database.transaction(durable=True):
                if not lifecycle.undelete(self._catalog.database, clip_id):
                    raise ClipNotFound
                clip = self._describe(clip_id)
        self._on_change(clip_id)
        return clip

    def purge(self, clip_id: str) -> Clip:
        """Remove a deleted clip and all of its copies; return its last row.

        Raises ``ClipNotFound`` if it isn't there, ``PurgeHeld``, ``ClipProtected``, and ``OSError``
        if the disk refuses for now.
        """
        clip = self.get(clip_id)
        if self._purge_held():
            raise PurgeHeld
        if clip.protected:
            raise ClipProtected
        if not self._copies.remove(clip):
            raise ClipNotFound
        return clip

    def get(self, clip_id: str) -> Clip:
        """Return a deleted clip. Raises ``ClipNotFound`` if it isn't there."""
        clip = self._catalog.get(clip_id)
        if clip is None or clip.deleted_at is None or clip.state is ClipState.REMOVING:
            raise ClipNotFound
        return clip

    def _describe(self, clip_id: str) -> Clip:
        """Have the objects' metadata updated in this transaction; return the clip's row."""
        clip = self._catalog.get(clip_id)
        if clip is None:
            raise ClipNotFound
        self._copies.queue_metadata(clip)
        return clip

"""Stills that lie in the cloud, kept here for a while: the media browser asks for many at once."""

from contextlib import suppress
import os
from typing import TYPE_CHECKING

from ..engine.cloud.errors import StorageError
from ..engine.core.atomic_file import atomic_write

if TYPE_CHECKING:
    from pathlib import Path

    from .files import CloudFile

MAX_STILLS = 1000
MAX_BYTES = 8 * 2**20
"""A still has some 100 KB. Whoever may write to the bucket may put anything there."""


class StillCache:
    """A folder that may be emptied at any time. Calls block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, clip_id: str, still: CloudFile) -> bytes:
        """Return a still, from the cloud if it is not here. Raises ``StorageError``."""
        path = self._path(clip_id)
        with suppress(OSError):
            jpeg = path.read_bytes()
            os.utime(path)  # what was looked at last is kept longest
            return jpeg
        jpeg = _read(still)
        with suppress(OSError):  # a full disk only makes it slower
            self._keep(path, jpeg)
        return jpeg

    def forget(self, clip_id: str) -> None:
        """Remove the still of a clip that was deleted."""
        with suppress(OSError):
            self._path(clip_id).unlink()

    def _path(self, clip_id: str) -> Path:
        return self._folder / f"{clip_id}.jpg"

    def _keep(self, path: Path, jpeg: bytes) -> None:
        with atomic_write(path, durable=False) as file:
            file.write(jpeg)
        kept = sorted((each.stat().st_mtime, each) for each in self._folder.iterdir())
        for _, oldest in kept[: max(0, len(kept) - MAX_STILLS)]:
            oldest.unlink()


def _read(still: CloudFile) -> bytes:
    jpeg = bytearray()
    for piece in still.store.read(still.name, 0, MAX_BYTES + 1):
        jpeg += piece
    if len(jpeg) > MAX_BYTES:
        raise StorageError("the still is too large")
    return bytes(jpeg)

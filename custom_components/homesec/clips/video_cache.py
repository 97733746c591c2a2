"""A cache of videos that are in the cloud, in pieces.

Players ask for the same ranges again and again: for the index, and when they seek. Objects never
change, so neither do their pieces and sizes.
"""

from contextlib import suppress
from dataclasses import asdict, dataclass
import json
import os
import shutil
import time
from typing import TYPE_CHECKING

from ..engine.cloud.errors import ObjectMissing, StorageError
from ..engine.cloud.object_names import clip_id_from_name
from ..engine.core.atomic_file import atomic_write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .files import CloudFile

PIECE_BYTES = 256 * 2**10
"""A multiple of an encrypted object's parts, and the first block that is read of an object: so
nothing is downloaded or decrypted twice."""
MAX_BYTES = 512 * 2**20
MAX_AGE_S = 86_400.0
MIN_FREE_BYTES = 2**30  # with less room on the disk, nothing is cached
TRIM_EVERY = 64  # pieces
INFO_NAME = "film.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoInfo:
    """An object's size and generation."""

    bytes: int
    generation: int


class VideoCache:
    """A folder that can be emptied at any time. Calls block and may come from any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def info(self, file: CloudFile) -> VideoInfo:
        """Return a video's size. Raises ``StorageError``; ``ObjectMissing`` if there is none."""
        path = self._folder_of(file) / INFO_NAME
        with suppress(OSError, ValueError, TypeError):
            if time.time() - path.stat().st_mtime < MAX_AGE_S:
                return VideoInfo(**json.loads(path.read_text()))
        found = file.store.find(file.name)
        if found is None:
            raise ObjectMissing
        info = VideoInfo(bytes=found.bytes, generation=found.generation)
        _store(path, json.dumps(asdict(info)).encode())
        return info

    def read(self, file: CloudFile, info: VideoInfo, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from ``start`` up to ``end``. Raises ``StorageError``."""
        position = start // PIECE_BYTES * PIECE_BYTES
        for piece in self._pieces(file, info, start // PIECE_BYTES, -(-end // PIECE_BYTES)):
            if wanted := piece[max(0, start - position) : end - position]:
                yield wanted
            position += len(piece)

    def _pieces(self, file: CloudFile, info: VideoInfo, index: int, end: int) -> Iterator[bytes]:
        while index < end:
            size = min(PIECE_BYTES, info.bytes - index * PIECE_BYTES)
            if (cached := _load(self._path(file, info, index), size)) is not None:
                yield cached
                index += 1
                continue
            until = min(end * PIECE_BYTES, info.bytes)
            for piece in _in_pieces(file.store.read(file.name, index * PIECE_BYTES, until)):
                if len(piece) == min(PIECE_BYTES, info.bytes - index * PIECE_BYTES):
                    _store(self._path(file, info, index), piece)
                    if index % TRIM_EVERY == 0:
                        self.trim()
                yield piece
                index += 1
                if self._path(file, info, index).exists():
                    break
            else:
                return

    def remove(self, clip_id: str) -> None:
        """Remove what is cached of a clip."""
        shutil.rmtree(self._folder / clip_id, ignore_errors=True)

    def trim(self) -> None:
        """Remove what was unused for a day and, above the limit, what was used longest ago."""
        now, total = time.time(), 0
        with suppress(OSError):  # another thread trims or removes at the same time
            for used_at, size, path in sorted(_files(self._folder), reverse=True):
                total += size
                if now - used_at > MAX_AGE_S or total > MAX_BYTES:
                    path.unlink(missing_ok=True)
        with suppress(OSError):
            for folder in self._folder.iterdir():
                with suppress(OSError):  # it isn't empty
                    folder.rmdir()

    def _folder_of(self, file: CloudFile) -> Path:
        return self._folder / (clip_id_from_name(file.name) or "-")

    def _path(self, file: CloudFile, info: VideoInfo, index: int) -> Path:
        return self._folder_of(file) / f"{info.generation}-{index}"


def _load(path: Path, size: int) -> bytes | None:
    """Return a cached piece, unless a power cut truncated it."""
    with suppress(OSError):
        piece = path.read_bytes()
        if len(piece) == size:
            os.utime(path)
            return piece
    return None


def _store(path: Path, content: bytes) -> None:
    with suppress(OSError):  # with a full disk it's downloaded again the next time
        path.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(path.parent).free >= MIN_FREE_BYTES:
            with atomic_write(path, durable=False) as out:
                out.write(content)


def _in_pieces(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield whole pieces, then what is left at the end or when the store fails."""
    rest = bytearray()
    try:
        for block in blocks:
            rest += block
            while len(rest) >= PIECE_BYTES:
                yield bytes(rest[:PIECE_BYTES])
                del rest[:PIECE_BYTES]
    except StorageError:
        if rest:
            yield bytes(rest)
        raise
    if rest:
        yield bytes(rest)


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """Yield when each file was last used, its size, and its path."""
    for path in folder.glob("*/*"):
        with suppress(OSError):
            status = path.stat()
            yield status.st_mtime, status.st_size, path

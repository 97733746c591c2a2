"""Films that lie in the cloud, kept here piece by piece while they are played.

Players ask for the same ranges again and again: to look at the index, to skip, to go back. Objects
never change, so what was fetched once is right as long as it is here; its size, too.
"""

from __future__ import annotations

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
"""A multiple of what encrypted films consist of, and the first block that the bucket is asked for;
so nothing is fetched or opened twice."""
MAX_BYTES = 512 * 2**20
MAX_AGE_S = 86_400.0
SPARE_BYTES = 2**30
"""A disk with less room than that has none for what can be fetched again."""
TRIM_EVERY = 64
"""Pieces."""
FACTS = "film.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """What a player is told of a film."""

    bytes: int
    generation: int


class FilmCache:
    """A folder that may be emptied at any time. Calls block, and come from any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def about(self, file: CloudFile) -> Film:
        """Return a film's facts. Raises ``StorageError``; ``ObjectMissing`` if there is none."""
        path = self._of(file) / FACTS
        with suppress(OSError, ValueError, TypeError):
            if time.time() - path.stat().st_mtime < MAX_AGE_S:
                return Film(**json.loads(path.read_text()))
        found = file.store.find(file.name)
        if found is None:
            raise ObjectMissing
        film = Film(bytes=found.bytes, generation=found.generation)
        self._keep(path, json.dumps(asdict(film)).encode())
        return film

    def read(self, file: CloudFile, film: Film, start: int, end: int) -> Iterator[bytes]:
        """Give a part of a film, from here as far as it is here. Raises ``StorageError``."""
        position = start // PIECE_BYTES * PIECE_BYTES
        for piece in self._pieces(file, film, start // PIECE_BYTES, -(-end // PIECE_BYTES)):
            if wanted := piece[max(0, start - position) : end - position]:
                yield wanted
            position += len(piece)

    def _pieces(self, file: CloudFile, film: Film, index: int, end: int) -> Iterator[bytes]:
        while index < end:
            size = min(PIECE_BYTES, film.bytes - index * PIECE_BYTES)
            if (kept := self._kept(self._path(file, film, index), size)) is not None:
                yield kept
                index += 1
                continue
            until = min(end * PIECE_BYTES, film.bytes)
            for piece in _regrouped(file.store.read(file.name, index * PIECE_BYTES, until)):
                whole = len(piece) == min(PIECE_BYTES, film.bytes - index * PIECE_BYTES)
                if whole:
                    self._keep(self._path(file, film, index), piece)
                    if index % TRIM_EVERY == 0:
                        self.trim()
                yield piece
                index += 1
                if self._path(file, film, index).exists():
                    break
            else:
                return

    def forget(self, clip_id: str) -> None:
        """Remove what is here of a clip that was deleted."""
        shutil.rmtree(self._folder / clip_id, ignore_errors=True)

    def trim(self) -> None:
        """Remove what nobody has looked at for a day and, of too much, what was so longest ago."""
        now, total = time.time(), 0
        with suppress(OSError):  # somebody else trims, or forgets, at the same time
            for at, size, path in sorted(_files(self._folder), reverse=True):
                total += size
                if now - at > MAX_AGE_S or total > MAX_BYTES:
                    path.unlink(missing_ok=True)
        with suppress(OSError):
            for folder in self._folder.iterdir():
                with suppress(OSError):  # it is not empty
                    folder.rmdir()

    def _of(self, file: CloudFile) -> Path:
        return self._folder / (clip_id_from_name(file.name) or "-")

    def _path(self, file: CloudFile, film: Film, index: int) -> Path:
        return self._of(file) / f"{film.generation}-{index}"

    def _kept(self, path: Path, size: int) -> bytes | None:
        """Return a piece that is here, unless a power cut has cut it off."""
        with suppress(OSError):
            piece = path.read_bytes()
            if len(piece) == size:
                os.utime(path)
                return piece
        return None

    def _keep(self, path: Path, content: bytes) -> None:
        """Write a file, whole or not at all; a full disk only makes it slower."""
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(path.parent).free < SPARE_BYTES:
                return
            with atomic_write(path, durable=False) as out:
                out.write(content)


def _regrouped(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Give whole pieces, and what is left at the end, or before the store fails."""
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
    """Give when each file was looked at last, and its size."""
    for path in folder.glob("*/*"):
        with suppress(OSError):
            facts = path.stat()
            yield facts.st_mtime, facts.st_size, path

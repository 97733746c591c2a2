"""The folders with model files: intact copies are found, new ones are put in whole or not."""

from __future__ import annotations

import hashlib
import shutil
import stat
from typing import TYPE_CHECKING

from ..core.atomic_file import atomic_write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .manifest import ModelFile


class ModelFileStore:
    """One folder to put files into, and others to look into. Every method may block."""

    def __init__(self, folder: Path, also: Sequence[Path] = ()) -> None:
        """Put into ``folder``; look into it, then into the folders ``also``."""
        self.folder = folder
        self._folders = (folder, *also)
        self._hashes: dict[tuple[Path, int, int], str] = {}

    def find(self, file: ModelFile) -> Path | None:
        """Return where an intact copy lies; it is read once and then known by its size and time."""
        for folder in self._folders:
            path = folder / file.name
            try:
                status = path.stat()
                # To open a pipe would block.
                if not stat.S_ISREG(status.st_mode) or file.bytes not in (None, status.st_size):
                    continue
                known = (path, status.st_size, status.st_mtime_ns)
                if known not in self._hashes:
                    self._hashes[known] = digest(path)
            except OSError:
                continue
            if self._hashes[known] == file.sha256:
                return path
        return None

    def put(self, file: ModelFile, content: Path) -> Path:
        """Store a copy of what is known to be this file; raises OSError."""
        path = self.folder / file.name
        with content.open("rb") as stream, atomic_write(path) as out:
            shutil.copyfileobj(stream, out)
        return path


def digest(path: Path) -> str:
    """Return a file's SHA-256 as the catalogue writes it; raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

"""Find intact copies of model files, and store new ones whole or not at all."""

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
    """One folder to write to, and more folders to search. Every method may block."""

    def __init__(self, folder: Path, more_folders: Sequence[Path] = ()) -> None:
        """Write to ``folder``; search it first, then ``more_folders``."""
        self.folder = folder
        self._folders = (folder, *more_folders)
        self._hashes: dict[tuple[Path, int, int], str] = {}

    def find(self, file: ModelFile) -> Path | None:
        """Return the path of an intact copy; each is hashed once per size and time."""
        for folder in self._folders:
            path = folder / file.name
            try:
                status = path.stat()
                # Opening a pipe would block.
                if not stat.S_ISREG(status.st_mode) or file.bytes not in (None, status.st_size):
                    continue
                key = (path, status.st_size, status.st_mtime_ns)
                if key not in self._hashes:
                    self._hashes[key] = digest(path)
            except OSError:
                continue
            if self._hashes[key] == file.sha256:
                return path
        return None

    def put(self, file: ModelFile, content: Path) -> Path:
        """Store a copy of ``content``, which is known to be this file; raises OSError."""
        path = self.folder / file.name
        with content.open("rb") as stream, atomic_write(path) as out:
            shutil.copyfileobj(stream, out)
        return path


def digest(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal; raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

"""How far the files of a model have come."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .manifest import ModelFile

type Progress = Callable[[int, int], None]
"""Told the bytes that are here and the bytes of the whole model (0: not known)."""


class DownloadProgress:
    """Turns the bytes of one file into those of all, in the order in which they are brought."""

    def __init__(self, files: Sequence[ModelFile], progress: Progress | None) -> None:
        self._progress = progress
        self._before: dict[str, int] = {}
        self._total = 0
        sizes = [file.bytes or 0 for file in files]
        for file, size in zip(files, sizes, strict=True):
            self._before[file.name] = self._total
            self._total += size
        if 0 in sizes:
            self._total = 0  # one is not known

    def tell(self, file: ModelFile, have: int) -> None:
        """Pass on that ``have`` bytes of a file are here."""
        if self._progress:
            self._progress(self._before[file.name] + have, self._total)

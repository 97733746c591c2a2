"""The clip folder as it lies on the disk: a folder a camera, in it one a day, in it the clips."""

from __future__ import annotations

from datetime import date
import logging
from typing import TYPE_CHECKING

from ..core.damaged_files import DamagedFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOGGER = logging.getLogger(__name__)


class ClipTree:
    """One pass through the folder; collects what could not be read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged = DamagedFiles(folder)
        self.unreadable = 0
        """Folders that could not be looked into."""

    def days(self) -> Iterator[tuple[Path, list[str]]]:
        """Give the folders of clips and the names in each, both in order."""
        for camera in self._names(self.folder):
            if not _is_text(camera):
                continue  # no camera of ours, and nothing that the catalogue can hold
            for day in self._names(self.folder / camera):
                if _is_day(day):
                    folder = self.folder / camera / day
                    yield folder, self._names(folder)

    def _names(self, folder: Path) -> list[str]:
        try:
            return sorted(path.name for path in folder.iterdir())
        except FileNotFoundError, NotADirectoryError:
            return []
        except OSError as err:
            self.unreadable += 1
            _LOGGER.warning("The folder %r cannot be read: %s", folder.name, err.strerror)
            return []


def _is_day(name: str) -> bool:
    try:
        date.fromisoformat(name)
    except ValueError:
        return False
    return True


def _is_text(name: str) -> bool:
    """Tell whether a name is UTF-8: Python gives other bytes as halves of surrogate pairs."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True

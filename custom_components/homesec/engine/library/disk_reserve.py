"""A few megabytes of the disk, set aside for the day on which it is full.

SQLite opens no database on a disk without any room. After a restart nothing would then run, and so
nothing would make room either: this file is given up for that.
"""

from __future__ import annotations

from contextlib import suppress
import logging
import os
import shutil
from typing import TYPE_CHECKING

from ..core.damaged_files import is_regular_file

if TYPE_CHECKING:
    from pathlib import Path

_LOGGER = logging.getLogger(__name__)

RESERVE_BYTES = 4 * 2**20
"""As long as SQLite's log becomes before it goes into the file."""
ENOUGH_BYTES = 64 * 2**20
"""With less free space than that, none is set aside."""


class DiskReserve:
    """Calls block, and raise nothing: without it, all goes on as it can."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def release(self) -> None:
        """Give it up if there is less room on the disk than it takes."""
        with suppress(OSError):
            if shutil.disk_usage(self._path.parent).free < RESERVE_BYTES:
                self._path.unlink()
                _LOGGER.warning("The disk is full: using the disk reserve")

    def allocate(self) -> None:
        """Set it aside (again), if there is room enough."""
        try:
            have = self._path.stat().st_size if self._path.exists() else 0
            if have < RESERVE_BYTES and self._has_room():
                self._write()
        except OSError as err:
            _LOGGER.debug("There is no disk reserve: %s", err.strerror)

    def _has_room(self) -> bool:
        return shutil.disk_usage(self._path.parent).free > ENOUGH_BYTES

    def _write(self) -> None:
        if not is_regular_file(self._path):
            self._path.unlink(missing_ok=True)  # to write into a pipe would block
        with self._path.open("wb") as file:
            file.write(bytes(RESERVE_BYTES))
            file.flush()
            os.fsync(file.fileno())

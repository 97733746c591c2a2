"""A file that is deleted to make room when the disk is full (a ballast file).

SQLite opens no database on a full disk, so after a restart nothing could run and make room.
"""

from contextlib import suppress
import errno
import logging
import os
import shutil
from typing import TYPE_CHECKING, BinaryIO

from ..core.damaged_files import is_regular_file

if TYPE_CHECKING:
    from pathlib import Path

_LOGGER = logging.getLogger(__name__)

RESERVE_BYTES = 4 * 2**20  # the size of SQLite's log before it's written to the database
MIN_FREE_BYTES = 64 * 2**20  # with less free space, none is allocated


class DiskReserve:
    """Calls block, and raise nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def release(self) -> None:
        """Delete the file if the disk has less free space than it takes."""
        with suppress(OSError):
            if shutil.disk_usage(self._path.parent).free < RESERVE_BYTES:
                self._path.unlink()
                _LOGGER.warning("The disk is full: using the disk reserve")

    def allocate(self) -> None:
        """Create the file, if there's none and enough free space."""
        try:
            size = self._path.stat().st_size if self._path.exists() else 0
            free_bytes = shutil.disk_usage(self._path.parent).free
            if size >= RESERVE_BYTES or free_bytes <= MIN_FREE_BYTES:
                return
            if not is_regular_file(self._path):
                self._path.unlink(missing_ok=True)  # to write into a pipe would block
            with self._path.open("wb") as file:
                _take_space(file)
                os.fsync(file.fileno())
        except OSError as err:
            _LOGGER.debug("There is no disk reserve: %s", err.strerror)


def _take_space(file: BinaryIO) -> None:
    """Let the file take its space; written are zeros only if the file system allocates none."""
    try:
        os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
    except OSError as err:
        if err.errno not in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
            raise
        file.write(bytes(RESERVE_BYTES))
        file.flush()

"""Set damaged files aside: rename, log, and report them, so that the rest can be read."""

import errno
from itertools import count
import logging
import os
import sqlite3
import stat
from typing import TYPE_CHECKING

from .errors import HomeSecError
from .events import DamagedFile, FilesSetAside

if TYPE_CHECKING:
    from pathlib import Path

    from .events import EventSink

_LOGGER = logging.getLogger(__name__)

SUFFIX = ".damaged"
"""Appended to the name of a damaged file, which no pattern for clips matches then."""
_MAX_REASON = 200
_DISK_ERRORS = frozenset(
    {
        errno.EAGAIN,
        errno.EDQUOT,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.EINTR,
        errno.EMFILE,
        errno.ENETUNREACH,
        errno.ENFILE,
        errno.ENODEV,
        errno.ENOMEM,
        errno.ENOSPC,
        errno.ENOTCONN,
        errno.EROFS,
        errno.ESTALE,
        errno.ETIMEDOUT,
    }
)
"""Errors of a disk or the system that is full, read-only, busy, or disconnected."""


def is_regular_file(path: Path) -> bool:
    """Return whether there is a file, without opening it: a pipe or device could block."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError, ValueError:
        return False


def is_damage(err: Exception, path: Path) -> bool:
    """Return whether the file is the cause of an error, not its disk."""
    if not isinstance(err, OSError):
        return True
    if not os.path.lexists(path):
        return False
    if err.errno == errno.ENOENT:  # of a file that is there, unless it's a link to nothing
        return not path.exists()
    if err.errno in (errno.EACCES, errno.EPERM):
        # If the folder isn't writable either, its permissions are the cause.
        return os.access(path.parent, os.W_OK | os.X_OK)
    return err.errno not in _DISK_ERRORS


class DamagedFiles:
    """The damaged files found in a folder."""

    def __init__(self, folder: Path) -> None:
        """``folder``: reported names are relative to it."""
        self._folder = folder
        self._found: list[DamagedFile] = []

    def set_aside(self, path: Path, reason: Exception | str) -> bool:
        """Rename a damaged file; return False if the disk refuses, which is reported, too."""
        why = reason if isinstance(reason, str) else error_reason(reason)
        name = path.relative_to(self._folder).as_posix()
        aside = rename_aside(path)
        if aside is None:
            _LOGGER.error("%r is damaged, and is left alone: %s", name, why)
        else:
            _LOGGER.error("%r is damaged, and was set aside as %r: %s", name, aside.name, why)
        self._found.append(DamagedFile(name=name, reason=why, moved=aside is not None))
        return aside is not None

    def report(self, on_event: EventSink) -> None:
        """Report the files found since the last report."""
        if self._found:
            on_event(FilesSetAside(files=tuple(self._found)))
            self._found.clear()


def error_reason(err: Exception) -> str:
    """Return the reason of an error in one line, without the path that a library adds."""
    if isinstance(err, HomeSecError | sqlite3.Error):
        text = str(err)
    else:
        text = getattr(err, "strerror", None) or f"{type(err).__name__}: {err}"
    return " ".join(text.split())[:_MAX_REASON]


def rename_aside(path: Path) -> Path | None:
    """Rename a file, folder, link, or pipe; return its new path, None if the disk refuses."""
    for number in count(1):
        aside = path.with_name(f"{path.name}{SUFFIX}{'' if number == 1 else f'-{number}'}")
        if not os.path.lexists(aside):
            break
    try:
        path.rename(aside)
    except OSError as err:
        _LOGGER.debug("%s cannot be renamed: %s", path.name, err.strerror)
        return None
    return aside

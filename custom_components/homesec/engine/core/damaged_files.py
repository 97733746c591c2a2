"""Files that cannot be read as what they are: moved out of the way and kept, counted, reported.

Nothing that lies in a folder of ours is trusted. What one file makes a library raise must not keep
the engine from starting, nor from reading the next file.
"""

from __future__ import annotations

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
"""What a file's name gets appended: no pattern that looks for clips matches it any more."""
_LONGEST_REASON = 200
_NOT_THE_FILES = frozenset(
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
"""What a disk or the system says while it is full, read-only, busy or not connected."""


def is_regular_file(path: Path) -> bool:
    """Tell whether there is a file. Opens nothing: a pipe or a device could block for ever."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError, ValueError:
        return False


def is_damage(err: Exception, path: Path) -> bool:
    """Tell whether reading a file failed for what the file is, not for the state of its disk."""
    if not isinstance(err, OSError):
        return True
    if not os.path.lexists(path):
        return False
    if err.errno in (errno.EACCES, errno.EPERM):
        # A folder that nothing may be written to refuses all of its files.
        return os.access(path.parent, os.W_OK | os.X_OK)
    return err.errno not in _NOT_THE_FILES


class DamagedFiles:
    """What one pass through a folder came upon."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is the one that names are told relative to."""
        self._folder = folder
        self._found: list[DamagedFile] = []

    def set_aside(self, path: Path, reason: Exception | str) -> bool:
        """Move a damaged file out of the way; False if the disk does not allow it.

        It then stays where it is, and is counted all the same.
        """
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
        """Report what was found since the last report, if there was anything."""
        if self._found:
            on_event(FilesSetAside(files=tuple(self._found)))
            self._found.clear()


def error_reason(err: Exception) -> str:
    """Return why a file could not be read, in one line without the path that a library adds."""
    if isinstance(err, HomeSecError | sqlite3.Error):
        text = str(err)
    else:
        text = getattr(err, "strerror", None) or f"{type(err).__name__}: {err}"
    return " ".join(text.split())[:_LONGEST_REASON]


def rename_aside(path: Path) -> Path | None:
    """Give a file, a folder, a link or a pipe a name of its own beside it."""
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

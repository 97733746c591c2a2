"""Errors of the engine's start: which folder failed, and why."""

import errno
from pathlib import Path
import sqlite3

from ..core.damaged_files import error_reason
from ..core.errors import (
    StartDiskFull,
    StartDiskReadOnly,
    StartFailed,
    StartFolderBlocked,
    StartFolderDenied,
    StartFolderMissing,
    StartIndexLocked,
)
from ..db.database import disk_error

_BY_ERRNO: dict[int, type[StartFailed]] = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), StartDiskFull),
    **dict.fromkeys((errno.EACCES, errno.EPERM), StartFolderDenied),
    **dict.fromkeys((errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ELOOP), StartFolderBlocked),
    **dict.fromkeys((errno.EIO, errno.ENODEV, errno.ENOENT, errno.ENXIO), StartFolderMissing),
    # Of a network share.
    **dict.fromkeys((errno.ENOTCONN, errno.ESTALE, errno.ETIMEDOUT), StartFolderMissing),
    **dict.fromkeys((errno.EHOSTDOWN, errno.EHOSTUNREACH), StartFolderMissing),
    errno.EROFS: StartDiskReadOnly,
}
_BY_SQLITE_CODE: dict[int, type[StartFailed]] = {
    sqlite3.SQLITE_BUSY: StartIndexLocked,
    sqlite3.SQLITE_FULL: StartDiskFull,
    sqlite3.SQLITE_LOCKED: StartIndexLocked,
    sqlite3.SQLITE_PERM: StartFolderDenied,
    sqlite3.SQLITE_READONLY: StartDiskReadOnly,
}


def start_error(err: Exception, *, clips_dir: Path, catalog: Path) -> StartFailed:
    """Return the engine's error for one of the system's."""
    folder = clips_dir
    kind: type[StartFailed] = StartFailed
    if isinstance(err, sqlite3.Error):
        folder = catalog.parent
        code = getattr(err, "sqlite_errorcode", 0) & 0xFF
        # On a full disk, SQLite may only say that it can't open a file.
        kind = _BY_SQLITE_CODE.get(code) or _os_error(disk_error(catalog))
    elif isinstance(err, OSError):
        kind = _os_error(err)
        if isinstance(err.filename, str | Path):
            its = Path(err.filename).is_relative_to(catalog.parent)
            folder = catalog.parent if its else clips_dir
    reason = error_reason(err)
    return kind(f"{folder}: {reason}", folder=str(folder), reason=reason)


def _os_error(err: OSError | None) -> type[StartFailed]:
    return StartFailed if err is None else _BY_ERRNO.get(err.errno or 0, StartFailed)

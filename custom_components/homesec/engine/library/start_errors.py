"""What kept the engine from starting: which folder it was, and what is wrong with it."""

from __future__ import annotations

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
    errno.ENOSPC: StartDiskFull,
    errno.EDQUOT: StartDiskFull,
    errno.EROFS: StartDiskReadOnly,
    errno.EACCES: StartFolderDenied,
    errno.EPERM: StartFolderDenied,
    errno.EEXIST: StartFolderBlocked,
    errno.EISDIR: StartFolderBlocked,
    errno.ENOTDIR: StartFolderBlocked,
    errno.ELOOP: StartFolderBlocked,
    errno.EIO: StartFolderMissing,
    errno.ENODEV: StartFolderMissing,
    errno.ENOENT: StartFolderMissing,
    errno.ENOTCONN: StartFolderMissing,
    errno.ENXIO: StartFolderMissing,
    errno.EHOSTDOWN: StartFolderMissing,
    errno.EHOSTUNREACH: StartFolderMissing,
    errno.ESTALE: StartFolderMissing,
    errno.ETIMEDOUT: StartFolderMissing,
}
_BY_SQLITE_CODE: dict[int, type[StartFailed]] = {
    sqlite3.SQLITE_BUSY: StartIndexLocked,
    sqlite3.SQLITE_FULL: StartDiskFull,
    sqlite3.SQLITE_LOCKED: StartIndexLocked,
    sqlite3.SQLITE_PERM: StartFolderDenied,
    sqlite3.SQLITE_READONLY: StartDiskReadOnly,
}


def start_error(err: Exception, *, clips_dir: Path, catalog: Path) -> StartFailed:
    """Return the engine's error for what the system said while it started."""
    folder = clips_dir
    kind: type[StartFailed] = StartFailed
    if isinstance(err, sqlite3.Error):
        folder = catalog.parent
        code = getattr(err, "sqlite_errorcode", 0) & 0xFF
        # Of a full disk, too, SQLite may just say that it cannot open a file.
        kind = _BY_SQLITE_CODE.get(code) or _of_the_system(disk_error(catalog))
    elif isinstance(err, OSError):
        kind = _of_the_system(err)
        if isinstance(err.filename, str | Path):
            its = Path(err.filename).is_relative_to(catalog.parent)
            folder = catalog.parent if its else clips_dir
    reason = error_reason(err)
    return kind(f"{folder}: {reason}", folder=str(folder), reason=reason)


def _of_the_system(err: OSError | None) -> type[StartFailed]:
    return StartFailed if err is None else _BY_ERRNO.get(err.errno or 0, StartFailed)

"""The one SQLite file: its lock, its transactions, its versions, its damage."""

from __future__ import annotations

from contextlib import closing, contextmanager
from datetime import UTC, datetime
import errno
from functools import cache
from itertools import count
import os
from pathlib import Path
import sqlite3
from tempfile import TemporaryFile
import threading
from typing import TYPE_CHECKING, Any

from ..core.damaged_files import is_regular_file, rename_aside
from .schema import MIGRATIONS, SCHEMA_VERSION, UNFILLED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHECKPOINT_PAGES = 1000
"""SQLite's own default: the log goes into the file when it is so long (4 MB)."""
IN_MEMORY = Path(":memory:")
"""A database that is nowhere on the disk, and gone when it is closed."""


_FILES = ("-journal", "-wal", "-shm", "")
"""What the names of a database's files end in; it itself comes last, see ``set_aside``."""
_PASSES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""What another program or the system is to blame for."""
_OF_THE_DISK = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)
"""What SQLite says of a disk that is full or broken, and sometimes of a file that is damaged."""
_PROBE_BYTES = 256 * 1024
"""More than SQLite needs to begin: a page, and the index of its log."""
_WHOLE = ("clips", "jobs", "clip_zones", "elsewhere", "notes", "texts")
"""Tables that are compared with their indexes, too. Those that are not may be long."""


class DatabaseDamaged(sqlite3.DatabaseError):
    """The file is no database any more, or not all of one."""


class DatabaseNewer(DatabaseDamaged):
    """The file was written by a newer version of HomeSec."""


class Database:
    """One connection, shared by all threads; calls block for a moment."""

    def __init__(self, path: Path) -> None:
        """Open the file, or begin it, and bring it to the present version.

        Raises ``DatabaseDamaged``, and ``sqlite3.Error`` or ``OSError`` for whatever a new file
        would not cure.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        if path != IN_MEMORY:
            _look_at_files(path)
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        except sqlite3.Error as err:
            if is_damage(err, path):
                raise DatabaseDamaged(str(err)) from err
            raise
        self._db.row_factory = sqlite3.Row
        self._db.text_factory = readable_text
        try:
            self._open()
        except Exception as err:
            self._db.close()
            if isinstance(err, DatabaseDamaged) or not is_damage(err, path):
                raise
            raise DatabaseDamaged(str(err)) from err

    def _open(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        # A power cut may undo the last transactions, never damage the file; what is undone is
        # found again by the clip's file (recovery.py).
        self._db.execute("PRAGMA synchronous = NORMAL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            message = f"the clip index is of version {version}, newer than {SCHEMA_VERSION}"
            raise DatabaseNewer(message)
        self._check("quick_check")
        steps = "".join(MIGRATIONS[max(version, 0) :])
        if version == 0:
            steps += f"INSERT INTO notes VALUES ('{UNFILLED}', '');"  # noqa: S608 - a constant
        if steps:
            self._db.executescript(
                f"BEGIN IMMEDIATE; {steps} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
        if not _shape(self._db) >= _shape_of_a_new_one():
            message = "tables, or parts of them, are missing"
            raise DatabaseDamaged(message)
        if version > 0:
            for table in _WHOLE:
                self._check("integrity_check", table)

    def _check(self, pragma: str, about: str = "1") -> None:
        """Have SQLite check the whole file or one table. Raises ``DatabaseDamaged``."""
        (found,) = self._db.execute(f"PRAGMA {pragma}({about})").fetchone()
        if found != "ok":
            raise DatabaseDamaged(found)

    def close(self) -> None:
        """Close the file; idempotent."""
        with self._lock:
            self._db.close()

    def query(self, sql: str, values: Iterable[Any] = ()) -> list[sqlite3.Row]:
        """Run one statement."""
        with self._lock:
            return self._db.execute(sql, tuple(values)).fetchall()

    def change(self, sql: str, values: Iterable[Any] = ()) -> int:
        """Run one statement; return how many rows it changed."""
        with self._lock:
            return self._db.execute(sql, tuple(values)).rowcount

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """Do all of it or nothing; inside another transaction, as a part of that.

        ``durable``: not even a power cut undoes it, which costs a write to the disk.
        """
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                # A full disk may have ended the transaction already.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            finally:
                self._db.execute("PRAGMA synchronous = NORMAL")

    # --- backups ------------------------------------------------------------------------------

    def hold_still(self) -> None:
        """From now on the file itself does not change, so that a backup may copy it.

        What is written meanwhile goes to the log beside it, which only grows: whatever part of
        it a backup gets, the two are consistent. Nobody has to wait, least of all a recording.
        """
        with self._lock:
            (busy, *_) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                message = "another program reads the clip index"
                raise sqlite3.OperationalError(message)
            self._db.execute("PRAGMA wal_autocheckpoint = 0")
            self._db.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)

    def release(self) -> None:
        """End what ``hold_still`` began; idempotent."""
        with self._lock:
            self._db.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, False)
            self._db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")


def _shape(db: sqlite3.Connection) -> frozenset[tuple[str, ...]]:
    """Return what there is by kind and name, tables with their columns in order."""
    found = db.execute(
        "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    ).fetchall()
    return frozenset((kind, name, *_columns(db, kind, name)) for kind, name in found)


def _columns(db: sqlite3.Connection, kind: str, name: str) -> list[str]:
    if kind != "table":
        return []
    return [row[0] for row in db.execute("SELECT name FROM pragma_table_info(?)", (name,))]


@cache
def _shape_of_a_new_one() -> frozenset[tuple[str, ...]]:
    with closing(sqlite3.connect(IN_MEMORY)) as new:
        new.executescript("".join(MIGRATIONS))
        return _shape(new)


def set_aside(path: Path, now: float, *, why: str = "corrupt") -> Path:
    """Rename a damaged database, so that a new one can be begun; returns where it lies.

    Its log goes first: left alone beside a new file, SQLite would write it into that.
    """
    time = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%S%f")
    for number in count(1):
        name = f"{path.name}.{why}-{time}{'' if number == 1 else f'-{number}'}"
        aside = path.with_name(name)
        if not os.path.lexists(aside):
            break
    for suffix in _FILES:
        part = path.with_name(path.name + suffix)
        if os.path.lexists(part):
            part.replace(aside.with_name(aside.name + suffix))
    return aside


def clear(path: Path) -> None:
    """Remove what is left of a database that was never finished."""
    for suffix in _FILES:
        part = path.with_name(path.name + suffix)
        if is_regular_file(part) or part.is_symlink():
            part.unlink()
        elif os.path.lexists(part):
            rename_aside(part)


def readable_text(data: bytes) -> str:
    """Return text as a row holds it; damaged bytes must not fail a whole listing."""
    return data.decode("utf-8", "replace")


def is_damage(err: Exception, path: Path) -> bool:
    """Tell damage from what passes: a full disk, a lock, a folder that cannot be written to."""
    if isinstance(err, DatabaseDamaged):
        return True
    if isinstance(err, OSError | sqlite3.ProgrammingError):
        return False
    code = getattr(err, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code in _OF_THE_DISK:
        return disk_error(path) is None
    return code not in _PASSES


def disk_error(path: Path) -> OSError | None:
    """Read a database's files, and write beside them; return what the system says to that."""
    try:
        for suffix in _FILES:
            part = path.with_name(path.name + suffix)
            if os.path.lexists(part):
                with part.open("r+b") as file:
                    while file.read(1 << 20):
                        pass
        with TemporaryFile(dir=path.parent) as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as err:
        return err
    return None


def _look_at_files(path: Path) -> None:
    """See that a database's files are files; what lies in place of its log is moved away.

    SQLite would wait for a pipe. A link that leads nowhere may lead to a disk that is not there
    yet. Raises ``DatabaseDamaged``.
    """
    for suffix in _FILES:
        part = path.with_name(path.name + suffix)
        if not os.path.lexists(part) or is_regular_file(part):
            continue
        if suffix:
            rename_aside(part)
        elif part.exists() or _is_loop(part):
            message = "it is not a file"
            raise DatabaseDamaged(message)


def _is_loop(path: Path) -> bool:
    try:
        path.stat()
    except OSError as err:
        return err.errno == errno.ELOOP
    return False

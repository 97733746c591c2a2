"""The SQLite file: its connection, transactions, schema versions, and damage."""

from contextlib import closing, contextmanager
from datetime import UTC, datetime
import errno
from functools import cache
from itertools import count
import os
import sqlite3
from tempfile import TemporaryFile
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.damaged_files import is_regular_file, rename_aside
from .schema import MIGRATIONS, SCHEMA_VERSION, UNFILLED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

CHECKPOINT_PAGES = 1000  # SQLite's default: the log is written into the file at this length (4 MB)
_SUFFIXES = ("-journal", "-wal", "-shm", "")
"""Of the names of a database's files, itself last: see ``set_aside``."""
_PASSING_ERRORS = (
    *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_LOCKED),
    *(sqlite3.SQLITE_NOLFS, sqlite3.SQLITE_PROTOCOL),
)
"""Caused by another program or the system."""
_DISK_ERRORS = (
    *(sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR),
    *(sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY),
)
"""Raised for a disk that is full or broken, but sometimes for a damaged file, too."""
_PROBE_BYTES = 256 * 1024  # more than SQLite needs to begin: a page, and the index of its log
_INDEXED_TABLES = ("clips", "jobs", "clip_zones", "elsewhere", "notes", "object_keys", "texts")
"""Tables that are compared with their indexes, too; the others may be long."""


class DatabaseDamaged(sqlite3.DatabaseError):
    """The file, or part of it, isn't a database."""


class DatabaseNewer(DatabaseDamaged):
    """The file was written by a newer version of HomeSec."""


class Database:
    """One connection, shared by all threads; calls block for a moment."""

    def __init__(self, path: Path) -> None:
        """Open or create the file, and migrate it to the present schema.

        Raises ``DatabaseDamaged``; ``sqlite3.Error`` or ``OSError`` if a new file wouldn't help.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        _check_files(path)
        self._path = path
        self._lock = threading.RLock()
        self._durable = False  # whether the present transaction has to be
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
        # A power cut may undo the last transactions but never damages the file; recovery finds
        # their clips by the files.
        self._db.execute("PRAGMA synchronous = NORMAL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            message = f"the clip index is of version {version}, newer than {SCHEMA_VERSION}"
            raise DatabaseNewer(message)
        self._check("quick_check")
        steps = "".join(MIGRATIONS[max(version, 0) :])
        if version == 0:
            steps = f"{_present().sql} INSERT INTO notes VALUES ('{UNFILLED}', '');"  # noqa: S608 - constants
        if steps:
            self._db.executescript(
                f"BEGIN IMMEDIATE; {steps} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
        if not _schema(self._db) >= _present().schema:
            message = "tables, or parts of them, are missing"
            raise DatabaseDamaged(message)
        if version > 0:
            for table in _INDEXED_TABLES:
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
        """Run one statement; return its rows."""
        with self._lock:
            return self._db.execute(sql, tuple(values)).fetchall()

    def change(self, sql: str, values: Iterable[Any] = ()) -> int:
        """Run one statement; return how many rows it changed."""
        with self._lock:
            return self._db.execute(sql, tuple(values)).rowcount

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """Do all or nothing; inside another transaction, as a part of that.

        ``durable``: not even a power cut undoes it, which costs a write to the disk. A durable part
        makes the whole transaction durable.
        """
        with self._lock:
            if self._db.in_transaction:
                self._durable |= durable
                yield
                return
            self._durable = durable
            self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
                if self._durable and not durable:
                    self._sync_log()
            except BaseException:
                # A full disk may have ended the transaction already.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            finally:
                self._db.execute("PRAGMA synchronous = NORMAL")

    def _sync_log(self) -> None:
        """Write what was committed to the disk: SQLite does that only if told before it begins."""
        with self._path.with_name(f"{self._path.name}-wal").open("rb") as log:
            os.fsync(log.fileno())

    def suspend_checkpoints(self) -> None:
        """Leave the file itself unchanged from now on, so that a backup can copy it.

        Changes go to the log beside it, which only grows: whatever part of it a backup gets, the
        two are consistent, and recordings go on. Raises ``sqlite3.Error``.
        """
        with self._lock:
            (busy, *_) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                message = "another program reads the clip index"
                raise sqlite3.OperationalError(message)
            self._db.execute("PRAGMA wal_autocheckpoint = 0")
            self._db.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)

    def resume_checkpoints(self) -> None:
        """End what ``suspend_checkpoints`` began; idempotent."""
        with self._lock:
            self._db.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, False)
            self._db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")


type _Schema = frozenset[tuple[str, str, str | None]]


class _Present(NamedTuple):
    """The present schema, and what makes it in an empty file: a third of all its migrations."""

    schema: _Schema
    sql: str


def _schema(db: sqlite3.Connection) -> _Schema:
    """Return kind and name of what the database contains, with the columns of tables in order."""
    found = db.execute(
        "SELECT type, name, CASE type WHEN 'table' THEN"
        " (SELECT group_concat(name) FROM pragma_table_info(sqlite_master.name)) END"
        " FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    return frozenset(map(tuple, found))


@cache
def _present() -> _Present:
    with closing(sqlite3.connect(":memory:")) as new:
        new.executescript("".join(MIGRATIONS))
        schema = _schema(new)
        names = {name for _, name, _ in schema}
        made = new.execute("SELECT name, sql FROM sqlite_master ORDER BY rowid").fetchall()
    return _Present(schema, "".join(f"{sql};" for name, sql in made if name in names))


def _files(path: Path) -> list[Path]:
    """Return what exists of a database's files, itself last."""
    parts = (path.with_name(path.name + suffix) for suffix in _SUFFIXES)
    return [part for part in parts if os.path.lexists(part)]


def set_aside(path: Path, now: float, *, why: str = "corrupt") -> Path:
    """Rename a damaged database; return its new path."""
    time = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%S%f")
    for number in count(1):
        name = f"{path.name}.{why}-{time}{'' if number == 1 else f'-{number}'}"
        aside = path.with_name(name)
        if not os.path.lexists(aside):
            break
    for part in _files(path):  # the log first: SQLite would write it into a new file
        part.replace(part.with_name(part.name.replace(path.name, name, 1)))
    return aside


def delete_files(path: Path) -> None:
    """Remove what is left of a database whose creation wasn't completed."""
    for part in _files(path):
        if is_regular_file(part) or part.is_symlink():
            part.unlink()
        else:
            rename_aside(part)


def readable_text(data: bytes) -> str:
    """Decode a text column; damaged bytes must not fail a whole listing."""
    return data.decode("utf-8", "replace")


def is_damage(err: Exception, path: Path) -> bool:
    """Tell a damaged file from a full disk, a lock, or a folder that can't be written to."""
    if isinstance(err, DatabaseDamaged):
        return True
    if isinstance(err, OSError | sqlite3.ProgrammingError):
        return False
    code = getattr(err, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code in _DISK_ERRORS:
        return disk_error(path) is None
    return code not in _PASSING_ERRORS


def disk_error(path: Path) -> OSError | None:
    """Read a database's files and write beside them; return the system's error, if any."""
    try:
        for part in _files(path):
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


def _check_files(path: Path) -> None:
    """Check that a database's files are regular; rename what is in place of its log.

    SQLite would wait for a pipe. A dangling link may lead to a disk that isn't there yet. Raises
    ``DatabaseDamaged``.
    """
    for part in _files(path):
        if is_regular_file(part):
            continue
        if part != path:
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

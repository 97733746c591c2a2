"""The one SQLite file: its lock, its transactions, its versions, its damage."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

from .catalog_schema import MIGRATIONS, SCHEMA_VERSION, TABLES, UNFILLED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHECKPOINT_PAGES = 1000
"""SQLite's own default: the log goes into the file when it is so long (4 MB)."""
IN_MEMORY = Path(":memory:")
"""A database that is nowhere on the disk, and gone when it is closed."""


class DatabaseDamaged(sqlite3.DatabaseError):
    """The file is no database any more, or not all of one."""


class Database:
    """One connection, shared by all threads; calls block for a moment."""

    def __init__(self, path: Path) -> None:
        """Open the file, or begin it, and bring it to the present version.

        Raises ``DatabaseDamaged``, and ``sqlite3.Error`` for whatever a new file would not cure.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        try:
            self._open()
        except sqlite3.DatabaseError as err:
            self._db.close()
            if _is_damage(err):
                raise DatabaseDamaged(str(err)) from err
            raise

    def _open(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        # A power cut may undo the last transactions, never damage the file; what is undone is
        # found again by the clip's file (recovery.py).
        self._db.execute("PRAGMA synchronous = NORMAL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            message = f"the clip index is of version {version}, newer than {SCHEMA_VERSION}"
            raise sqlite3.DatabaseError(message)
        (found,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise DatabaseDamaged(found)
        steps = "".join(MIGRATIONS[version:])
        if version == 0:
            steps += f"INSERT INTO notes VALUES ('{UNFILLED}', '');"  # noqa: S608 - a constant
        if steps:
            self._db.executescript(
                f"BEGIN IMMEDIATE; {steps} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
        tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_master")}
        if not tables >= TABLES:
            message = "tables are missing"
            raise DatabaseDamaged(message)

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


def set_aside(path: Path, now: float) -> Path:
    """Rename a damaged database, so that a new one can be begun; returns where it lies.

    Its log goes first: left alone beside a new file, SQLite would write it into that.
    """
    time = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = path.with_name(f"{path.name}.corrupt-{time}")
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(aside.with_name(aside.name + suffix))
    return aside


def _is_damage(err: sqlite3.DatabaseError) -> bool:
    """Tell damage from what passes: a full disk, a lock, a folder that cannot be written to."""
    code = getattr(err, "sqlite_errorcode", 0) & 0xFF
    return isinstance(err, DatabaseDamaged) or code in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    )

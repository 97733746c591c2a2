"""Open the catalog; copy what is readable of a damaged one into a new one.

Clips are recovered from their files. But only the catalog knows which are protected or in the
cloud, which uploads and texts are waiting, and all visits.
"""

from collections import Counter
from contextlib import closing, suppress
import logging
import os
import sqlite3
from typing import TYPE_CHECKING, Any

from ..core.damaged_files import error_reason, is_regular_file
from ..db.database import (
    DatabaseDamaged,
    DatabaseNewer,
    delete_files,
    is_damage,
    readable_text,
    set_aside,
)
from ..db.schema import COLUMNS, UNFILLED
from .catalog import Catalog
from .lifecycle import restore
from .row_repair import repair_clip, repair_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..core.clock import Clock
    from ..db.database import Database

_LOGGER = logging.getLogger(__name__)

_TABLES = {
    "clips": "id",
    "elsewhere": "place",
    "jobs": "rowid",
    "notes": "key",
    "object_keys": "place",
    "text_stills": "rowid",
    "texts": "recipient_id",
    "tracks": "rowid",
    "visits": "rowid",
}
"""The tables that are copied, and the column in whose order each is stored in the file."""
_MOST_ROWS = 2_000_000
"""Of one table: a damaged page that points to itself would yield rows forever."""
_STEPS = 1_000_000
_MOST_STEPS = 2000
"""SQLite reads even large tables in fewer times ``_STEPS`` instructions of its virtual machine."""


def open_catalog(path: Path, *, upload: bool, clock: Clock) -> Catalog:
    """Open the catalog; replace a damaged one by a new one with what can be read of it.

    Raises ``OSError`` and ``sqlite3.Error`` if a new one wouldn't help.
    """
    try:
        return _opened(path, upload=upload, clock=clock)
    except DatabaseDamaged as err:
        return begin_anew(path, err, upload=upload, clock=clock)


def begin_anew(path: Path, err: Exception, *, upload: bool, clock: Clock) -> Catalog:
    """Set a damaged catalog aside; return a new one with what can be read of it.

    The new one is made beside it first, so the next start can repeat an interrupted attempt.
    """
    fresh = path.with_name(f"{path.name}.new")
    delete_files(fresh)
    with Catalog(fresh, upload=upload, clock=clock) as catalog:
        salvage(path, catalog.database)
        repair_rows(catalog.database)
    why = "newer" if isinstance(err, DatabaseNewer) else "corrupt"
    aside = set_aside(path, clock.now(), why=why)
    fresh.replace(path)
    _LOGGER.error("The clip index cannot be used (%s): it is now %s", error_reason(err), aside.name)
    catalog = Catalog(path, upload=upload, clock=clock)
    catalog.set_value(UNFILLED, aside.name)
    return catalog


def _opened(path: Path, *, upload: bool, clock: Clock) -> Catalog:
    catalog = Catalog(path, upload=upload, clock=clock)
    try:
        if repair_rows(catalog.database) and catalog.get_value(UNFILLED) is None:
            catalog.set_value(UNFILLED, "")  # clips without a row are recovered from their files
    except BaseException as err:
        catalog.close()
        if isinstance(err, Exception) and is_damage(err, path):
            raise DatabaseDamaged(error_reason(err)) from err
        raise
    return catalog


def salvage(path: Path, database: Database) -> int:
    """Copy what can be read of a damaged database to a new one; return the number of rows.

    Raises ``sqlite3.Error`` if writing fails.
    """
    taken: Counter[str] = Counter()
    # Without a log, SQLite needs to write no file beside it.
    how = "mode=ro" if os.path.lexists(f"{path}-wal") else "immutable=1"
    if not is_regular_file(path):
        return 0  # SQLite would wait for a pipe
    try:
        damaged = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)
    except sqlite3.Error:
        return 0
    with closing(damaged):
        _prepare(damaged)
        for table, order in _TABLES.items():
            with database.transaction():
                for row in _rows(damaged, table, order):
                    taken[table] += _put(database, table, row)
    database.query("DELETE FROM notes WHERE key = ?", (UNFILLED,))
    if taken:
        _LOGGER.warning("Copied from the damaged clip index: %s", dict(taken))
    return taken.total()


def _prepare(damaged: sqlite3.Connection) -> None:
    """Accept any schema and text, but limit the time of a statement."""
    damaged.text_factory = readable_text
    steps = iter(range(_MOST_STEPS))
    damaged.set_progress_handler(lambda: next(steps, None) is None, _STEPS)
    for pragma in ("writable_schema = ON", "trusted_schema = OFF", "cell_size_check = ON"):
        with suppress(sqlite3.Error):
            damaged.execute(f"PRAGMA {pragma}")


def _rows(damaged: sqlite3.Connection, table: str, order: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows up to the damage, then those from the end of the table back to it."""
    for direction in ("ASC", "DESC"):
        try:
            yield from damaged.execute(
                f"SELECT * FROM {table} NOT INDEXED ORDER BY {order} {direction} LIMIT ?",  # noqa: S608
                (_MOST_ROWS,),
            )
        except Exception as err:  # noqa: BLE001 - whatever damaged bytes make of it
            _LOGGER.debug("%s cannot all be read: %s", table, err)
        else:
            return


def _put(database: Database, table: str, row: tuple[Any, ...]) -> bool:
    """Write a row, unless it's there already or can't be one."""
    marks = ", ".join("?" * len(row))
    try:
        if table == "clips":
            # Rows of earlier versions have fewer columns, in the same order.
            clip = repair_clip(dict.fromkeys(COLUMNS) | dict(zip(COLUMNS, row, strict=False)))
            if clip is None or database.query("SELECT 1 FROM clips WHERE id = ?", (clip.id,)):
                return False
            restore(database, clip)
            return True
        return database.change(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row) > 0  # noqa: S608
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError) as err:
        _LOGGER.debug("Skipping an invalid row of %s: %s", table, err)
        return False

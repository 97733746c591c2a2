"""Opens the catalogue; what can still be read of a damaged one is taken over into a new one.

The clips themselves are found again by their files. That they were protected, that they are in the
cloud, what waits to be uploaded or texted, and who visited: that is in the catalogue only.
"""

from __future__ import annotations

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
from ..db.schema import COLUMNS, UNFILLED, clip_to_row
from .catalog import Catalog
from .row_repair import mend, mended

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
    "text_stills": "rowid",
    "texts": "recipient_id",
    "tracks": "rowid",
    "visits": "rowid",
}
"""What is taken over, and in which order each lies in the file."""
_MOST_ROWS = 2_000_000
"""Of one table: a page that leads to itself would give rows for ever."""
_STEPS = 1_000_000
_MOST_STEPS = 2000
"""In so many times so many steps of SQLite's machine all tables of any house are read."""


def open_catalog(path: Path, *, upload: bool, clock: Clock) -> Catalog:
    """Open the catalogue; one that is damaged is set aside, and a new one begun.

    What can be read of the damaged one is in the new one. Raises ``OSError`` and ``sqlite3.Error``
    for whatever a new one would not cure.
    """
    try:
        return _opened(path, upload=upload, clock=clock)
    except DatabaseDamaged as err:
        return begin_anew(path, err, upload=upload, clock=clock)


def begin_anew(path: Path, err: Exception, *, upload: bool, clock: Clock) -> Catalog:
    """Set a damaged catalogue aside; return a new one with what could be read of it.

    The new one is made beside it first: what ends this half way leaves all to the next start.
    """
    fresh = path.with_name(f"{path.name}.new")
    delete_files(fresh)
    with Catalog(fresh, upload=upload, clock=clock) as catalog:
        salvage(path, catalog.database)
        mend(catalog.database)
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
        if mend(catalog.database) and catalog.get_value(UNFILLED) is None:
            catalog.set_value(UNFILLED, "")  # a clip whose row is gone is found by its file
    except BaseException as err:
        catalog.close()
        if isinstance(err, Exception) and is_damage(err, path):
            raise DatabaseDamaged(error_reason(err)) from err
        raise
    return catalog


def salvage(path: Path, database: Database) -> int:
    """Take over what can be read of a damaged database into a new one; return how many rows.

    Raises ``sqlite3.Error`` if the new one does not take it.
    """
    taken: Counter[str] = Counter()
    # Without a log there is nothing that SQLite would have to write beside it.
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
    """Have it read whatever its schema says and its text is made of, but not without end."""
    damaged.text_factory = readable_text
    steps = iter(range(_MOST_STEPS))
    damaged.set_progress_handler(lambda: next(steps, None) is None, _STEPS)
    for pragma in ("writable_schema = ON", "trusted_schema = OFF", "cell_size_check = ON"):
        with suppress(sqlite3.Error):
            damaged.execute(f"PRAGMA {pragma}")


def _rows(damaged: sqlite3.Connection, table: str, order: str) -> Iterator[tuple[Any, ...]]:
    """Give the rows up to where the table is damaged, then those from its end up to there."""
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
    """Write a row, unless there is one like it already or it is none."""
    if table == "clips":
        # A row of an older version has fewer columns than there are now, in the same order.
        clip = mended(dict.fromkeys(COLUMNS) | dict(zip(COLUMNS, row, strict=False)))
        if clip is None:
            return False
        row = tuple(clip_to_row(clip))
    marks = ", ".join("?" * len(row))
    try:
        return database.change(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row) > 0  # noqa: S608
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError) as err:
        _LOGGER.debug("Skipping an invalid row of %s: %s", table, err)
        return False

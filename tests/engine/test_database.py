"""The SQLite file."""

from functools import partial
import os
from pathlib import Path
import random
import shutil
import sqlite3
import threading

from library_rig import clip_row
import pytest
from small_disks import mounted, remount

from custom_components.homesec.engine.core.types import CloudState
from custom_components.homesec.engine.db import database as database_module
from custom_components.homesec.engine.db.database import (
    Database,
    DatabaseDamaged,
    DatabaseNewer,
    is_damage,
    set_aside,
)
from custom_components.homesec.engine.db.schema import MIGRATIONS, SCHEMA_VERSION
from custom_components.homesec.engine.library.catalog import Catalog

VERSION_1 = """
CREATE TABLE clips (
    id TEXT PRIMARY KEY,
    camera_id TEXT NOT NULL,
    camera_name TEXT NOT NULL,
    state TEXT NOT NULL,
    trigger TEXT NOT NULL,
    started_at REAL NOT NULL,
    event_at REAL NOT NULL,
    duration_s REAL NOT NULL,
    label TEXT,
    score REAL,
    path TEXT NOT NULL,
    still_path TEXT,
    bytes INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    video_codec TEXT NOT NULL,
    audio_codec TEXT,
    error TEXT
) WITHOUT ROWID;
CREATE INDEX clips_by_time ON clips (state, id, bytes);
CREATE INDEX clips_by_camera ON clips (state, camera_id, id);
CREATE INDEX clips_by_label ON clips (state, label, id);
PRAGMA user_version = 1;
"""
"""The schema of version 0.1.0."""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "clips.db"


@pytest.fixture
def filled(path):
    """A closed catalog of some size."""
    with Catalog(path) as catalog, catalog.database.transaction():
        for n in range(400):
            catalog.put(clip_row(1.8e9 + n))
    return path


def old_file(path, clips):
    """Create a file of schema version 1."""
    with sqlite3.connect(path) as db:
        db.executescript(f"PRAGMA journal_mode = WAL; {VERSION_1}")
        columns = [row[1] for row in db.execute("PRAGMA table_info(clips)")]
        for clip in clips:
            db.execute(
                f"INSERT INTO clips VALUES ({', '.join('?' * len(columns))})",
                [getattr(clip, column) for column in columns],
            )
    db.close()


# --- versions ---


def test_migration_from_version_1_keeps_clips(path):
    clips = [clip_row(1.8e9 + n, bytes=n, score=0.5, audio_codec="aac") for n in range(20)]
    old_file(path, clips)
    with Catalog(path) as catalog:
        assert catalog.queries.page() == clips[::-1]
        first = catalog.get(clips[0].id)
        assert (first.protected, first.local, first.cloud) == (False, True, CloudState.NONE)
        assert catalog.database.query("PRAGMA user_version")[0][0] == SCHEMA_VERSION
        assert catalog.get_value("unfilled") is None


def test_migrated_file_has_schema_of_new_file(tmp_path):
    def schema(path):
        with Catalog(path) as catalog:
            rows = catalog.database.query("SELECT sql FROM sqlite_master ORDER BY name")
            return [" ".join((row[0] or "").split()) for row in rows]

    old_file(tmp_path / "old.db", [])
    assert schema(tmp_path / "old.db") == schema(tmp_path / "new.db")


def test_failed_migration_changes_nothing(path, monkeypatch):
    clips = [clip_row(1.8e9)]
    old_file(path, clips)
    broken = (*MIGRATIONS[:1], f"{MIGRATIONS[1]} INSERT INTO nowhere VALUES (1);")
    monkeypatch.setattr("custom_components.homesec.engine.db.database.MIGRATIONS", broken)
    with pytest.raises(DatabaseDamaged, match="nowhere"):
        Catalog(path)
    monkeypatch.undo()
    with Catalog(path) as catalog:
        assert catalog.queries.page() == clips


def test_newer_version_raises_and_file_is_unchanged(path):
    with Catalog(path) as catalog:
        catalog.database.query(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(DatabaseNewer, match="newer"):
        Database(path)
    assert path.read_bytes() == before


# --- damage ---


def no_database(path):
    path.write_bytes(b"somebody's letter to grandma " * 100)


def cut_off(path):
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def garbage(path):
    pages = path.stat().st_size // 4096
    with path.open("r+b") as file:
        for page in range(3, pages, 2):
            file.seek(page * 4096)
            file.write(random.Random(page).randbytes(4096))


def zeros(path):
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(bytes(path.stat().st_size - 4096))


def run_sql(sql):
    def damage(path):
        with sqlite3.connect(path) as db:
            db.executescript(f"PRAGMA writable_schema = ON; {sql}")
        db.close()

    return damage


def byte(offset, value):
    def damage(path):
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(bytes([value]))

    return damage


DAMAGE = {
    "no_database": no_database,
    "cut_off": cut_off,
    "garbage": garbage,
    "zeros": zeros,
    "no_table": run_sql("DROP TABLE clips"),
    "no_index": run_sql("DROP INDEX clips_by_time"),
    "no_trigger": run_sql("DROP TRIGGER clip_removed"),
    "other_column": run_sql("ALTER TABLE visits RENAME COLUMN label TO lable"),
    "older_version": run_sql("PRAGMA user_version = 3"),
    "no_version": run_sql("PRAGMA user_version = 0"),
    "negative_version": run_sql("PRAGMA user_version = -5"),
    "schema_is_no_sql": run_sql(
        "UPDATE sqlite_master SET sql = 'CREATE nonsense' WHERE name='jobs'"
    ),
    "schema_is_no_text": run_sql(
        "UPDATE sqlite_master SET sql = CAST(x'43ff' AS TEXT), name = CAST(x'ff' AS TEXT)"
        " WHERE name = 'clips_listed'"
    ),
    "root_page": run_sql("UPDATE sqlite_master SET rootpage = 9999 WHERE name = 'visits'"),
    "unreadable_format": byte(19, 7),
    "page_size": byte(16, 0x40),
    "text_encoding": byte(59, 3),
    "schema_format": byte(47, 9),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_raises_and_file_is_unchanged(filled, damage):
    damage(filled)
    before = filled.read_bytes()
    with pytest.raises(DatabaseDamaged):
        Database(filled)
    assert filled.read_bytes() == before


def test_empty_file_becomes_new_database(path):
    path.touch()
    with Catalog(path) as catalog:
        assert catalog.totals().clips == 0
        assert catalog.get_value("unfilled") == ""


def directory(path):
    path.mkdir()
    (path / "inside").touch()


def pipe(path):
    os.mkfifo(path)


def looping_link(path):
    path.symlink_to(path.name)


def endless_link(path):
    path.symlink_to("/dev/zero")


SHAPES = [directory, pipe, looping_link, endless_link]


@pytest.mark.parametrize("make", SHAPES)
def test_path_that_is_no_file_is_damage_and_can_be_set_aside(path, make):
    make(path)
    with pytest.raises(DatabaseDamaged):
        Database(path)
    aside = set_aside(path, 1.8e9)
    Database(path).close()
    assert os.path.lexists(aside)


@pytest.mark.parametrize("make", [*SHAPES, Path.touch, lambda path: path.write_bytes(b"x" * 99999)])
@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_path_in_place_of_log_is_renamed(filled, make, suffix):
    make(filled.with_name(filled.name + suffix))
    with Catalog(filled) as catalog:
        assert catalog.totals().clips == 400


def test_dangling_link_is_not_damage(path):
    path.symlink_to("nowhere/clips.db")
    with pytest.raises(sqlite3.OperationalError):
        Database(path)
    assert path.is_symlink()


def test_locked_database_is_not_damage(filled, monkeypatch):
    monkeypatch.setattr(database_module.sqlite3, "connect", partial(sqlite3.connect, timeout=0.01))
    with sqlite3.connect(filled, isolation_level=None) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked") as caught:
            Database(filled)
        assert not isinstance(caught.value, DatabaseDamaged)
    other.close()


def test_full_or_read_only_disk_is_not_damage(tmp_path, filled):
    for options in ("size=100k", "size=8m,ro"):
        with mounted(tmp_path / options[:8], options.removesuffix(",ro")) as disk:
            path = disk / "clips.db"
            with path.open("wb") as file:
                file.write(filled.read_bytes()[: 100 * 1024])
            if options.endswith("ro"):
                shutil.copy(filled, path)
                remount(disk, "ro")
            error = sqlite3.OperationalError("refused")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            assert not is_damage(error, path)
            if options.endswith("ro"):
                with pytest.raises(sqlite3.OperationalError) as caught:
                    Database(path)
                assert not isinstance(caught.value, DatabaseDamaged)


@pytest.mark.parametrize("code", ["IOERR", "CANTOPEN", "READONLY", "FULL"])
def test_disk_error_on_working_disk_is_damage(filled, code):
    error = sqlite3.OperationalError("refused")
    error.sqlite_errorcode = getattr(sqlite3, f"SQLITE_{code}")
    assert is_damage(error, filled)


def test_set_aside_twice_at_same_time_keeps_both(path):
    path.write_bytes(b"one")
    first = set_aside(path, 1.8e9)
    path.write_bytes(b"two")
    second = set_aside(path, 1.8e9)
    assert (first.read_bytes(), second.read_bytes()) == (b"one", b"two")


def test_set_aside_moves_the_log_too(tmp_path, path):
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"clips.db{suffix}").write_text(suffix)
    aside = set_aside(path, 1.8e9)
    assert aside.name == "clips.db.corrupt-20270115T080000000000"
    names = {aside.name, f"{aside.name}-wal", f"{aside.name}-shm"}
    assert {p.name for p in tmp_path.iterdir()} == names


# --- transactions ---


def test_failed_transaction_is_rolled_back(path):
    with Catalog(path) as catalog:

        def fail():
            with catalog.database.transaction(durable=True):
                catalog.put(clip_row(1.8e9))
                with catalog.database.transaction():
                    catalog.put(clip_row(1.8e9 + 1))
                raise KeyError

        with pytest.raises(KeyError):
            fail()
        assert catalog.totals().clips == 0
        catalog.put(clip_row(1.8e9))
        assert catalog.totals().clips == 1


def test_transaction_ended_by_sqlite_is_over(path):
    with Catalog(path) as catalog:

        def fail():
            with catalog.database.transaction():
                catalog.database.query("ROLLBACK")
                raise KeyError

        with pytest.raises(KeyError):
            fail()
        catalog.put(clip_row(1.8e9))


# --- backups ---


@pytest.mark.parametrize("order", [("clips.db", "clips.db-wal"), ("clips.db-wal", "clips.db")])
def test_backup_during_writes_is_consistent(tmp_path, filled, order):
    done = threading.Event()
    backup = tmp_path / "backup"
    backup.mkdir()
    with Catalog(filled) as catalog:

        def write():
            n = 0
            while not done.is_set():
                n += 1
                catalog.put(clip_row(1.9e9 + n))

        writer = threading.Thread(target=write)
        writer.start()
        try:
            catalog.database.suspend_checkpoints()
            before = catalog.totals().clips
            held = filled.read_bytes()
            while catalog.totals().clips < before + 3000:
                done.wait(0.01)
            for name in order:
                shutil.copy(tmp_path / name, backup / name)
                catalog.put(clip_row(1.95e9))
            assert filled.read_bytes() == held
        finally:
            done.set()
            writer.join()
        catalog.database.resume_checkpoints()
        catalog.database.resume_checkpoints()
        every = catalog.totals().clips
    assert filled.read_bytes() != held
    with Catalog(backup / "clips.db") as restored:
        assert before <= restored.totals().clips <= every
        assert restored.database.query("PRAGMA integrity_check")[0][0] == "ok"


def test_suspend_checkpoints_while_another_program_reads_raises(filled):
    with Catalog(filled) as catalog:
        catalog.put(clip_row(1.7e9))
        other = sqlite3.connect(filled, isolation_level=None)
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM clips").fetchone()
        catalog.put(clip_row(1.7e9 + 1))
        catalog.database.query("PRAGMA busy_timeout = 10")
        with pytest.raises(sqlite3.OperationalError, match="another program"):
            catalog.database.suspend_checkpoints()
        other.close()
        catalog.database.suspend_checkpoints()

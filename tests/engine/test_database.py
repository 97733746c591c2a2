"""The one SQLite file."""

import random
import shutil
import sqlite3
import threading

from kept import clip_row
import pytest

from custom_components.homesec.engine.catalog import Catalog
from custom_components.homesec.engine.catalog_schema import MIGRATIONS, SCHEMA_VERSION
from custom_components.homesec.engine.database import Database, DatabaseDamaged, set_aside
from custom_components.homesec.engine.models import CloudState

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
"""As version 0.1.0 made it, for ever."""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "clips.db"


@pytest.fixture
def filled(path):
    """A catalogue of some size, closed."""
    with Catalog(path) as catalog, catalog.database.transaction():
        for n in range(400):
            catalog.put(clip_row(1.8e9 + n))
    return path


def old_file(path, clips):
    """Make a file of version 1."""
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


def test_a_file_of_version_1_keeps_its_clips(path):
    clips = [clip_row(1.8e9 + n, bytes=n, score=0.5, audio_codec="aac") for n in range(20)]
    old_file(path, clips)
    with Catalog(path) as catalog:
        assert catalog.page() == clips[::-1]
        first = catalog.get(clips[0].id)
        assert (first.protected, first.local, first.cloud) == (False, True, CloudState.NONE)
        assert catalog.database.query("PRAGMA user_version")[0][0] == SCHEMA_VERSION
        assert catalog.note("unfilled") is None


def test_a_migrated_file_has_the_schema_of_a_new_one(tmp_path):
    def schema(path):
        with Catalog(path) as catalog:
            rows = catalog.database.query("SELECT sql FROM sqlite_master ORDER BY name")
            return [" ".join((row[0] or "").split()) for row in rows]

    old_file(tmp_path / "old.db", [])
    assert schema(tmp_path / "old.db") == schema(tmp_path / "new.db")


def test_a_migration_that_fails_changes_nothing(path, monkeypatch):
    clips = [clip_row(1.8e9)]
    old_file(path, clips)
    broken = (*MIGRATIONS[:1], f"{MIGRATIONS[1]} INSERT INTO nowhere VALUES (1);")
    monkeypatch.setattr("custom_components.homesec.engine.database.MIGRATIONS", broken)
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        Catalog(path)
    monkeypatch.undo()
    with Catalog(path) as catalog:
        assert catalog.page() == clips


def test_a_file_of_a_newer_version_is_left_alone(path):
    with Catalog(path) as catalog:
        catalog.database.query(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(sqlite3.DatabaseError, match="newer") as caught:
        Database(path)
    assert not isinstance(caught.value, DatabaseDamaged)
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


def without_a_table(path):
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE clips")
    db.close()


@pytest.mark.parametrize("damage", [no_database, cut_off, garbage, zeros, without_a_table])
def test_damage_is_told_and_not_touched(filled, damage):
    damage(filled)
    before = filled.read_bytes()
    with pytest.raises(DatabaseDamaged):
        Database(filled)
    assert filled.read_bytes() == before


def test_an_empty_file_is_a_new_one(path):
    path.touch()
    with Catalog(path) as catalog:
        assert catalog.totals().clips == 0
        assert catalog.note("unfilled") == ""


def test_what_a_new_file_would_not_cure_is_no_damage(path):
    path.mkdir()
    with pytest.raises(sqlite3.OperationalError) as caught:
        Database(path)
    assert not isinstance(caught.value, DatabaseDamaged)


def test_what_is_set_aside_takes_its_log_with_it(tmp_path, path):
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"clips.db{suffix}").write_text(suffix)
    aside = set_aside(path, 1.8e9)
    assert aside.name == "clips.db.corrupt-20270115T080000000000"
    names = {aside.name, f"{aside.name}-wal", f"{aside.name}-shm"}
    assert {p.name for p in tmp_path.iterdir()} == names


# --- transactions ---


def test_a_transaction_that_fails_leaves_nothing(path):
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


def test_a_transaction_that_sqlite_ended_itself_is_over(path):
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
def test_a_backup_taken_while_others_write_is_whole(tmp_path, filled, order):
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
            catalog.database.hold_still()
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
        catalog.database.release()
        catalog.database.release()
        every = catalog.totals().clips
    assert filled.read_bytes() != held
    with Catalog(backup / "clips.db") as restored:
        assert before <= restored.totals().clips <= every
        assert restored.database.query("PRAGMA integrity_check")[0][0] == "ok"


def test_a_backup_does_not_begin_while_another_program_reads(filled):
    with Catalog(filled) as catalog:
        catalog.put(clip_row(1.7e9))
        other = sqlite3.connect(filled, isolation_level=None)
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM clips").fetchone()
        catalog.put(clip_row(1.7e9 + 1))
        catalog.database.query("PRAGMA busy_timeout = 10")
        with pytest.raises(sqlite3.OperationalError, match="another program"):
            catalog.database.hold_still()
        other.close()
        catalog.database.hold_still()

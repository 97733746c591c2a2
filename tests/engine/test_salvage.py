"""Salvage of a damaged catalog, and repair of rows."""

import json
import os
from pathlib import Path
import sqlite3

from engine_rig import FakeClock
from library_rig import NOON, clip_row
import pytest

from custom_components.homesec.engine.core.clip_id import clip_time
from custom_components.homesec.engine.core.types import ClipState, CloudState, Trigger
from custom_components.homesec.engine.db.job_queue import JobKind
from custom_components.homesec.engine.db.schema import MIGRATIONS, UNFILLED
from custom_components.homesec.engine.library import salvage as salvage_module
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.library.salvage import open_catalog

PAGE_BYTES = 4096


@pytest.fixture
def path(tmp_path):
    return tmp_path / "clips.db"


@pytest.fixture
def reopened(path):
    """Return a function that opens the catalog like the engine."""
    opened = []

    def reopen():
        opened.append(open_catalog(path, upload=False, clock=FakeClock()))
        return opened[-1]

    yield reopen
    for catalog in opened:
        catalog.close()


def fill(path, clips=400):
    """Make a catalog with rows in all tables; return its clips."""
    rows = [
        clip_row(
            NOON + n,
            protected=n % 5 == 0,
            cloud=CloudState.STORED,
            cloud_bytes=n,
            zones=("Drive",),
            local=n % 2 == 0,
        )
        for n in range(clips)
    ]
    with Catalog(path, clock=FakeClock()) as catalog, catalog.database.transaction():
        for row in rows:
            query_row(catalog, row)
        catalog.put_tracks(rows[0].id, b"tracks")
        catalog.visits.begin("door", "person", NOON, rows[0].id)
        catalog.jobs.add(JobKind.UPLOAD, rows[1].id, bytes=9)
        catalog.jobs.add(JobKind.DELETE, rows[2].id, {"names": ["a.mp4"]})
        catalog.database.query("INSERT INTO texts VALUES ('anna', '1', 'SM1', ?)", (NOON,))
        catalog.database.query("INSERT INTO elsewhere VALUES ('old', ?, 5)", (rows[-1].id,))
        catalog.set_value("cloud_place", "gs://here")
        catalog.set_value(UNFILLED, None)
    return rows


def query_row(catalog, clip):
    catalog.put(clip)
    catalog.database.query(
        "UPDATE clips SET protected = ?, cloud = ?, cloud_bytes = ?, local = ? WHERE id = ?",
        (clip.protected, clip.cloud, clip.cloud_bytes, clip.local, clip.id),
    )


def change(path, sql, *values):
    with sqlite3.connect(path) as database:
        database.execute("DROP TRIGGER IF EXISTS clip_changed")
        database.execute(sql, values)
        database.execute(
            "CREATE TRIGGER clip_changed AFTER UPDATE OF zones ON clips"
            " WHEN new.zones != old.zones BEGIN"
            " DELETE FROM clip_zones WHERE clip_id = new.id;"
            " INSERT OR IGNORE INTO clip_zones SELECT value, new.id FROM json_each(new.zones);"
            " END"
        )
    database.close()


def asides(path):
    return [p for p in path.parent.iterdir() if p.name.startswith("clips.db.")]


# --- damaged files ---


def test_salvage_copies_rows_around_damaged_page(path, reopened):
    rows = fill(path)
    data = path.read_bytes()
    pages = range(2, len(data) // PAGE_BYTES)
    rowful = [p for p in pages if data[p * PAGE_BYTES :][:PAGE_BYTES].count(b"Front door") > 5]
    with path.open("r+b") as file:
        file.seek(rowful[len(rowful) // 2] * PAGE_BYTES)
        file.write(bytes(PAGE_BYTES))
    catalog = reopened()
    kept = {clip.id: clip for clip in catalog.queries.page(limit=9999)}
    assert 300 < len(kept) < 400
    by_id = {clip.id: clip for clip in rows}
    assert all(kept[clip_id] == by_id[clip_id] for clip_id in kept)
    assert (path.parent / catalog.get_value(UNFILLED)).is_file()


@pytest.mark.parametrize(
    "sql",
    [
        "DROP INDEX clips_by_time",
        "DROP TRIGGER clip_removed",
        "PRAGMA user_version = 2",
        "PRAGMA user_version = 99",
        "ALTER TABLE visits RENAME COLUMN label TO lable",
    ],
)
def test_salvage_copies_all_rows_of_wrong_schema(path, reopened, sql):
    rows = fill(path, clips=20)
    with sqlite3.connect(path) as database:
        database.execute(sql)
    database.close()
    catalog = reopened()
    assert catalog.queries.page() == rows[::-1]
    assert catalog.tracks(rows[0].id) == []
    ((packed,),) = catalog.database.query("SELECT packed FROM tracks")
    assert packed == b"tracks"
    assert catalog.visits.count("door", "person", 0) == 1
    assert catalog.jobs.get(JobKind.UPLOAD, rows[1].id).bytes == 9
    assert catalog.jobs.get(JobKind.DELETE, rows[2].id).payload == {"names": ["a.mp4"]}
    assert len(catalog.database.query("SELECT * FROM texts")) == 1
    assert len(catalog.database.query("SELECT * FROM elsewhere")) == 1
    assert catalog.get_value("cloud_place") == "gs://here"
    (aside,) = asides(path)
    assert aside.name.startswith("clips.db.newer" if "99" in sql else "clips.db.corrupt")


def test_salvage_copies_all_rows_of_older_version(path, reopened):
    clip = clip_row(NOON, still_path=None)
    with sqlite3.connect(path) as database:
        database.executescript(f"{MIGRATIONS[0]} PRAGMA user_version = 1; DROP INDEX clips_by_time")
        columns = [row[1] for row in database.execute("PRAGMA table_info(clips)")]
        database.execute(
            f"INSERT INTO clips VALUES ({', '.join('?' * len(columns))})",
            [getattr(clip, column) for column in columns],
        )
    database.close()
    assert reopened().queries.page() == [clip]


def test_salvage_keeps_sent_texts(path, reopened):
    fill(path, clips=5)
    with sqlite3.connect(path) as database:
        database.execute("DROP INDEX clips_by_time")
    database.close()
    assert reopened().database.query("SELECT sid FROM texts")[0][0] == "SM1"


@pytest.mark.parametrize(
    "make", [lambda path: path.mkdir(), lambda path: path.write_bytes(b"x" * 5000)]
)
def test_salvage_of_other_file_copies_nothing(path, reopened, make):
    make(path)
    catalog = reopened()
    assert catalog.totals().clips == 0
    assert asides(path)


def test_intact_database_is_not_salvaged(path, reopened):
    rows = fill(path, clips=20)
    catalog = reopened()
    assert catalog.queries.page() == rows[::-1]
    assert catalog.get_value(UNFILLED) is None
    assert asides(path) == []


@pytest.mark.parametrize("fails", ["salvage", "repair_rows", "set_aside"])
def test_interrupted_salvage_loses_nothing(path, reopened, monkeypatch, fails):
    rows = fill(path, clips=20)
    with sqlite3.connect(path) as database:
        database.execute("DROP INDEX clips_by_time")
    database.close()

    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(salvage_module, fails, refuse)
        with pytest.raises(OSError, match="No space"):
            reopened()
    assert asides(path) == [path.with_name("clips.db.new")]
    assert reopened().queries.page() == rows[::-1]
    assert [aside.name[:16] for aside in asides(path)] == ["clips.db.corrupt"]


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("nowhere")])
def test_salvage_replaces_anything_at_new_path(path, reopened, make):
    path.write_bytes(b"x" * 5000)
    make(path.with_name("clips.db.new"))
    assert reopened().totals().clips == 0


# --- damaged rows ---


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("state", "sabed", ClipState.RECORDING),
        ("trigger", b"\xff", Trigger.PRESENCE),
        ("cloud", "x", CloudState.STORED),
        ("zones", "[", ()),
        ("zones", "{}", ()),
        ("zones", '["Drive", 5]', ("Drive",)),
        ("started_at", "soon", NOON + 2),
        ("event_at", b"x", NOON + 2),
        ("duration_s", float("inf"), 0.0),
        ("bytes", "many", 0),
        ("width", -5, 0),
        ("label", b"\xff", None),
        ("path", "../../../etc/passwd", None),
        ("path", "/etc/passwd", None),
        ("path", "a\0b", None),
        ("still_path", "a/../../b", None),
        ("protected", "yes", True),
        ("local", "yes", True),
        ("camera_name", b"", "door"),
    ],
)
def test_repair_keeps_readable_values_of_clip(path, reopened, column, value, expected):
    rows = fill(path, clips=6)
    clip = rows[2]
    change(path, f"UPDATE clips SET {column} = ? WHERE id = ?", value, clip.id)
    catalog = reopened()
    row = catalog.get(clip.id)
    if column == "path":
        expected = f"door/2027-01-15/{clip.id}.mp4"
    assert getattr(row, column) == pytest.approx(expected)
    others = [name for name in ("id", "camera_id", "cloud_bytes") if name != column]
    assert all(getattr(row, name) == getattr(clip, name) for name in others)
    # The other rows are unchanged, and the file wasn't replaced.
    assert [catalog.get(c.id) for c in rows if c is not clip] == [c for c in rows if c is not clip]
    assert asides(path) == []
    assert clip_time(row.id) == pytest.approx(NOON + 2, abs=0.01)


@pytest.mark.parametrize("camera_id", ["\0", "..", "a/b", "a\0b", b"x", ""])
def test_repair_never_makes_path_of_hostile_camera_id(path, reopened, camera_id):
    clip = fill(path, clips=3)[0]
    change(path, "UPDATE clips SET camera_id = ?, path = ? WHERE id = ?", camera_id, "/", clip.id)
    assert reopened().get(clip.id).path == f"unknown/2027-01-15/{clip.id}.mp4"


def test_repair_of_invalid_text_keeps_listings_working(path, reopened):
    rows = fill(path, clips=3)
    change(
        path,
        "UPDATE clips SET camera_name = CAST(x'46ff6f' AS TEXT) WHERE id = ?",
        rows[0].id,
    )
    assert reopened().get(rows[0].id).camera_name == "F\ufffdo"


def test_clip_with_damaged_id_is_recovered_from_file(path, reopened):
    rows = fill(path, clips=3)
    change(path, "UPDATE clips SET id = 'nonsense' WHERE id = ?", rows[0].id)
    catalog = reopened()
    assert catalog.queries.page() == rows[:0:-1]
    assert catalog.get_value(UNFILLED) == ""


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("jobs", "payload", "{"),
        ("jobs", "payload", "[]"),
        ("jobs", "payload", json.dumps({"names": 5})),
        ("jobs", "not_before", "soon"),
        ("jobs", "attempts", -1),
        ("visits", "started_at", "then"),
        ("visits", "started_at", 1e300),
        ("visits", "ended_at", b"x"),
        ("texts", "ended_at", "x"),
        ("tracks", "packed", "text"),
        ("elsewhere", "cloud_bytes", "x"),
        ("notes", "value", b"x"),
    ],
)
def test_repair_removes_only_unreadable_rows_of_other_tables(path, reopened, table, column, value):
    rows = fill(path, clips=3)
    with Catalog(path) as catalog:
        before = len(catalog.database.query(f"SELECT * FROM {table}"))
    where = " WHERE kind = 'delete'" if table == "jobs" else ""
    change(path, f"UPDATE {table} SET {column} = ?{where}", value)
    catalog = reopened()
    assert catalog.queries.page() == rows[::-1]
    left = catalog.database.query(f"SELECT * FROM {table}")
    assert len(left) == before - 1 + (table == "notes")  # and the mark that clips may be missing
    assert asides(path) == []


def test_repair_resets_damaged_job_sequence(path, reopened):
    fill(path, clips=3)
    change(path, "UPDATE sqlite_sequence SET seq = ?", 2**63 - 1)
    catalog = reopened()
    catalog.jobs.add(JobKind.UPLOAD, "x")
    assert catalog.jobs.get(JobKind.UPLOAD, "x").id == 3

"""Filters, pages, neighbors, vocabulary, and timeline of clips."""

import random
import sqlite3

from hypothesis import given, settings, strategies as st
from library_rig import NOON, clip_row
import pytest

from custom_components.homesec.engine.core.types import ClipState
from custom_components.homesec.engine.db.schema import COLUMNS, MIGRATIONS, clip_to_row
from custom_components.homesec.engine.library import lifecycle, queries
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.library.queries import VISIBLE, ClipFilter, Word

CAMERAS, LABELS, ZONES = ("door", "garden"), ("person", "cat", None), ("Drive", "Porch", "Road")


@pytest.fixture
def catalog(tmp_path):
    with Catalog(tmp_path / "clips.db") as catalog:
        catalog.database.query("PRAGMA synchronous = OFF")
        yield catalog


def page_through(catalog, wanted, limit):
    """Return the clips of all pages."""
    found, before = [], None
    while page := catalog.queries.page(wanted, limit=limit, before=before):
        assert len(page) <= limit
        found += page
        before = page[-1].id
    return found


def lets_through(wanted, clip):
    """Return whether a filter selects a clip, computed in Python."""

    def is_in(word):
        zone = any(zone in word.zones for zone in clip.zones)
        return clip.camera_id in word.cameras or clip.label in word.labels or zone

    return (
        clip.state in wanted.states
        and (wanted.since is None or clip.event_at >= wanted.since)
        and (wanted.until is None or clip.event_at < wanted.until)
        and (wanted.cameras is None or clip.camera_id in wanted.cameras)
        and (wanted.labels is None or clip.label in wanted.labels)
        and (wanted.zones is None or any(zone in wanted.zones for zone in clip.zones))
        and (wanted.protected is None or clip.protected is wanted.protected)
        and all(map(is_in, wanted.words))
    )


some = st.none() | st.lists(st.sampled_from(CAMERAS), max_size=2).map(tuple)
labels = st.none() | st.lists(st.sampled_from(("person", "cat", "dog")), max_size=2).map(tuple)
zones = st.none() | st.lists(st.sampled_from(ZONES), max_size=2).map(tuple)
times = st.none() | st.integers(0, 40).map(lambda n: NOON + n * 10)
filters = st.builds(
    ClipFilter,
    since=times,
    until=times,
    cameras=some,
    labels=labels,
    zones=zones,
    protected=st.none() | st.booleans(),
    words=st.lists(
        st.builds(
            Word,
            cameras=some.map(lambda x: x or ()),
            labels=labels.map(lambda x: x or ()),
            zones=zones.map(lambda x: x or ()),
        ),
        max_size=2,
    ).map(tuple),
)
clips = st.lists(
    st.builds(
        dict,
        at=st.integers(0, 400).map(lambda n: NOON + n),
        camera_id=st.sampled_from(CAMERAS),
        label=st.sampled_from(LABELS),
        zones=st.lists(st.sampled_from(ZONES), max_size=3, unique=True).map(tuple),
        protected=st.booleans(),
        state=st.sampled_from(ClipState),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(rows=clips, wanted=filters, limit=st.integers(1, 7))
def test_pages_hold_each_matching_clip_once_newest_first(tmp_path_factory, rows, wanted, limit):
    with Catalog(tmp_path_factory.mktemp("x") / "clips.db") as catalog:
        with catalog.database.transaction():
            for row in rows:
                catalog.put(clip_row(row["at"], **{k: v for k, v in row.items() if k != "at"}))
        everything = [c for state in ClipState for c in catalog.queries.in_state(state)]
        expected = sorted(
            (c for c in everything if lets_through(wanted, c)), key=lambda c: c.id, reverse=True
        )
        assert page_through(catalog, wanted, limit) == expected
        assert catalog.queries.count(wanted) == len(expected)
        ids = [clip.id for clip in expected]
        for clip in everything:
            older = next((x for x in ids if x < clip.id), None)
            newer = next((x for x in reversed(ids) if x > clip.id), None)
            assert catalog.queries.neighbors(wanted, clip.id) == (older, newer)


def test_clips_added_between_pages_neither_repeat_nor_hide_others(catalog):
    old = [clip_row(NOON + n) for n in range(20)]
    for clip in old:
        catalog.put(clip)
    first = catalog.queries.page(ClipFilter(), limit=8)
    catalog.put(clip_row(NOON + 100))
    rest = catalog.queries.page(ClipFilter(), limit=100, before=first[-1].id)
    assert [c.id for c in first + rest] == [c.id for c in reversed(old)]


def test_zone_table_follows_changes_of_clip(catalog):
    clip = clip_row(zones=("Drive",))
    catalog.put(clip)
    catalog.save_track_log(clip.id, ("Porch", "Road"), b"x")
    assert catalog.queries.count(ClipFilter(zones=("Drive",))) == 0
    assert catalog.queries.count(ClipFilter(zones=("Porch",))) == 1
    assert catalog.get(clip.id).zones == ("Porch", "Road")
    catalog.remove(clip.id)
    assert catalog.database.query("SELECT * FROM clip_zones") == []
    assert catalog.database.query("SELECT * FROM tracks") == []


def test_get_many_returns_existing_clips_only(catalog):
    here, going = clip_row(NOON), clip_row(NOON + 1, state=ClipState.REMOVING)
    catalog.put(here)
    catalog.put(going)
    assert catalog.queries.get_many([here.id, going.id, "x"]) == [here]
    assert catalog.queries.get_many([]) == []


def test_vocabulary_covers_saved_clips(catalog):
    catalog.put(clip_row(NOON, camera_name="Old name", zones=("Porch",)))
    catalog.put(clip_row(NOON + 1, camera_name="Front", label="cat", zones=("Drive", "Porch")))
    catalog.put(clip_row(NOON + 2, camera_id="yard", camera_name="Yard", label=None))
    assert catalog.queries.vocabulary() == (
        {"door": "Front", "yard": "Yard"},
        ("cat", "person"),
        ("Drive", "Porch"),
    )


def test_vocabulary_skips_camera_whose_last_clip_is_removed_meanwhile(catalog, monkeypatch):
    clip = clip_row(NOON)
    catalog.put(clip)
    distinct = catalog.queries._distinct

    def and_it_goes(sql):
        found = distinct(sql)
        catalog.remove(clip.id)
        return found

    monkeypatch.setattr(catalog.queries, "_distinct", and_it_goes)
    assert catalog.queries.vocabulary().cameras == {}


# --- the timeline ---


def test_timeline_includes_clips_that_overlap_its_ends(catalog):
    spans = {
        "before": clip_row(NOON - 100, duration_s=50),
        "into": clip_row(NOON - 100, duration_s=150, camera_id="yard"),
        "within": clip_row(NOON + 10, duration_s=20),
        "beyond": clip_row(NOON + 95, duration_s=20, state=ClipState.FAILED),
        "pre-roll only": clip_row(NOON + 102, duration_s=20, started_at=NOON + 98),
        "after": clip_row(NOON + 105, duration_s=20),
        "lasts": clip_row(NOON - 200, state=ClipState.RECORDING),
        "going": clip_row(NOON + 20, state=ClipState.REMOVING),
    }
    for clip in spans.values():
        catalog.put(clip)
    drawn = {span.id: span for span in catalog.queries.timeline(NOON, NOON + 100)}
    names = {name for name, clip in spans.items() if clip.id in drawn}
    assert names == {"into", "within", "beyond", "pre-roll only", "lasts"}
    assert drawn[spans["lasts"].id].ended_at is None
    within = drawn[spans["within"].id]
    assert within[1:] == ("door", NOON + 6, NOON + 26, "person", ClipState.SAVED)


# --- indexes ---


FILTERS = {
    "all": ClipFilter(),
    "time": ClipFilter(since=NOON, until=NOON + 1e6),
    "camera": ClipFilter(cameras=("a",)),
    "cameras and labels": ClipFilter(cameras=("a", "b"), labels=("cat", "dog")),
    "zones": ClipFilter(zones=("Drive", "Road")),
    "protected": ClipFilter(protected=True),
    "words": ClipFilter(words=(Word(cameras=("a",), zones=("Road",)), Word(labels=("cat",)))),
    "nothing there": ClipFilter(labels=("horse",)),
    "saved": ClipFilter(states=(ClipState.SAVED,)),
}


@pytest.fixture
def plans(catalog, monkeypatch):
    """Collect the plan of each query."""
    found, query = [], catalog.database.query

    def explained(sql, values=()):
        values = tuple(values)
        found.extend(row["detail"] for row in query(f"EXPLAIN QUERY PLAN {sql}", values))
        return query(sql, values)

    monkeypatch.setattr(catalog.database, "query", explained)
    return found


def check(plans):
    assert plans
    for step in plans:
        # This index has open visits only.
        assert not step.startswith("SCAN") or "visits_open" in step, step
        assert "AUTOMATIC" not in step


@pytest.mark.parametrize("name", FILTERS)
def test_pages_never_scan_table(catalog, plans, name):
    wanted = FILTERS[name]
    catalog.queries.page(wanted, limit=50)
    catalog.queries.page(wanted, limit=50, before=clip_row().id)
    catalog.queries.count(wanted)
    catalog.queries.neighbors(wanted, clip_row().id)
    check(plans)


def test_other_queries_never_scan_table(catalog, plans):
    catalog.put(clip_row(zones=("Drive",)))
    plans.clear()
    catalog.queries.vocabulary()
    catalog.queries.get_many(["a", "b"])
    catalog.queries.timeline(NOON, NOON + 86_400)
    catalog.tracks("a")
    catalog.visits.count("a", "cat", NOON)
    catalog.visits.last("a", "cat")
    catalog.visits.statistics(0, NOON, tz=None, cameras=("a",), labels=("cat",))
    catalog.visits.end_all()
    catalog.visits.remove_old(0, keep=5)
    check(plans)


def test_page_reads_only_its_own_rows(catalog):
    rng = random.Random(1)
    with catalog.database.transaction():
        for n in range(10_000):
            catalog.put(
                clip_row(
                    NOON + n * 60,
                    camera_id=rng.choice("abcde"),
                    label=rng.choice(LABELS),
                    zones=tuple(rng.sample(ZONES, rng.randrange(3))),
                )
            )
    wanted = ClipFilter(cameras=("a", "b"), labels=("cat",), zones=("Porch",))
    steps = []
    catalog.database._db.set_progress_handler(lambda: steps.append(1) and None, 1000)
    assert len(catalog.queries.page(wanted, limit=50)) == 50
    catalog.database._db.set_progress_handler(None, 0)
    # Thousands of SQLite's instructions, which don't depend on the load of the machine.
    assert len(steps) < 100


# --- version 2 files ---


def test_migration_of_version_2_keeps_clips_and_counts_visits(tmp_path):
    path = tmp_path / "clips.db"
    seen = clip_row(NOON, duration_s=20)
    by_hand = clip_row(NOON + 60, label=None)
    failed = clip_row(NOON + 120, state=ClipState.FAILED)
    with sqlite3.connect(path) as db:
        db.executescript("".join(MIGRATIONS[:2]) + "PRAGMA user_version = 2;")
        columns = [row[1] for row in db.execute("PRAGMA table_info(clips)")]
        for clip in (seen, by_hand, failed):
            db.execute(
                f"INSERT INTO clips ({', '.join(columns)})"
                f" VALUES ({', '.join('?' * len(columns))})",
                [getattr(clip, column) for column in columns],
            )
    db.close()
    with Catalog(path) as catalog:
        assert catalog.queries.page(ClipFilter(), limit=9) == [failed, by_hand, seen]
        assert catalog.tracks(seen.id) == []
        visits = catalog.database.query(
            "SELECT camera_id, label, started_at, ended_at, clip_id FROM visits"
        )
        assert [tuple(row) for row in visits] == [("door", "person", NOON, NOON + 16, seen.id)]


# --- files of versions without Recently deleted ---


@pytest.mark.parametrize("version", [5, 6, 7])
def test_migration_keeps_clips_and_has_none_deleted(tmp_path, version):
    path = tmp_path / "clips.db"
    clip = clip_row(NOON, zones=("yard",))
    with sqlite3.connect(path) as db:
        db.executescript("".join(MIGRATIONS[:version]) + f"PRAGMA user_version = {version};")
        columns = [row[1] for row in db.execute("PRAGMA table_info(clips)")]
        values = dict(zip(COLUMNS, clip_to_row(clip), strict=True))
        db.execute(
            f"INSERT INTO clips VALUES ({', '.join('?' * len(columns))})",
            [values[column] for column in columns],
        )
    db.close()
    with Catalog(path) as catalog:
        in_yard = ClipFilter(zones=("yard",))
        assert catalog.queries.page(in_yard, limit=9) == [clip]
        assert catalog.queries.deleted(limit=9) == []
        assert lifecycle.delete(catalog.database, clip.id, at=NOON, by="Ann")
        assert catalog.queries.page(in_yard, limit=9) == []
        assert catalog.queries.vocabulary().zones == ()
        assert lifecycle.undelete(catalog.database, clip.id)
        assert catalog.queries.page(in_yard, limit=9) == [clip]


def test_visible_states_are_all_but_removing():
    assert set(ClipState) - set(VISIBLE) == {ClipState.REMOVING}
    assert queries.MAX_CLIP_S > 3600

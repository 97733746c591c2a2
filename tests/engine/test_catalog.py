"""The index of clips."""

from datetime import UTC, datetime
import sqlite3
import threading
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.homesec.engine.catalog import (
    SCHEMA_VERSION,
    Catalog,
    clip_time,
    new_clip_id,
)
from custom_components.homesec.engine.models import Clip, ClipState, Trigger

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def catalog(tmp_path):
    with Catalog(tmp_path / "deep" / "clips.db") as index:
        yield index


def clip(event_at, **values):
    values = {
        "id": new_clip_id(event_at),
        "camera_id": "door",
        "camera_name": "Front door",
        "state": ClipState.SAVED,
        "trigger": Trigger.PRESENCE,
        "started_at": event_at - 4,
        "event_at": event_at,
        "label": "person",
        **values,
    }
    return Clip(**values)


def put(catalog, *clips):
    for each in clips:
        catalog.put(each)
    return clips


def at(text, tz=UTC):
    return datetime.fromisoformat(text).replace(tzinfo=tz).timestamp()


# --- ids ---


@given(st.floats(0, 4e9), st.floats(0.002, 1e6))
def test_ids_sort_by_time(moment, later):
    assert new_clip_id(moment) < new_clip_id(moment + later)


@given(st.floats(0, 4e9))
def test_an_id_tells_its_time(moment):
    assert clip_time(new_clip_id(moment)) == pytest.approx(moment, abs=0.002)


@pytest.mark.parametrize(
    "name", ["", "holiday", "01ARZ3NDEKTSV4RRFFQ69G5FA", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "x" * 26]
)
def test_what_is_no_id_tells_no_time(name):
    assert clip_time(name) is None


# --- rows ---


def test_a_clip_comes_back_as_it_was_put(catalog):
    whole = clip(
        1.8e9,
        score=0.93,
        duration_s=12.5,
        path="door/2027-01-15/x.mp4",
        still_path="door/2027-01-15/x.jpg",
        bytes=2**33,
        width=1920,
        height=1080,
        video_codec="hevc",
        audio_codec="aac",
        error="disk_full",
        trigger=Trigger.MANUAL,
    )
    put(catalog, whole)
    assert catalog.get(whole.id) == whole


def test_a_row_is_replaced(catalog):
    (first,) = put(catalog, clip(1.8e9, state=ClipState.RECORDING))
    put(catalog, clip(1.8e9, id=first.id, duration_s=9.0))
    assert catalog.get(first.id).duration_s == 9.0
    assert catalog.open_clips() == []


def test_a_removed_clip_is_gone(catalog):
    (one,) = put(catalog, clip(1.8e9))
    catalog.remove(one.id)
    catalog.remove(one.id)
    assert catalog.get(one.id) is None


def test_clips_that_were_never_finished_are_listed_oldest_first(catalog):
    clips = put(catalog, *(clip(1.8e9 + n, state=ClipState.RECORDING) for n in (5, 1, 3)))
    put(catalog, clip(1.8e9))
    assert [c.event_at - 1.8e9 for c in catalog.open_clips()] == [1, 3, 5]
    assert catalog.page() == [c for c in catalog.page() if c not in clips]


def test_it_is_all_there_after_a_restart(tmp_path):
    with Catalog(tmp_path / "clips.db") as catalog:
        (one,) = put(catalog, clip(1.8e9))
    with Catalog(tmp_path / "clips.db") as catalog:
        assert catalog.page() == [one]


def test_threads_may_share_it(catalog):
    def work(camera):
        for n in range(50):
            catalog.put(clip(1.8e9 + n, camera_id=camera))
            catalog.page(camera_id=camera)

    threads = [threading.Thread(target=work, args=(f"cam{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert catalog.totals()[0] == 200


# --- pages ---

clips_at = st.lists(
    st.tuples(
        st.floats(1.8e9, 1.8e9 + 1e6).map(lambda x: round(x, 3)),
        st.sampled_from(["door", "yard"]),
        st.sampled_from(["person", "cat", None]),
        st.sampled_from(ClipState),
    ),
    max_size=40,
)
borders = st.one_of(st.none(), st.integers(1_800_000_000, 1_801_000_000))


@settings(max_examples=40)
@given(
    clips_at,
    st.one_of(st.none(), st.sampled_from(["door", "yard"])),
    st.one_of(st.none(), st.sampled_from(["person", "cat"])),
    borders,
    borders,
    st.integers(1, 7),
)
def test_the_pages_hold_each_clip_that_is_asked_for_once_newest_first(
    tmp_path_factory, rows, camera_id, label, since, until, limit
):
    with Catalog(tmp_path_factory.mktemp("catalog") / "clips.db") as catalog:
        catalog._db.execute("PRAGMA synchronous = OFF")
        every = put(
            catalog,
            *(
                clip(t, camera_id=camera, label=what, state=state)
                for t, camera, what, state in rows
            ),
        )
        expected = [
            c
            for c in sorted(every, key=lambda c: c.id, reverse=True)
            if c.state is ClipState.SAVED
            and camera_id in (None, c.camera_id)
            and label in (None, c.label)
            and (since is None or c.event_at >= since)
            and (until is None or c.event_at < until)
        ]
        found, before = [], None
        while page := catalog.page(
            camera_id=camera_id,
            label=label,
            since=since,
            until=until,
            limit=limit,
            before=before,
        ):
            assert len(page) <= limit
            found += page
            before = page[-1].id
        assert found == expected


def plan(catalog, query):
    """Return how SQLite answers what a method asks."""
    asked = []
    catalog._db.set_trace_callback(asked.append)
    query()
    catalog._db.set_trace_callback(None)
    return [
        row[3]
        for sql in asked
        for row in catalog._db.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
    ]


@pytest.mark.parametrize(
    "query",
    [
        lambda c: c.page(),
        lambda c: c.page(camera_id="door", before="01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        lambda c: c.page(label="person", since=1.8e9, until=1.9e9),
        lambda c: c.days("door", BERLIN),
        lambda c: c.cameras(),
        lambda c: c.totals(),
        lambda c: c.open_clips(),
    ],
)
def test_every_listing_uses_an_index_and_sorts_nothing(catalog, query):
    put(catalog, clip(1.8e9), clip(1.8e9 + 1, state=ClipState.RECORDING))
    steps = plan(catalog, lambda: query(catalog))
    assert steps
    assert not [s for s in steps if s.startswith("SCAN") or "TEMP B-TREE" in s]


# --- cameras and totals ---


def test_cameras_are_listed_by_their_newest_name(catalog):
    put(
        catalog,
        clip(1.8e9, camera_id="a", camera_name="old name"),
        clip(1.8e9 + 9, camera_id="a", camera_name="yard"),
        clip(1.8e9 + 5, camera_id="b", camera_name="Attic"),
        clip(1.8e9, camera_id="c", state=ClipState.FAILED),
    )
    assert catalog.cameras() == [("b", "Attic", 1), ("a", "yard", 2)]


def test_totals_count_finished_clips(catalog):
    assert catalog.totals() == (0, 0)
    put(catalog, clip(1.8e9, bytes=5), clip(1.8e9 + 1, bytes=7))
    put(catalog, clip(1.8e9 + 2, bytes=100, state=ClipState.FAILED))
    assert catalog.totals() == (2, 12)


# --- the file ---


def test_an_index_of_a_newer_version_is_left_alone(tmp_path):
    path = tmp_path / "clips.db"
    with Catalog(path) as catalog:
        catalog._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(sqlite3.DatabaseError, match="newer"):
        Catalog(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_index_is_not_touched(tmp_path):
    path = tmp_path / "clips.db"
    path.write_bytes(b"somebody's letter to grandma " * 100)
    with pytest.raises(sqlite3.DatabaseError):
        Catalog(path)
    assert path.read_bytes().startswith(b"somebody's letter")


def test_closing_twice_is_allowed(tmp_path):
    catalog = Catalog(tmp_path / "clips.db")
    catalog.close()
    catalog.close()
    with pytest.raises(sqlite3.Error):
        catalog.totals()

"""The table of clips."""

from dataclasses import replace
from datetime import UTC, datetime
import sqlite3
import threading
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.homesec.engine.core.clip_id import clip_time, first_clip_id, new_clip_id
from custom_components.homesec.engine.core.types import Clip, ClipState, CloudState, Trigger
from custom_components.homesec.engine.db.job_queue import JobKind
from custom_components.homesec.engine.library.catalog import Catalog, Totals
from custom_components.homesec.engine.library.queries import SAVED

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
        "local": values.get("state") is not ClipState.MISSING,
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
def test_clip_ids_sort_by_time(moment, later):
    assert new_clip_id(moment) < new_clip_id(moment + later)


@given(st.floats(0, 4e9))
def test_clip_time_returns_time_of_id(moment):
    assert clip_time(new_clip_id(moment)) == pytest.approx(moment, abs=0.002)


@given(st.floats(0, 4e9))
def test_first_clip_id_precedes_all_ids_of_time(moment):
    assert first_clip_id(moment) <= new_clip_id(moment)
    assert first_clip_id(moment)[:10] == new_clip_id(moment)[:10]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "holiday",
        "01ARZ3NDEKTSV4RRFFQ69G5FA",
        "81ARZ3NDEKTSV4RRFFQ69G5FAV",
        "x" * 26,
        "7" + "Z" * 25,
    ],
)
def test_clip_time_of_other_text_is_none(name):
    assert clip_time(name) is None


# --- rows ---


def test_get_returns_clip_as_put(catalog):
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


def test_put_updates_existing_row(catalog):
    (first,) = put(catalog, clip(1.8e9, state=ClipState.RECORDING))
    put(catalog, clip(1.8e9, id=first.id, duration_s=9.0))
    assert catalog.get(first.id).duration_s == 9.0
    assert catalog.queries.in_state(ClipState.RECORDING) == []


def test_remove_deletes_row_and_can_repeat(catalog):
    (one,) = put(catalog, clip(1.8e9))
    catalog.remove(one.id)
    catalog.remove(one.id)
    assert catalog.get(one.id) is None


def test_in_state_lists_clips_oldest_first(catalog):
    clips = put(catalog, *(clip(1.8e9 + n, state=ClipState.RECORDING) for n in (5, 1, 3)))
    put(catalog, clip(1.8e9))
    assert [c.event_at - 1.8e9 for c in catalog.queries.in_state(ClipState.RECORDING)] == [1, 3, 5]
    assert catalog.queries.page() == [c for c in catalog.queries.page() if c not in clips]


def test_catalog_persists_over_restart(tmp_path):
    with Catalog(tmp_path / "clips.db") as catalog:
        (one,) = put(catalog, clip(1.8e9))
    with Catalog(tmp_path / "clips.db") as catalog:
        assert catalog.queries.page() == [one]


def test_catalog_is_thread_safe(catalog):
    def work(camera):
        for n in range(50):
            catalog.put(clip(1.8e9 + n, camera_id=camera))
            catalog.queries.page(replace(SAVED, cameras=(camera,)))

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
def test_pages_of_saved_clips_hold_each_once_newest_first(
    tmp_path_factory, rows, camera_id, label, since, until, limit
):
    with Catalog(tmp_path_factory.mktemp("catalog") / "clips.db") as catalog:
        catalog.database._db.execute("PRAGMA synchronous = OFF")
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
        wanted = replace(
            SAVED,
            cameras=camera_id and (camera_id,),
            labels=label and (label,),
            since=since,
            until=until,
        )
        while page := catalog.queries.page(wanted, limit=limit, before=before):
            assert len(page) <= limit
            found += page
            before = page[-1].id
        assert found == expected


def plan(catalog, query):
    """Return the query plans of a call."""
    asked = []
    catalog.database._db.set_trace_callback(asked.append)
    query()
    catalog.database._db.set_trace_callback(None)
    return [
        row[3]
        for sql in asked
        for row in catalog.database._db.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
    ]


@pytest.mark.parametrize(
    "query",
    [
        lambda c: c.queries.newest("door"),
        lambda c: c.queries.newest("door", before="01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        lambda c: c.queries.page(replace(SAVED, labels=("person",), since=1.8e9, until=1.9e9)),
        lambda c: c.queries.days("door", BERLIN),
        lambda c: c.queries.vocabulary(),
        lambda c: c.totals(),
        lambda c: c.queries.in_state(ClipState.RECORDING),
        lambda c: c.queries.in_state(ClipState.REMOVING),
        lambda c: c.remove_failed(1.8e9),
    ],
)
def test_queries_use_index_without_sorting(catalog, query):
    put(catalog, clip(1.8e9), clip(1.8e9 + 1, state=ClipState.RECORDING))
    steps = plan(catalog, lambda: query(catalog))
    assert steps
    assert not [s for s in steps if s.startswith("SCAN") or "TEMP B-TREE" in s]


# --- cameras and totals ---


def test_vocabulary_has_newest_name_of_each_camera_with_saved_clips(catalog):
    put(
        catalog,
        clip(1.8e9, camera_id="a", camera_name="old name"),
        clip(1.8e9 + 9, camera_id="a", camera_name="yard"),
        clip(1.8e9 + 5, camera_id="b", camera_name="Attic"),
        clip(1.8e9, camera_id="c", state=ClipState.FAILED),
    )
    assert catalog.queries.vocabulary().cameras == {"a": "yard", "b": "Attic"}
    assert catalog.queries.count(replace(SAVED, cameras=("a",))) == 2
    assert catalog.queries.count(replace(SAVED, cameras=("b",))) == 1


def test_totals_count_saved_clips_and_bytes_by_tier(catalog):
    assert catalog.totals() == Totals()
    put(catalog, clip(1.8e9, bytes=5), clip(1.8e9 + 1, bytes=7))
    put(catalog, clip(1.8e9 + 2, bytes=100, state=ClipState.FAILED))
    put(catalog, clip(1.8e9 + 3, bytes=30, local=False, cloud=CloudState.STORED, cloud_bytes=31))
    put(catalog, clip(1.8e9 + 4, bytes=50, cloud=CloudState.WAITING))
    assert catalog.totals() == Totals(clips=4, bytes=62, cloud_clips=1, cloud_bytes=31)


# --- put and save ---


def test_put_of_ended_recording_keeps_protection(catalog):
    (one,) = put(catalog, clip(1.8e9, state=ClipState.RECORDING))
    catalog.database.query("UPDATE clips SET protected = 1")
    catalog.put(replace(one, state=ClipState.SAVED, duration_s=9.0))
    row = catalog.get(one.id)
    assert (row.protected, row.state, row.duration_s) == (True, ClipState.SAVED, 9.0)


def test_save_adds_one_upload_job(tmp_path):
    with Catalog(tmp_path / "clips.db", upload=True) as catalog:
        row = catalog.save(clip(1.8e9, bytes=7))
        catalog.save(row)
        assert catalog.get(row.id) == row
        assert row.cloud is CloudState.WAITING
        job = catalog.jobs.due([JobKind.UPLOAD])
        assert (job.subject, job.bytes) == (row.id, 7)
        assert catalog.jobs.backlog([JobKind.UPLOAD]).jobs == 1


def test_save_of_stored_clip_adds_no_job(tmp_path):
    with Catalog(tmp_path / "clips.db", upload=True) as catalog:
        (one,) = put(catalog, clip(1.8e9, cloud=CloudState.STORED))
        assert catalog.save(one).cloud is CloudState.STORED
        assert catalog.jobs.due([JobKind.UPLOAD]) is None


def test_save_without_cloud_adds_no_job(catalog):
    assert catalog.save(clip(1.8e9)).cloud is CloudState.NONE
    assert catalog.jobs.due([JobKind.UPLOAD]) is None


def test_remove_failed_deletes_old_failed_and_missing_rows(catalog):
    states = (ClipState.FAILED, ClipState.MISSING, ClipState.SAVED)
    old = put(catalog, *(clip(1.8e9, state=state) for state in states))
    new = put(catalog, *(clip(1.9e9, state=state) for state in states))
    catalog.remove_failed(1.85e9)
    assert [catalog.get(c.id) is not None for c in (*old, *new)] == [False, False, *[True] * 4]


def test_set_value_stores_and_removes_value(catalog):
    catalog.set_value("key", "value")
    assert catalog.get_value("key") == "value"
    catalog.set_value("key", None)
    assert catalog.get_value("key") is None


# --- the file ---


def test_close_is_idempotent(tmp_path):
    catalog = Catalog(tmp_path / "clips.db")
    catalog.close()
    catalog.close()
    with pytest.raises(sqlite3.Error):
        catalog.totals()

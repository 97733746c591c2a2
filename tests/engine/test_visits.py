"""Visits, recorded or not, counted in local time."""

from datetime import UTC, date, datetime, timedelta
import sqlite3
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
from library_rig import NOON, clip_row
import pytest

from custom_components.homesec.engine.core.events import (
    DetectionEnded,
    DetectionStarted,
    HealthChanged,
    VisitLogged,
)
from custom_components.homesec.engine.core.types import Box, Presence
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.library.visits import MAX_VISIT_AGE_S, VisitWriter

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NEPAL = ZoneInfo("Asia/Kathmandu")


@pytest.fixture
def catalog(tmp_path):
    with Catalog(tmp_path / "clips.db") as catalog:
        yield catalog


class Log(VisitWriter):
    """A visit writer whose events are recorded."""

    def __init__(self, catalog):
        self.events = []
        super().__init__(catalog.visits, on_event=self.events.append)


@pytest.fixture
def log(catalog):
    log = Log(catalog)
    log.start()
    yield log
    assert log.close()


def presence(at=NOON, *, until=None, label="cat", camera_id="feeder"):
    return Presence(
        camera_id=camera_id,
        label=label,
        score=0.8,
        track_id=1,
        box=Box(0, 0, 1, 1),
        first_seen_at=at,
        last_seen_at=at if until is None else until,
    )


def rows(catalog):
    return [
        tuple(row)
        for row in catalog.database.query(
            "SELECT camera_id, label, started_at, ended_at, clip_id FROM visits ORDER BY id"
        )
    ]


def test_visit_is_stored_at_start_and_end(catalog):
    log = Log(catalog)
    log.start()
    log.handle_event(DetectionStarted(presence=presence(), clip_id=None))
    log.handle_event(HealthChanged(camera_id="feeder", health="running"))
    log.handle_event(DetectionEnded(presence=presence(until=NOON + 9), clip_id="c"))
    assert log.close()
    assert rows(catalog) == [("feeder", "cat", NOON, NOON + 9, "c")]
    assert log.events == [VisitLogged(camera_id="feeder", label="cat")]


def test_visits_are_separate_by_camera_and_label(catalog):
    log = Log(catalog)
    log.start()
    for camera_id, label in (("a", "cat"), ("a", "person"), ("b", "cat")):
        who = presence(camera_id=camera_id, label=label)
        log.handle_event(DetectionStarted(presence=who, clip_id=label))
    log.handle_event(DetectionEnded(presence=presence(camera_id="a", until=NOON + 1), clip_id="x"))
    assert log.close()
    assert [(camera, label, ended, clip) for camera, label, _, ended, clip in rows(catalog)] == [
        ("a", "cat", NOON + 1, "cat"),
        ("a", "person", None, "person"),
        ("b", "cat", None, "cat"),
    ]


def test_end_without_start_stores_no_visit(catalog, log):
    log.handle_event(DetectionEnded(presence=presence(), clip_id=None))
    assert log.close()
    assert rows(catalog) == []


def test_open_visit_after_crash_ends_with_clip(catalog):
    clip = clip_row(NOON, duration_s=30)
    catalog.put(clip)
    catalog.visits.begin("door", "person", NOON, clip.id)
    catalog.visits.begin("door", "cat", NOON, None)
    catalog.visits.begin("door", "dog", NOON, "gone")
    log = Log(catalog)
    log.start()
    assert log.close()
    assert [ended for *_, ended, _ in rows(catalog)] == [NOON - 4 + 30, NOON, NOON]


def test_remove_old_deletes_old_visits(catalog):
    catalog.visits.begin("door", "cat", NOON - MAX_VISIT_AGE_S - 1, None)
    catalog.visits.begin("door", "cat", NOON - MAX_VISIT_AGE_S + 1, None)
    catalog.visits.remove_old(NOON - MAX_VISIT_AGE_S, keep=9)
    assert len(rows(catalog)) == 1


def test_remove_old_keeps_newest_visits(catalog):
    for n in range(9):
        catalog.visits.begin("door", "cat", NOON + n, None)
    catalog.visits.remove_old(NOON, keep=4)
    assert [at for _, _, at, *_ in rows(catalog)] == [NOON + n for n in (5, 6, 7, 8)]
    catalog.visits.remove_old(NOON + 99, keep=4)
    catalog.visits.remove_old(NOON, keep=4)
    assert rows(catalog) == []


def test_refusing_disk_does_not_prevent_start(catalog, monkeypatch, caplog):
    def refuse(*_):
        monkeypatch.undo()
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(catalog.visits, "end_all", refuse)
    log = Log(catalog)
    log.start()
    log.handle_event(DetectionStarted(presence=presence(), clip_id=None))
    assert log.close()
    assert len(rows(catalog)) == 1
    assert "A visit could not be stored" in caplog.text


def test_refusing_disk_loses_only_one_visit(catalog, log, monkeypatch, caplog):
    def refuse(*_):
        monkeypatch.undo()
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(catalog.visits, "begin", refuse)
    log.handle_event(DetectionStarted(presence=presence(), clip_id=None))
    log.handle_event(DetectionStarted(presence=presence(NOON + 60), clip_id=None))
    assert log.close()
    assert len(rows(catalog)) == 1
    assert "A visit could not be stored" in caplog.text


def test_count_filters_by_camera_label_and_time(catalog):
    for at, camera_id, label in ((0, "a", "cat"), (5, "a", "cat"), (6, "b", "cat"), (7, "a", "x")):
        catalog.visits.begin(camera_id, label, at, None)
    assert catalog.visits.count("a", "cat", 0) == 2
    assert catalog.visits.count("a", "cat", 1) == 1
    assert catalog.visits.count("c", "cat", 0) == 0
    assert (catalog.visits.last("a", "cat"), catalog.visits.last("c", "cat")) == (5, None)


# --- statistics ---


def brute_force(visits, tz):
    days, hours = {}, [[0] * 24 for _ in range(7)]
    for at in visits:
        local = datetime.fromtimestamp(at, UTC).astimezone(tz)
        key = (local.date(), "a", "cat")
        days[key] = days.get(key, 0) + 1
        hours[local.weekday()][local.hour] += 1
    return days, tuple(map(tuple, hours))


@pytest.mark.parametrize("tz", [AMSTERDAM, NEPAL, UTC, ZoneInfo("Australia/Lord_Howe")])
@settings(max_examples=20, deadline=None)
@given(
    visits=st.lists(
        st.integers(1_774_000_000, 1_794_268_800),
        max_size=40,
    )
)
def test_statistics_equal_counting_each_visit(tz, visits, tmp_path_factory):
    with Catalog(tmp_path_factory.mktemp("x") / "clips.db") as catalog:
        with catalog.database.transaction():
            for at in visits:
                catalog.visits.begin("a", "cat", at, None)
        statistics = catalog.visits.statistics(0, 2e9, tz)
        assert (dict(statistics.days), statistics.hours) == brute_force(visits, tz)


def test_statistics_of_25_hour_day_count_repeated_hour_twice(catalog):
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 summer time
    for hours in range(3):
        catalog.visits.begin("a", "cat", (first + timedelta(hours=hours)).timestamp(), None)
    statistics = catalog.visits.statistics(0, 2e9, AMSTERDAM)
    assert statistics.days == {(date(2026, 10, 25), "a", "cat"): 3}
    assert statistics.hours[6][2:4] == (2, 1)


def test_statistics_filter_by_camera_label_and_time(catalog):
    for at, camera_id, label in (
        (100, "a", "cat"),
        (200, "a", "dog"),
        (300, "b", "cat"),
        (900, "a", "cat"),
    ):
        catalog.visits.begin(camera_id, label, at, None)

    def total(*span, **filters):
        return sum(catalog.visits.statistics(*span, UTC, **filters).days.values())

    assert total(0, 1000) == 4
    assert total(100, 900) == 3
    assert total(0, 1000, cameras=("a",)) == 3
    assert total(0, 1000, cameras=("a", "b"), labels=("cat",)) == 3
    assert total(0, 1000, labels=()) == 0

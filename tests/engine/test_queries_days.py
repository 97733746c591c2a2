"""Days with clips of a camera, in local time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest
from test_catalog import clip, put

from custom_components.homesec.engine.core.types import ClipState
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.library.queries import SAVED, day_bounds

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def catalog(tmp_path):
    with Catalog(tmp_path / "clips.db") as index:
        yield index


def at(text, tz=UTC):
    return datetime.fromisoformat(text).replace(tzinfo=tz).timestamp()


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2027-03-28", 23), ("2027-10-31", 25), ("2027-06-01", 24)],
)
def test_day_bounds_follow_daylight_saving_time(day, hours):
    start, end = day_bounds(date.fromisoformat(day), BERLIN)
    assert (end - start) / 3600 == hours


@pytest.mark.parametrize(
    "tz",
    [
        "Europe/Berlin",
        "America/St_Johns",
        "Asia/Kathmandu",
        "Africa/Cairo",
        "Pacific/Apia",
        "America/Havana",
        "Asia/Beirut",
        "Antarctica/Troll",
        "UTC",
    ],
)
def test_day_bounds_of_year_have_no_gaps(tz):
    day = date(2027, 1, 1)
    end = None
    for _ in range(366):
        start, after = day_bounds(day, ZoneInfo(tz))
        assert end in (None, start)
        assert start < after
        assert datetime.fromtimestamp(after - 1, UTC).astimezone(ZoneInfo(tz)).date() == day
        day, end = day + timedelta(days=1), after


def test_days_count_clips_by_local_date(catalog):
    put(
        catalog,
        clip(at("2027-06-01T21:59:59.500")),  # Berlin: 23:59:59.5
        clip(at("2027-06-01T22:00:00")),
        clip(at("2027-06-01T22:00:01")),
    )
    assert catalog.queries.days("door", BERLIN) == [(date(2027, 6, 2), 2), (date(2027, 6, 1), 1)]
    assert catalog.queries.days("door", UTC) == [(date(2027, 6, 1), 3)]


def test_days_count_repeated_hour_in_one_day(catalog):
    night = at("2027-10-31T00:30", UTC)
    put(catalog, clip(night), clip(night + 3600))
    assert catalog.queries.days("door", BERLIN) == [(date(2027, 10, 31), 2)]


@settings(max_examples=30)
@given(
    st.lists(st.floats(1.8e9, 1.84e9), max_size=30),
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Africa/Cairo", "Asia/Kathmandu"]),
)
def test_days_count_every_clip_once(tmp_path_factory, moments, zone):
    tz = ZoneInfo(zone)
    with Catalog(tmp_path_factory.mktemp("catalog") / "clips.db") as catalog:
        catalog.database._db.execute("PRAGMA synchronous = OFF")
        put(catalog, *map(clip, moments))
        days = catalog.queries.days("door", tz)
        counts = {}
        for moment in moments:
            day = datetime.fromtimestamp(moment, UTC).astimezone(tz).date()
            counts[day] = counts.get(day, 0) + 1
        assert days == sorted(counts.items(), reverse=True)
        for day, count in days:
            since, until = day_bounds(day, tz)
            assert catalog.queries.count(replace(SAVED, since=since, until=until)) == count


def test_days_count_only_saved_clips_of_camera(catalog):
    put(
        catalog,
        clip(1.8e9, state=ClipState.FAILED),
        clip(1.8e9, state=ClipState.RECORDING),
        clip(1.8e9, camera_id="yard"),
    )
    assert catalog.queries.days("door", UTC) == []

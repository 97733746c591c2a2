"""All clips of a busy day can be reached in the media browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from homeassistant.components import media_source
from homeassistant.components.media_player import SearchMediaQuery
from homeassistant.util import dt as dt_util
from homesec_fixtures import CAMERA_ID, set_up
from hypothesis import given, strategies as st
import pytest
from ulid_transform import ulid_at_time

from custom_components.homesec.clips.media_folders import MAX_CLIPS, ClipFolder
from custom_components.homesec.engine.core.types import Clip, ClipState, Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

ZONE = ZoneInfo("Europe/Amsterdam")
NIGHT_OF_25_HOURS = datetime(2026, 10, 25, tzinfo=ZONE)
DAY = datetime(2026, 11, 21, tzinfo=ZONE)


def store(entry: MockConfigEntry, times: Iterable[float]) -> set[str]:
    """Store saved clips of these times without files; return their ids."""
    catalog, clips = entry.runtime_data.host.engine.catalog, []
    for at in times:
        clip_id = ulid_at_time(at)
        clips.append(
            Clip(
                id=clip_id,
                camera_id=CAMERA_ID,
                camera_name="Front door",
                state=ClipState.SAVED,
                trigger=Trigger.MOTION,
                started_at=at,
                event_at=at,
                duration_s=5.0,
                path=f"{CAMERA_ID}/day/{clip_id}.mp4",
                local=True,
            )
        )
    with catalog.database.transaction():
        for clip in clips:
            catalog.put(clip)
    return {clip.id for clip in clips}


async def reachable(hass: HomeAssistant, path: str) -> tuple[list[str], list[int]]:
    """Return the ids of the clips in a folder and below, and how many children each folder has."""
    folder = await media_source.async_browse_media(hass, f"media-source://homesec/{path}")
    assert not folder.not_shown
    clips, sizes = [], [len(folder.children or ())]
    for child in folder.children or ():
        assert child.identifier is not None
        if child.can_expand:
            found, below = await reachable(hass, child.identifier)
            clips, sizes = clips + found, sizes + below
        else:
            clips.append(child.identifier.removeprefix("clip/"))
    return clips, sizes


@pytest.mark.parametrize(
    ("start", "every_s"),
    [
        (DAY, 8.64),  # all day long
        (DAY + timedelta(hours=20), 0.35),  # all within an hour
        (NIGHT_OF_25_HOURS, 8.99),
    ],
)
async def test_each_of_ten_thousand_clips_of_a_day_is_shown_once(
    hass: HomeAssistant, entry: MockConfigEntry, start: datetime, every_s: float
) -> None:
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    await set_up(hass, entry)
    begin = start.timestamp()
    times = (begin + number * every_s for number in range(10_000))
    stored = await hass.async_add_executor_job(store, entry, times)
    clips, sizes = await reachable(hass, f"camera/{CAMERA_ID}/{start.date().isoformat()}")
    assert sorted(clips) == sorted(stored)
    assert max(sizes) <= MAX_CLIPS


async def test_hours_and_pages_say_what_is_in_them(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    await set_up(hass, entry)
    begin = (DAY + timedelta(hours=14)).timestamp()
    await hass.async_add_executor_job(store, entry, (begin + 6 * n for n in range(1100)))
    path = f"media-source://homesec/camera/{CAMERA_ID}/2026-11-21"
    day = await media_source.async_browse_media(hass, path)
    assert [child.title for child in day.children or ()] == ["15:00 (500)", "14:00 (600)"]
    hour = await media_source.async_browse_media(hass, f"{path}/14")
    assert hour.title == "2026-11-21 14:00"
    assert [child.title for child in hour.children or ()] == [
        "14:10:00 - 14:59:54 (500)",
        "14:00:00 - 14:09:54 (100)",
    ]
    query = SearchMediaQuery(search_query="motion")
    results = await media_source.async_search_media(hass, f"{path}/15", query)
    assert len(results.result) == 100
    assert results.result[0].title.startswith("Front door, 2026-11-21 15:49:54")


@given(
    at=st.floats(100_000, 4e9),
    hours=st.booleans(),
    zone=st.sampled_from(["Europe/Amsterdam", "Australia/Lord_Howe", "America/St_Johns", "UTC"]),
)
def test_folder_of_any_time_contains_it_and_is_found_by_its_identifier(
    at: float, hours: bool, zone: str
) -> None:
    before = dt_util.get_default_time_zone()
    dt_util.set_default_time_zone(ZoneInfo(zone))
    try:
        local = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone))
        hour = local.hour if hours else None
        folder = ClipFolder(camera_id=CAMERA_ID, day=local.date(), hour=hour)
        since, until = folder.span or (0.0, 0.0)
        assert since <= at < until
        assert ClipFolder.parse(folder.identifier) == folder
    finally:
        dt_util.set_default_time_zone(before)

"""Counts of visits: today's, right after a restart, anew at midnight."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from homesec_fixtures import (
    CAMERA_ID,
    CAT,
    ScriptedDetector,
    entity_id,
    pictures,
    set_up,
    state,
    until,
)
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

if TYPE_CHECKING:
    from freezegun.api import FrozenDateTimeFactory
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EVENING = datetime(2026, 11, 21, 23, 30, tzinfo=AMSTERDAM)


@pytest.fixture
async def feeder(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """A camera that looks for the cat, too; not set up yet."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    subentry = entry.subentries[CAMERA_ID]
    data = {**subentry.data, "labels": ["person", "cat"], "disarmed": "detect"}
    object.__setattr__(subentry, "data", data)
    return entry


async def visit(hass: HomeAssistant, entry: MockConfigEntry, *when: datetime) -> None:
    """Note visits of the cat, and have them read."""
    runtime = entry.runtime_data
    for at in when:
        await runtime.host.async_run_raw(
            runtime.host.engine.catalog.visits.begin, CAMERA_ID, "cat", at.timestamp(), None
        )
    runtime.visits.async_read()
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_visit_counts_when_it_begins(
    hass: HomeAssistant, feeder: MockConfigEntry, detector: ScriptedDetector
) -> None:
    await set_up(hass, feeder)
    await until(hass, lambda: state(hass, "sensor", "cat_visits") == "0")
    await pictures(hass, feeder)
    detector.sees = [CAT]
    await until(hass, lambda: state(hass, "sensor", "cat_visits") == "1")
    detector.sees = []
    await until(hass, lambda: state(hass, "binary_sensor", "cat_present") == "off")
    detector.sees = [CAT]
    await until(hass, lambda: state(hass, "sensor", "cat_visits") == "2")
    detector.sees = []


async def test_todays_visits_are_known_after_a_restart_and_yesterdays_are_not_among_them(
    hass: HomeAssistant, feeder: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(EVENING)
    await set_up(hass, feeder)
    await visit(hass, feeder, EVENING - timedelta(days=1), EVENING - timedelta(hours=2), EVENING)
    assert state(hass, "sensor", "cat_visits") == "2"
    await hass.config_entries.async_reload(feeder.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, "sensor", "cat_visits") == "2"


async def test_a_new_day_begins_at_midnight_of_the_house(
    hass: HomeAssistant, feeder: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(EVENING)
    await set_up(hass, feeder)
    await visit(hass, feeder, EVENING)
    freezer.move_to(EVENING + timedelta(minutes=29))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, "sensor", "cat_visits") == "1"
    freezer.move_to(EVENING + timedelta(minutes=30, seconds=1))
    async_fire_time_changed(hass)
    # Not until(): nothing passes while the clock stands.
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, "sensor", "cat_visits") == "0"


async def test_people_are_counted_for_whoever_asks_for_it(
    hass: HomeAssistant, feeder: MockConfigEntry
) -> None:
    await set_up(hass, feeder)
    entities = er.async_get(hass)
    disabled = {
        key: entities.entities[entity_id(hass, "sensor", key)].disabled
        for key in ("person_visits", "cat_visits", "person_last_visit", "cat_last_visit")
    }
    assert disabled == {
        "person_visits": True,
        "cat_visits": False,
        "person_last_visit": True,
        "cat_last_visit": True,
    }


async def test_the_last_visit_is_told_whatever_the_day(
    hass: HomeAssistant, feeder: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    await set_up(hass, feeder)
    entity_registry.async_update_entity(
        entity_id(hass, "sensor", "cat_last_visit"), disabled_by=None
    )
    await hass.config_entries.async_reload(feeder.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, "sensor", "cat_last_visit") == "unknown"
    await visit(hass, feeder, EVENING)
    assert state(hass, "sensor", "cat_last_visit") == "2026-11-21T22:30:00+00:00"


async def test_a_lost_camera_still_tells_what_was(
    hass: HomeAssistant, feeder: MockConfigEntry
) -> None:
    await set_up(hass, feeder)
    await visit(hass, feeder, dt_util.utcnow())
    feeder.runtime_data.cameras[CAMERA_ID].health = "lost"
    assert state(hass, "sensor", "cat_visits") == "1"


async def test_a_label_that_is_given_up_takes_its_counts_along(
    hass: HomeAssistant, feeder: MockConfigEntry
) -> None:
    await set_up(hass, feeder)
    (subentry,) = feeder.subentries.values()
    hass.config_entries.async_update_subentry(
        feeder, subentry, data={**subentry.data, "labels": ["person"]}
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    found = er.async_get(hass).async_get_entity_id("sensor", "homesec", f"{CAMERA_ID}_cat_visits")
    assert found is None

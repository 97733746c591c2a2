"""Sensors of today's visits and of the last one."""

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
    """An entry, not yet set up, whose camera detects people and cats."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    subentry = entry.subentries[CAMERA_ID]
    data = {**subentry.data, "labels": ["person", "cat"], "disarmed": "detect"}
    object.__setattr__(subentry, "data", data)
    return entry


async def visit(hass: HomeAssistant, entry: MockConfigEntry, *when: datetime) -> None:
    """Add visits of a cat, and read them."""
    runtime = entry.runtime_data
    for at in when:
        await runtime.host.async_run_raw(
            runtime.host.engine.catalog.visits.begin, CAMERA_ID, "cat", at.timestamp(), None
        )
    runtime.visits.async_read()
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_visit_is_counted_at_its_beginning(
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


async def test_visits_after_restart_include_only_today(
    hass: HomeAssistant, feeder: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(EVENING)
    await set_up(hass, feeder)
    await visit(hass, feeder, EVENING - timedelta(days=1), EVENING - timedelta(hours=2), EVENING)
    assert state(hass, "sensor", "cat_visits") == "2"
    await hass.config_entries.async_reload(feeder.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, "sensor", "cat_visits") == "2"


async def test_visits_reset_at_local_midnight(
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
    # Not until(), since no time passes with a frozen clock.
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, "sensor", "cat_visits") == "0"


async def test_person_visits_sensor_is_disabled_by_default(
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


async def test_last_visit_sensor_keeps_earlier_days(
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


async def test_visit_sensors_stay_available_when_camera_is_lost(
    hass: HomeAssistant, feeder: MockConfigEntry
) -> None:
    await set_up(hass, feeder)
    await visit(hass, feeder, dt_util.utcnow())
    feeder.runtime_data.cameras[CAMERA_ID].health = "lost"
    assert state(hass, "sensor", "cat_visits") == "1"


async def test_removed_label_removes_its_visit_sensors(
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

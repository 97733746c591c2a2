"""Repair issues of cameras whose wake sensors are gone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState
from homeassistant.util import dt as dt_util
from homesec_fixtures import CAMERA_ID, set_up
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.homesec.cameras.sensor_check import ISSUE, SETTLE_S
from custom_components.homesec.const import DOMAIN

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from homeassistant.helpers import issue_registry as ir
    from pytest_homeassistant_custom_component.common import MockConfigEntry

PIR, BELL = "binary_sensor.hall_motion", "event.doorbell"
BOTH = {"wake_sensors": [PIR], "trusted_sensors": [BELL]}
ISSUE_ID = f"camera_{CAMERA_ID}_sensors"


def configure(entry: MockConfigEntry, **settings: object) -> None:
    subentry = entry.subentries[CAMERA_ID]
    object.__setattr__(subentry, "data", {**subentry.data, **settings})


async def settle(hass: HomeAssistant) -> None:
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=SETTLE_S + 1))
    await hass.async_block_till_done()


def gone(issues: ir.IssueRegistry) -> str | None:
    """Return the sensors that the issue names; None without one."""
    issue = issues.async_get_issue(DOMAIN, ISSUE_ID)
    if issue is None:
        return None
    assert issue.translation_key == ISSUE
    assert issue.is_fixable
    placeholders = issue.translation_placeholders or {}
    assert placeholders["camera"] == "Front door"
    return placeholders["sensors"]


async def test_sensor_that_never_existed_is_reported_once_home_assistant_has_settled(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    hass.states.async_set(PIR, "unavailable")
    configure(entry, **BOTH)
    hass.set_state(CoreState.not_running)
    await set_up(hass, entry)
    await settle(hass)
    assert gone(issue_registry) is None
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    assert gone(issue_registry) is None
    await settle(hass)
    assert gone(issue_registry) == BELL
    hass.states.async_set(BELL, "unknown")
    await hass.async_block_till_done()
    assert gone(issue_registry) is None


async def test_sensor_that_disappears_is_reported_unless_it_comes_back(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    for sensor in (PIR, BELL):
        hass.states.async_set(sensor, "unknown")
    configure(entry, **BOTH)
    await set_up(hass, entry)
    await settle(hass)
    hass.states.async_remove(PIR)
    await hass.async_block_till_done()
    hass.states.async_set(PIR, "off")
    await settle(hass)
    assert gone(issue_registry) is None
    hass.states.async_remove(PIR)
    hass.states.async_remove(BELL)
    await hass.async_block_till_done()
    assert gone(issue_registry) is None
    await settle(hass)
    assert gone(issue_registry) == f"{PIR}, {BELL}"


async def test_issue_ends_with_other_settings_and_with_the_camera(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    configure(entry, **BOTH)
    await set_up(hass, entry)
    await settle(hass)
    assert gone(issue_registry) == f"{PIR}, {BELL}"
    camera = entry.subentries[CAMERA_ID]
    hass.config_entries.async_update_subentry(
        entry, camera, data={**camera.data, "wake_sensors": [], "trusted_sensors": []}
    )
    await hass.async_block_till_done()
    assert gone(issue_registry) is None
    hass.config_entries.async_update_subentry(entry, camera, data={**camera.data, **BOTH})
    await hass.async_block_till_done()
    assert gone(issue_registry) is not None
    hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
    await hass.async_block_till_done()
    assert gone(issue_registry) is None


async def test_nothing_is_reported_after_unload(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    configure(entry, **BOTH)
    await set_up(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)
    assert gone(issue_registry) is None

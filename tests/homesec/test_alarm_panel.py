"""The panel that people and automations arm and disarm."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from homeassistant.core import Context
from homeassistant.util import dt as dt_util
from homesec_house import arm, call, entity_id, set_up, state
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

if TYPE_CHECKING:
    from freezegun.api import FrozenDateTimeFactory
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

STORE = "homesec.alarm"


def panel(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    return entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)


@pytest.fixture
def entry(entry: MockConfigEntry, hass_storage: dict[str, Any]) -> MockConfigEntry:
    """The house without cameras: what follows is about the panel alone."""
    object.__setattr__(entry, "subentries", {})
    return entry


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("arm_home", "armed_home"),
        ("arm_away", "armed_away"),
        ("arm_night", "armed_night"),
        ("arm_vacation", "armed_vacation"),
        ("arm_custom_bypass", "armed_custom_bypass"),
        ("disarm", "disarmed"),
        ("trigger", "triggered"),
    ],
)
async def test_every_action_leads_to_its_state_and_to_the_disk(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    action: str,
    expected: str,
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry, action)
    assert hass.states.get(panel(hass, entry)).state == expected
    stored = hass_storage[STORE]["data"]
    assert (stored["triggered_at"] is not None) is (action == "trigger")


async def test_who_armed_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    await set_up(hass, entry)
    await hass.services.async_call(
        "alarm_control_panel",
        "alarm_arm_night",
        {"entity_id": panel(hass, entry)},
        blocking=True,
        context=Context(user_id=hass_admin_user.id),
    )
    assert hass.states.get(panel(hass, entry)).attributes["changed_by"] == hass_admin_user.name
    await arm(hass, entry, "disarm")
    assert hass.states.get(panel(hass, entry)).attributes["changed_by"] is None


async def test_a_triggered_alarm_calms_down_by_itself(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry, "arm_away")
    await arm(hass, entry, "trigger")
    for seconds, expected in ((179, "triggered"), (1, "armed_away")):
        freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
        assert state(hass, "alarm_control_panel", "alarm", entry.entry_id) == expected


@pytest.mark.parametrize(("away_s", "expected"), [(60, "triggered"), (600, "armed_night")])
async def test_after_a_restart_it_is_what_facts_and_clock_say(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    away_s: int,
    expected: str,
) -> None:
    at = dt_util.utcnow().timestamp()
    hass_storage[STORE] = {
        "version": 1,
        "minor_version": 1,
        "key": STORE,
        "data": {
            "mode": "night",
            "changed_at": at - 3600,
            "changed_by": "Ann",
            "triggered_at": at,
            "triggered_by": "Front door",
        },
    }
    freezer.tick(timedelta(seconds=away_s))
    await set_up(hass, entry)
    found = hass.states.get(panel(hass, entry))
    assert found.state == expected
    assert found.attributes["changed_by"] == "Ann"
    assert found.attributes["triggered_by"] == ("Front door" if expected == "triggered" else None)
    freezer.tick(timedelta(seconds=180 - 60))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert hass.states.get(panel(hass, entry)).state == "armed_night"


async def test_an_unreadable_store_is_told_and_starts_disarmed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    hass_storage[STORE] = {"version": 1, "minor_version": 1, "key": STORE, "data": {"mode": "?"}}
    await set_up(hass, entry)
    assert hass.states.get(panel(hass, entry)).state == "disarmed"
    assert "unreadable" in caplog.text


async def test_removing_the_house_forgets_the_alarm(
    hass: HomeAssistant, entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry, "arm_away")
    assert STORE in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    assert STORE not in hass_storage


async def test_the_alarm_survives_a_reload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await set_up(hass, entry)
    await arm(hass, entry, "arm_vacation")
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get(panel(hass, entry)).state == "armed_vacation"
    await call(hass, "alarm_control_panel", "alarm_disarm", panel(hass, entry))
    assert hass.states.get(panel(hass, entry)).state == "disarmed"

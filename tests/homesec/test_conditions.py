"""Conditions of automations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeassistant.exceptions import ConditionError
from homeassistant.helpers import condition as ha_condition
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
from homesec_fixtures import (
    CAMERA_ID,
    CAT,
    DRIVE,
    PERSON,
    arm,
    call,
    camera,
    entity_id,
    pictures,
    set_up,
    state,
    until,
)
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

import custom_components.homesec
from custom_components.homesec.alarm.machine import AlarmState
from custom_components.homesec.condition import CONDITIONS, HomeSecCondition
from custom_components.homesec.const import DOMAIN

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from homesec_fixtures import ScriptedDetector

ROOT = Path(custom_components.homesec.__file__).parent
GARDEN_ID = "01K0CAMERA0000000000000002"


@pytest.fixture
def entry(video: Path) -> MockConfigEntry:
    """An entry with two cameras, one of them active in no mode."""
    labels = ["person", "cat"]
    return MockConfigEntry(
        domain=DOMAIN,
        title="HomeSec",
        data={"detector": "ncnn"},
        subentries_data=[
            camera("Front door", video, camera_id=CAMERA_ID, labels=labels, zones=[DRIVE]),
            camera("Garden", video, camera_id=GARDEN_ID, labels=labels, armed_modes=[]),
        ],
    )


async def is_met(hass: HomeAssistant, condition: str, **config: Any) -> bool | None:
    """Check a condition as an automation would."""
    config = {"condition": f"homesec.{condition}", **config}
    config = await ha_condition.async_validate_condition_config(hass, config)
    checker = await ha_condition.async_from_config(hass, config)
    try:
        return checker.async_check()
    finally:
        checker.async_unload()


async def set_up_with_automation(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await async_setup_component(hass, "automation", {})
    await set_up(hass, entry)


def test_conditions_match_their_descriptions() -> None:
    described = load_yaml_dict(str(ROOT / "conditions.yaml"))
    described = {key: value for key, value in described.items() if key[0] != "."}
    assert described.keys() == CONDITIONS.keys()
    for key, text in described.items():
        kind = CONDITIONS[key]
        assert issubclass(kind, HomeSecCondition)
        schema = {str(name): value for name, value in kind.schema.schema.items()}
        assert set(text["fields"]) == set(map(str, schema["options"]))
        assert ("target" in text) is ("target" in schema)


async def test_home_assistant_lists_conditions(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await set_up_with_automation(hass, entry)
    offered = await ha_condition.async_get_all_descriptions(hass)
    assert {f"homesec.{key}" for key in CONDITIONS} <= offered.keys()
    assert all(offered[f"homesec.{key}"] is not None for key in CONDITIONS)


async def test_is_armed_checks_mode(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await set_up_with_automation(hass, entry)
    assert not await is_met(hass, "is_armed")
    await arm(hass, entry, "arm_away")
    assert await is_met(hass, "is_armed")
    assert await is_met(hass, "is_armed", options={"mode": ["home", "away"]})
    assert await is_met(hass, "is_armed", options={"mode": []})
    assert not await is_met(hass, "is_armed", options={"mode": "night"})
    await arm(hass, entry, "disarm")
    assert not await is_met(hass, "is_armed")


async def test_is_present_follows_presence(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    await set_up_with_automation(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
    assert not await is_met(hass, "is_present")
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "binary_sensor", "zone_Drive") == "on")
    door = {"entity_id": entity_id(hass, "camera", "camera")}
    garden = {"entity_id": entity_id(hass, "camera", "camera", GARDEN_ID)}
    assert await is_met(hass, "is_present")
    assert await is_met(hass, "is_present", target=door, options={"label": ["person", "dog"]})
    assert not await is_met(hass, "is_present", options={"label": "cat"})
    assert not await is_met(hass, "is_present", target=garden)
    # The second camera has no presence.
    assert not await is_met(hass, "is_present", options={"behavior": "all"})
    assert await is_met(hass, "is_present", target=door, options={"behavior": "all"})
    assert await is_met(hass, "is_present", options={"zone": "Drive", "label": "person"})
    assert not await is_met(hass, "is_present", options={"zone": "Drive", "label": "cat"})
    assert not await is_met(hass, "is_present", options={"zone": ["Road"]})


async def test_is_present_with_zone_ignores_objects_outside(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    await set_up_with_automation(hass, entry)
    await arm(hass, entry)
    detector.sees = [CAT]
    await until(hass, lambda: state(hass, "binary_sensor", "cat_present") == "on")
    assert await is_met(hass, "is_present", options={"label": "cat"})
    assert not await is_met(hass, "is_present", options={"zone": "Drive"})


async def test_is_recording_follows_clips(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await set_up_with_automation(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
    garden = {"device_id": entry.runtime_data.devices.id_of(GARDEN_ID)}
    assert not await is_met(hass, "is_recording")
    switch = entity_id(hass, "switch", "recording")
    await call(hass, "switch", "turn_on", switch)
    await until(hass, lambda: entry.runtime_data.cameras[CAMERA_ID].recording)
    assert await is_met(hass, "is_recording")
    assert not await is_met(hass, "is_recording", target=garden)
    await call(hass, "switch", "turn_off", switch)
    await until(hass, lambda: not entry.runtime_data.cameras[CAMERA_ID].recording)
    assert not await is_met(hass, "is_recording")


async def test_is_snoozed_follows_snooze(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await set_up_with_automation(hass, entry)
    door = {"device_id": entry.runtime_data.devices.id_of(CAMERA_ID)}
    assert not await is_met(hass, "is_snoozed")
    await hass.services.async_call(
        DOMAIN, "snooze", {**door, "duration": {"minutes": 30}}, blocking=True
    )
    assert await is_met(hass, "is_snoozed")
    assert await is_met(hass, "is_snoozed", target=door, options={"behavior": "all"})
    assert not await is_met(hass, "is_snoozed", options={"behavior": "all"})
    await hass.services.async_call(DOMAIN, "snooze", {**door, "duration": 0}, blocking=True)
    assert not await is_met(hass, "is_snoozed")


async def test_is_armed_is_false_during_exit_delay(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    data = {**entry.data, "alarm": {"delays": {"away": {"exit_s": 60}}}}
    object.__setattr__(entry, "data", data)
    await set_up_with_automation(hass, entry)
    await arm(hass, entry)
    assert entry.runtime_data.alarm.state is AlarmState.ARMING
    assert not await is_met(hass, "is_armed")


async def test_condition_without_cameras_is_false(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up_with_automation(hass, entry)
    removed = {"entity_id": "camera.sold_long_ago"}
    for behavior in ("any", "all"):
        options = {"behavior": behavior}
        assert not await is_met(hass, "is_recording", target=removed, options=options)


async def test_condition_without_loaded_entry_raises(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up_with_automation(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ConditionError, match="not set up"):
        await is_met(hass, "is_armed")


@pytest.mark.parametrize(
    ("condition", "config"),
    [
        ("is_armed", {"options": {"mode": "holiday"}}),
        ("is_armed", {"target": {"entity_id": "alarm_control_panel.home"}}),
        ("is_present", {"options": {"behavior": "most"}}),
        ("is_recording", {"options": {"label": "cat"}}),
    ],
)
async def test_invalid_condition_config_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, condition: str, config: dict[str, Any]
) -> None:
    await set_up_with_automation(hass, entry)
    with pytest.raises(probatio.Invalid):
        await is_met(hass, condition, **config)

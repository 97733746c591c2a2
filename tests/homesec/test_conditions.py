"""An automation asks the house: is it armed, is somebody there, is it recorded?"""

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
from custom_components.homesec.condition import CONDITIONS, HomeSecCondition
from custom_components.homesec.const import DOMAIN

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from homesec_fixtures import ScriptedDetector

ROOT = Path(custom_components.homesec.__file__).parent
GARDEN_ID = "01K0CAMERA0000000000000002"


@pytest.fixture
def entry(video: Path) -> MockConfigEntry:
    """A house with two cameras, of which only the first looks at once."""
    labels = ["person", "cat"]
    return MockConfigEntry(
        domain=DOMAIN,
        title="HomeSec",
        data={"detector": "ncnn"},
        subentries_data=[
            camera("Front door", video, camera_id=CAMERA_ID, labels=labels, zones=[DRIVE]),
            camera("Garden", video, camera_id=GARDEN_ID, labels=labels, detection=False),
        ],
    )


async def is_so(hass: HomeAssistant, condition: str, **config: Any) -> bool | None:
    """Check a condition as an automation would."""
    config = {"condition": f"homesec.{condition}", **config}
    config = await ha_condition.async_validate_condition_config(hass, config)
    checker = await ha_condition.async_from_config(hass, config)
    try:
        return checker.async_check()
    finally:
        checker.async_unload()


async def ready(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await async_setup_component(hass, "automation", {})
    await set_up(hass, entry)


def test_conditions_are_described_as_they_are() -> None:
    described = load_yaml_dict(str(ROOT / "conditions.yaml"))
    described = {key: value for key, value in described.items() if key[0] != "."}
    assert described.keys() == CONDITIONS.keys()
    for key, text in described.items():
        kind = CONDITIONS[key]
        assert issubclass(kind, HomeSecCondition)
        schema = {str(name): value for name, value in kind.schema.schema.items()}
        assert set(text["fields"]) == set(map(str, schema["options"]))
        assert ("target" in text) is ("target" in schema)


async def test_home_assistant_offers_them(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await ready(hass, entry)
    offered = await ha_condition.async_get_all_descriptions(hass)
    assert {f"homesec.{key}" for key in CONDITIONS} <= offered.keys()
    assert all(offered[f"homesec.{key}"] is not None for key in CONDITIONS)


async def test_the_alarm_is_armed_in_a_mode(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await ready(hass, entry)
    assert not await is_so(hass, "is_armed")
    await arm(hass, entry, "arm_away")
    assert await is_so(hass, "is_armed")
    assert await is_so(hass, "is_armed", options={"mode": ["home", "away"]})
    assert await is_so(hass, "is_armed", options={"mode": []})
    assert not await is_so(hass, "is_armed", options={"mode": "night"})
    await arm(hass, entry, "disarm")
    assert not await is_so(hass, "is_armed")


async def test_somebody_is_present(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    await ready(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
    assert not await is_so(hass, "is_present")
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "binary_sensor", "zone_Drive") == "on")
    door = {"entity_id": entity_id(hass, "camera", "camera")}
    garden = {"entity_id": entity_id(hass, "camera", "camera", GARDEN_ID)}
    assert await is_so(hass, "is_present")
    assert await is_so(hass, "is_present", target=door, options={"label": ["person", "dog"]})
    assert not await is_so(hass, "is_present", options={"label": "cat"})
    assert not await is_so(hass, "is_present", target=garden)
    # Of all cameras it is not so: the garden's does not look.
    assert not await is_so(hass, "is_present", options={"behavior": "all"})
    assert await is_so(hass, "is_present", target=door, options={"behavior": "all"})
    assert await is_so(hass, "is_present", options={"zone": "Drive", "label": "person"})
    assert not await is_so(hass, "is_present", options={"zone": "Drive", "label": "cat"})
    assert not await is_so(hass, "is_present", options={"zone": ["Road"]})


async def test_a_cat_outside_the_zone_is_present_but_not_in_it(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    await ready(hass, entry)
    await arm(hass, entry)
    detector.sees = [CAT]
    await until(hass, lambda: state(hass, "binary_sensor", "cat_present") == "on")
    assert await is_so(hass, "is_present", options={"label": "cat"})
    assert not await is_so(hass, "is_present", options={"zone": "Drive"})


async def test_a_clip_is_recorded(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await ready(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
    garden = {"device_id": entry.runtime_data.devices.id_of(GARDEN_ID)}
    assert not await is_so(hass, "is_recording")
    switch = entity_id(hass, "switch", "recording")
    await call(hass, "switch", "turn_on", switch)
    await until(hass, lambda: entry.runtime_data.cameras[CAMERA_ID].recording)
    assert await is_so(hass, "is_recording")
    assert not await is_so(hass, "is_recording", target=garden)
    await call(hass, "switch", "turn_off", switch)
    await until(hass, lambda: not entry.runtime_data.cameras[CAMERA_ID].recording)
    assert not await is_so(hass, "is_recording")


async def test_a_camera_is_snoozed(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await ready(hass, entry)
    door = {"device_id": entry.runtime_data.devices.id_of(CAMERA_ID)}
    assert not await is_so(hass, "is_snoozed")
    await hass.services.async_call(
        DOMAIN, "snooze", {**door, "duration": {"minutes": 30}}, blocking=True
    )
    assert await is_so(hass, "is_snoozed")
    assert await is_so(hass, "is_snoozed", target=door, options={"behavior": "all"})
    assert not await is_so(hass, "is_snoozed", options={"behavior": "all"})
    await hass.services.async_call(DOMAIN, "snooze", {**door, "duration": 0}, blocking=True)
    assert not await is_so(hass, "is_snoozed")


async def test_time_to_leave_is_not_armed_yet(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    data = {**entry.data, "alarm": {"delays": {"away": {"exit_s": 60}}}}
    object.__setattr__(entry, "data", data)
    await ready(hass, entry)
    await arm(hass, entry)
    assert entry.runtime_data.alarm.arming
    assert not await is_so(hass, "is_armed")


async def test_of_no_camera_at_all_nothing_is_so(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await ready(hass, entry)
    gone = {"entity_id": "camera.sold_long_ago"}
    for behavior in ("any", "all"):
        options = {"behavior": behavior}
        assert not await is_so(hass, "is_recording", target=gone, options=options)


async def test_without_a_house_there_is_an_error_rather_than_an_answer(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await ready(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ConditionError, match="not set up"):
        await is_so(hass, "is_armed")


@pytest.mark.parametrize(
    ("condition", "config"),
    [
        ("is_armed", {"options": {"mode": "holiday"}}),
        ("is_armed", {"target": {"entity_id": "alarm_control_panel.home"}}),
        ("is_present", {"options": {"behavior": "most"}}),
        ("is_recording", {"options": {"label": "cat"}}),
    ],
)
async def test_what_makes_no_sense_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, condition: str, config: dict[str, Any]
) -> None:
    await ready(hass, entry)
    with pytest.raises(probatio.Invalid):
        await is_so(hass, condition, **config)

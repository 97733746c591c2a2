"""Triggers of automations."""

from __future__ import annotations

from pathlib import Path
import re
from typing import TYPE_CHECKING, Any

from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
    trigger as ha_trigger,
)
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
from homesec_fixtures import CAMERA_ID, camera, entity_id, set_up
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

import custom_components.homesec
from custom_components.homesec import const
from custom_components.homesec.trigger import TRIGGERS, BusTrigger

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant, ServiceCall

ROOT = Path(custom_components.homesec.__file__).parent
GARDEN_ID = "01K0CAMERA0000000000000002"
EVENTS = {
    value
    for name, value in vars(const).items()
    if name.startswith("EVENT_") and isinstance(value, str)
}


@pytest.fixture
def entry(video: Path) -> MockConfigEntry:
    """An entry with two cameras."""
    return MockConfigEntry(
        domain=const.DOMAIN,
        title="HomeSec",
        data={"detector": "ncnn"},
        subentries_data=[
            camera("Front door", video, camera_id=CAMERA_ID),
            camera("Garden", video, camera_id=GARDEN_ID),
        ],
    )


async def wait_for(hass: HomeAssistant, trigger: str, **config: Any) -> list[ServiceCall]:
    """Set up an automation with a trigger; return the list of its runs."""
    calls = async_mock_service(hass, "test", "automation")
    automation = {
        "alias": "Test",
        "triggers": [{"trigger": f"homesec.{trigger}", **config}],
        "actions": [
            {
                "action": "test.automation",
                "data": {"data": "{{ trigger.event.data }}", "by": "{{ trigger.description }}"},
            }
        ],
    }
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    return calls


async def fire(hass: HomeAssistant, entry: MockConfigEntry, event: str, **data: Any) -> None:
    """Fire an event of the first camera, unless another is given."""
    camera_id = data.pop("camera_id", CAMERA_ID)
    device_id = entry.runtime_data.devices.id_of(camera_id)
    common = {"camera_id": camera_id, "device_id": device_id} if camera_id else {}
    hass.bus.async_fire(f"homesec_{event}", {**common, **data})
    await hass.async_block_till_done()


def test_every_bus_event_has_trigger() -> None:
    triggers = {key: kind for key, kind in TRIGGERS.items() if issubclass(kind, BusTrigger)}
    assert {kind.event_type for kind in triggers.values()} == EVENTS
    assert {f"homesec_{key}" for key in triggers} == EVENTS


def test_triggers_match_their_descriptions() -> None:
    described = load_yaml_dict(str(ROOT / "triggers.yaml"))
    described = {key: value or {} for key, value in described.items() if key[0] != "."}
    assert described.keys() == TRIGGERS.keys()
    for key, text in described.items():
        kind = TRIGGERS[key]
        assert issubclass(kind, BusTrigger)
        assert set(text.get("fields", {})) == set(kind.options)
        assert ("target" in text) is ("target" in map(str, kind.schema.schema))
        for name in ("label", "mode"):
            known = {"label": const.LABELS, "mode": ("home", "away", "night", "vacation", "custom")}
            if name in text.get("fields", {}):
                options = text["fields"][name]["selector"]["select"]["options"]
                assert tuple(options) == known[name]


async def test_home_assistant_lists_triggers(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await async_setup_component(hass, "automation", {})
    await set_up(hass, entry)
    offered = await ha_trigger.async_get_all_descriptions(hass)
    assert {f"homesec.{key}" for key in TRIGGERS} <= offered.keys()
    assert all(offered[f"homesec.{key}"] is not None for key in TRIGGERS)


@pytest.mark.parametrize("key", TRIGGERS)
async def test_trigger_passes_event_data(
    hass: HomeAssistant, entry: MockConfigEntry, key: str
) -> None:
    await set_up(hass, entry)
    calls = await wait_for(hass, key)
    for other in TRIGGERS:
        if other != key:
            await fire(hass, entry, other)
    assert not calls
    await fire(hass, entry, key, score=0.87)
    assert len(calls) == 1
    assert calls[0].data["data"]["camera_id"] == CAMERA_ID
    assert calls[0].data["data"]["score"] == 0.87
    assert re.fullmatch(r"(an?|the) [\w' ]+", calls[0].data["by"])


@pytest.mark.parametrize(
    ("key", "option", "meant", "other"),
    [
        ("detection_started", "label", {"label": "cat"}, {"label": "person"}),
        ("detection_started", "zone", {"zones": ["Road", "Drive"]}, {"zones": ["Road"]}),
        ("detection_ended", "label", {"label": "cat"}, {"label": None}),
        ("zone_entered", "zone", {"zone": "Drive"}, {"zone": "Road"}),
        ("zone_left", "zone", {"zone": "Drive"}, {"zone": "Road"}),
        ("clip_saved", "label", {"label": "cat"}, {"label": None}),
        ("alarm_armed", "mode", {"mode": "away"}, {"mode": "home"}),
        ("alarm_pending", "mode", {"mode": "away"}, {"mode": "home"}),
        ("alarm_triggered", "mode", {"mode": "away"}, {"mode": "home"}),
        ("alarm_refused", "reason", {"reason": "locked_out"}, {"reason": "wrong_code"}),
        ("alert", "kind", {"kind": "alarm"}, {"kind": "seen"}),
        ("alert", "zone", {"zones": ["Drive"]}, {"zones": []}),
        ("alert_updated", "kind", {"kind": "alarm"}, {"kind": "seen"}),
    ],
)
async def test_trigger_options_filter_events(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    key: str,
    option: str,
    meant: dict[str, Any],
    other: dict[str, Any],
) -> None:
    wanted = {"label": ["cat", "dog"], "zone": "Drive", "mode": "away", "kind": ["alarm"]}
    wanted["reason"] = ["locked_out"]
    await set_up(hass, entry)
    calls = await wait_for(hass, key, options={option: wanted[option]})
    await fire(hass, entry, key, **other)
    assert not calls
    await fire(hass, entry, key, **meant)
    assert len(calls) == 1


async def test_trigger_with_empty_option_matches_all(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    calls = await wait_for(hass, "clip_saved", options={"label": []})
    await fire(hass, entry, "clip_saved", label=None)
    assert len(calls) == 1


@pytest.mark.parametrize("by", ["entity", "camera", "device", "area", "floor", "label"])
async def test_trigger_target_filters_cameras(
    hass: HomeAssistant, entry: MockConfigEntry, by: str
) -> None:
    await set_up(hass, entry)
    device_id = entry.runtime_data.devices.id_of(GARDEN_ID)
    floor = fr.async_get(hass).async_create("Ground").floor_id
    area = ar.async_get(hass).async_create("Outside", floor_id=floor).id
    label = lr.async_get(hass).async_create("Outdoors").label_id
    target = {
        "entity": {"entity_id": entity_id(hass, "binary_sensor", "person_present", GARDEN_ID)},
        "camera": {"entity_id": [entity_id(hass, "camera", "camera", GARDEN_ID)]},
        "device": {"device_id": device_id},
        "area": {"area_id": area},
        "floor": {"floor_id": floor},
        "label": {"label_id": label},
    }[by]
    calls = await wait_for(hass, "detection_started", target=target)
    # Areas and labels can change after the automation was set up.
    dr.async_get(hass).async_update_device(device_id, area_id=area, labels={label})
    await fire(hass, entry, "detection_started", camera_id=CAMERA_ID)
    assert not calls
    await fire(hass, entry, "detection_started", camera_id=GARDEN_ID)
    assert len(calls) == 1


async def test_trigger_target_exclude_leaves_out_camera(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    area = ar.async_get(hass).async_create("Outside").id
    devices = {each: entry.runtime_data.devices.id_of(each) for each in (CAMERA_ID, GARDEN_ID)}
    for device_id in devices.values():
        dr.async_get(hass).async_update_device(device_id, area_id=area)
    target = {"area_id": area, "exclude": {"device_id": devices[CAMERA_ID]}}
    calls = await wait_for(hass, "clip_saved", target=target)
    await fire(hass, entry, "clip_saved", camera_id=CAMERA_ID)
    assert not calls
    await fire(hass, entry, "clip_saved", camera_id=GARDEN_ID)
    assert len(calls) == 1


async def test_trigger_with_target_ignores_alarm_without_camera(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    device_id = entry.runtime_data.devices.id_of(CAMERA_ID)
    calls = await wait_for(hass, "alarm_triggered", target={"device_id": device_id})
    await fire(hass, entry, "alarm_triggered", camera_id=None, triggered_by="Anna")
    assert not calls
    await fire(hass, entry, "alarm_triggered")
    assert len(calls) == 1


@pytest.mark.parametrize("by", ["camera", "zone"])
async def test_alert_trigger_fires_when_update_makes_alert_match(
    hass: HomeAssistant, entry: MockConfigEntry, by: str
) -> None:
    await set_up(hass, entry)
    door, garden = (entry.runtime_data.devices.id_of(each) for each in (CAMERA_ID, GARDEN_ID))
    config = {"camera": {"target": {"device_id": garden}}, "zone": {"options": {"zone": "Drive"}}}
    calls = await wait_for(hass, "alert", **config[by])
    here = {"device_ids": [door], "zones": []}
    there = {"device_ids": [door, garden], "zones": ["Drive"]}
    await fire(hass, entry, "alert", alert_id="1", **here)
    await fire(hass, entry, "alert_updated", alert_id="1", **here)
    # An update of an alert whose beginning the trigger missed doesn't count.
    await fire(hass, entry, "alert_updated", alert_id="2", **there)
    assert not calls
    for _ in range(2):
        await fire(hass, entry, "alert_updated", alert_id="1", **there)
        assert len(calls) == 1
    await fire(hass, entry, "alert", alert_id="3", **there)
    await fire(hass, entry, "alert_updated", alert_id="3", **there)
    assert len(calls) == 2
    assert calls[1].data["data"]["alert_id"] == "3"


async def test_trigger_with_removed_target_never_fires(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    entity = entity_id(hass, "camera", "camera", GARDEN_ID)
    calls = await wait_for(hass, "clip_saved", target={"entity_id": entity})
    er.async_get(hass).async_remove(entity)
    await fire(hass, entry, "clip_saved", camera_id=GARDEN_ID)
    await fire(hass, entry, "clip_saved", camera_id=CAMERA_ID)
    assert not calls


@pytest.mark.parametrize(
    "config",
    [
        {"options": {"colour": "red"}},
        {"options": {"label": {"a": "dictionary"}}},
        {"target": {"street_id": "elm"}},
    ],
)
async def test_invalid_trigger_config_is_refused(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    config: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    await set_up(hass, entry)
    calls = await wait_for(hass, "clip_saved", **config)
    assert "could not be validated" in caplog.text or "failed to setup triggers" in caplog.text
    await fire(hass, entry, "clip_saved")
    assert not calls


@pytest.mark.parametrize("key", ["clip_saved", "alert"])
async def test_disabled_automation_stops_listening(
    hass: HomeAssistant, entry: MockConfigEntry, key: str
) -> None:
    await set_up(hass, entry)
    calls = await wait_for(hass, key)
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "automation.test"}, blocking=True
    )
    await fire(hass, entry, key)
    assert not calls


def test_duress_trigger_description_does_not_reveal_duress() -> None:
    """The logbook, which an intruder may read, shows it as "triggered by …"."""
    description = TRIGGERS["alarm_duress"].description
    assert description == TRIGGERS["alarm_disarmed"].description

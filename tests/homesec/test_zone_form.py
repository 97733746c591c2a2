"""Zones and rules in the camera's settings form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from camera_forms import (
    SETTINGS,
    STREAM,
    start_adding,
    start_reconfiguring,
    submit_subentry,
    suggested_values,
)
from homesec_fixtures import CAMERA_ID, DRIVE, ROAD, set_up
from hypothesis import given, strategies as st
import probatio
import pytest

from custom_components.homesec.cameras.config import camera_config, zone_names
from custom_components.homesec.cameras.zones import MAX_CORNERS, MAX_ZONES
from custom_components.homesec.engine.core.types import LabelRule, Zone, ZoneKind
from custom_components.homesec.flows.zone_form import format_zones, read_zones

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

KINDS = {
    "required": "Required",
    "noted": "Occupancy",
    "mask": "Mask",
}
ZONE = SETTINGS["zones"]["zones"][0]


def settings(*zones: dict[str, Any], rules: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    advanced = {**SETTINGS["advanced"], "rules": list(rules)}
    return {**SETTINGS, "zones": {"zones": list(zones)}, "advanced": advanced}


def _section(error: str) -> str:
    return "advanced" if error.startswith("rule_") else "zones"


async def test_typed_zones_and_rules_reach_engine(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    await submit_subentry(
        hass, await submit_subentry(hass, await start_adding(hass, entry), STREAM), SETTINGS
    )
    [camera] = [s for s in entry.get_subentries_of_type("camera") if s.title == "Garden"]
    config = camera_config(camera)
    assert config.rules == (
        LabelRule(label="person"),
        LabelRule(label="cat", threshold=0.35, min_height=0.05, records=False),
    )
    assert config.zones == (
        Zone(
            name="Drive",
            polygon=((0.1, 0.2), (0.605, 0.2), (0.605, 0.9), (0.1, 0.9)),
            kind=ZoneKind.REQUIRED,
            labels=("person",),
            loiter_s=2.5,
        ),
    )


async def test_camera_without_zone_data_loads(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    config = camera_config(entry.subentries[CAMERA_ID])
    assert config.zones == ()
    assert config.rules == (LabelRule(label="person"),)
    source = {"kind": "file", "file": entry.subentries[CAMERA_ID].data["file"]}
    shown = await submit_subentry(hass, await start_reconfiguring(hass, entry, CAMERA_ID), source)
    response = suggested_values(shown)["response"]
    assert (response["record_labels"], response["alarm_labels"]) == ([], ["person"])
    assert suggested_values(shown)["zones"] == {"zones": []}
    assert suggested_values(shown)["advanced"]["rules"] == []
    # A field that is left out is the same as an empty one.
    few = {k: v for k, v in SETTINGS.items() if k != "zones"}
    optional = ("record_labels", "alarm_labels")
    few["response"] = {k: v for k, v in SETTINGS["response"].items() if k not in optional}
    few["advanced"] = {k: v for k, v in SETTINGS["advanced"].items() if k != "rules"}
    done = await submit_subentry(hass, shown, few)
    assert done["reason"] == "reconfigure_successful"
    config = camera_config(entry.subentries[CAMERA_ID])
    assert config.zones == ()
    assert [rule.records for rule in config.rules] == [True, True]


async def test_stored_zone_is_shown_as_typed(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    subentry = entry.subentries[CAMERA_ID]
    drawn = {**DRIVE, "polygon": [[1 / 3, 0.5], [0.7, 0.123456], [1, 1]]}
    data = {**subentry.data, "zones": [drawn, {k: ROAD[k] for k in ("name", "kind", "polygon")}]}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    source = {"kind": "file", "file": subentry.data["file"]}
    shown = await submit_subentry(hass, await start_reconfiguring(hass, entry, CAMERA_ID), source)
    # The frontend would show a default of the section instead, and saving would lose the zones.
    [section] = [key for key in shown["data_schema"].schema if key == "zones"]
    assert isinstance(section.default, probatio.Undefined)
    assert suggested_values(shown)["zones"]["zones"] == [
        {
            "name": "Drive",
            "kind": "Occupancy",
            "corners": "33.33,50 70,12.35 100,100",
            "labels": ["person"],
            "loiter_s": 0,
        },
        {
            "name": "Road",
            "kind": "Mask",
            "corners": "0,0 100,0 100,10",
            "labels": [],
            "loiter_s": 0,
        },
    ]
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": "  "}, "zone_name_missing"),
        ({"name": "x" * 41}, "zone_name_long"),
        ({"labels": ["dog"]}, "zone_label_not_chosen"),
        ({"corners": ""}, "zone_corners_unreadable"),
        ({"corners": "10 20 60 20 60 90"}, "zone_corners_unreadable"),
        ({"corners": "10,20 60,twenty 60,90"}, "zone_corners_unreadable"),
        ({"corners": "10,20 60,20"}, "zone_corners_few"),
        ({"corners": "1,2 " * MAX_CORNERS + "5,5"}, "zone_corners_many"),
        ({"corners": "10,20 60,20 60,101"}, "zone_corners_outside"),
        ({"corners": "10,20 -1,20 60,90"}, "zone_corners_outside"),
        ({"corners": "10,20 20,20 60,20"}, "zone_flat"),
        ({"corners": "10,20 10,20 10,20 10,20"}, "zone_flat"),
    ],
)
async def test_invalid_zone_is_refused_with_its_name(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, change: dict[str, Any], error: str
) -> None:
    await set_up(hass, entry)
    shown = await submit_subentry(hass, await start_adding(hass, entry), STREAM)
    wrong = settings({**ZONE, **change})
    again = await submit_subentry(hass, shown, wrong)
    assert again["errors"] == {_section(error): error}
    placeholders = again["description_placeholders"]
    assert placeholders["zone"] == ("" if error == "zone_name_missing" else wrong_name(wrong))
    assert placeholders["label"] == ("Dog" if error == "zone_label_not_chosen" else "")
    # The form still shows the values that were typed.
    assert suggested_values(again)["zones"] == wrong["zones"]
    done = await submit_subentry(hass, again, SETTINGS)
    assert done["type"] == "create_entry"


def wrong_name(wrong: dict[str, Any]) -> str:
    name: str = wrong["zones"]["zones"][0]["name"]
    return name


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (settings(ZONE, {**ZONE, "name": "drive "}), "zone_name_twice"),
        (settings(*({**ZONE, "name": str(n)} for n in range(MAX_ZONES + 1))), "zones_too_many"),
        (settings(rules=({"label": "cat"}, {"label": "cat", "threshold": 50})), "rule_twice"),
        (settings(rules=({"label": "bear", "min_height": 10},)), "rule_label_not_chosen"),
    ],
)
async def test_zones_and_rules_that_contradict_settings_are_refused(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, wrong: dict[str, Any], error: str
) -> None:
    await set_up(hass, entry)
    again = await submit_subentry(
        hass, await submit_subentry(hass, await start_adding(hass, entry), STREAM), wrong
    )
    assert again["errors"] == {_section(error): error}
    if error.startswith("rule"):
        assert again["description_placeholders"]["label"] in ("Cat", "Bear")


@pytest.mark.parametrize(
    "corners",
    [
        "10,20 60,20 60,90",
        " 10, 20  60 ,20\n60,90 ",
        "10,20; 60,20; 60,90",
        "10.0,20 60,20.00;60,90",
    ],
)
def test_read_zones_accepts_corner_separators(corners: str) -> None:
    [read] = read_zones([{**ZONE, "corners": corners}], KINDS)
    assert read["polygon"] == [[0.1, 0.2], [0.6, 0.2], [0.6, 0.9]]


percent = st.integers(0, 10000).map(lambda hundredths: hundredths / 10000)


@given(st.lists(st.tuples(percent, percent).map(list), min_size=3, max_size=MAX_CORNERS))
def test_shown_zones_are_read_back_unchanged(polygon: list[list[float]]) -> None:
    stored = {**DRIVE, "polygon": polygon}
    assert read_zones(format_zones([stored], KINDS), KINDS) == [stored]


def test_zone_without_detected_label_has_no_sensor() -> None:
    data = {
        "labels": ["person"],
        "zones": [DRIVE, ROAD, {**DRIVE, "name": "Feeder", "labels": ["cat"]}],
    }
    assert zone_names(data) == ("Drive",)
    assert zone_names({**data, "labels": ["cat"]}) == ("Feeder",)

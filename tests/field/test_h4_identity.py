"""Cameras and zones are known by their ids: names are labels, and may change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from camera_forms import start_reconfiguring, submit_subentry, suggested_values
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.config_entries import ConfigSubentry
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
from homesec_fixtures import (
    CAMERA_ID,
    DRIVE,
    PERSON,
    ROAD,
    arm,
    camera,
    entity_id,
    pictures,
    set_up,
    state,
    until,
)
from hypothesis import given, strategies as st
from page_client import PageClient
import pytest
from recipient_fixtures import ANN, BOB, recipient, set_up_recipients

from custom_components.homesec.access import async_get_runtime
from custom_components.homesec.cameras.zones import find_zones, identify_zones, zone_id
from custom_components.homesec.engine.core.types import ZoneKind
from custom_components.homesec.flows.zone_form import format_zones, read_zones

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from homeassistant.core import HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator

SECOND_ID = "01K0CAMERA0000000000000002"
PORCH = {**DRIVE, "name": "Porch", "polygon": [[0, 0], [0.2, 0], [0.2, 0.2]]}


def zones(entry: MockConfigEntry) -> list[dict[str, Any]]:
    return list(entry.subentries[CAMERA_ID].data["zones"])


def rules(entry: MockConfigEntry, recipient_id: str = ANN) -> dict[str, Any]:
    stored: dict[str, Any] = entry.subentries[recipient_id].data["rules"]
    return stored


async def save_zones(hass: HomeAssistant, page: PageClient, change: dict[str, str]) -> None:
    """Rename zones as the page does: it sends back what it got, with other names."""
    shown = (await page.call("zones/get", camera_id=CAMERA_ID))["zones"]
    renamed = [{**zone, "name": change.get(zone["name"], zone["name"])} for zone in shown]
    await page.call("zones/save", camera_id=CAMERA_ID, zones=renamed)
    await hass.async_block_till_done()


# --- zones --------------------------------------------------------------------------------------


async def test_renamed_zone_keeps_its_entity_and_its_rules(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    hass_ws_client: WebSocketGenerator,
    sent_texts: Any,
) -> None:
    ann, bob = recipient(zones=["Drive"]), recipient("Bob", recipient_id=BOB, zones=["Porch"])
    await set_up_recipients(hass, entry, ann, bob, zones=[DRIVE, PORCH, ROAD])
    sensor = entity_id(hass, "binary_sensor", "zone_Drive")
    registry = er.async_get(hass)
    registry.async_update_entity(sensor, new_entity_id="binary_sensor.my_drive")
    await hass.async_block_till_done()

    await save_zones(hass, PageClient(await hass_ws_client()), {"Drive": "Gate"})
    assert entity_id(hass, "binary_sensor", "zone_Drive") == "binary_sensor.my_drive"
    assert hass.states.get("binary_sensor.my_drive").name == "Front door Gate"
    assert (zones(entry)[0]["id"], zones(entry)[0]["former_names"]) == ("Drive", ["Drive"])
    assert not [x for x in ir.async_get(hass).issues if x[0] == "homesec"]

    detector.sees = [PERSON]
    await until(hass, lambda: any("Person" in text for text in sent_texts()))
    assert state(hass, "binary_sensor", "zone_Drive") == "on"
    [text] = [text for text in sent_texts() if "Person" in text]
    assert ", Gate. " in text  # Ann's; Bob waits for another zone


async def test_new_zone_with_the_old_name_of_another_is_another(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await set_up_recipients(hass, entry, recipient(zones=["Drive"]), armed=True, zones=[DRIVE])
    page = PageClient(await hass_ws_client())
    await save_zones(hass, page, {"Drive": "Gate"})
    shown = (await page.call("zones/get", camera_id=CAMERA_ID))["zones"]
    new = {**PORCH, "name": "Drive"}
    await page.call("zones/save", camera_id=CAMERA_ID, zones=[*shown, new])
    await hass.async_block_till_done()
    gate, drive = zones(entry)
    assert gate["id"] == "Drive"
    assert len(drive["id"]) == 26
    assert "former_names" not in gate  # another one has the name now
    runtime = async_get_runtime(hass)
    assert runtime.alerts.recipients.rules[ANN].camera_zones == {(CAMERA_ID, "Gate")}


async def test_zone_of_an_automation_is_found_by_its_former_name(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    fired: list[Any] = []
    hass.services.async_register("test", "automation", fired.append)
    stored = {
        **DRIVE,
        "name": "Gate",
        "id": "01K00000000000000000000ZONE",
        "former_names": ["Drive"],
    }
    object.__setattr__(
        entry.subentries[CAMERA_ID], "data", {**entry.subentries[CAMERA_ID].data, "zones": [stored]}
    )
    await set_up(hass, entry)
    trigger = {"trigger": "homesec.zone_entered", "options": {"zone": "Drive"}}
    condition = {"condition": "homesec.is_present", "options": {"zone": "Drive"}}
    automation = {
        "triggers": [trigger],
        "conditions": [condition],
        "actions": [{"action": "test.automation"}],
    }
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    await arm(hass, entry)
    await pictures(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: fired)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        # As the camera's form sends them, which has no field for an id.
        ([DRIVE, PORCH], [PORCH, DRIVE], [1, 0]),
        ([DRIVE, PORCH], [{**DRIVE, "name": "Gate"}, PORCH], [0, 1]),
        ([DRIVE], [{**DRIVE, "polygon": PORCH["polygon"]}], [0]),
        ([DRIVE], [{**PORCH}], [None]),
        ([DRIVE], [{**DRIVE, "name": "drive"}], [0]),
        ([], [DRIVE], [None]),
        ([DRIVE, PORCH], [{**DRIVE, "name": "Porch"}, {**PORCH, "name": "Drive"}], [1, 0]),
        # As the page sends them.
        ([DRIVE], [{**PORCH, "id": "Drive"}], [0]),
        ([DRIVE], [{**PORCH, "id": "unknown"}], [None]),
    ],
)
def test_changed_zones_are_identified(
    before: list[dict[str, Any]], after: list[dict[str, Any]], same: list[int | None]
) -> None:
    found = identify_zones(after, before)
    known = [zone_id(zone) for zone in before]
    assert [known.index(z["id"]) if z["id"] in known else None for z in found] == same
    assert len({zone["id"] for zone in found}) == len(found)
    # Nothing changes when they are saved once more.
    assert identify_zones(found, found) == found


FRACTION = st.integers(0, 100_000).map(lambda each: each / 100_000)
POLYGON = st.lists(st.tuples(FRACTION, FRACTION).map(list), min_size=3, max_size=6)
KINDS = {kind: kind.value for kind in ZoneKind}


@given(polygons=st.lists(POLYGON, min_size=1, max_size=4), order=st.randoms())
def test_zones_that_a_form_renames_stay_themselves(
    polygons: list[list[list[float]]], order: Random
) -> None:
    before = [
        {**DRIVE, "name": f"Zone {n}", "id": str(n), "polygon": polygon}
        for n, polygon in enumerate(polygons)
        if not any(_is_close(polygon, other) for other in polygons[:n])
    ]
    shown = format_zones(before, KINDS)
    order.shuffle(shown)
    renamed = read_zones([{**zone, "name": f"New {zone['name']}"} for zone in shown], KINDS)
    found = identify_zones(renamed, before)
    by_id = {zone["id"]: zone for zone in before}
    assert len(found) == len(before)
    for zone in found:
        assert zone["name"] == f"New {by_id[zone['id']]['name']}"
        assert zone["polygon"] == by_id[zone["id"]]["polygon"]  # not rounded


def _is_close(polygon: list[list[float]], other: list[list[float]]) -> bool:
    """Return whether both look alike in a form."""
    return len(polygon) == len(other) and all(
        abs(x - y) < 0.0002
        for corner, opposite in zip(polygon, other, strict=True)
        for x, y in zip(corner, opposite, strict=True)
    )


@pytest.mark.parametrize("x", [0.3, 0.123, 0.12345])
async def test_zone_renamed_in_the_form_keeps_its_rules(
    hass: HomeAssistant, entry: MockConfigEntry, x: float
) -> None:
    drive = {**DRIVE, "polygon": [[x, 0.5], [0.7, 0.5], [0.7, 1], [x, 1]]}
    await set_up_recipients(
        hass, entry, recipient(zones=["Drive"]), armed=False, disarmed="detect", zones=[drive]
    )
    flow = await start_reconfiguring(hass, entry, CAMERA_ID)
    flow = await submit_subentry(hass, flow, given_again(suggested_values(flow)))
    assert flow["step_id"] == "settings"
    answer = given_again(suggested_values(flow))
    answer["zones"]["zones"][0]["name"] = "Gate"
    await submit_subentry(hass, flow, answer)
    await hass.async_block_till_done(wait_background_tasks=True)
    [zone] = zones(entry)
    assert (zone["name"], zone["id"], zone["polygon"]) == ("Gate", "Drive", drive["polygon"])
    assert not [each for each in ir.async_get(hass).issues if each[0] == "homesec"]


def given_again(shown: dict[str, Any]) -> dict[str, Any]:
    """Return what a form shows as an answer to it."""
    return {
        key: given_again(value) if isinstance(value, dict) else value
        for key, value in shown.items()
        if value is not None
    }


def test_reference_means_the_name_first_and_a_rule_the_id() -> None:
    gate = {**DRIVE, "name": "Gate", "id": "Drive", "former_names": ["Yard"]}
    new = {**PORCH, "name": "Drive", "id": "new"}
    assert find_zones([gate, new], "Drive") == [new]
    assert find_zones([gate, new], "Drive", ids_first=True) == [gate]
    assert find_zones([gate, new], "Yard") == [gate]
    assert find_zones([gate, new], "Pool") == []


# --- what is gone -------------------------------------------------------------------------------


async def fix(hass: HomeAssistant, issue_id: str, answer: str | None) -> Any:
    """Open the repair of an issue; return its form, or after an answer its result."""
    await async_setup_component(hass, "repairs", {})
    flows = repairs_flow_manager(hass)
    flow = await flows.async_init("homesec", context={"issue_id": issue_id})
    if answer is None:
        return flow
    done = await flows.async_configure(flow["flow_id"], {"replace": answer})
    await hass.async_block_till_done()
    return done


def options(flow: Any) -> dict[str, str]:
    [selector] = flow["data_schema"].schema.values()
    return {each["value"]: each["label"] for each in selector.config["options"]}


async def add_again(hass: HomeAssistant, entry: MockConfigEntry, video: Path) -> None:
    added = camera("Front door", video, camera_id=SECOND_ID)
    hass.config_entries.async_add_subentry(entry, ConfigSubentry(**added))
    await hass.async_block_till_done()


async def test_rule_of_a_camera_removed_and_added_again_is_repaired(
    hass: HomeAssistant, entry: MockConfigEntry, video: Path
) -> None:
    ann, bob = recipient(cameras=[CAMERA_ID]), recipient("Bob", recipient_id=BOB)
    await set_up_recipients(hass, entry, ann, bob)
    await arm(hass, entry, "disarm")
    issues, issue_id = ir.async_get(hass), f"rule_camera_{CAMERA_ID}"
    assert issues.async_get_issue("homesec", issue_id) is None
    hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
    await hass.async_block_till_done()
    await add_again(hass, entry, video)
    issue = issues.async_get_issue("homesec", issue_id)
    assert issue.translation_key == "rule_camera_gone"
    assert issue.translation_placeholders == {"name": "Front door", "recipients": "Ann"}

    form = await fix(hass, issue_id, None)
    assert list(options(form)) == [f"to:{SECOND_ID}", "any"]  # nothing else is in the rule
    done = await fix(hass, issue_id, f"to:{SECOND_ID}")
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert rules(entry)["cameras"] == [SECOND_ID]
    assert issues.async_get_issue("homesec", issue_id) is None


async def test_name_of_a_removed_camera_outlasts_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up_recipients(hass, entry, recipient(cameras=[CAMERA_ID]))
    hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
    await hass.async_block_till_done()
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    issue = ir.async_get(hass).async_get_issue("homesec", f"rule_camera_{CAMERA_ID}")
    assert issue.translation_placeholders["name"] == "Front door"


async def test_rule_of_a_deleted_zone_is_repaired(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await set_up_recipients(hass, entry, recipient(zones=["Drive", "Porch"]), zones=[DRIVE, PORCH])
    page = PageClient(await hass_ws_client())
    await page.call("zones/save", camera_id=CAMERA_ID, zones=[PORCH])
    await hass.async_block_till_done()
    issue_id = "rule_zone_Drive"
    assert ir.async_get(hass).async_get_issue("homesec", issue_id) is not None
    assert (await fix(hass, issue_id, None))["reason"] == "rule_armed"
    await arm(hass, entry, "disarm")
    assert list(options(await fix(hass, issue_id, None))) == ["to:Porch", "drop", "any"]
    await fix(hass, issue_id, "drop")
    assert rules(entry)["zones"] == ["Porch"]
    assert ir.async_get(hass).async_get_issue("homesec", issue_id) is None


async def test_rule_of_a_label_that_no_camera_detects_is_repaired(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up_recipients(hass, entry, recipient(labels=["cat"]))
    await arm(hass, entry, "disarm")
    form = await fix(hass, "rule_label_cat", None)
    assert options(form) == {"to:person": "Person", "any": "All labels"}
    await fix(hass, "rule_label_cat", "any")
    assert rules(entry)["labels"] == []


async def test_repair_of_a_rule_that_is_gone_meanwhile_aborts(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up_recipients(hass, entry, recipient(labels=["cat"]))
    await arm(hass, entry, "disarm")
    form = await fix(hass, "rule_label_cat", None)
    hass.config_entries.async_remove_subentry(entry, ANN)
    done = await repairs_flow_manager(hass).async_configure(form["flow_id"], {"replace": "any"})
    assert done["reason"] == "rule_fixed"


# --- sources ------------------------------------------------------------------------------------


async def test_camera_follows_its_source_entity_to_another_entity_id(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    registry = er.async_get(hass)
    source = registry.async_get_or_create("camera", "other", "1", suggested_object_id="porch")
    subentry = entry.subentries[CAMERA_ID]
    data = {**subentry.data, "kind": "entity", "entity_id": source.entity_id}
    object.__setattr__(subentry, "data", data)
    await set_up(hass, entry)
    await arm(hass, entry, "disarm")
    before = entry.subentries[CAMERA_ID].unique_id
    registry.async_update_entity(source.entity_id, new_entity_id="camera.terrace")
    await hass.async_block_till_done()
    after = entry.subentries[CAMERA_ID]
    assert after.data["entity_id"] == "camera.terrace"
    assert after.unique_id != before
    registry.async_update_entity("camera.terrace", name="Terrace")
    await hass.async_block_till_done()
    assert entry.subentries[CAMERA_ID].data == after.data

"""Sensors and events of zones, also when zones change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

from homeassistant.core import callback
from homesec_fixtures import (
    CAMERA_ID,
    CAT,
    DRIVE,
    PERSON,
    ROAD,
    arm,
    entity_id,
    pictures,
    set_up,
    state,
    until,
)
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec import const

if TYPE_CHECKING:
    from homeassistant.core import Event, HomeAssistant
    from homeassistant.helpers import entity_registry as er
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry

FEEDER = {
    "name": "Feeder",
    "kind": "noted",
    "polygon": [[0, 0.5], [0.35, 0.5], [0.35, 1], [0, 1]],
    "labels": [],
    "loiter_s": 0,
}
ZONES = [DRIVE, ROAD, FEEDER]
COMMON = {"camera_id": CAMERA_ID, "camera": "Front door", "device_id": ANY}


def configure(hass: HomeAssistant, entry: MockConfigEntry, **settings: Any) -> None:
    """Set options of the camera before the entry is set up."""
    subentry = entry.subentries[CAMERA_ID]
    object.__setattr__(subentry, "data", {**subentry.data, **settings})


def unique_ids(entity_registry: er.EntityRegistry, entry: MockConfigEntry) -> set[str]:
    return {
        known.unique_id.removeprefix(f"{CAMERA_ID}_")
        for known in entity_registry.entities.get_entries_for_config_entry_id(entry.entry_id)
        if known.domain == "binary_sensor"
    }


async def test_zone_sensor_and_events_follow_occupancy(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    entered = async_capture_events(hass, const.EVENT_ZONE_ENTERED)
    left = async_capture_events(hass, const.EVENT_ZONE_LEFT)
    started = async_capture_events(hass, const.EVENT_DETECTION_STARTED)
    event_types: list[str] = []

    @callback
    def changed(event: Event) -> None:
        if event.data["entity_id"] == events:
            event_types.append(event.data["new_state"].attributes.get("event_type"))

    configure(hass, entry, labels=["person", "cat"], zones=ZONES)
    await set_up(hass, entry)
    assert state(hass, "binary_sensor", "zone_Drive") == "unknown"
    await arm(hass, entry)
    await pictures(hass, entry)
    events = entity_id(hass, "event", "activity")
    hass.bus.async_listen("state_changed", changed)
    drive = entity_id(hass, "binary_sensor", "zone_Drive")
    assert drive == "binary_sensor.front_door_drive"
    assert hass.states.get(drive).state == "off"
    assert hass.states.get(drive).attributes["labels"] == []

    detector.sees = [PERSON, CAT]
    await until(hass, lambda: len(entered) == 2)
    by_zone = {event.data["zone"]: event.data for event in entered}
    assert by_zone["Drive"] == COMMON | {"zone": "Drive", "label": "person", "time": ANY}
    assert by_zone["Feeder"] == COMMON | {"zone": "Feeder", "label": "cat", "time": ANY}
    assert hass.states.get(drive).state == "on"
    assert hass.states.get(drive).attributes["labels"] == ["person"]
    assert state(hass, "binary_sensor", "zone_Feeder") == "on"
    assert {event.data["label"]: event.data["zones"] for event in started} == {
        "person": ["Drive"],
        "cat": ["Feeder"],
    }

    detector.sees = []
    await until(hass, lambda: len(left) == 2)
    assert {event.data["zone"] for event in left} == {"Drive", "Feeder"}
    assert hass.states.get(drive).state == "off"
    assert hass.states.get(drive).attributes["labels"] == []
    await until(
        hass, lambda: event_types.count("zone_left") == event_types.count("zone_entered") == 2
    )


async def test_zone_sensor_lists_each_label_inside(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    everywhere = {**FEEDER, "name": "Garden", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}
    configure(hass, entry, labels=["person", "cat"], zones=[everywhere])
    await set_up(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)

    def labels() -> set[str]:
        garden = hass.states.get(entity_id(hass, "binary_sensor", "zone_Garden"))
        return set(garden.attributes["labels"])

    detector.sees = [PERSON, CAT]
    await until(hass, lambda: labels() == {"person", "cat"})
    detector.sees = [PERSON]
    await until(hass, lambda: labels() == {"person"})
    assert state(hass, "binary_sensor", "zone_Garden") == "on"
    await arm(hass, entry, "disarm")
    await until(hass, lambda: state(hass, "binary_sensor", "zone_Garden") == "unknown")
    assert labels() == set()


async def test_object_outside_required_zone_is_not_present(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    only = {**FEEDER, "kind": "required", "labels": ["person"]}
    configure(hass, entry, labels=["person", "cat"], zones=[only])
    await set_up(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
    detector.sees = [PERSON, CAT]
    await until(hass, lambda: state(hass, "binary_sensor", "cat_present") == "on")
    assert state(hass, "binary_sensor", "person_present") == "off"
    assert state(hass, "alarm_control_panel", "alarm", entry.entry_id) == "armed_away"


async def test_added_and_removed_zones_add_and_remove_sensors(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    await set_up(hass, entry)
    assert unique_ids(entity_registry, entry) == {"person_present", "tamper"}
    renamed = {**DRIVE, "name": "Gate"}
    for zones, expected in (
        (ZONES, {"zone_Drive", "zone_Feeder"}),
        ([renamed, ROAD], {"zone_Gate"}),
        ([{**renamed, "labels": ["cat"]}], set()),
        ([], set()),
    ):
        subentry = entry.subentries[CAMERA_ID]
        data = {**subentry.data, "zones": zones}
        hass.config_entries.async_update_subentry(entry, subentry, data=data)
        await hass.async_block_till_done()
        assert unique_ids(entity_registry, entry) == {"person_present", "tamper"} | expected


async def test_redrawn_zone_keeps_sensor(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    configure(hass, entry, zones=[DRIVE])
    await set_up(hass, entry)
    drive = entity_id(hass, "binary_sensor", "zone_Drive")
    entity_registry.async_update_entity(drive, name="Where the car stands")
    subentry = entry.subentries[CAMERA_ID]
    redrawn = {**DRIVE, "kind": "required", "polygon": [[0, 0], [1, 0], [1, 1]]}
    data = {**subentry.data, "zones": [redrawn]}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    await hass.async_block_till_done()
    assert entity_registry.async_get(drive).name == "Where the car stands"


async def test_entities_of_labels_and_zones_removed_while_unloaded_are_removed(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    configure(hass, entry, labels=["person", "cat"], zones=[DRIVE])
    await set_up(hass, entry)
    assert unique_ids(entity_registry, entry) == {
        "person_present",
        "tamper",
        "cat_present",
        "zone_Drive",
    }
    assert await hass.config_entries.async_unload(entry.entry_id)
    configure(hass, entry, labels=["person"], zones=[])
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert unique_ids(entity_registry, entry) == {"person_present", "tamper"}
    # Entities of other platforms are unaffected.
    assert entity_id(hass, "camera", "camera")
    assert entity_id(hass, "sensor", "clips", entry.entry_id)

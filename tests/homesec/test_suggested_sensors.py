"""Which sensors the form of a new camera suggests, and that it stores the chosen ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from camera_forms import (
    SETTINGS,
    start_adding,
    start_reconfiguring,
    submit_subentry,
    suggested_values,
)
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homesec_fixtures import CAMERA_ID, entity_id, set_up
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.homesec.cameras.suggested_sensors import async_suggest_sensors

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

HOST = "192.0.2.7"
URL = f"rtsp://{HOST}:554/stream1"
MAC = "02:00:00:00:00:07"


@pytest.fixture
def onvif(hass: HomeAssistant) -> MockConfigEntry:
    """An entry of another integration at the camera's host."""
    added = MockConfigEntry(domain="onvif", data={"host": HOST})
    added.add_to_hass(hass)
    return added


def add_device(
    hass: HomeAssistant, owner: MockConfigEntry, name: str, *sensors: tuple[str, str, str]
) -> dr.DeviceEntry:
    """Add a device with a camera and these sensors: domain, name, and device class."""
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=owner.entry_id,
        identifiers={("onvif", name)},
        connections={(dr.CONNECTION_NETWORK_MAC, MAC)} if name == "drive" else set(),
        name=name,
    )
    for domain, key, device_class in (("camera", "camera", ""), *sensors):
        er.async_get(hass).async_get_or_create(
            domain,
            "onvif",
            f"{name}_{key}",
            suggested_object_id=f"{name}_{key}",
            config_entry=owner,
            device_id=device.id,
            original_device_class=device_class or None,
        )
    return device


MOTION = ("binary_sensor", "motion", "motion")
PEOPLE = ("binary_sensor", "PeopleDetector", "")
BELL = ("event", "bell", "doorbell")
OTHERS = (("binary_sensor", "tamper", "tamper"), ("sensor", "person_count", ""))


def test_sensors_for_people_are_suggested_before_those_for_motion(
    hass: HomeAssistant, onvif: MockConfigEntry
) -> None:
    add_device(hass, onvif, "drive", MOTION, PEOPLE, *OTHERS)
    found = async_suggest_sensors(hass, entity_id="camera.drive_camera")
    assert found == ["binary_sensor.drive_peopledetector"]


def test_sensors_for_motion_are_suggested_without_any_for_people(
    hass: HomeAssistant, onvif: MockConfigEntry
) -> None:
    add_device(hass, onvif, "drive", MOTION, BELL, *OTHERS)
    found = async_suggest_sensors(hass, entity_id="camera.drive_camera")
    assert found == ["binary_sensor.drive_motion", "event.drive_bell"]


def test_sensors_of_a_streams_device_are_found_by_its_host(
    hass: HomeAssistant, onvif: MockConfigEntry
) -> None:
    add_device(hass, onvif, "porch", MOTION)
    assert async_suggest_sensors(hass, url=URL) == ["binary_sensor.porch_motion"]
    assert async_suggest_sensors(hass, url="rtsp://192.0.2.8/stream1") == []
    assert async_suggest_sensors(hass, url="/dev/video0") == []


def test_sensors_of_a_streams_device_are_found_by_its_mac_address(hass: HomeAssistant) -> None:
    owner = MockConfigEntry(domain="reolink", data={})
    owner.add_to_hass(hass)
    add_device(hass, owner, "drive", PEOPLE)
    found = async_suggest_sensors(hass, url=URL, mac=MAC)
    assert found == ["binary_sensor.drive_peopledetector"]


def test_nothing_is_suggested_at_a_recorder_with_several_cameras(
    hass: HomeAssistant, onvif: MockConfigEntry
) -> None:
    add_device(hass, onvif, "porch", MOTION)
    add_device(hass, onvif, "garden", MOTION)
    assert async_suggest_sensors(hass, url=URL) == []


def test_nothing_is_suggested_for_an_unknown_entity_or_one_without_device(
    hass: HomeAssistant,
) -> None:
    er.async_get(hass).async_get_or_create("camera", "generic", "1", suggested_object_id="old")
    assert async_suggest_sensors(hass, entity_id="camera.old") == []
    assert async_suggest_sensors(hass, entity_id="camera.none") == []
    assert async_suggest_sensors(hass) == []


async def test_form_suggests_sensors_and_stores_those_that_are_chosen(
    hass: HomeAssistant, entry: MockConfigEntry, onvif: MockConfigEntry, probe: Any
) -> None:
    add_device(hass, onvif, "porch", MOTION, BELL)
    await set_up(hass, entry)
    flow = await start_adding(hass, entry)
    shown = await submit_subentry(hass, flow, {"kind": "stream", "url": URL})
    suggested = suggested_values(shown)["sensors"]
    assert suggested["wake_sensors"] == ["binary_sensor.porch_motion", "event.porch_bell"]
    assert suggested["trusted_sensors"] == []
    chosen = {"wake_sensors": ["binary_sensor.hall"], "trusted_sensors": ["event.porch_bell"]}
    await submit_subentry(hass, shown, {**SETTINGS, "sensors": chosen})
    camera = entry.get_subentries_of_type("camera")[-1]
    assert {key: camera.data[key] for key in chosen} == chosen

    flow = await start_reconfiguring(hass, entry, camera.subentry_id)
    shown = await submit_subentry(hass, flow, {"kind": "stream", "url": URL})
    assert suggested_values(shown)["sensors"] == chosen
    await submit_subentry(hass, shown, {**SETTINGS, "sensors": {}})
    data = entry.subentries[camera.subentry_id].data
    assert not data.keys() & chosen.keys()


async def reconfigure(
    hass: HomeAssistant, entry: MockConfigEntry, url: str = URL
) -> dict[str, Any]:
    """Open the settings of the entry's camera with another source."""
    flow = await start_reconfiguring(hass, entry, CAMERA_ID)
    return await submit_subentry(hass, flow, {"kind": "stream", "url": url})


def switches(shown: dict[str, Any]) -> list[str]:
    """Return the fields of the section with the sensors; none if it's collapsed."""
    [part] = [value for key, value in shown["data_schema"].schema.items() if key == "sensors"]
    return [] if part.options["collapsed"] else [str(key) for key in part.schema.schema]


@pytest.mark.parametrize("used", [True, False])
async def test_form_of_a_camera_without_sensors_offers_those_that_its_device_has_by_now(
    hass: HomeAssistant, entry: MockConfigEntry, onvif: MockConfigEntry, probe: Any, used: bool
) -> None:
    add_device(hass, onvif, "porch", MOTION, BELL)
    hass.states.async_set("binary_sensor.porch_motion", "off", {"friendly_name": "Porch motion"})
    await set_up(hass, entry)
    shown = await reconfigure(hass, entry)
    assert "use_suggested_sensors" in switches(shown)
    assert shown["description_placeholders"]["sensors"] == "Porch motion, event.porch_bell"
    # What isn't saved isn't filled in, or saving anything else would change it.
    assert suggested_values(shown)["sensors"] == {
        "use_suggested_sensors": None,
        "wake_sensors": [],
        "trusted_sensors": [],
    }
    chosen = {"use_suggested_sensors": used, "wake_sensors": ["binary_sensor.hall"]}
    done = await submit_subentry(hass, shown, {**SETTINGS, "sensors": chosen})
    assert done["reason"] == "reconfigure_successful"
    data = entry.subentries[CAMERA_ID].data
    added = ["binary_sensor.porch_motion", "event.porch_bell"] if used else []
    assert data["wake_sensors"] == ["binary_sensor.hall", *added]
    assert "use_suggested_sensors" not in data
    assert switches(await reconfigure(hass, entry)) == []


@pytest.mark.parametrize("key", ["wake_sensors", "trusted_sensors"])
async def test_form_of_a_camera_with_sensors_offers_no_others(
    hass: HomeAssistant, entry: MockConfigEntry, onvif: MockConfigEntry, probe: Any, key: str
) -> None:
    add_device(hass, onvif, "porch", MOTION)
    camera = entry.subentries[CAMERA_ID]
    object.__setattr__(camera, "data", {**camera.data, key: ["binary_sensor.hall"]})
    await set_up(hass, entry)
    assert switches(await reconfigure(hass, entry)) == []


async def test_form_of_a_camera_offers_the_sensors_with_its_known_mac_address(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    owner = MockConfigEntry(domain="reolink", data={})
    owner.add_to_hass(hass)
    add_device(hass, owner, "drive", PEOPLE)
    camera = entry.subentries[CAMERA_ID]
    known = {"kind": "stream", "url": URL, "device_info": {"mac": MAC}, "detection": False}
    object.__setattr__(camera, "data", {**camera.data, **known})
    await set_up(hass, entry)
    assert "use_suggested_sensors" in switches(await reconfigure(hass, entry))
    assert switches(await reconfigure(hass, entry, "rtsp://192.0.2.9/1")) == []


async def test_form_offers_none_of_homesecs_own_sensors(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    flow = await start_adding(hass, entry)
    shown = await submit_subentry(hass, flow, {"kind": "stream", "url": URL})
    sections = {str(key): value for key, value in shown["data_schema"].schema.items()}
    fields = {str(key): value for key, value in sections["sensors"].schema.schema.items()}
    own = entity_id(hass, "binary_sensor", "person_present", CAMERA_ID)
    assert own in fields["wake_sensors"].config["exclude_entities"]

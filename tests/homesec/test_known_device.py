"""What is known of the device behind a camera, and its entry in the device registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homeassistant.helpers import device_registry as dr
from homesec_fixtures import CAMERA_ID, camera, set_up
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.homesec.cameras.known_device import (
    MAX_LENGTH,
    KnownDevice,
    find_mac,
    normal_mac,
)
from custom_components.homesec.const import DOMAIN

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from homeassistant.helpers import entity_registry as er

MAC = "00:1a:2b:3c:4d:5e"
INFO = {"maker": "Acme", "model": "Eye 7", "firmware": "1.2", "serial": "A7", "mac": MAC}
OTHER_ID = "01K0HOVSE00000000000OTHER0"
NEIGHBORS = """\
IP address       HW type     Flags       HW address            Mask     Device
192.0.2.7        0x1         0x2         00:1A:2B:3C:4D:5E     *        eth0
192.0.2.8        0x1         0x0         00:00:00:00:00:00     *        eth0
192.0.2.9        0x1         0x2         00:1a:2b:3c:4d:01     *        eth0
192.0.2.9        0x1         0x2         00:1a:2b:3c:4d:02     *        eth1
192.0.2.10
"""


def change(entry: MockConfigEntry, camera_id: str, **data: object) -> None:
    """Change the stored settings of a camera before the entry is set up."""
    subentry = entry.subentries[camera_id]
    object.__setattr__(subentry, "data", {**subentry.data, **data})


def device(hass: HomeAssistant, camera_id: str) -> dr.DeviceEntry:
    """Return a camera's device."""
    [found] = dr.async_get(hass).async_get_devices(identifiers={(DOMAIN, camera_id)})
    return found


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("rtsp://192.0.2.7:554/1", MAC),
        ("rtsp://192.0.2.8/1", ""),
        ("rtsp://192.0.2.9/1", ""),
        ("rtsp://192.0.2.10/1", ""),
        ("rtsp://192.0.2.70/1", ""),
        ("rtsp://camera.local/1", ""),
        ("rtsp://[::1]/1", ""),
        ("nothing", ""),
    ],
)
def test_mac_of_a_neighbor_is_found(url: str, expected: str, tmp_path: Path) -> None:
    table = tmp_path / "arp"
    table.write_text(NEIGHBORS)
    assert find_mac(url, table) == expected


def test_mac_without_a_table_is_unknown(tmp_path: Path) -> None:
    assert find_mac("rtsp://192.0.2.7/1", tmp_path / "none") == ""


@pytest.mark.parametrize("text", ["00-1A-2B-3C-4D-5E", "001a.2b3c.4d5e", " 001A2B3C4D5E "])
def test_mac_is_read_in_every_spelling(text: str) -> None:
    assert normal_mac(text) == MAC


@given(st.text(max_size=200), st.text(max_size=40))
def test_whatever_a_camera_reports_is_bounded_and_printable(text: str, mac: str) -> None:
    known = KnownDevice.reported(maker=text, model=text, firmware=text, serial=text, mac=mac)
    for part in known.as_stored().values():
        assert part.isprintable()
        assert len(part) <= MAX_LENGTH
    assert known.mac == normal_mac(known.mac)
    assert KnownDevice.of({"device_info": known.as_stored()}) == known


async def test_device_registry_has_what_is_known_of_a_camera(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    change(entry, CAMERA_ID, kind="stream", url="rtsp://127.0.0.1:9/1", device_info=INFO)
    await set_up(hass, entry)
    found = device(hass, CAMERA_ID)
    assert (found.manufacturer, found.model) == ("Acme", "Eye 7")
    assert (found.serial_number, found.sw_version) == ("A7", "1.2")
    assert found.connections == {(dr.CONNECTION_NETWORK_MAC, MAC)}
    assert found.name == "Front door"


async def test_device_of_a_camera_from_an_earlier_version_stays_as_it_was(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    found = device(hass, CAMERA_ID)
    assert (found.manufacturer, found.model, found.serial_number) == ("HomeSec", None, None)
    assert not found.connections


async def test_camera_of_another_integration_has_its_maker_and_model(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    other = MockConfigEntry(domain="demo")
    other.add_to_hass(hass)
    theirs = dr.async_get(hass).async_get_or_create(
        config_entry_id=other.entry_id,
        identifiers={("demo", "1")},
        connections={(dr.CONNECTION_NETWORK_MAC, MAC)},
        manufacturer="Acme",
        model="Eye 7",
    )
    source = entity_registry.async_get_or_create(
        "camera", "demo", "1", config_entry=other, device_id=theirs.id
    )
    change(entry, CAMERA_ID, kind="entity", entity_id=source.entity_id)
    await set_up(hass, entry)
    found = device(hass, CAMERA_ID)
    assert (found.manufacturer, found.model) == ("Acme", "Eye 7")
    assert found.id != theirs.id
    assert not found.connections


async def test_cameras_of_one_recorder_stay_devices_of_their_own(
    hass: HomeAssistant, entry: MockConfigEntry, video: Path
) -> None:
    other = camera("Garden", video, camera_id=OTHER_ID)
    entry = MockConfigEntry(
        domain=DOMAIN,
        data=dict(entry.data),
        subentries_data=[*(x.as_dict() for x in entry.subentries.values()), other],
    )
    for camera_id in (CAMERA_ID, OTHER_ID):
        url = f"rtsp://127.0.0.1:9/{camera_id}"
        change(entry, camera_id, kind="stream", url=url, device_info=INFO)
    await set_up(hass, entry)
    first, second = device(hass, CAMERA_ID), device(hass, OTHER_ID)
    assert first.id != second.id
    assert (first.name, second.name) == ("Front door", "Garden")
    assert first.connections == {(dr.CONNECTION_NETWORK_MAC, MAC)}
    assert not second.connections

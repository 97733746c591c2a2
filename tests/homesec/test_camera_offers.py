"""Cameras that show up on the network are offered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from camera_announcements import (
    HOST,
    MAC,
    UPNP_CAMERA,
    announce,
    cards,
    change,
    describe,
    ignore,
    lease,
)
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.loader import async_get_ssdp, async_get_zeroconf
from homesec_fixtures import set_up
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.homesec.cameras import offers
from custom_components.homesec.cameras.announcements import read_announcements
from custom_components.homesec.cameras.makers import read_makers
from custom_components.homesec.cameras.offers import MAX_OFFERS
from custom_components.homesec.const import DOMAIN
from homesec_dev import case_table

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

pytestmark = pytest.mark.usefixtures("neighbors")


# --- the table -----------------------------------------------------------------------------------


def test_manifest_and_page_have_the_announcements_of_the_table() -> None:
    manifest = case_table.current_manifest()
    assert manifest == case_table.MANIFEST.read_text(), "run script/cases"
    table = read_announcements()
    makers = {row["name"] for row in table["maker"]}
    assert makers <= set(read_makers()), "the form tries their paths"
    ouis = [each for row in table["maker"] for each in row["ouis"]]
    assert len(ouis) == len(set(ouis))
    assert all(len(bytes.fromhex(each)) == 3 for each in ouis)
    assert all(row["reason"] for key in ("service", "device") for row in table[key])


async def test_home_assistant_looks_for_the_announcements(hass: HomeAssistant) -> None:
    services = await async_get_zeroconf(hass)
    assert {kind for kind, who in services.items() if {"domain": DOMAIN} in who} == {
        row["type"] for row in read_announcements()["service"]
    }
    assert {"deviceType": UPNP_CAMERA} in (await async_get_ssdp(hass))[DOMAIN]


# --- who is offered ------------------------------------------------------------------------------


async def test_camera_is_offered_once_however_often_and_in_whatever_way_it_is_announced(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    await announce(hass)
    assert cards(hass) == ["192.0.2.7 (Axis)"]
    await announce(hass)
    await announce(hass, name="renamed")
    await lease(hass, MAC, "192.0.2.8", "axis-accc8e123456")
    again = await describe(hass, manufacturer="AXIS", serialNumber="ACCC8E123456")
    assert again["reason"] == "already_in_progress"
    assert cards(hass) == ["192.0.2.7 (Axis)"]


async def test_camera_of_no_known_maker_is_offered_by_its_name(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    await announce(hass, kind="_psia._tcp.local.", name="Front\u202e door" + "x" * 40)
    [name] = cards(hass)
    assert name == f"192.0.2.7 (Front door{'x' * 40})"


async def test_maker_is_known_by_the_name_of_the_camera(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    await announce(hass, kind="_psia._tcp.local.", name="HIKVISION DS-2CD2032-I")
    await describe(hass, "http://192.0.2.8/", friendlyName="D-Link DCS-932L", UDN="uuid:2")
    await describe(hass, "http://192.0.2.9/", friendlyName="Relaxis", UDN="uuid:3")
    assert set(cards(hass)) == {
        "192.0.2.7 (Hikvision)",
        "192.0.2.8 (D-Link)",
        "192.0.2.9 (Relaxis)",
    }


async def test_maker_is_known_by_the_mac_address_that_this_system_knows(
    hass: HomeAssistant, entry: MockConfigEntry, neighbors: Any
) -> None:
    neighbors.return_value = "c0:56:e3:00:00:01"
    await set_up(hass, entry)
    await announce(hass, kind="_psia._tcp.local.", name="Front door")
    assert cards(hass) == ["192.0.2.7 (Hikvision)"]


async def test_maker_is_known_by_the_hostname(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await set_up(hass, entry)
    await lease(hass, "02:00:00:00:00:01", hostname="Reolink-Front")
    assert cards(hass) == ["192.0.2.7 (Reolink)"]


async def test_other_devices_are_not_offered(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await set_up(hass, entry)
    await announce(hass, kind="_rtsp._tcp.local.")
    await lease(hass, "02:00:00:00:00:01")
    await lease(hass, "ec:71:db:12:34:56", "169.254.1.1")
    for location in (
        None,
        "http://[",
        "http://camera/",
        "http://169.254.7.7/",
        "http://224.0.0.1/",
    ):
        assert (await describe(hass, location))["reason"] == "not_a_camera"
    assert cards(hass) == []


@pytest.mark.parametrize(
    "settings",
    [
        {"url": f"rtsp://{HOST}:8554/1"},
        {"detect_url": f"rtsp://{HOST}/2"},
        {"url": "rtsp://Camera.local/1"},
        {"device_info": {"mac": MAC}},
    ],
)
async def test_own_camera_is_not_offered(
    hass: HomeAssistant, entry: MockConfigEntry, settings: dict[str, Any]
) -> None:
    change(entry, **settings)
    await set_up(hass, entry)
    await announce(hass)
    assert cards(hass) == []


async def test_own_camera_is_known_by_its_serial_number(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    change(entry, device_info={"serial": "A7-2209-X"})
    await set_up(hass, entry)
    shown = await describe(hass, serialNumber="a7-2209-x")
    assert (shown["type"], shown["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert (await describe(hass, serialNumber="1"))["type"] is FlowResultType.FORM


@pytest.mark.parametrize("by", ["mac", "host"])
async def test_camera_that_another_integration_gives_to_homesec_is_not_offered(
    hass: HomeAssistant, entry: MockConfigEntry, by: str
) -> None:
    other = MockConfigEntry(domain="axis", data={"host": HOST if by == "host" else "192.0.2.9"})
    other.add_to_hass(hass)
    connections = {(dr.CONNECTION_NETWORK_MAC, MAC)} if by == "mac" else set()
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("axis", "1")}, connections=connections
    )
    source = er.async_get(hass).async_get_or_create(
        "camera", "axis", "1", config_entry=other, device_id=device.id
    )
    change(entry, kind="entity", entity_id=source.entity_id)
    await set_up(hass, entry)
    await announce(hass)
    assert cards(hass) == []


async def test_nothing_is_offered_before_homesec_is_set_up_and_everything_after(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await announce(hass)
    assert cards(hass) == []
    await set_up(hass, entry)
    assert cards(hass) == ["192.0.2.7 (Axis)"]
    # A card of a house that is gone would lead nowhere.
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert cards(hass) == []


async def test_disabled_homesec_offers_nothing(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    object.__setattr__(entry, "disabled_by", "user")
    entry.add_to_hass(hass)
    await announce(hass)
    assert cards(hass) == []


async def test_flood_of_cameras_shows_a_few_cards_and_then_the_next(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    for number in range(1, 80):
        await describe(hass, f"http://192.0.2.{number}/", UDN=f"uuid:{number}")
    assert set(cards(hass)) == {f"192.0.2.{number}" for number in range(1, MAX_OFFERS + 1)}
    [first, *_] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    before = set(cards(hass))
    hass.config_entries.flow.async_abort(first["flow_id"])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(cards(hass)) == MAX_OFFERS
    assert len(set(cards(hass)) - before) == 1
    assert len(offers.async_get_offers(hass)._waiting) == offers.MAX_WAITING - 1


# --- ignored -------------------------------------------------------------------------------------


async def test_ignored_camera_stays_ignored_at_another_address(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    await announce(hass)
    await ignore(hass)
    await announce(hass, host="192.0.2.8")
    await lease(hass, MAC, "192.0.2.9", "axis-accc8e123456")
    shown = await describe(hass, "http://192.0.2.10/", serialNumber="ACCC8E123456")
    assert shown["reason"] == "already_configured"
    assert cards(hass) == []
    # HomeSec itself isn't confused by what is ignored.
    shown = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    assert shown["reason"] == "single_instance_allowed"


async def test_camera_ignored_by_a_mac_address_that_is_not_known_later_stays_ignored(
    hass: HomeAssistant, entry: MockConfigEntry, neighbors: Any
) -> None:
    neighbors.return_value = MAC
    await set_up(hass, entry)
    await announce(hass, kind="_psia._tcp.local.", name="Front door")
    await ignore(hass)
    neighbors.return_value = ""
    await announce(hass, kind="_psia._tcp.local.", name="Front door", host="192.0.2.8")
    assert cards(hass) == []

"""The offer to add a camera leads to the camera's form, with its address filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from camera_announcements import (
    HOST,
    MAC,
    announce,
    cards,
    change,
    describe,
    ignore,
    open_form,
    select,
)
from camera_forms import PROBED, submit_subentry, suggested_values
from found_cameras import LOGIN, LOW, MAIN, save
from homeassistant.config_entries import ConfigEntryDisabler
from homesec_fixtures import CAMERA_ID, set_up
import pytest

from custom_components.homesec.cameras.makers import read_makers
from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.core import errors

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

pytestmark = pytest.mark.usefixtures("neighbors")

PATHS = read_makers()["Axis"].stream_pairs(HOST)[0]


async def test_camera_that_speaks_onvif_is_added_by_its_login(
    hass: HomeAssistant, entry: MockConfigEntry, read: Any, probe: Any
) -> None:
    await set_up(hass, entry)
    await announce(hass)
    form = await open_form(hass, entry)
    assert (form["step_id"], form["description_placeholders"]["device"]) == ("login", HOST)
    shown = await submit_subentry(hass, form, LOGIN)
    assert read.call_args.args[2:] == (HOST, "guard", "s3cret")
    assert suggested_values(shown)["name"] == "AXIS M1065 - ACCC8E123456"
    camera = await save(hass, entry, shown)
    assert (camera.data["url"], camera.data["detect_url"]) == (MAIN, LOW)
    assert cards(hass) == []
    await announce(hass)
    assert cards(hass) == []


@pytest.mark.parametrize(
    "failure", [errors.OnvifMissing(), errors.LoginRefused(), errors.ConnectionRefused()]
)
async def test_camera_without_onvif_is_added_by_the_paths_of_its_maker(
    hass: HomeAssistant, entry: MockConfigEntry, read: Any, probe: Any, failure: errors.HomeSecError
) -> None:
    read.side_effect = failure
    await set_up(hass, entry)
    await announce(hass)
    shown = await submit_subentry(hass, await open_form(hass, entry), LOGIN)
    camera = await save(hass, entry, shown)
    assert (camera.data["url"], camera.data["detect_url"]) == (PATHS.main, PATHS.low)
    assert (camera.data["username"], camera.data["password"]) == ("guard", "s3cret")
    assert camera.data["device_info"] == {"maker": "Axis", "mac": MAC}


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (errors.LoginRefused(), {"password": "invalid_auth"}),
        (errors.StreamNotFound(), {"base": "maker_paths_missing"}),
        (errors.ConnectionRefused(), {"base": "connection_refused"}),
    ],
)
async def test_camera_that_cannot_be_opened_shows_why_at_its_login(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    read: Any,
    probe: Any,
    failure: errors.SourceError,
    expected: dict[str, str],
) -> None:
    read.side_effect, probe.side_effect = errors.OnvifMissing(), failure
    await set_up(hass, entry)
    await announce(hass)
    again = await submit_subentry(hass, await open_form(hass, entry), LOGIN)
    assert (again["step_id"], again["errors"]) == ("login", expected)
    probe.side_effect, probe.return_value = None, PROBED
    shown = await submit_subentry(hass, again, {"username": "guard", "preset": "indoor"})
    assert shown["step_id"] == "settings"


async def test_camera_that_is_off_is_asked_only_once(
    hass: HomeAssistant, entry: MockConfigEntry, read: Any, probe: Any
) -> None:
    read.side_effect = errors.NoRoute()
    await set_up(hass, entry)
    await announce(hass)
    again = await submit_subentry(hass, await open_form(hass, entry), LOGIN)
    assert (again["step_id"], again["errors"]) == ("login", {"base": "no_route"})
    probe.assert_not_called()


async def test_camera_of_no_known_maker_asks_for_it_with_the_address_filled_in(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    await describe(hass, friendlyName="DCS-932L")
    form = await open_form(hass, entry)
    assert form["step_id"] == "maker"
    shown = suggested_values(form)
    assert (shown["host"], shown["maker"]) == (HOST, "ONVIF")


async def test_card_stays_until_the_camera_is_added(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    await announce(hass)
    first = await open_form(hass, entry)
    # Nothing tells that a form was closed that another one led to.
    await hass.async_block_till_done(wait_background_tasks=True)
    assert cards(hass) == ["192.0.2.7 (Axis)"]
    again = await open_form(hass, entry)
    [form] = hass.config_entries.subentries.async_progress()
    assert form["flow_id"] == again["flow_id"] != first["flow_id"]
    await hass.async_block_till_done(wait_background_tasks=True)
    hass.config_entries.subentries.async_abort(again["flow_id"])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert cards(hass) == ["192.0.2.7 (Axis)"]


async def test_card_that_stayed_can_be_ignored_for_good(
    hass: HomeAssistant, entry: MockConfigEntry, neighbors: Any
) -> None:
    neighbors.return_value = MAC
    await set_up(hass, entry)
    await announce(hass, kind="_psia._tcp.local.")
    await open_form(hass, entry)
    await hass.async_block_till_done(wait_background_tasks=True)
    await ignore(hass)
    neighbors.return_value = ""
    await announce(hass, kind="_psia._tcp.local.", host="192.0.2.8")
    assert cards(hass) == []


async def test_card_of_a_camera_that_was_added_otherwise_goes(
    hass: HomeAssistant, entry: MockConfigEntry, nothing_found: Any, probe: Any
) -> None:
    await set_up(hass, entry)
    await announce(hass)
    [card] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    form = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "camera"), context={"source": "user"}
    )
    await hass.async_block_till_done()
    form = await hass.config_entries.subentries.async_configure(form["flow_id"])
    form = await submit_subentry(hass, form, {"found": "address"})
    shown = await submit_subentry(hass, form, {"kind": "stream", "url": f"rtsp://{HOST}/1"})
    await save(hass, entry, shown)
    assert cards(hass) == []
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []
    assert card["flow_id"]


async def test_card_of_a_camera_whose_address_homesec_has_by_now_says_so(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    change(entry)
    await set_up(hass, entry)
    await announce(hass)
    camera = entry.subentries[CAMERA_ID]
    data = {**camera.data, "url": f"rtsp://{HOST}/1"}
    hass.config_entries.async_update_subentry(entry, camera, data=data)
    assert (await select(hass))["reason"] == "already_configured"


async def test_card_does_nothing_while_homesec_does_not_run(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    await announce(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert (await select(hass))["reason"] == "not_loaded"
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    await announce(hass, host="192.0.2.8", macaddress="ACCC8E123457")
    assert cards(hass) == []


async def test_card_that_was_there_before_homesec_was_disabled_does_nothing(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    await announce(hass)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert (await select(hass, is_usable=False))["reason"] == "not_loaded"


async def test_form_ends_with_its_entry(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await set_up(hass, entry)
    await announce(hass)
    form = await open_form(hass, entry)
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_remove(entry.entry_id)
    hass.config_entries.subentries.async_abort(form["flow_id"])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert cards(hass) == []

"""The camera flow of a new camera: the search, and a login for what it found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from camera_forms import PROBED, start_search, submit_subentry, suggested_values
from found_cameras import (
    BY_MAKER,
    DETAILS,
    DEVICE,
    FOUND,
    LOGIN,
    LOW,
    MAC,
    MAIN,
    choose,
    option,
    save,
)
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homesec_fixtures import set_up
import pytest

from custom_components.homesec.cameras.discovery import FoundCameras
from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.core import errors
from custom_components.homesec.engine.core.discovery import DeviceDetails

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry


# --- the list ------------------------------------------------------------------------------------


async def test_list_has_all_that_was_found_and_the_other_ways(
    hass: HomeAssistant, entry: MockConfigEntry, search: Any
) -> None:
    await set_up(hass, entry)
    flow = await start_search(hass, entry)
    [selector] = flow["data_schema"].schema.values()
    assert [each["label"] for each in selector.config["options"]] == [
        "Acme Eye 7 (192.0.2.7)",
        "192.0.2.8",
        "Drive (Demo)",
        "Shed (camera.shed)",
        "Desk cam (/dev/video7)",
        "Select the maker",
        "Enter the address",
        "Search again",
    ]
    assert "Select a camera" in flow["description_placeholders"]["note"]


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (FoundCameras(), "found no camera"),
        (FoundCameras(error="discovery_missing"), "couldn't be installed"),
        (FoundCameras(error="discovery_failed"), "couldn't be searched this time"),
    ],
)
async def test_list_without_cameras_says_why(
    hass: HomeAssistant, entry: MockConfigEntry, search: Any, result: FoundCameras, why: str
) -> None:
    search.found = result
    await set_up(hass, entry)
    flow = await start_search(hass, entry)
    assert why in flow["description_placeholders"]["note"]
    shown = await submit_subentry(hass, flow, {"found": "address"})
    assert shown["step_id"] == "source"


async def test_search_that_fails_is_logged_and_cameras_can_be_added(
    hass: HomeAssistant, entry: MockConfigEntry, search: Any, caplog: pytest.LogCaptureFixture
) -> None:
    search.error = ZeroDivisionError
    await set_up(hass, entry)
    shown = await choose(hass, entry, "Enter the address")
    assert shown["step_id"] == "source"
    assert "ZeroDivisionError" in caplog.text


async def test_search_can_be_repeated(
    hass: HomeAssistant, entry: MockConfigEntry, search: Any
) -> None:
    search.found = FoundCameras()
    await set_up(hass, entry)
    flow = await start_search(hass, entry)
    search.found = FOUND
    again = await submit_subentry(hass, flow, {"found": "again"})
    assert again["step_id"] == "found"
    assert option(again, "Acme Eye 7 (192.0.2.7)")


async def test_chosen_entity_and_webcam_fill_in_the_source(
    hass: HomeAssistant, entry: MockConfigEntry, search: Any, probe: Any
) -> None:
    await set_up(hass, entry)
    shown = await choose(hass, entry, "Desk cam (/dev/video7)")
    assert shown["step_id"] == "source"
    assert suggested_values(shown)["device"] == "/dev/video7"
    shown = await choose(hass, entry, "Drive (Demo)")
    assert suggested_values(shown)["entity_id"] == "camera.drive"
    given = {"kind": "entity", "entity_id": "camera.drive", "preset": "indoor"}
    camera = await save(hass, entry, await submit_subentry(hass, shown, given))
    assert "device_info" not in camera.data
    # A camera that was added isn't offered anymore.
    flow = await start_search(hass, entry)
    with pytest.raises(AssertionError):
        option(flow, "Drive (Demo)")


@pytest.mark.parametrize(
    ("label", "given"),
    [
        ("Acme Eye 7 (192.0.2.7)", LOGIN),
        ("Select the maker", BY_MAKER),
        ("Enter the address", {"kind": "stream", "url": MAIN}),
    ],
)
async def test_form_of_an_entry_that_was_unloaded_meanwhile_aborts(
    hass: HomeAssistant, entry: MockConfigEntry, search: Any, label: str, given: dict[str, Any]
) -> None:
    await set_up(hass, entry)
    found, form = await start_search(hass, entry), await choose(hass, entry, label)
    assert await hass.config_entries.async_unload(entry.entry_id)
    for flow, answer in ((form, given), (found, {"found": option(found, label)})):
        aborted = await submit_subentry(hass, flow, answer)
        assert (aborted["type"], aborted["reason"]) == (FlowResultType.ABORT, "not_loaded")


# --- a device ------------------------------------------------------------------------------------


async def test_device_is_added_with_its_login_only(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    search: Any,
    read: Any,
    streams: dict[str, Any],
) -> None:
    streams |= {MAIN: PROBED, LOW: PROBED}
    await set_up(hass, entry)
    login = await choose(hass, entry, "Acme Eye 7 (192.0.2.7)")
    assert login["description_placeholders"]["device"] == "192.0.2.7"
    shown = await submit_subentry(hass, login, LOGIN)
    assert read.call_args.args[2:] == (DEVICE.address, "guard", "s3cret")
    formats = shown["description_placeholders"]["formats"]
    assert formats.startswith("1920 x 1080 · H.264 · 25 fps · AAC")
    assert "Detection stream: 1920 x 1080" in formats
    assert suggested_values(shown)["name"] == "Eye 7"
    assert suggested_values(shown)["armed_modes"] == ["away", "night", "vacation"]
    camera = await save(hass, entry, shown)
    assert camera.data["kind"] == "stream"
    assert (camera.data["url"], camera.data["detect_url"]) == (MAIN, LOW)
    assert (camera.data["username"], camera.data["password"]) == ("guard", "s3cret")
    identifiers = {(DOMAIN, camera.subentry_id)}
    [device] = dr.async_get(hass).async_get_devices(identifiers=identifiers)
    assert (device.manufacturer, device.model, device.serial_number) == ("Acme", "Eye 7", "A7")
    assert device.connections == {(dr.CONNECTION_NETWORK_MAC, MAC)}


async def test_low_resolution_stream_that_cannot_be_opened_is_left_out(
    hass: HomeAssistant, entry: MockConfigEntry, search: Any, read: Any, streams: dict[str, Any]
) -> None:
    streams |= {MAIN: PROBED, LOW: errors.CameraBusy()}
    await set_up(hass, entry)
    login = await choose(hass, entry, "Acme Eye 7 (192.0.2.7)")
    camera = await save(hass, entry, await submit_subentry(hass, login, LOGIN))
    assert camera.data["url"] == MAIN
    assert "detect_url" not in camera.data


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (errors.LoginRefused(), {"password": "invalid_auth"}),
        (errors.NoRoute(), {"base": "no_route"}),
        (errors.OnvifMissing(), {"base": "no_onvif"}),
        (errors.DiscoveryError(), {"base": "discovery_failed"}),
        (ZeroDivisionError(), {"base": "unknown"}),
    ],
)
async def test_device_that_tells_nothing_shows_why_and_can_be_asked_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    search: Any,
    read: Any,
    streams: dict[str, Any],
    failure: Exception,
    expected: dict[str, str],
) -> None:
    read.side_effect = failure
    streams |= {MAIN: PROBED}
    await set_up(hass, entry)
    login = await choose(hass, entry, "Acme Eye 7 (192.0.2.7)")
    again = await submit_subentry(hass, login, LOGIN)
    assert (again["step_id"], again["errors"]) == ("login", expected)
    assert suggested_values(again) == {"username": "guard", "preset": "outdoor"}
    assert ("alert" in again["description_placeholders"]["problem"]) == ("base" in expected)
    read.side_effect = None
    # The password needn't be typed again.
    assert "Password saved" in again["description_placeholders"]["password_note"]
    shown = await submit_subentry(hass, again, {"username": "guard", "preset": "indoor"})
    assert shown["step_id"] == "settings"
    assert read.call_args.args[4] == "s3cret"


async def test_one_channel_of_a_recorder_is_chosen(
    hass: HomeAssistant, entry: MockConfigEntry, search: Any, read: Any, streams: dict[str, Any]
) -> None:
    other = [
        replace(each, url=each.url.replace("192.0.2.7:554", "192.0.2.7:554/2"), source="two")
        for each in DETAILS.profiles
    ]
    read.return_value = replace(DETAILS, profiles=(*DETAILS.profiles, *other))
    streams |= {each.url: PROBED for each in other}
    await set_up(hass, entry)
    login = await choose(hass, entry, "Acme Eye 7 (192.0.2.7)")
    form = await submit_subentry(hass, login, LOGIN)
    assert form["step_id"] == "channel"
    chosen = {"channel": option(form, "2: main (1920 x 1080)")}
    camera = await save(hass, entry, await submit_subentry(hass, form, chosen))
    assert camera.data["url"] == "rtsp://192.0.2.7:554/2/main"
    assert camera.data["detect_url"] == "rtsp://192.0.2.7:554/2/low"
    assert camera.data["device_info"]["mac"] == MAC


async def test_device_without_streams_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, search: Any, read: Any, probe: Any
) -> None:
    read.return_value = DeviceDetails(maker="Acme")
    await set_up(hass, entry)
    login = await choose(hass, entry, "192.0.2.8")
    again = await submit_subentry(hass, login, LOGIN)
    assert (again["step_id"], again["errors"]) == ("login", {"base": "no_streams"})
    probe.assert_not_called()


@pytest.mark.parametrize(
    ("failure", "step", "expected"),
    [
        (errors.LoginRefused(), "login", {"password": "invalid_auth"}),
        (errors.SourceStalled(), "login", {"base": "stalled"}),
        (errors.OtherHostRefused(host="192.0.2.9"), "source", {"connection": "other_host_refused"}),
        (errors.CertificateRefused(), "source", {"verify_tls": "certificate_refused"}),
    ],
)
async def test_device_whose_stream_cannot_be_opened_shows_why(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    search: Any,
    read: Any,
    streams: dict[str, Any],
    failure: errors.SourceError,
    step: str,
    expected: dict[str, str],
) -> None:
    streams[MAIN] = failure
    await set_up(hass, entry)
    login = await choose(hass, entry, "Acme Eye 7 (192.0.2.7)")
    again = await submit_subentry(hass, login, LOGIN)
    assert (again["step_id"], again["errors"]) == (step, expected)
    if step == "source":
        assert suggested_values(again)["url"] == MAIN

"""The camera flow of a new camera: the search, a login for what it found, and makers' paths."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from camera_forms import (
    PROBED,
    SETTINGS,
    start_search,
    submit_subentry,
    suggested_values,
)
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homesec_fixtures import set_up
import pytest

from custom_components.homesec.cameras.discovery import FoundCameras, OtherCamera
from custom_components.homesec.cameras.webcams import Webcam
from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.core import errors
from custom_components.homesec.engine.core.discovery import (
    DeviceDetails,
    OnvifDevice,
    StreamProfile,
)
from custom_components.homesec.flows import camera_login

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeassistant.config_entries import ConfigSubentry
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

MAC = "00:1a:2b:3c:4d:5e"
MAIN, LOW = "rtsp://192.0.2.7:554/main", "rtsp://192.0.2.7:554/low"
DEVICE = OnvifDevice(
    id="urn:uuid:1",
    address="http://192.0.2.7/onvif/device_service",
    host="192.0.2.7",
    port=80,
    name="Eye 7",
    maker="Acme",
)
BARE = OnvifDevice(id="urn:uuid:2", address="http://192.0.2.8/", host="192.0.2.8", port=80)
DETAILS = DeviceDetails(
    maker="Acme",
    model="Eye 7",
    firmware="1.2",
    serial="A7",
    mac=MAC,
    profiles=(
        StreamProfile(token="m", name="main", url=MAIN, codec="h264", width=1920, height=1080),
        StreamProfile(token="s", name="sub", url=LOW, codec="h264", width=640, height=360),
    ),
)
FOUND = FoundCameras(
    devices=(DEVICE, BARE),
    entities=(
        OtherCamera(entity_id="camera.drive", name="Drive", integration="demo"),
        OtherCamera(entity_id="camera.shed", name="Shed", integration=""),
    ),
    webcams=(Webcam("/dev/video7", "Desk cam"),),
)
LOGIN = {"username": "guard", "password": "s3cret", "preset": "outdoor"}
BY_MAKER = {"maker": "Reolink", "host": "192.0.2.7", "channel": 1.0, **LOGIN}
REOLINK = ["rtsp://192.0.2.7/Preview_01_main", "rtsp://192.0.2.7/h264Preview_01_main"]
REOLINK_LOW = "rtsp://192.0.2.7/h264Preview_01_sub"


@pytest.fixture
def search(nothing_found: Any) -> Any:
    """The search, which finds one camera of each kind."""
    nothing_found.return_value = FOUND
    return nothing_found


@pytest.fixture
def read() -> Iterator[Any]:
    """What a device that was found tells of itself."""
    with patch.object(camera_login, "async_read_device", return_value=DETAILS) as read:
        yield read


@pytest.fixture
def streams(probe: Any) -> dict[str, Any]:
    """The streams that can be opened, or what happens instead; no other path exists."""
    known: dict[str, Any] = {}

    def open_stream(config: Any, _feed: object) -> Any:
        found = known.get(config.location, errors.StreamNotFound())
        if isinstance(found, Exception):
            raise found
        return found

    probe.side_effect = open_stream
    return known


def opened(probe: Any) -> list[str]:
    """Return the URLs that were opened, in that order."""
    return [call.args[0].location for call in probe.call_args_list]


def option(flow: dict[str, Any], label: str) -> str:
    """Return the value of the option with this label."""
    [selector] = flow["data_schema"].schema.values()
    labels = {each["label"]: each["value"] for each in selector.config["options"]}
    assert label in labels, list(labels)
    return labels[label]


async def choose(hass: HomeAssistant, entry: MockConfigEntry, label: str) -> dict[str, Any]:
    """Search, and choose an option."""
    flow = await start_search(hass, entry)
    assert flow["step_id"] == "found"
    return await submit_subentry(hass, flow, {"found": option(flow, label)})


async def save(hass: HomeAssistant, entry: MockConfigEntry, shown: Any) -> ConfigSubentry:
    """Save the settings, and return the camera."""
    assert shown["step_id"] == "settings", shown["errors"]
    done = await submit_subentry(hass, shown, SETTINGS)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    [camera] = [s for s in entry.get_subentries_of_type("camera") if s.title == "Garden"]
    return camera


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
    search.return_value = result
    await set_up(hass, entry)
    flow = await start_search(hass, entry)
    assert why in flow["description_placeholders"]["note"]
    shown = await submit_subentry(hass, flow, {"found": "address"})
    assert shown["step_id"] == "source"


async def test_search_that_fails_is_logged_and_cameras_can_be_added(
    hass: HomeAssistant, entry: MockConfigEntry, search: Any, caplog: pytest.LogCaptureFixture
) -> None:
    search.side_effect = ZeroDivisionError
    await set_up(hass, entry)
    shown = await choose(hass, entry, "Enter the address")
    assert shown["step_id"] == "source"
    assert "ZeroDivisionError" in caplog.text


async def test_search_can_be_repeated(
    hass: HomeAssistant, entry: MockConfigEntry, search: Any
) -> None:
    search.return_value = FoundCameras()
    await set_up(hass, entry)
    flow = await start_search(hass, entry)
    search.return_value = FOUND
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


# --- a maker -------------------------------------------------------------------------------------


async def test_paths_of_a_maker_are_tried_until_one_exists(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    nothing_found: Any,
    streams: dict[str, Any],
    probe: Any,
) -> None:
    streams |= {REOLINK[1]: PROBED, REOLINK_LOW: PROBED}
    await set_up(hass, entry)
    form = await choose(hass, entry, "Select the maker")
    shown = await submit_subentry(hass, form, BY_MAKER)
    assert opened(probe) == [*REOLINK, REOLINK_LOW]
    assert suggested_values(shown)["name"] == ""
    camera = await save(hass, entry, shown)
    assert (camera.data["url"], camera.data["detect_url"]) == (REOLINK[1], REOLINK_LOW)
    assert camera.data["device_info"]["maker"] == "Reolink"
    # The same camera again is found out once its path is known.
    nothing_found.return_value = FOUND
    assert option(await start_search(hass, entry), "Acme Eye 7 (192.0.2.7), added before")
    form = await choose(hass, entry, "Select the maker")
    again = await submit_subentry(hass, form, BY_MAKER)
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_configured")


@pytest.mark.parametrize(
    ("failure", "calls", "expected"),
    [
        (None, 2, {"maker": "maker_paths_missing"}),
        (errors.LoginRefused(), 1, {"password": "invalid_auth"}),
        (errors.StreamNotFound(login="wrong"), 1, {"password": "invalid_auth"}),
        (errors.NoRoute(), 1, {"host": "no_route"}),
        (errors.ConnectionRefused(), 2, {"maker": "maker_paths_missing"}),
    ],
)
async def test_maker_without_a_working_path_shows_why(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    streams: dict[str, Any],
    probe: Any,
    failure: errors.SourceError | None,
    calls: int,
    expected: dict[str, str],
) -> None:
    if failure is not None:
        streams[REOLINK[0]] = failure
    await set_up(hass, entry)
    form = await choose(hass, entry, "Select the maker")
    again = await submit_subentry(hass, form, BY_MAKER)
    assert (again["step_id"], again["errors"]) == ("maker", expected)
    assert len(opened(probe)) == calls, "a camera locks out who guesses"
    shown = suggested_values(again)
    assert (shown["maker"], shown["host"], shown["username"]) == ("Reolink", "192.0.2.7", "guard")
    assert "password" not in shown
    streams |= {REOLINK[0]: PROBED}
    again = await submit_subentry(hass, again, {**BY_MAKER, "password": ""})
    assert again["step_id"] == "settings"


async def test_camera_without_a_low_resolution_stream_has_its_main_stream_only(
    hass: HomeAssistant, entry: MockConfigEntry, streams: dict[str, Any], probe: Any
) -> None:
    streams |= {"rtsp://192.0.2.7/live": PROBED}
    await set_up(hass, entry)
    form = await choose(hass, entry, "Select the maker")
    shown = await submit_subentry(hass, form, {**BY_MAKER, "maker": "Wyze"})
    camera = await save(hass, entry, shown)
    assert "detect_url" not in camera.data
    assert opened(probe)[0] == "rtsp://192.0.2.7/live"


async def test_closed_ports_are_told_if_no_other_port_answers(
    hass: HomeAssistant, entry: MockConfigEntry, streams: dict[str, Any], probe: Any
) -> None:
    urls = ["rtsp://192.0.2.7/videoMain", "rtsp://192.0.2.7:88/videoMain"]
    streams |= dict.fromkeys(urls, errors.ConnectionRefused())
    await set_up(hass, entry)
    form = await choose(hass, entry, "Select the maker")
    again = await submit_subentry(hass, form, {**BY_MAKER, "maker": "Foscam"})
    assert again["errors"] == {"host": "connection_refused"}
    assert opened(probe) == urls


async def test_address_that_is_none_is_refused_without_a_connection(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    form = await choose(hass, entry, "Select the maker")
    again = await submit_subentry(hass, form, {**BY_MAKER, "host": "the garden"})
    assert (again["step_id"], again["errors"]) == ("maker", {"host": "invalid_address"})
    probe.assert_not_called()


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (errors.InvalidSource(), {"host": "invalid_address"}),
        (errors.HostNotFound(), {"host": "host_not_found"}),
        (errors.OnvifMissing(), {"base": "no_onvif"}),
        (errors.LoginRefused(), {"password": "invalid_auth"}),
    ],
)
async def test_device_by_its_address_that_tells_nothing_shows_why(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    read: Any,
    failure: errors.HomeSecError,
    expected: dict[str, str],
) -> None:
    read.side_effect = failure
    await set_up(hass, entry)
    form = await choose(hass, entry, "Select the maker")
    again = await submit_subentry(hass, form, {**BY_MAKER, "maker": "ONVIF"})
    assert (again["step_id"], again["errors"]) == ("maker", expected)
    assert suggested_values(again)["maker"] == "ONVIF"


async def test_mac_of_a_camera_by_its_address_is_remembered(
    hass: HomeAssistant, entry: MockConfigEntry, streams: dict[str, Any]
) -> None:
    streams |= {REOLINK[0]: PROBED}
    await set_up(hass, entry)
    form = await choose(hass, entry, "Select the maker")
    shown = await submit_subentry(hass, form, BY_MAKER)
    with patch("custom_components.homesec.flows.camera_flow.find_mac", return_value=MAC):
        camera = await save(hass, entry, shown)
    assert camera.data["device_info"] == {"maker": "Reolink", "mac": MAC}

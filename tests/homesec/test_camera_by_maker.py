"""The camera flow of a new camera: its maker and address, and the paths that are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from camera_forms import PROBED, start_search, submit_subentry, suggested_values
from found_cameras import BY_MAKER, FOUND, MAC, REOLINK, REOLINK_LOW, choose, option, save
from homeassistant.data_entry_flow import FlowResultType
from homesec_fixtures import set_up
import pytest

from custom_components.homesec.engine.core import errors

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry


def opened(probe: Any) -> list[str]:
    """Return the URLs that were opened, in that order."""
    return [call.args[0].location for call in probe.call_args_list]


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
    nothing_found.found = FOUND
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

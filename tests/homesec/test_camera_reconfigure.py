"""A camera's form for one that exists already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from camera_forms import (
    SETTINGS,
    STREAM,
    URL,
    start_adding,
    start_reconfiguring,
    submit_subentry,
    suggested_values,
)
from homesec_fixtures import CAMERA_ID, arm, pictures, set_up

from custom_components.homesec.engine.core import errors

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry


"""The field at which an error is shown, if it isn't the URL's."""


async def test_reconfigured_camera_keeps_password_without_showing_it(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    given = {**STREAM, "username": "ann", "password": "secret"}
    await submit_subentry(
        hass, await submit_subentry(hass, await start_adding(hass, entry), given), SETTINGS
    )
    await hass.async_block_till_done()
    [camera] = [s for s in entry.get_subentries_of_type("camera") if s.title == "Garden"]
    hass.config_entries.async_update_subentry(
        entry, camera, data={**camera.data, "detection": False}
    )
    await hass.async_block_till_done()

    flow = await start_reconfiguring(hass, entry, camera.subentry_id)
    assert flow["step_id"] == "reconfigure"
    assert suggested_values(flow) == {
        "kind": "stream",
        "url": URL,
        "username": "ann",
        "verify_tls": False,
        "connection": dict.fromkeys(
            (
                *("detect_url", "tls_fingerprint"),
                *("allow_other_hosts", "allow_basic", "pictures_per_s"),
            )
        ),
    }
    other = "rtsp://192.0.2.8/2"
    shown = await submit_subentry(hass, flow, {"kind": "stream", "url": other, "username": "ann"})
    assert suggested_values(shown) == SETTINGS
    changed = {**SETTINGS, "name": "Garden gate"}
    changed["response"] = {**SETTINGS["response"], "pre_roll_s": 8.0}
    changed["advanced"] = {k: v for k, v in SETTINGS["advanced"].items() if k != "threshold"}
    done = await submit_subentry(hass, shown, changed)
    assert done["reason"] == "reconfigure_successful"
    assert camera.title == "Garden gate"
    assert camera.data["url"] == other
    assert camera.data["password"] == "secret"
    assert camera.data["pre_roll_s"] == 8.0
    assert camera.data["detection"] is False
    assert "threshold" not in camera.data
    await hass.async_block_till_done()


async def test_known_device_is_forgotten_with_another_host_only(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    camera = entry.subentries[CAMERA_ID]
    known = {"kind": "stream", "url": URL, "device_info": {"maker": "Acme"}}
    hass.config_entries.async_update_subentry(entry, camera, data={**camera.data, **known})
    await hass.async_block_till_done()
    for url, expected in (
        (f"{URL}?other=path", {"maker": "Acme"}),
        ("rtsp://192.0.2.8/1", None),
    ):
        flow = await start_reconfiguring(hass, entry, CAMERA_ID)
        shown = await submit_subentry(hass, flow, {"kind": "stream", "url": url})
        await submit_subentry(hass, shown, SETTINGS)
        await hass.async_block_till_done()
        assert camera.data["url"] == url
        assert camera.data.get("device_info") == expected


async def test_reconfigure_with_source_of_another_camera_aborts(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    await submit_subentry(
        hass, await submit_subentry(hass, await start_adding(hass, entry), STREAM), SETTINGS
    )
    await hass.async_block_till_done()
    again = await submit_subentry(hass, await start_reconfiguring(hass, entry, CAMERA_ID), STREAM)
    assert again["reason"] == "already_configured"


async def test_reconfigure_of_running_camera_does_not_open_it_again(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, video: Path
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
    flow = await start_reconfiguring(hass, entry, CAMERA_ID)
    shown = await submit_subentry(hass, flow, {"kind": "file", "file": str(video)})
    assert shown["step_id"] == "settings"
    assert "H.264" in shown["description_placeholders"]["formats"]
    assert shown["description_placeholders"]["picture"]
    probe.assert_not_called()


async def test_reconfigure_of_camera_without_picture_opens_it(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, video: Path
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
    flow = await start_reconfiguring(hass, entry, CAMERA_ID)
    with patch.object(entry.runtime_data.host.engine, "jpeg", return_value=None):
        await submit_subentry(hass, flow, {"kind": "file", "file": str(video)})
    probe.assert_called_once()


async def test_reconfigure_of_offline_camera_shows_note_instead_of_picture(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, video: Path
) -> None:
    await set_up(hass, entry)
    probe.side_effect = errors.NoRoute()
    flow = await start_reconfiguring(hass, entry, CAMERA_ID)
    shown = await submit_subentry(hass, flow, {"kind": "file", "file": str(video)})
    assert shown["step_id"] == "settings"
    assert shown["description_placeholders"]["picture"] == ""
    assert "couldn't be reached" in shown["description_placeholders"]["note"]
    # A new source must be reachable.
    flow = await start_reconfiguring(hass, entry, CAMERA_ID)
    again = await submit_subentry(hass, flow, STREAM)
    assert again["step_id"] == "reconfigure"
    assert again["errors"] == {"url": "no_route"}


async def test_reconfigure_of_removed_camera_aborts(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    first, second, third = [await start_reconfiguring(hass, entry, CAMERA_ID) for _ in range(3)]
    other = {**STREAM, "url": "rtsp://192.0.2.8/2"}
    settings = await submit_subentry(hass, second, other)
    hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
    await hass.async_block_till_done()
    # The preview of a changed source comes before the check that the camera still exists.
    assert (await submit_subentry(hass, first, other))["reason"] == "gone"
    assert (await submit_subentry(hass, settings, SETTINGS))["reason"] == "gone"
    probe.side_effect = errors.NoRoute
    again = await submit_subentry(hass, third, other)
    assert again["errors"] == {"url": "no_route"}
    assert not entry.get_subentries_of_type("camera")

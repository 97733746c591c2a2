"""Changing a camera that is there, in the same form that added it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from camera_dialog import SETTINGS, STREAM, URL, answer, begin, change, suggested
from homesec_fixtures import CAMERA_ID, arm, pictures, set_up

from custom_components.homesec.engine.core import errors

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry


async def test_a_camera_is_changed_without_showing_its_password(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    given = {**STREAM, "username": "ann", "password": "secret"}
    await answer(hass, await answer(hass, await begin(hass, entry), given), SETTINGS)
    await hass.async_block_till_done()
    [camera] = [s for s in entry.get_subentries_of_type("camera") if s.title == "Garden"]
    hass.config_entries.async_update_subentry(
        entry, camera, data={**camera.data, "detection": False}
    )
    await hass.async_block_till_done()

    flow = await change(hass, entry, camera.subentry_id)
    assert flow["step_id"] == "reconfigure"
    assert suggested(flow) == {"kind": "stream", "url": URL, "username": "ann", "verify_tls": False}
    other = "rtsp://192.0.2.8/2"
    shown = await answer(hass, flow, {"kind": "stream", "url": other, "username": "ann"})
    assert suggested(shown) == SETTINGS
    changed = {**SETTINGS, "name": "Garden gate", "pre_roll_s": 8.0}
    changed["advanced"] = {k: v for k, v in SETTINGS["advanced"].items() if k != "threshold"}
    done = await answer(hass, shown, changed)
    assert done["reason"] == "reconfigure_successful"
    assert camera.title == "Garden gate"
    assert camera.data["url"] == other
    assert camera.data["password"] == "secret"
    assert camera.data["pre_roll_s"] == 8.0
    assert camera.data["detection"] is False
    assert "threshold" not in camera.data
    await hass.async_block_till_done()


async def test_a_source_that_another_camera_has_cannot_be_taken(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    await answer(hass, await answer(hass, await begin(hass, entry), STREAM), SETTINGS)
    await hass.async_block_till_done()
    again = await answer(hass, await change(hass, entry, CAMERA_ID), STREAM)
    assert again["reason"] == "already_configured"


async def test_a_running_camera_is_not_opened_a_second_time(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, video: Path
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
    flow = await change(hass, entry, CAMERA_ID)
    shown = await answer(hass, flow, {"kind": "file", "file": str(video)})
    assert shown["step_id"] == "settings"
    assert "H.264" in shown["description_placeholders"]["facts"]
    assert shown["description_placeholders"]["picture"]
    probe.assert_not_called()


async def test_a_camera_without_a_picture_yet_is_opened_after_all(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, video: Path
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
    flow = await change(hass, entry, CAMERA_ID)
    with patch.object(entry.runtime_data.host.engine, "jpeg", return_value=None):
        await answer(hass, flow, {"kind": "file", "file": str(video)})
    probe.assert_called_once()


async def test_the_settings_of_a_camera_that_is_away_can_be_changed(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, video: Path
) -> None:
    await set_up(hass, entry)
    probe.side_effect = errors.NoRoute()
    flow = await change(hass, entry, CAMERA_ID)
    shown = await answer(hass, flow, {"kind": "file", "file": str(video)})
    assert shown["step_id"] == "settings"
    assert shown["description_placeholders"]["picture"] == ""
    assert "couldn't be reached" in shown["description_placeholders"]["note"]
    # Another source has to be there.
    flow = await change(hass, entry, CAMERA_ID)
    again = await answer(hass, flow, STREAM)
    assert again["step_id"] == "reconfigure"
    assert again["errors"] == {"url": "no_route"}


async def test_a_camera_that_is_removed_meanwhile_is_said_to_be_gone(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    first, second, third = [await change(hass, entry, CAMERA_ID) for _ in range(3)]
    other = {**STREAM, "url": "rtsp://192.0.2.8/2"}
    settings = await answer(hass, second, other)
    hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
    await hass.async_block_till_done()
    # A source is looked at before anything is asked of the camera that it was for.
    assert (await answer(hass, first, other))["reason"] == "gone"
    assert (await answer(hass, settings, SETTINGS))["reason"] == "gone"
    probe.side_effect = errors.NoRoute
    again = await answer(hass, third, other)
    assert again["errors"] == {"url": "no_route"}
    assert not entry.get_subentries_of_type("camera")

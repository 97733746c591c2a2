"""Moving a simulated ONVIF camera from the page: its end, and what goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from alarm_fixtures import CODES
from homeassistant.exceptions import ServiceValidationError
from homesec_fixtures import CAMERA_ID, pictures, set_up, until
from movement_fixtures import *  # noqa: F403 - fixtures are found by name
from movement_fixtures import LEFT, PASSWORD, STOP, change, hold, stopped
from onvif_device import OnvifDevice
from page_client import PageClient
import pytest

from custom_components.homesec.alarm.pins import PinKind
from custom_components.homesec.cameras import movement as movement_module
from custom_components.homesec.engine.camera.tamper_check import TamperCheck

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator

FULL = CODES[PinKind.FULL]


# --- as long as a button is held ----------------------------------------------------------------


async def test_camera_moves_while_a_button_is_held(
    hass: HomeAssistant, page: PageClient, device: OnvifDevice, learned: list[str]
) -> None:
    assert await page.call("cameras/directions", camera_id=CAMERA_ID) == {
        "directions": ["left", "right", "up", "down"]
    }
    held = await hold(page)
    assert device.moves == [LEFT]
    assert learned == [CAMERA_ID]
    await page.unsubscribe(held)
    await stopped(hass, device)
    await until(hass, lambda: len(learned) == 2)
    assert device.moves == [LEFT, STOP]


async def test_camera_stops_when_the_page_goes_away(
    hass: HomeAssistant, page: PageClient, device: OnvifDevice
) -> None:
    await hold(page)
    await page.client.close()
    await stopped(hass, device)


async def test_camera_that_nobody_stops_stops(
    hass: HomeAssistant, page: PageClient, device: OnvifDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(movement_module, "MAX_MOVE_S", 0.1)
    held = await hold(page)
    await stopped(hass, device)
    await page.unsubscribe(held)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert device.moves == [LEFT, STOP]


async def test_next_movement_stops_the_one_before(
    hass: HomeAssistant, page: PageClient, device: OnvifDevice
) -> None:
    first = await hold(page)
    second = await hold(page, "up")
    await page.unsubscribe(first)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert device.moves == [LEFT, STOP, ("move", "0.0", "0.5", "0.0")]
    await page.unsubscribe(second)
    await stopped(hass, device)


async def test_movement_that_ended_before_its_turn_never_begins(
    runtime: Any, device: OnvifDevice
) -> None:
    motion = runtime.movement.async_motion(CAMERA_ID, "left")
    motion.async_end()
    await motion.async_start()
    assert device.moves == []


async def test_stop_that_fails_is_tried_again(
    hass: HomeAssistant, page: PageClient, device: OnvifDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(movement_module, "STOP_AGAIN_S", 0.01)
    held = await hold(page)
    tries = []

    def refuse() -> tuple[int, dict[str, str], bytes]:
        tries.append(1)
        if len(tries) == 3:
            del device.settings.answers["Stop"]
        return 503, {}, b""

    device.settings.answers["Stop"] = refuse
    await page.unsubscribe(held)
    await stopped(hass, device)


async def test_camera_that_cannot_be_stopped_is_named_in_the_log(
    hass: HomeAssistant,
    page: PageClient,
    device: OnvifDevice,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(movement_module, "STOP_AGAIN_S", 0.01)
    held = await hold(page)
    device.settings.answers["Stop"] = lambda: (503, {}, b"")
    await page.unsubscribe(held)
    await until(hass, lambda: "Front door could not be stopped" in caplog.text)
    assert PASSWORD not in caplog.text


async def test_camera_stops_with_the_integration(
    hass: HomeAssistant, entry: MockConfigEntry, page: PageClient, device: OnvifDevice
) -> None:
    await hold(page)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert device.moves == [LEFT, STOP]


async def test_moved_camera_learns_its_scene_anew(
    hass: HomeAssistant, entry: MockConfigEntry, socket_enabled: None
) -> None:
    change(entry, disarmed="detect")
    with patch.object(TamperCheck, "learn_scene", autospec=True) as learn:
        await set_up(hass, entry)
        await pictures(hass, entry)
        await entry.runtime_data.host.async_run(
            entry.runtime_data.host.engine.learn_scene, CAMERA_ID
        )
        await until(hass, lambda: learn.call_count == 1)


# --- stored positions ---------------------------------------------------------------------------


async def test_camera_moves_to_a_stored_position(
    page: PageClient, device: OnvifDevice, learned: list[str]
) -> None:
    assert await page.call("cameras/positions", camera_id=CAMERA_ID) == {
        "positions": [{"id": "1", "name": "Door"}, {"id": "2", "name": "Gate"}]
    }
    await hold(page)
    await page.call("cameras/go_to", camera_id=CAMERA_ID, position="2")
    assert device.moves == [LEFT, STOP, ("preset", "2")]
    assert len(learned) == 3
    error = await page.call_refused("cameras/go_to", camera_id=CAMERA_ID, position="9")
    assert error["translation_key"] == "move_refused"
    assert error["translation_placeholders"] == {"camera": "Front door"}


# --- what doesn't work --------------------------------------------------------------------------


async def test_camera_that_cannot_move_says_so(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await set_up(hass, entry)
    page = PageClient(await hass_ws_client(hass))
    assert await page.call("cameras/directions", camera_id=CAMERA_ID) == {"directions": []}
    for command, fields in (
        ("cameras/move", {"direction": "left"}),
        ("cameras/go_to", {"position": "1"}),
        ("cameras/positions", {}),
    ):
        error = await page.call_refused(command, camera_id=CAMERA_ID, **fields)
        assert error["translation_key"] == "camera_not_movable"
    error = await page.call_refused("cameras/move", camera_id="gone", direction="left")
    assert error["code"] == "not_found"


async def test_camera_that_was_removed_does_not_move(runtime: Any) -> None:
    assert runtime.movement.async_directions("gone") == ()
    with pytest.raises(ServiceValidationError):
        await runtime.movement.async_go_to("gone", "1")


async def test_direction_that_camera_does_not_have_is_refused(page: PageClient) -> None:
    error = await page.call_refused("cameras/move", camera_id=CAMERA_ID, direction="zoom_in")
    assert error["translation_key"] == "camera_not_movable"
    error = await page.call_refused("cameras/move", camera_id=CAMERA_ID, direction="away")
    assert error["code"] == "invalid_format"


async def test_refused_login_says_so(
    page: PageClient, device: OnvifDevice, caplog: pytest.LogCaptureFixture
) -> None:
    device.settings.password = "changed"
    error = await page.call_refused("cameras/move", camera_id=CAMERA_ID, direction="left")
    assert error["translation_key"] == "move_login_refused"
    assert PASSWORD not in caplog.text


async def test_camera_that_answers_oddly_is_stopped(
    hass: HomeAssistant,
    page: PageClient,
    device: OnvifDevice,
    caplog: pytest.LogCaptureFixture,
) -> None:
    device.settings.answers["ContinuousMove"] = lambda: (503, {}, b"")
    error = await page.call_refused("cameras/move", camera_id=CAMERA_ID, direction="left")
    assert error["translation_key"] == "move_failed"
    await stopped(hass, device)
    assert "Front door could not be moved" in caplog.text
    assert PASSWORD not in caplog.text

"""Moving a simulated ONVIF camera from the page and by the action, with its end and its rights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from alarm_fixtures import CODES, PINS, WRONG, with_alarm
from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homesec_fixtures import CAMERA_ID, arm, pictures, set_up, until
from onvif_device import OnvifDevice
from page_client import PageClient
import probatio
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec.alarm import move_permits
from custom_components.homesec.alarm.pins import PinKind
from custom_components.homesec.cameras import movement as movement_module
from custom_components.homesec.engine.camera.tamper_check import TamperCheck
from custom_components.homesec.engine.discovery.mover import Movers
from custom_components.homesec.engine.worker import media_tools
from custom_components.homesec.engine.worker.camera_host import CameraHost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from homeassistant.core import Event, HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator

FULL = CODES[PinKind.FULL]
PASSWORD = "s3cret-CANARY"
LEFT = ("move", "-0.5", "0.0", "0.0")
STOP = ("stop",)


@pytest.fixture
def device(socket_enabled: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[OnvifDevice]:
    """A camera that can be moved, and what moves it in this process."""
    installed = "custom_components.homesec.cameras.discovery.async_process_requirements"
    movers = Movers()
    for order in ("move", "go_to", "read_positions"):
        monkeypatch.setattr(media_tools, order, getattr(movers, order))
    with patch(installed), OnvifDevice(ptz=True, password=PASSWORD) as simulated:
        yield simulated
        movers.close()


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cameras that learned their scene anew, as often as they did."""
    found: list[str] = []
    monkeypatch.setattr(CameraHost, "learn_scene", lambda _, camera_id: found.append(camera_id))
    return found


@pytest.fixture
async def runtime(
    hass: HomeAssistant, entry: MockConfigEntry, device: OnvifDevice, learned: list[str]
) -> Any:
    """The loaded entry, whose camera is the one that can be moved; its stream is gone."""
    change(entry, **movable(device))
    await set_up(hass, with_alarm(entry, pins=PINS))
    return entry.runtime_data


@pytest.fixture
async def page(hass: HomeAssistant, runtime: Any, hass_ws_client: WebSocketGenerator) -> PageClient:
    """The page of an administrator."""
    return PageClient(await hass_ws_client(hass))


@pytest.fixture
async def reader(
    hass: HomeAssistant,
    runtime: Any,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> PageClient:
    """The page of a user with read-only permissions."""
    return PageClient(await hass_ws_client(hass, hass_read_only_access_token))


@pytest.fixture
def weakened(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alarm_weakened")


@pytest.fixture
def refusals(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alarm_refused")


def movable(device: OnvifDevice) -> dict[str, Any]:
    """Return the settings of a camera that the search found."""
    return {
        "armed_modes": [],  # so that the alarm is armed without its pictures
        "kind": "stream",
        "url": "rtsp://127.0.0.1:1/main",
        "username": "admin",
        "password": PASSWORD,
        "movement": {"address": device.address, "profile": "main", "pans": True, "zooms": False},
    }


def change(entry: MockConfigEntry, **data: Any) -> None:
    """Change the camera's settings before the entry is set up."""
    subentry = entry.subentries[CAMERA_ID]
    object.__setattr__(subentry, "data", {**subentry.data, **data})


async def stopped(hass: HomeAssistant, device: OnvifDevice) -> None:
    """Wait until the camera stops."""
    await until(hass, lambda: device.moves[-1:] == [STOP], "the stop")


async def hold(page: PageClient, direction: str = "left") -> int:
    """Press a button, which must be allowed, and return what releases it."""
    await page.client.send_json_auto_id(
        {"type": "homesec/cameras/move", "camera_id": CAMERA_ID, "direction": direction}
    )
    answer = await page.client.receive_json()
    assert answer["success"], answer
    held: int = answer["id"]
    return held


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


# --- who may ------------------------------------------------------------------------------------


async def test_whoever_may_watch_may_move_while_disarmed(
    hass: HomeAssistant, reader: PageClient, device: OnvifDevice, weakened: list[Event]
) -> None:
    await reader.unsubscribe(await hold(reader))
    await stopped(hass, device)
    assert weakened == []


async def test_reader_may_not_move_while_armed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    reader: PageClient,
    device: OnvifDevice,
    refusals: list[Event],
) -> None:
    await arm(hass, entry)
    for command, fields in (
        ("move", {"direction": "left"}),
        ("go_to", {"position": "1"}),
        ("allow_moves", {}),
    ):
        error = await reader.call_refused(
            f"cameras/{command}", camera_id=CAMERA_ID, password=FULL, **fields
        )
        assert error["code"] == "unauthorized"
    assert device.moves == []
    assert [event.data["reason"] for event in refusals] == ["not_allowed"] * 3


async def test_pin_is_good_for_some_moves_of_one_page(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    page: PageClient,
    device: OnvifDevice,
    weakened: list[Event],
) -> None:
    await arm(hass, entry)
    refused = await page.call_refused("cameras/move", camera_id=CAMERA_ID, direction="left")
    assert refused["translation_key"] == "guard_code_missing"
    refused = await page.call_refused("cameras/allow_moves", camera_id=CAMERA_ID, password=WRONG)
    assert refused["translation_key"] == "wrong_code"
    assert (device.moves, weakened) == ([], [])

    await page.call("cameras/allow_moves", camera_id=CAMERA_ID, password=FULL)
    for _ in range(2):
        await page.unsubscribe(await hold(page))
        await stopped(hass, device)
    assert [(event.data["action"], event.data["by"]) for event in weakened] == [
        ("camera_moved", "Ann")
    ]
    assert weakened[0].data["cameras"] == ["Front door"]


async def test_pin_is_asked_for_again_after_a_while(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    page: PageClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(move_permits, "PERMIT_S", 0.0)
    await arm(hass, entry)
    await page.call("cameras/allow_moves", camera_id=CAMERA_ID, password=FULL)
    refused = await page.call_refused("cameras/move", camera_id=CAMERA_ID, direction="left")
    assert refused["translation_key"] == "guard_code_missing"


async def test_pin_is_asked_for_again_after_the_alarm_was_disarmed(
    hass: HomeAssistant, entry: MockConfigEntry, page: PageClient, device: OnvifDevice
) -> None:
    await arm(hass, entry)
    await page.call("cameras/allow_moves", camera_id=CAMERA_ID, password=FULL)
    await page.call("alarm/disarm", password=FULL)
    await arm(hass, entry)
    refused = await page.call_refused("cameras/move", camera_id=CAMERA_ID, direction="left")
    assert refused["translation_key"] == "guard_code_missing"
    assert device.moves == []


# --- the action ---------------------------------------------------------------------------------


@pytest.fixture
def act(hass: HomeAssistant, runtime: Any) -> Callable[..., Any]:
    """Call the action, as an automation or a user."""

    async def call(user: MockUser | None = None, **data: Any) -> None:
        context = Context(user_id=None if user is None else user.id)
        await hass.services.async_call(
            "homesec", "move_camera", {"camera": CAMERA_ID, **data}, blocking=True, context=context
        )

    return call


async def test_action_moves_for_some_time(
    hass: HomeAssistant, act: Callable[..., Any], device: OnvifDevice
) -> None:
    await act(direction="left", duration=0.1)
    await stopped(hass, device)
    assert device.moves == [LEFT, STOP]


@pytest.mark.parametrize("position", ["gate", "2"])
async def test_action_moves_to_a_position_of_a_name(
    act: Callable[..., Any], device: OnvifDevice, position: str
) -> None:
    await act(position=position)
    assert device.moves == [("preset", "2")]


async def test_action_that_makes_no_sense_is_refused(
    act: Callable[..., Any], device: OnvifDevice
) -> None:
    for data in ({}, {"direction": "left", "position": "Gate"}, {"direction": "away"}):
        with pytest.raises(probatio.Invalid):
            await act(**data)
    with pytest.raises(ServiceValidationError) as refused:
        await act(position="Garage")
    assert refused.value.translation_key == "position_not_found"
    with pytest.raises(ServiceValidationError):
        await act(direction="zoom_out")
    device.settings.password = "changed"
    with pytest.raises(HomeAssistantError):
        await act(direction="left")
    assert device.moves == []


async def test_action_takes_the_pin_while_armed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    act: Callable[..., Any],
    device: OnvifDevice,
    hass_admin_user: MockUser,
    hass_read_only_user: MockUser,
    weakened: list[Event],
) -> None:
    await arm(hass, entry)
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass_admin_user, position="Gate")
    assert refused.value.translation_key == "guard_code_missing"
    with pytest.raises(Unauthorized):
        await act(hass_read_only_user, position="Gate", code=FULL)
    assert (device.moves, weakened) == ([], [])
    await act(hass_admin_user, position="Gate", code=FULL)
    await act(position="Door")  # an automation
    assert device.moves == [("preset", "2"), ("preset", "1")]
    assert [event.data["action"] for event in weakened] == ["camera_moved"] * 2


async def test_reader_may_use_the_action_while_disarmed(
    act: Callable[..., Any], device: OnvifDevice, hass_read_only_user: MockUser
) -> None:
    await act(hass_read_only_user, position="Gate")
    assert device.moves == [("preset", "2")]

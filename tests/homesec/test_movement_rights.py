"""Who may move a camera, from the page and by the action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alarm_fixtures import CODES, WRONG
from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homesec_fixtures import CAMERA_ID, arm
from movement_fixtures import *  # noqa: F403 - fixtures are found by name
from movement_fixtures import LEFT, STOP, hold, stopped
from onvif_device import OnvifDevice
from page_client import PageClient
import probatio
import pytest

from custom_components.homesec.alarm import move_permits
from custom_components.homesec.alarm.pins import PinKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeassistant.core import Event, HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

FULL = CODES[PinKind.FULL]


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

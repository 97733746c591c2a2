"""Moving simulated ONVIF cameras over SOAP."""

import asyncio
import time

from onvif_device import OnvifDevice
import onvif_messages
import pytest

from custom_components.homesec.engine.core.discovery import MovableDevice, Movement, Position
from custom_components.homesec.engine.core.errors import (
    ConnectionRefused,
    LoginRefused,
    MoveRefused,
    SourceTimeout,
)
from custom_components.homesec.engine.discovery import mover as mover_module, soap
from custom_components.homesec.engine.discovery.device import read_device
from custom_components.homesec.engine.discovery.mover import Movers

LONG_S = 60.0
LEFT = Movement(pan=-0.5)
STILL = Movement()
MOVED_LEFT = ("move", "-0.5", "0.0", "0.0")


@pytest.fixture
def movers():
    """What moves cameras."""
    found = Movers()
    yield found
    found.close()


def movable(device, **changed):
    """Return how to reach a simulated camera."""
    known = {"address": device.address, "profile": "main"}
    return MovableDevice(**known | {"username": "admin", "password": "secret"} | changed)


def wait_for(condition):
    """Wait until something is true, for as long as a slow computer may need."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("login", ["wsse", "digest"])
def test_camera_moves_until_it_is_stopped(movers, login):
    with OnvifDevice(ptz=True, login=login, clock_ahead_s=7200) as device:
        movers.move(movable(device), Movement(pan=1.0, tilt=-0.25), LONG_S)
        assert device.is_moving
        movers.move(movable(device), STILL, LONG_S)
        movers.move(movable(device), Movement(zoom=0.5), LONG_S)
        movers.move(movable(device), STILL, LONG_S)
    assert device.moves == [
        ("move", "1.0", "-0.25", "0.0"),
        ("stop",),
        ("move", "0.0", "0.0", "0.5"),
        ("stop",),
    ]
    assert "<ns0:Timeout>PT30S<" in next(each for each in device.requests if "Velocity" in each)


def test_speed_of_what_does_not_move_is_left_out(movers):
    with OnvifDevice(ptz=True) as device:
        movers.move(movable(device), LEFT, LONG_S)
        movers.move(movable(device), Movement(zoom=-1.0), LONG_S)
    turned, zoomed = (each for each in device.requests if "Velocity" in each)
    assert ":Zoom " not in turned
    assert ":PanTilt " not in zoomed


def test_camera_that_nobody_stops_is_stopped_after_its_time(movers):
    with OnvifDevice(ptz=True) as device:
        movers.move(movable(device), LEFT, 0.05)
        wait_for(lambda: device.moves == [MOVED_LEFT, ("stop",)])


def test_new_movement_has_a_time_of_its_own(movers):
    with OnvifDevice(ptz=True) as device:
        movers.move(movable(device), LEFT, LONG_S)
        movers.move(movable(device), Movement(pan=0.5), 0.05)
        wait_for(lambda: not device.is_moving)
        assert device.moves == [MOVED_LEFT, ("move", "0.5", "0.0", "0.0"), ("stop",)]


def test_stop_that_fails_is_tried_again(movers, monkeypatch):
    monkeypatch.setattr(mover_module, "STOP_AGAIN_S", 0.05)
    with OnvifDevice(ptz=True) as device:
        tries = []

        def refuse():
            tries.append(1)
            if len(tries) == 2:
                del device.settings.answers["Stop"]
            return 503, {}, b""

        device.settings.answers["Stop"] = refuse
        movers.move(movable(device), LEFT, 0.05)
        wait_for(lambda: not device.is_moving)


def test_camera_that_cannot_be_stopped_is_named_in_the_log(movers, monkeypatch, caplog):
    monkeypatch.setattr(mover_module, "STOP_AGAIN_S", 0.01)
    with OnvifDevice(ptz=True) as device:
        movers.move(movable(device), LEFT, LONG_S)
        device.settings.answers["Stop"] = lambda: (503, {}, b"")
        movers.move(movable(device), LEFT, 0.05)
        wait_for(lambda: caplog.text.count("could not be stopped") == 3)
    assert "secret" not in caplog.text


def test_camera_that_takes_no_time_moves_without(movers):
    with OnvifDevice(ptz=True, refuses_timeout=True) as device:
        movers.move(movable(device), LEFT, LONG_S)
        movers.move(movable(device), LEFT, LONG_S)
    assert device.moves == [MOVED_LEFT] * 2
    assert len([each for each in device.requests if ":Timeout>" in each]) == 1


def test_camera_that_knows_no_stop_gets_a_speed_of_zero(movers):
    with OnvifDevice(ptz=True, unknown=frozenset({"Stop"})) as device:
        movers.move(movable(device), LEFT, LONG_S)
        movers.move(movable(device), STILL, LONG_S)
    assert device.moves == [MOVED_LEFT, ("move", "0.0", "0.0", "0.0")]


def test_stored_positions_are_listed_and_reached(movers):
    with OnvifDevice(ptz=True, presets={"1": "Door\n", "t/2": ""}) as device:
        assert movers.read_positions(movable(device)) == [
            Position(token="1", name="Door"),
            Position(token="t/2", name="t/2"),
        ]
        movers.go_to(movable(device), "t/2")
        with pytest.raises(MoveRefused):
            movers.go_to(movable(device), "gone")
    assert device.moves == [("preset", "t/2")]


def test_position_ends_the_time_of_a_movement(movers, monkeypatch):
    ended = []

    async def wait(_, seconds):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(seconds)
            raise

    monkeypatch.setattr(mover_module._Mover, "_end_after", wait)
    with OnvifDevice(ptz=True) as device:
        movers.move(movable(device), LEFT, 5.0)
        movers.go_to(movable(device), "1")
        wait_for(lambda: ended == [5.0])
    assert device.moves == [MOVED_LEFT, ("preset", "1")]


def test_list_of_positions_is_bounded(movers):
    with OnvifDevice(ptz=True, presets={f"{n}": f"Preset {n}" for n in range(300)}) as device:
        assert len(movers.read_positions(movable(device))) == mover_module.MAX_POSITIONS


@pytest.mark.parametrize("body", ["", "<tptz:Preset/>", "<tptz:Other/>"])
def test_odd_list_of_positions_is_none(movers, body):
    whole = onvif_messages.envelope(f"<tptz:GetPresetsResponse>{body}</tptz:GetPresetsResponse>")
    odd = {"GetPresets": lambda: (200, {}, whole.encode())}
    with OnvifDevice(ptz=True, answers=odd) as device:
        assert movers.read_positions(movable(device)) == []


def test_wrong_login_is_refused(movers):
    with OnvifDevice(ptz=True) as device:
        with pytest.raises(LoginRefused):
            movers.move(movable(device, password="wrong"), LEFT, LONG_S)
        assert device.moves == []


def test_camera_without_the_service_is_refused(movers):
    with OnvifDevice(unknown=frozenset({"GetServices"})) as device, pytest.raises(MoveRefused):
        movers.move(movable(device), LEFT, LONG_S)


def test_camera_that_comes_back_with_another_clock_is_moved(movers):
    with OnvifDevice(ptz=True) as device:
        movers.move(movable(device), LEFT, LONG_S)
        device.settings.clock_ahead_s = 3600
        movers.move(movable(device), STILL, LONG_S)
    assert device.moves == [MOVED_LEFT, ("stop",)]


def test_camera_that_is_gone_is_an_error(movers):
    with OnvifDevice(ptz=True) as device:
        movers.move(movable(device), LEFT, LONG_S)
    with pytest.raises(ConnectionRefused):
        movers.move(movable(device), STILL, LONG_S)


def test_order_takes_no_longer_than_its_time(movers, monkeypatch):
    monkeypatch.setattr(soap, "CALL_S", 0.2)
    monkeypatch.setattr(mover_module, "ORDER_S", 0.5)
    with OnvifDevice(ptz=True) as device:
        device.settings.answers["ContinuousMove"] = lambda: (time.sleep(1) or 200, {}, b"")
        with pytest.raises(SourceTimeout):
            movers.move(movable(device), LEFT, LONG_S)


def test_connection_of_the_camera_that_waits_longest_is_closed(movers, monkeypatch):
    monkeypatch.setattr(mover_module, "MAX_DEVICES", 1)
    with OnvifDevice(ptz=True) as first, OnvifDevice(ptz=True) as second:
        movers.move(movable(first), LEFT, LONG_S)
        movers.move(movable(second), LEFT, LONG_S)
        assert first.moves == [MOVED_LEFT, ("stop",)]
        assert second.is_moving


@pytest.mark.parametrize(
    ("spaces", "expected"),
    [
        ((), (True, True)),
        (("PanTilt",), (True, False)),
        (("Zoom",), (False, True)),
        (("PanTilt", "Zoom"), (True, True)),
    ],
)
def test_device_tells_how_it_can_be_moved(spaces, expected):
    with OnvifDevice(ptz=True, ptz_spaces=spaces) as device:
        details = read_device(device.address, "admin", "secret")
    assert (details.main.pans, details.main.zooms) == expected
    assert (details.ptz, details.address) == (True, device.address)


def test_device_without_movement_says_so():
    with OnvifDevice() as device:
        details = read_device(device.address, "admin", "secret")
    assert (details.ptz, details.main.pans, details.main.zooms) == (False, False, False)

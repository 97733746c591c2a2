"""What moves a camera: HomeSec itself, Home Assistant's ONVIF integration, or buttons."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

from homeassistant.components.onvif.const import CONF_SNAPSHOT_AUTH
from homeassistant.config_entries import ConfigEntryState
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from onvif_device import OnvifDevice
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.homesec.cameras import movers as movers_module
from custom_components.homesec.cameras.mover_search import (
    async_find_mover,
    movable_device,
    movement_data,
)
from custom_components.homesec.cameras.movers import Direction
from custom_components.homesec.engine.core.discovery import StreamProfile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeassistant.core import HomeAssistant, ServiceCall

    from custom_components.homesec.cameras.movers import Mover

pytestmark = pytest.mark.usefixtures("socket_enabled")

STORED = {"address": "http://192.0.2.7:8000/onvif", "profile": "main", "pans": True, "zooms": True}
MAC = "00:1a:2b:3c:4d:5e"


def profile(token: str, *, pans: bool = False, zooms: bool = False) -> StreamProfile:
    return StreamProfile(token=token, name=token, url="rtsp://x/", pans=pans, zooms=zooms)


def find(hass: HomeAssistant, **data: Any) -> Mover | None:
    """Return what moves a camera with these settings."""
    return async_find_mover(hass, Mock(), {"kind": "stream", **data})


# --- HomeSec itself -----------------------------------------------------------------------------


def test_first_profile_that_can_be_moved_is_stored() -> None:
    profiles = (profile("main"), profile("low", zooms=True), profile("third", pans=True))
    assert movement_data("http://192.0.2.7/onvif", profiles) == {
        "movement": {
            "address": "http://192.0.2.7/onvif",
            "profile": "low",
            "pans": False,
            "zooms": True,
        }
    }
    assert movement_data("http://192.0.2.7/onvif", [profile("main")]) == {}


def test_camera_is_moved_at_the_host_of_its_stream() -> None:
    data = {"movement": STORED, "url": "rtsp://192.0.2.9/main", "username": "a", "password": "b"}
    found = movable_device(data)
    assert found is not None
    assert (found.address, found.profile) == ("http://192.0.2.9:8000/onvif", "main")
    assert (found.username, found.password) == ("a", "b")


@pytest.mark.parametrize(
    "data",
    [
        {"url": "rtsp://192.0.2.9/main"},
        {"movement": STORED},
        {"movement": STORED, "url": "x"},
        {"movement": {"profile": "main"}, "url": "rtsp://192.0.2.9/main"},
        {"movement": {"address": "rtsp://192.0.2.9"}, "url": "rtsp://192.0.2.9/main"},
    ],
)
def test_settings_without_it_move_nothing(data: dict[str, Any]) -> None:
    assert movable_device(data) is None


def test_directions_are_those_that_the_camera_told(hass: HomeAssistant) -> None:
    mover = find(hass, movement=STORED | {"pans": False}, url="rtsp://192.0.2.9/main")
    assert mover is not None
    assert mover.directions == (Direction.ZOOM_IN, Direction.ZOOM_OUT)


@pytest.mark.parametrize(
    "data", [{"kind": "file", "file": "/media/a.mp4"}, {"kind": "webcam", "device": "/dev/video0"}]
)
def test_other_sources_do_not_move(hass: HomeAssistant, data: dict[str, Any]) -> None:
    assert find(hass, **data) is None


# --- Home Assistant's ONVIF integration ---------------------------------------------------------


@pytest.fixture
def device() -> Iterator[OnvifDevice]:
    with OnvifDevice(ptz=True, ptz_spaces=("PanTilt", "Zoom")) as simulated:
        yield simulated


@pytest.fixture
async def onvif(hass: HomeAssistant, device: OnvifDevice) -> MockConfigEntry:
    """The integration itself, with the simulated camera."""
    entry = MockConfigEntry(
        domain="onvif",
        unique_id=MAC,
        data={
            "name": "Dome",
            "host": "127.0.0.1",
            "port": device.port,
            "username": "admin",
            "password": "secret",
            CONF_SNAPSHOT_AUTH: "digest",
        },
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    return entry


async def test_camera_is_moved_by_the_integration_that_has_it(
    hass: HomeAssistant, device: OnvifDevice, onvif: MockConfigEntry
) -> None:
    [entity_id] = hass.states.async_entity_ids("camera")
    mover = find(hass, kind="entity", entity_id=entity_id)
    assert mover is not None
    assert mover.directions == tuple(Direction)
    for direction in (Direction.LEFT, Direction.UP, Direction.ZOOM_OUT):
        await mover.async_move(direction, 5.0)
        await mover.async_stop()
    assert device.moves == [
        ("move", "-0.5", "0.0", "0.0"),
        ("stop",),
        ("move", "0.0", "0.5", "0.0"),
        ("stop",),
        ("move", "0.0", "0.0", "-0.5"),
        ("stop",),
    ]
    assert await mover.async_positions() == {"1": "1", "2": "2"}
    await mover.async_go_to("2")
    assert device.moves[-1] == ("preset", "2")
    # A stream of the same device moves with it, too.
    assert find(hass, url="rtsp://127.0.0.1:554/main") is not None
    assert await hass.config_entries.async_unload(onvif.entry_id)
    assert find(hass, kind="entity", entity_id=entity_id) is None


# --- buttons ------------------------------------------------------------------------------------

KEYS = ("ptz_left", "ptz_right", "ptz_up", "ptz_zoom_in", "ptz_stop", "ptz_calibrate")


def add_buttons(
    hass: HomeAssistant, serial: str = "1", *, keys: tuple[str, ...] = KEYS, host: str = ""
) -> str:
    """Register a camera of Reolink's integration with its buttons; return its entity's id."""
    entry = MockConfigEntry(domain="reolink", data={"host": host})
    entry.add_to_hass(hass)
    entities = er.async_get(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("reolink", serial)}
    )
    known = {"config_entry": entry, "device_id": device.id}
    for key in keys:
        domain = "select" if key == "ptz_preset" else "button"
        entities.async_get_or_create(
            domain,
            "reolink",
            f"{serial}_{key}",
            translation_key=key,
            suggested_object_id=f"yard_{key}",
            **known,
        )
    return entities.async_get_or_create("camera", "reolink", f"{serial}_main", **known).entity_id


async def test_camera_is_moved_by_its_buttons(hass: HomeAssistant) -> None:
    entity_id = add_buttons(hass, keys=(*KEYS, "ptz_preset"))
    hass.states.async_set("select.yard_ptz_preset", "Door", {"options": ["Door", "Gate"]})
    pressed = async_mock_service(hass, "button", "press")
    selected = async_mock_service(hass, "select", "select_option")
    mover = find(hass, kind="entity", entity_id=entity_id)
    assert mover is not None
    assert mover.directions == ("left", "right", "up", "zoom_in")
    await mover.async_move(Direction.ZOOM_IN, 5.0)
    await mover.async_stop()
    assert [call.data["entity_id"] for call in pressed] == [
        "button.yard_ptz_zoom_in",
        "button.yard_ptz_stop",
    ]
    assert await mover.async_positions() == {"Door": "Door", "Gate": "Gate"}
    await mover.async_go_to("Gate")
    assert selected[0].data == {"entity_id": "select.yard_ptz_preset", "option": "Gate"}


async def test_camera_without_stored_positions_has_none(hass: HomeAssistant) -> None:
    selected = async_mock_service(hass, "select", "select_option")
    mover = find(hass, kind="entity", entity_id=add_buttons(hass))
    assert mover is not None
    assert await mover.async_positions() == {}
    await mover.async_go_to("Gate")
    assert selected == []


async def test_camera_that_cannot_be_stopped_is_not_moved(hass: HomeAssistant) -> None:
    entity_id = add_buttons(hass, keys=KEYS[:3])
    assert find(hass, kind="entity", entity_id=entity_id) is None


async def test_disabled_buttons_do_not_count(hass: HomeAssistant) -> None:
    entity_id = add_buttons(hass)
    er.async_get(hass).async_update_entity(
        "button.yard_ptz_left", disabled_by=er.RegistryEntryDisabler.USER
    )
    mover = find(hass, kind="entity", entity_id=entity_id)
    assert mover is not None
    assert Direction.LEFT not in mover.directions


async def test_stream_of_a_recorder_with_several_cameras_is_not_moved(hass: HomeAssistant) -> None:
    url = "rtsp://192.0.2.7/h264Preview_01_main"
    add_buttons(hass, "1", host="192.0.2.7")
    assert find(hass, url=url) is not None
    add_buttons(hass, "2", host="192.0.2.7")
    assert find(hass, url=url) is None


async def test_action_that_takes_too_long_is_an_error(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(movers_module, "ACTION_S", 0.01)

    async def wait(_: ServiceCall) -> None:
        await asyncio.Event().wait()

    hass.services.async_register("button", "press", wait)
    mover = find(hass, kind="entity", entity_id=add_buttons(hass))
    assert mover is not None
    with pytest.raises(HomeAssistantError, match="takes too long"):
        await mover.async_stop()

"""Cameras that are lost while the alarm is armed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util
from homesec_fixtures import CAMERA_ID, arm, guard, set_up
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.homesec.alarm.lost_cameras import LOST_S
from custom_components.homesec.engine.core.events import HealthChanged
from custom_components.homesec.engine.core.types import CameraHealth

if TYPE_CHECKING:
    from homeassistant.core import Event, HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

LOST, CONNECTING, RUNNING = CameraHealth.LOST, CameraHealth.CONNECTING, CameraHealth.RUNNING


@pytest.fixture
def alerts(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alert")


async def report(hass: HomeAssistant, entry: MockConfigEntry, *healths: CameraHealth) -> None:
    """Have the engine report the state of the camera's connection."""
    for health in healths:
        event = HealthChanged(camera_id=CAMERA_ID, health=health)
        entry.runtime_data.cameras[CAMERA_ID].apply(event)
        entry.runtime_data.coordinator.async_handle_event(event)
    await hass.async_block_till_done()


async def wait(hass: HomeAssistant, seconds: float) -> None:
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds))
    await hass.async_block_till_done()


async def test_camera_lost_while_armed_is_bypassed_and_told(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event]
) -> None:
    await guard(hass, entry)
    alarm = entry.runtime_data.alarm
    await report(hass, entry, LOST, CONNECTING, LOST)
    await wait(hass, LOST_S / 2)
    assert alarm.bypassed == []
    await wait(hass, LOST_S + 1)
    assert alarm.bypassed == ["Front door"]
    assert [(x.data["kind"], x.data["camera"]) for x in alerts] == [("offline", "Front door")]
    await report(hass, entry, CONNECTING, RUNNING)
    assert alarm.bypassed == []
    await report(hass, entry, LOST)
    await wait(hass, LOST_S + 1)
    assert alarm.bypassed == ["Front door"]
    assert len(alerts) == 1, "a bad connection isn't told of each time"


async def test_camera_that_comes_back_in_time_is_not_bypassed(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event]
) -> None:
    await guard(hass, entry)
    await report(hass, entry, LOST, CONNECTING, RUNNING)
    await wait(hass, LOST_S + 1)
    assert entry.runtime_data.alarm.bypassed == []
    assert alerts == []


@pytest.mark.parametrize("ends", ["disarmed", "other mode", "unloaded"])
async def test_camera_that_need_not_guard_any_more_is_not_told_of(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event], ends: str
) -> None:
    camera = entry.subentries[CAMERA_ID]
    object.__setattr__(camera, "data", {**camera.data, "armed_modes": ["away"]})
    await set_up(hass, entry)
    await arm(hass, entry)
    await report(hass, entry, LOST)
    if ends == "unloaded":
        await hass.config_entries.async_unload(entry.entry_id)
    else:
        await arm(hass, entry, "disarm")
    if ends == "other mode":
        await arm(hass, entry, "arm_home")
        await report(hass, entry, LOST)
    await wait(hass, LOST_S + 1)
    assert alerts == []

"""Cameras that were tampered with: sensor, event, alert, and alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeassistant.helpers import entity_registry as er
from homesec_fixtures import CAMERA_ID, arm, call, entity_id, guard, set_up, state, until
from page_client import PageClient
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.homesec import const
from custom_components.homesec.cameras import daylight
from custom_components.homesec.cameras.config import camera_config
from custom_components.homesec.engine.core.events import HealthChanged, TamperChanged
from custom_components.homesec.engine.core.types import CameraHealth, TamperKind

if TYPE_CHECKING:
    from homeassistant.core import Event, HomeAssistant
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator

AT = 1_790_000_000.0
COVERED = TamperChanged(camera_id=CAMERA_ID, kind=TamperKind.COVERED, at=AT)
WELL = TamperChanged(camera_id=CAMERA_ID, kind=None, at=AT + 60)
SEEING = HealthChanged(camera_id=CAMERA_ID, health=CameraHealth.RUNNING)


@pytest.fixture
def alerts(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, const.EVENT_ALERT)


@pytest.fixture
def tampered(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, const.EVENT_TAMPER)


async def report(hass: HomeAssistant, entry: MockConfigEntry, *events: Any) -> None:
    """Report from a thread, as the engine does."""
    for event in events:
        await hass.async_add_executor_job(
            entry.runtime_data.host._forward,
            entry.runtime_data.coordinator.async_handle_event,
            event,
        )
    await hass.async_block_till_done()


def sensor(hass: HomeAssistant) -> str:
    return state(hass, "binary_sensor", "tamper")


async def test_sensor_follows_what_the_engine_reports(
    hass: HomeAssistant, entry: MockConfigEntry, tampered: list[Event]
) -> None:
    await set_up(hass, entry)
    assert sensor(hass) == "unknown"
    await report(hass, entry, SEEING, WELL)
    assert sensor(hass) == "off"
    await report(hass, entry, COVERED)
    found = hass.states.get(entity_id(hass, "binary_sensor", "tamper"))
    assert found is not None
    assert (found.state, found.attributes["kind"]) == ("on", "covered")
    await report(hass, entry, WELL)
    assert sensor(hass) == "off"
    [event] = tampered
    assert event.data["camera"] == "Front door"
    assert (event.data["kind"], event.data["time"]) == ("covered", "2026-09-21T14:13:20.000+00:00")
    await report(hass, entry, HealthChanged(camera_id=CAMERA_ID, health=CameraHealth.OFF))
    assert sensor(hass) == "unknown"


@pytest.mark.usefixtures("socket_enabled")
async def test_page_is_told_of_tampering_and_which_camera_it_is(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await set_up(hass, entry)
    page = PageClient(await hass_ws_client(hass))
    await page.call("house/subscribe")
    await report(hass, entry, SEEING, COVERED)
    event = await page.next_event(lambda x: x["cameras"][0]["tamper"] == "covered")
    [problem] = [x for x in event["problems"] if x["key"] == "camera_tamper_covered"]
    assert problem["camera_id"] == CAMERA_ID
    await report(hass, entry, WELL)
    event = await page.next_event(lambda x: x["cameras"][0]["tamper"] is None)
    assert not [x for x in event["problems"] if x["key"] == "camera_tamper_covered"]


async def test_camera_whose_tampering_is_ignored_has_no_sensor(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    subentry = entry.subentries[CAMERA_ID]
    object.__setattr__(subentry, "data", {**subentry.data, "tamper": "ignore"})
    await set_up(hass, entry)
    registry = er.async_get(hass)
    assert not registry.async_get_entity_id("binary_sensor", const.DOMAIN, f"{CAMERA_ID}_tamper")
    assert not camera_config(entry.subentries[CAMERA_ID]).checks_tamper


@pytest.mark.parametrize("kind", TamperKind)
async def test_guarding_camera_sends_an_alert(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    alerts: list[Event],
    kind: TamperKind,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(daylight, "ELEVATION", -90.0)
    monkeypatch.setattr(daylight, "NEEDED_S", 0.0)
    await guard(hass, entry)
    await report(hass, entry, TamperChanged(camera_id=CAMERA_ID, kind=kind, at=AT))
    await until(hass, lambda: alerts)
    [alert] = alerts
    assert (alert.data["kind"], alert.data["cameras"]) == ("tamper", ["Front door"])
    assert alert.data["title"] == "Tampering: Front door"
    assert alert.data["message"]
    panel = entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)
    assert hass.states.get(panel).state == "armed_away"


async def test_camera_that_does_not_guard_or_is_snoozed_sends_no_alert(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event], tampered: list[Event]
) -> None:
    await set_up(hass, entry)
    await report(hass, entry, COVERED, WELL)
    await arm(hass, entry)
    await entry.runtime_data.alerts.snooze.async_set(CAMERA_ID, 600)
    await report(hass, entry, COVERED)
    assert (len(tampered), alerts) == (2, [])


async def test_tampering_triggers_the_alarm_if_wanted(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event]
) -> None:
    await guard(hass, entry, tamper="alarm")
    await report(hass, entry, COVERED)
    panel = entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)
    await until(hass, lambda: hass.states.get(panel).state == "triggered")
    await until(hass, lambda: len(alerts) == 2)
    assert {alert.data["kind"] for alert in alerts} == {"alarm", "tamper"}
    alarm = next(alert for alert in alerts if alert.data["kind"] == "alarm")
    assert alarm.data["title"] == "ALARM! Triggered by Front door"
    await call(hass, "alarm_control_panel", "alarm_disarm", panel)
    assert hass.states.get(panel).state == "disarmed"

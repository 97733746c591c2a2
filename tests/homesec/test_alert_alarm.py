"""Alerts about the alarm."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState
from homeassistant.util import dt as dt_util
from homesec_fixtures import CAMERA_ID, PERSON, arm, guard, set_up, state, until
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec.alerts.dispatch import AlertDispatcher
from custom_components.homesec.const import EVENT_ALARM_DISARMED
from custom_components.homesec.event_bus import Duress

if TYPE_CHECKING:
    from homeassistant.core import Event, HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry


async def test_immediate_alarm_and_its_cause_are_one_alert(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
) -> None:
    await guard(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    detector.sees = []
    await until(hass, lambda: updates)
    [alert] = alerts
    assert alert.data["kind"] == "alarm"
    assert alert.data["title"] == "ALARM! Person: Front door"
    assert alert.data["alarm_state"] == "triggered"
    assert alert.data["count"] == 1
    assert alert.data["clip_id"] is not None
    assert alert.data["still"]


async def test_entry_delay_makes_alarm_second_alert(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
) -> None:
    alarm = {"delays": {"away": {"exit_s": 0, "entry_s": 1, "trigger_s": 100}}}
    object.__setattr__(entry, "data", {**entry.data, "alarm": alarm})
    await guard(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: len(alerts) == 2)
    assert [alert.data["kind"] for alert in alerts] == ["seen", "alarm"]
    assert [alert.data["alarm_state"] for alert in alerts] == ["pending", "triggered"]
    assert alerts[0].data["clip_id"] == alerts[1].data["clip_id"] is not None
    assert all(alert.data["still"] for alert in alerts)


async def test_manual_alarm_alert_has_no_camera(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event]
) -> None:
    await set_up(hass, entry)
    await entry.runtime_data.alarm.async_trigger(by="Ann")
    await until(hass, lambda: alerts)
    data = alerts[0].data
    assert (data["kind"], data["camera_id"], data["clip"]) == (
        "alarm",
        None,
        None,
    )
    assert data["title"] == "ALARM! Triggered by Ann"
    assert data["triggered_by"] == "Ann"
    assert data["link"] == "/homesec"
    assert data["still"] is None


async def test_disarming_tells_which_notifications_are_over(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
) -> None:
    disarmed = async_capture_events(hass, EVENT_ALARM_DISARMED)
    await guard(hass, entry)
    detector.sees = [PERSON]
    await until(
        hass, lambda: state(hass, "alarm_control_panel", "alarm", entry.entry_id) == "triggered"
    )
    await until(hass, lambda: alerts)
    await hass.config_entries.async_reload(entry.entry_id)  # what is stored survives
    await arm(hass, entry, "disarm")
    await until(hass, lambda: disarmed)
    assert disarmed[0].data["tags"] == [alerts[0].data["tag"]]
    await arm(hass, entry)
    await arm(hass, entry, "disarm")
    assert disarmed[1].data["tags"] == []


async def test_duress_sends_alert(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event]
) -> None:
    await set_up(hass, entry)
    entry.runtime_data.bus.async_dispatch(Duress(by="Ann"))
    await until(hass, lambda: alerts)
    assert alerts[0].data["kind"] == "duress"
    assert alerts[0].data["message"].startswith("Ann was forced to disarm the alarm")


async def test_person_in_view_when_arming_sends_alert(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, alerts: list[Event]
) -> None:
    subentry = entry.subentries[CAMERA_ID]
    settings = {"disarmed": "detect", "alarm_labels": []}
    object.__setattr__(subentry, "data", {**subentry.data, **settings})
    await set_up(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    assert not alerts
    await arm(hass, entry)
    await until(hass, lambda: alerts)
    assert alerts[0].data["kind"] == "seen"
    # Just one: a further change of the alarm is no new sighting.
    await entry.runtime_data.alarm.async_trigger()
    await until(hass, lambda: len(alerts) == 2)
    assert alerts[1].data["kind"] == "alarm"


async def test_person_long_in_view_when_arming_is_one_alert(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def at_once(*_: object) -> bool:
        """Store no still, so that nothing waits for a thread."""
        return False

    monkeypatch.setattr(AlertDispatcher, "_async_store_still", at_once)
    subentry = entry.subentries[CAMERA_ID]
    object.__setattr__(subentry, "data", {**subentry.data, "disarmed": "detect"})
    await set_up(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    present = entry.runtime_data.cameras[CAMERA_ID].presences
    long_ago = present["person"].first_seen_at - 600
    present["person"] = replace(present["person"], first_seen_at=long_ago)
    began = dt_util.utcnow()
    await arm(hass, entry)
    await until(hass, lambda: any(alert.data["kind"] == "alarm" for alert in alerts))
    assert [alert.data["kind"] for alert in alerts] == ["alarm"]
    # The sighting begins when the camera guards, not with the presence.
    assert dt_util.parse_datetime(alerts[0].data["first_seen"]) >= began - timedelta(seconds=1)


async def test_saved_clip_updates_each_of_its_alerts(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
) -> None:
    alarm = {"delays": {"away": {"exit_s": 0, "entry_s": 1, "trigger_s": 100}}}
    object.__setattr__(entry, "data", {**entry.data, "alarm": alarm})
    await guard(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: len(alerts) == 2)
    detector.sees = []

    def updated_alerts() -> set[str]:
        return {update.data["alert_id"] for update in updates if update.data["clip_ready"]}

    await until(hass, updated_alerts)
    await hass.async_block_till_done()
    assert updated_alerts() == {alert.data["alert_id"] for alert in alerts}


async def test_alert_during_start_is_announced_after_start(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, alerts: list[Event]
) -> None:
    hass.set_state(CoreState.not_running)
    await guard(hass, entry, alarm_labels=[])
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    [(running, _)] = entry.runtime_data.alerts._open.all_present
    await until(hass, lambda: running.announced and not running.dispatching)
    assert not alerts
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    assert [alert.data["kind"] for alert in alerts] == ["seen"]

"""Somebody walks in, and everybody who has to know hears of it: at once, once, with a picture."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
import os
import time
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState
from homeassistant.util import dt as dt_util
from homesec_house import (
    CAMERA_ID,
    CAT,
    DRIVE,
    PERSON,
    arm,
    camera,
    entity_id,
    pictures,
    set_up,
    state,
    until,
)
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec.alerts.stills import KEPT_S, AlertStills
from custom_components.homesec.alerts.teller import AlertTeller
from custom_components.homesec.cameras.state import Duress
from custom_components.homesec.clips.media_ids import is_clip_id
from custom_components.homesec.const import (
    EVENT_ALERT,
    EVENT_ALERT_UPDATED,
    EVENT_CLIP_SAVED,
)
from custom_components.homesec.engine.errors import HomeSecError
from custom_components.homesec.engine.events import (
    ClipFailed,
    ClipSaved,
    DetectionStarted,
    SnapshotTaken,
)
from custom_components.homesec.engine.models import ClipState

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import Event, HomeAssistant
    from homesec_house import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

OTHER_ID = "01K0CAMERA0000000000000002"


async def guard(hass: HomeAssistant, entry: MockConfigEntry, **settings: Any) -> None:
    """Set the house up with a camera like that, arm it and wait for the first picture."""
    subentry = entry.subentries[CAMERA_ID]
    object.__setattr__(subentry, "data", {**subentry.data, **settings})
    await set_up(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)


@pytest.fixture
def alerts(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, EVENT_ALERT)


@pytest.fixture
def updates(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, EVENT_ALERT_UPDATED)


async def test_a_person_before_an_armed_camera_is_told_of_while_the_clip_still_grows(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
    hass_client: ClientSessionGenerator,
) -> None:
    saved = async_capture_events(hass, EVENT_CLIP_SAVED)
    await guard(hass, entry, zones=[DRIVE])
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    assert not saved
    told = dict(alerts[0].data)
    assert is_clip_id(told["alert_id"])
    assert told["kind"] in ("seen", "alarm")
    assert told["camera_id"] == CAMERA_ID
    assert told["camera"] == "Front door"
    assert told["cameras"] == ["Front door"]
    assert told["device_id"] == entry.runtime_data.devices.id_of(CAMERA_ID)
    assert told["camera_entity_id"] == entity_id(hass, "camera", "camera")
    assert told["image_entity_id"] == entity_id(hass, "image", "snapshot")
    assert told["device_ids"] == [told["device_id"]]
    assert told["label"] == "person"
    assert told["score"] == pytest.approx(0.87)
    assert told["count"] == 1
    assert told["mode"] == "away"
    assert told["link"] == f"/homesec/clip/{told['clip_id']}"
    assert told["clip"] == f"/api/homesec/clip/{told['clip_id']}.mp4"
    assert "Person: Front door" in told["title"]
    assert dt_util.parse_datetime(told["first_seen"]) <= dt_util.utcnow()
    detector.sees = []
    await until(hass, lambda: updates)
    ready = dict(updates[-1].data)
    assert ready["clip_ready"]
    assert ready["alert_id"] == told["alert_id"]
    assert ready["clip_id"] == told["clip_id"] == saved[0].data["clip_id"]
    assert len(alerts) == 1
    client = await hass_client()
    still = await client.get(told["still"])
    assert still.status == HTTPStatus.OK
    assert (await still.read()).startswith(b"\xff\xd8")
    assert (await client.get(ready["clip"])).status == HTTPStatus.OK


async def test_the_picture_is_the_one_with_the_boxes(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, alerts: list[Event]
) -> None:
    await guard(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    coordinator = entry.runtime_data
    kept = await coordinator.async_run(
        coordinator.alerts.teller.stills.get, alerts[0].data["alert_id"]
    )
    assert kept is not None
    snapshot = coordinator.cameras[CAMERA_ID].snapshot
    assert snapshot.at >= dt_util.parse_datetime(alerts[0].data["first_seen"]).timestamp() - 0.001


async def test_the_picture_is_not_the_one_of_who_came_before(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, alerts: list[Event]
) -> None:
    await guard(hass, entry)
    coordinator = entry.runtime_data
    an_hour_ago = dt_util.utcnow().timestamp() - 3600
    before = SnapshotTaken(camera_id=CAMERA_ID, jpeg=b"the postman", at=an_hour_ago)
    coordinator.cameras[CAMERA_ID].snapshot = before
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    kept = await coordinator.async_run(
        coordinator.alerts.teller.stills.get, alerts[0].data["alert_id"]
    )
    assert kept.startswith(b"\xff\xd8")


async def test_without_a_picture_the_alert_goes_all_the_same(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(AlertStills, "keep", refuse)
    await guard(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    assert alerts[0].data["still"] is None


async def test_a_camera_without_boxes_is_told_of_with_what_it_shows_now(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.homesec.alerts.teller.HOLD_S", 0)
    await guard(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    assert alerts[0].data["still"]


async def test_a_camera_that_cannot_even_show_anything_is_told_of(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.homesec.alerts.teller.HOLD_S", 0)
    await guard(hass, entry)

    def refuse(_camera_id: str) -> bytes:
        raise HomeSecError

    monkeypatch.setattr(entry.runtime_data.engine, "jpeg", refuse)
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    assert alerts[0].data["still"] is None


async def test_a_second_camera_within_a_minute_joins_the_alert(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    video: Path,
    alerts: list[Event],
    updates: list[Event],
) -> None:
    data = camera("Garden", video, camera_id=OTHER_ID)
    entry.add_to_hass(hass)
    hass.config_entries.async_add_subentry(entry, ConfigSubentry(**data))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await arm(hass, entry)
    await pictures(hass, entry)
    await pictures(hass, entry, OTHER_ID)
    detector.sees = [PERSON]
    # The one detector of the tests shows both cameras the same; who is first is chance.
    await until(hass, lambda: alerts)
    coordinator = entry.runtime_data
    seen = next(
        camera.presences["person"] for camera in coordinator.cameras.values() if camera.presences
    )
    other = OTHER_ID if seen.camera_id == CAMERA_ID else CAMERA_ID
    coordinator._async_handle(
        DetectionStarted(presence=replace(seen, camera_id=other, count=2), clip_id=None)
    )
    await until(hass, lambda: updates and updates[-1].data["count"] >= 3)
    assert len(alerts) == 1
    assert sorted(updates[-1].data["cameras"]) == ["Front door", "Garden"]
    assert updates[-1].data["alert_id"] == alerts[0].data["alert_id"]
    assert not updates[-1].data["clip_ready"]


@pytest.mark.parametrize(
    "settings",
    [
        {"labels": ["person", "cat"], "alert_labels": ["person"]},
        {"labels": ["cat"], "alert_labels": []},
    ],
)
async def test_what_nobody_wants_to_hear_of_is_no_alert(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    settings: dict[str, Any],
    alerts: list[Event],
) -> None:
    await guard(hass, entry, **settings)
    detector.sees = [CAT]
    await until(hass, lambda: state(hass, "binary_sensor", "cat_present") == "on")
    assert not alerts


async def test_a_camera_that_does_not_guard_is_silent(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, alerts: list[Event]
) -> None:
    await guard(hass, entry, armed_modes=["night"], disarmed="detect")
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    assert not alerts


async def test_who_walks_into_a_zone_later_is_told_again_silently(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
) -> None:
    pool = {**DRIVE, "name": "Pool", "polygon": [[0, 0], [0.1, 0], [0.1, 0.1], [0, 0.1]]}
    await guard(hass, entry, zones=[{**DRIVE, "loiter_s": 0.5}, pool])
    detector.sees = [PERSON]
    await until(hass, lambda: any(x.data["zones"] == ["Drive"] for x in (*alerts, *updates)))
    assert len(alerts) == 1


async def test_a_camera_without_any_picture_is_told_of(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.homesec.alerts.teller.HOLD_S", 0)
    monkeypatch.setattr(
        "custom_components.homesec.engine.camera.CameraSession._picture", lambda *_: None
    )
    await guard(hass, entry)
    monkeypatch.setattr(entry.runtime_data.engine, "jpeg", lambda _camera_id: None)
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    assert alerts[0].data["still"] is None


async def test_a_clip_that_failed_is_waited_for_by_nobody(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
) -> None:
    await guard(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    coordinator = entry.runtime_data
    [clip] = coordinator.cameras[CAMERA_ID].recordings.values()
    coordinator._async_handle(ClipFailed(clip=replace(clip, state=ClipState.FAILED)))
    coordinator._async_handle(ClipSaved(clip=clip))
    await hass.async_block_till_done()
    assert not [update for update in updates if update.data["clip_ready"]]


# --- the alarm -------------------------------------------------------------------------------


async def test_who_sets_off_the_alarm_at_once_is_one_alert(
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


async def test_an_entry_delay_makes_two_alerts_of_it(
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


async def test_the_alarm_by_hand_is_told_without_a_camera(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event]
) -> None:
    await set_up(hass, entry)
    await entry.runtime_data.alarm.async_trigger(by="Ann")
    await until(hass, lambda: alerts)
    told = alerts[0].data
    assert (told["kind"], told["camera_id"], told["clip"]) == ("alarm", None, None)
    assert told["title"] == "ALARM! Set off by Ann"
    assert told["triggered_by"] == "Ann"
    assert told["link"] == "/homesec"
    assert told["still"] is None


async def test_duress_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event]
) -> None:
    await set_up(hass, entry)
    entry.runtime_data.listeners.async_tell(Duress(by="Ann"))
    await until(hass, lambda: alerts)
    assert alerts[0].data["kind"] == "duress"
    assert alerts[0].data["message"].startswith("Ann was forced to disarm the alarm")


async def test_who_is_in_view_when_the_alarm_is_armed_is_told_of(
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
    # Once: that the alarm goes on to change is no news of who is here.
    await entry.runtime_data.alarm.async_trigger()
    await until(hass, lambda: len(alerts) == 2)
    assert alerts[1].data["kind"] == "alarm"


async def test_who_was_in_view_for_long_when_the_alarm_is_armed_is_one_alert(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def at_once(*_: object) -> bool:
        """Keep the picture: a thread may be through before anybody waits for it."""
        return False

    monkeypatch.setattr(AlertTeller, "_async_keep_still", at_once)
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
    # Seen as an intruder since there are intruders.
    assert dt_util.parse_datetime(alerts[0].data["first_seen"]) >= began - timedelta(seconds=1)


async def test_each_alert_of_a_clip_is_told_that_it_can_be_watched(
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

    def told() -> set[str]:
        return {update.data["alert_id"] for update in updates if update.data["clip_ready"]}

    await until(hass, told)
    await hass.async_block_till_done()
    assert told() == {alert.data["alert_id"] for alert in alerts}


async def test_what_is_seen_while_home_assistant_starts_is_told_once_automations_listen(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector, alerts: list[Event]
) -> None:
    hass.set_state(CoreState.not_running)
    await guard(hass, entry, alarm_labels=[])
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    [(running, _)] = entry.runtime_data.alerts._present.values()
    await until(hass, lambda: running.announced and not running.telling)
    assert not alerts
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    assert [alert.data["kind"] for alert in alerts] == ["seen"]


# --- the pictures' folder and view -----------------------------------------------------------


def test_pictures_are_kept_for_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stills = AlertStills(tmp_path / "alerts")
    assert stills.get("a") is None
    stills.keep("a", b"1")
    stills.keep("b", b"2")
    yesterday = time.time() - KEPT_S - 1
    os.utime(tmp_path / "alerts/a.jpg", (yesterday, yesterday))
    assert stills.get("a") is None
    assert stills.get("b") == b"2"
    stills.keep("c", b"3")
    assert {path.name for path in (tmp_path / "alerts").iterdir()} == {"b.jpg", "c.jpg"}
    monkeypatch.setattr("custom_components.homesec.alerts.stills.MAX_STILLS", 1)
    stills.keep("d", b"4")
    assert (tmp_path / "alerts/d.jpg").exists()
    assert len(list((tmp_path / "alerts").iterdir())) == 2


def test_a_picture_that_is_renamed_meanwhile_costs_no_other(tmp_path: Path) -> None:
    """Of another alert: between the listing and the look at it, it got its name."""
    stills = AlertStills(tmp_path)
    (tmp_path / "tmp123").symlink_to(tmp_path / "gone")
    stills.keep("a", b"1")
    assert stills.get("a") == b"1"


async def test_pictures_are_shown_to_who_is_logged_in(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await set_up(hass, entry)
    alert_id = "01K0A1ERT00000000000000000"
    stills = entry.runtime_data.alerts.teller.stills
    await entry.runtime_data.async_run(stills.keep, alert_id, b"\xff\xd8")
    url = f"/api/homesec/alert/{alert_id}.jpg"
    assert (await (await hass_client_no_auth()).get(url)).status == HTTPStatus.UNAUTHORIZED
    client = await hass_client()
    found = await client.get(url)
    assert found.status == HTTPStatus.OK
    assert found.headers["Cache-Control"] == "private, max-age=86400"
    for unknown in ("01K0A1ERT00000000000000001", "..", "x"):
        found = await client.get(f"/api/homesec/alert/{unknown}.jpg")
        assert found.status == HTTPStatus.NOT_FOUND

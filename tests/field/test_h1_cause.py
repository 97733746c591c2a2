"""An alert has the clip, the still, the camera, and the link of what caused it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alarm_fixtures import FastClock, with_alarm
from alert_factories import NOW, sighting
from homeassistant.config_entries import ConfigSubentry
from homesec_fixtures import CAMERA_ID, PERSON, arm, camera, guard, pictures, set_up, state, until
from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.alerts.open_alerts import OpenAlerts
from custom_components.homesec.alerts.rules import AlertKind
from custom_components.homesec.engine.core.events import (
    ClipFailed,
    ClipStarted,
    SnapshotTaken,
)
from custom_components.homesec.engine.core.types import ClipState

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import Event, HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry

OTHER_ID = "01K0CAMERA0000000000000002"
LATER = b"\xff\xd8 a later visitor"


@pytest.fixture
def fast_clock(monkeypatch: pytest.MonkeyPatch) -> FastClock:
    clock = FastClock()
    monkeypatch.setattr("custom_components.homesec.alarm.controller.SystemClock", clock)
    return clock


def delays(**seconds: int) -> dict[str, Any]:
    return {"delays": {"away": {"exit_s": 0, "entry_s": 20, "trigger_s": 100, **seconds}}}


async def still_of(entry: MockConfigEntry, alert: Event) -> bytes | None:
    runtime = entry.runtime_data
    return await runtime.host.async_run(
        runtime.alerts.dispatcher.stills.get, alert.data["alert_id"]
    )


async def see_and_lose(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    camera_id: str = CAMERA_ID,
) -> None:
    """Let a person begin the entry delay, and go out of view until the clip has ended."""
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    await until(hass, lambda: entry.runtime_data.cameras[camera_id].snapshot)
    detector.sees = []
    camera_state = entry.runtime_data.cameras[camera_id]
    await until(hass, lambda: not camera_state.presences and not camera_state.recordings)


async def test_alarm_after_entry_delay_shows_who_began_it_and_no_empty_room(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    fast_clock: FastClock,
    alerts: list[Event],
) -> None:
    await guard(hass, with_alarm(entry, alarm=delays()))
    await see_and_lose(hass, entry, detector, alerts)
    runtime = entry.runtime_data
    # The camera has taken another picture since, and nobody is recorded now.
    later = replace(runtime.cameras[CAMERA_ID].snapshot, jpeg=LATER)
    runtime.coordinator.async_handle_event(later)
    await fast_clock.skip(hass, entry, 20)
    await until(hass, lambda: len(alerts) == 2)
    seen, alarm = alerts
    assert alarm.data["kind"] == "alarm"
    assert alarm.data["clip_id"] == seen.data["clip_id"] is not None
    assert alarm.data["link"] == f"/homesec/clip/{seen.data['clip_id']}"
    assert alarm.data["camera_id"] == CAMERA_ID
    still = await still_of(entry, alarm)
    assert still.startswith(b"\xff\xd8")
    assert still != LATER


@pytest.mark.parametrize("reloaded", [False, True])
async def test_alarm_after_entry_delay_is_not_about_a_later_visitor(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    fast_clock: FastClock,
    alerts: list[Event],
    reloaded: bool,
) -> None:
    await guard(hass, with_alarm(entry, alarm=delays()))
    await see_and_lose(hass, entry, detector, alerts)
    first = await still_of(entry, alerts[0])
    if reloaded:
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        await pictures(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    runtime = entry.runtime_data
    await until(hass, lambda: runtime.cameras[CAMERA_ID].recordings)
    await fast_clock.skip(hass, entry, 20)
    await until(hass, lambda: [x for x in alerts if x.data["kind"] == "alarm"])
    alarm = alerts[-1]
    assert alarm.data["clip_id"] == alerts[0].data["clip_id"]
    assert alarm.data["clip_id"] not in runtime.cameras[CAMERA_ID].recordings
    if reloaded:
        assert await still_of(entry, alarm) == first
    assert alarm.data["tag"] == alerts[0].data["tag"]


async def test_alarm_of_a_camera_removed_meanwhile_shows_its_clip(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    fast_clock: FastClock,
    alerts: list[Event],
) -> None:
    await guard(hass, with_alarm(entry, alarm=delays()))
    await see_and_lose(hass, entry, detector, alerts)
    hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
    await hass.async_block_till_done(wait_background_tasks=True)
    await fast_clock.skip(hass, entry, 20)
    await until(hass, lambda: len(alerts) > 1 and alerts[-1].data["kind"] == "alarm")
    seen, alarm = alerts[0], alerts[-1]
    assert alarm.data["clip_id"] == seen.data["clip_id"] is not None
    assert (alarm.data["camera_id"], alarm.data["camera"]) == (CAMERA_ID, "Front door")
    assert await still_of(entry, alarm) == await still_of(entry, seen)


async def test_second_alarm_within_a_minute_has_its_own_clip(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    fast_clock: FastClock,
    alerts: list[Event],
) -> None:
    await guard(hass, with_alarm(entry, alarm=delays(entry_s=0)))
    await see_and_lose(hass, entry, detector, alerts)
    await fast_clock.skip(hass, entry, 100)
    assert state(hass, "alarm_control_panel", "alarm", entry.entry_id) == "armed_away"
    detector.sees = [PERSON]
    await until(hass, lambda: len(alerts) == 2)
    first, second = (alert.data for alert in alerts)
    assert second["kind"] == "alarm"
    assert second["clip_id"] not in (None, first["clip_id"])
    assert second["clip_id"] in entry.runtime_data.cameras[CAMERA_ID].recordings
    assert second["still"]


async def test_alarm_is_about_the_camera_that_triggered_it(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    video: Path,
    alerts: list[Event],
) -> None:
    """The garden begins the entry delay, the safe needs none: both see the intruder at once."""
    data = camera("Safe", video, camera_id=OTHER_ID, alarm_at_once=True)
    entry.add_to_hass(hass)
    hass.config_entries.async_add_subentry(entry, ConfigSubentry(**data))
    object.__setattr__(entry, "data", {**entry.data, "alarm": delays()})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await arm(hass, entry)
    await pictures(hass, entry)
    await pictures(hass, entry, OTHER_ID)
    detector.sees = [PERSON]
    await until(hass, lambda: [x for x in alerts if x.data["kind"] == "alarm"])
    alarm = next(x for x in alerts if x.data["kind"] == "alarm").data
    runtime = entry.runtime_data
    assert (alarm["camera_id"], alarm["camera"]) == (OTHER_ID, "Safe")
    await until(hass, lambda: alarm["clip_id"] in runtime.cameras[OTHER_ID].recordings)
    assert alarm["still"]


@pytest.mark.parametrize("entry_s", [0, 20])
async def test_person_in_view_when_arming_gets_the_clip_that_begins_then(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    fast_clock: FastClock,
    alerts: list[Event],
    entry_s: int,
) -> None:
    subentry = entry.subentries[CAMERA_ID]
    object.__setattr__(subentry, "data", {**subentry.data, "disarmed": "detect"})
    await set_up(hass, with_alarm(entry, alarm=delays(entry_s=entry_s)))
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    assert not entry.runtime_data.cameras[CAMERA_ID].recordings
    await arm(hass, entry)
    await until(hass, lambda: alerts)
    clip_id = alerts[0].data["clip_id"]
    assert clip_id in entry.runtime_data.cameras[CAMERA_ID].recordings
    if entry_s:
        await fast_clock.skip(hass, entry, entry_s)
        await until(hass, lambda: len(alerts) == 2)
        assert alerts[1].data["clip_id"] == clip_id


async def test_clip_that_fails_is_replaced_by_the_next_one_of_the_same_person(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
) -> None:
    await guard(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    runtime = entry.runtime_data
    [clip] = runtime.cameras[CAMERA_ID].recordings.values()
    runtime.coordinator.async_handle_event(ClipFailed(clip=replace(clip, state=ClipState.FAILED)))
    await until(hass, lambda: updates)
    assert (updates[-1].data["clip"], updates[-1].data["link"]) == (None, "/homesec")
    following = replace(clip, id="01K0C11P000000000000000009")
    runtime.coordinator.async_handle_event(ClipStarted(clip=following))
    await until(hass, lambda: updates[-1].data["clip_id"] == following.id)
    assert len(alerts) == 1


async def test_picture_that_comes_late_replaces_the_one_without_boxes(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.homesec.alerts.dispatch.STILL_TIMEOUT_S", 0)
    monkeypatch.setattr(
        "custom_components.homesec.engine.camera.camera_pictures.CameraPictures.offer",
        lambda *_, **_kw: None,
    )
    await guard(hass, entry)
    detector.sees = [PERSON]
    await until(hass, lambda: alerts)
    runtime = entry.runtime_data
    presence = runtime.cameras[CAMERA_ID].presences["person"]
    boxes = SnapshotTaken(camera_id=CAMERA_ID, at=presence.first_seen_at + 1, jpeg=b"\xff\xd8 box")
    runtime.coordinator.async_handle_event(boxes)
    open_alert = next(iter(runtime.alerts._open.all_present))[0]
    await until(hass, lambda: open_alert.has_boxes)
    assert await still_of(entry, alerts[0]) == b"\xff\xd8 box"


async def test_second_person_within_the_minute_keeps_the_first_ones_clip(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    alerts: list[Event],
    updates: list[Event],
) -> None:
    await guard(hass, entry, alarm_labels=[])
    await see_and_lose(hass, entry, detector, alerts)
    detector.sees = [PERSON]
    await until(hass, lambda: updates and len(updates[-1].data["clip_ids"]) == 2)
    assert len(alerts) == 1
    assert updates[-1].data["clip_id"] == alerts[0].data["clip_id"]
    assert updates[-1].data["count"] == 2


visits = st.lists(
    st.tuples(st.sampled_from(["door", "safe"]), st.booleans(), st.floats(0, 200)), max_size=6
)


@given(before=visits, after=visits, own_clip=st.booleans())
def test_no_visitor_gets_the_clip_of_another(
    before: list[tuple[str, bool, float]], after: list[tuple[str, bool, float]], own_clip: bool
) -> None:
    opened = OpenAlerts()

    def visit(number: int, camera_id: str, has_clip: bool, after_s: float) -> None:
        at = NOW + after_s
        clip_id = f"clip{number}" if has_clip else None
        opened.add(
            sighting(camera_id=camera_id, at=at, seen_at=at, clip_id=clip_id)
        ).dispatched = True

    for number, each in enumerate(before):
        visit(number, *each)
    cause = sighting(at=NOW + 300, seen_at=NOW + 300.5, clip_id="own" if own_clip else None)
    opened.add(cause).dispatched = True
    for number, each in enumerate(after):
        visit(number + 100, each[0], each[1], each[2] + 301)
    alarm = opened.add(replace(cause, kind=AlertKind.ALARM, at=NOW + 302))
    assert alarm.alert.clip_id == cause.clip_id
    assert alarm.alert.cause.camera_id == "door"

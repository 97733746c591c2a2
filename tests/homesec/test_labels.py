"""Labels: which are recorded, which trigger the alarm, and those of custom models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homesec_fixtures import CAMERA_ID, CAT, PERSON, arm, pictures, set_up, state, until
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.homesec import const
from custom_components.homesec.cameras.config import camera_config

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry


async def start_camera(hass: HomeAssistant, entry: MockConfigEntry, **settings: Any) -> None:
    subentry = entry.subentries[CAMERA_ID]
    object.__setattr__(subentry, "data", {**subentry.data, **settings})
    await set_up(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)


def session(entry: MockConfigEntry) -> Any:
    return entry.runtime_data.host.engine.worker.sessions.get(CAMERA_ID)


async def test_label_that_is_not_recorded_still_starts_detection(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    started = async_capture_events(hass, const.EVENT_DETECTION_STARTED)
    await start_camera(hass, entry, labels=["person", "cat"], record_labels=["person"])
    detector.sees = [CAT]
    await until(hass, lambda: started)
    assert started[0].data["clip_id"] is None
    assert state(hass, "camera", "camera") == "streaming"
    detector.sees = [CAT, PERSON]
    await until(hass, lambda: len(started) == 2)
    assert started[1].data["clip_id"] is not None


@pytest.mark.parametrize(
    ("labels", "triggered"), [(["cat"], True), ([], False), (["person"], False)]
)
async def test_only_alarm_labels_trigger_alarm(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    labels: list[str],
    triggered: bool,
) -> None:
    await start_camera(hass, entry, labels=["person", "cat"], alarm_labels=labels)
    detector.sees = [CAT]
    await until(hass, lambda: state(hass, "binary_sensor", "cat_present") == "on")
    expected = "triggered" if triggered else "armed_away"
    assert state(hass, "alarm_control_panel", "alarm", entry.entry_id) == expected


async def test_person_outside_alarm_labels_does_not_trigger_alarm(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    await start_camera(hass, entry, labels=["person", "cat"], alarm_labels=["cat"])
    detector.sees = [PERSON]
    await until(hass, lambda: state(hass, "binary_sensor", "person_present") == "on")
    assert state(hass, "alarm_control_panel", "alarm", entry.entry_id) == "armed_away"


async def test_changed_rules_zones_and_labels_apply_without_restart(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry)
    await until(hass, lambda: session(entry))
    running = session(entry)
    zone = {"name": "A", "kind": "mask", "polygon": [[0, 0], [1, 0], [1, 1]]}
    for settings in (
        {"zones": [zone]},
        {"rules": [{"label": "person", "threshold": 0.7}]},
        {"labels": ["person", "cat"], "record_labels": ["cat"]},
    ):
        before = running[0].config
        subentry = entry.subentries[CAMERA_ID]
        data = {**subentry.data, **settings}
        hass.config_entries.async_update_subentry(entry, subentry, data=data)
        await until(hass, lambda before=before: running[0].config != before)
        assert running[0].config == camera_config(entry.subentries[CAMERA_ID])
    assert session(entry) is running


async def test_label_of_custom_model_names_its_entities(
    hass: HomeAssistant, entry: MockConfigEntry, detector: ScriptedDetector
) -> None:
    await start_camera(hass, entry, labels=["garden gnome"])
    detector.sees = [PERSON.__class__("garden gnome", 0.9, PERSON.box)]
    gnome = "binary_sensor.front_door_garden_gnome"
    await until(hass, lambda: hass.states.get(gnome).state == "on")
    assert hass.states.get(gnome).name == "Front door Garden gnome"
    count = hass.states.get("sensor.front_door_garden_gnome_count")
    assert (count.name, count.state) == ("Front door Garden gnome count", "1")

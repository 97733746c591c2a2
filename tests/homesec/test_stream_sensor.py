"""What a camera's stream is like: the sensor, the camera's form, and the diagnostics."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from camera_forms import PROBED, STREAM, start_adding, submit_subentry
from homesec_fixtures import CAMERA_ID, arm, set_up, until
import pytest
from text_files import TEXTS

from custom_components.homesec.cameras.config import stream_use
from custom_components.homesec.diagnostics import async_get_config_entry_diagnostics
from custom_components.homesec.engine.core.stream_report import ClockQuality, StreamReport
from custom_components.homesec.engine.core.stream_verdict import StreamVerdict, findings
from custom_components.homesec.flows.camera_preview import YES_OR_NO
from custom_components.homesec.stream_sensor import StreamSensor

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

SENSOR = "sensor.front_door_stream"
SLOW = StreamReport(
    measured_s=3.0,
    codec="h264",
    profile="Main",
    width=1920,
    height=1080,
    fps=15.0,
    bit_rate=3.21e6,
    keyframe_interval_s=10.0,
    keyframe_gap_s=10.0,
    audio_codec="aac",
    b_frames=False,
    decodes_alone=True,
    recorded_as_is=True,
    plays_in_browsers=True,
)


def test_every_verdict_has_its_texts() -> None:
    texts = TEXTS["entity"]["sensor"]["stream"]
    advice = TEXTS["selector"]["stream_verdict"]["options"]
    assert advice.keys() == texts["state"].keys() == set(StreamVerdict)
    assert texts["state_attributes"]["advice"]["state"] == advice
    assert texts["state_attributes"]["findings"]["state"] == texts["state"]
    assert texts["state_attributes"]["clock"]["state"].keys() == set(ClockQuality)


async def test_sensor_tells_what_the_stream_is_like(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    await arm(hass, entry)
    runtime = entry.runtime_data

    def is_measured() -> bool:
        runtime.coordinator.async_update_stats()
        return (hass.states.get(SENSOR).attributes.get("fps") or 0) > 15

    await until(hass, is_measured)
    shown = hass.states.get(SENSOR)
    attributes = shown.attributes
    assert shown.state == attributes["advice"] == attributes["findings"][0]
    assert attributes["size"] == "640 x 272"
    assert attributes["codec"] == "h264"
    assert attributes["fps"] == pytest.approx(25, rel=0.3)
    texts = TEXTS["entity"]["sensor"]["stream"]["state_attributes"]
    ours = set(attributes) - {"device_class", "friendly_name", "options"}
    assert ours == texts.keys()


async def test_sensor_of_camera_that_is_off_is_unknown(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    assert hass.states.get(SENSOR).state == "unknown"


def test_recorder_keeps_no_attribute_that_is_always_new() -> None:
    kept_out = StreamSensor._unrecorded_attributes
    assert {"fps", "bit_rate_kbit", "keyframe_interval_s"} <= kept_out


async def test_diagnostics_contain_the_findings(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    camera = entry.runtime_data.cameras[CAMERA_ID]
    camera.stats = replace(camera.stats, stream=SLOW)
    found = (await async_get_config_entry_diagnostics(hass, entry))["cameras"][CAMERA_ID]
    assert found["stream_findings"] == ["keyframes_far_apart"]
    assert found["stats"]["stream"]["profile"] == "Main"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["keyframes_far_apart"]),
        ({"detect_url": "rtsp://192.0.2.1/low"}, []),
        ({"watch": "economy"}, ["keyframes_far_apart"]),
        ({"wake_sensors": ["binary_sensor.hall"]}, ["keyframes_far_apart"]),  # all are decoded
        ({"watch": "economy", "wake_sensors": ["binary_sensor.hall"]}, []),
        ({"watch": "economy", "trusted_sensors": ["event.doorbell"]}, []),
    ],
)
def test_keyframes_may_be_far_apart_where_nobody_is_missed_for_it(
    settings: dict[str, Any], expected: list[str]
) -> None:
    use = stream_use({"kind": "stream", "url": "rtsp://192.0.2.1/main", **settings})
    assert list(findings(SLOW, use)) == expected


def test_detection_stream_that_cannot_be_opened_changes_nothing() -> None:
    data = {"kind": "stream", "url": "rtsp://192.0.2.1/main", "detect_url": "rtsp://192.0.2.1/low"}
    use = stream_use(data, detect_stream_works=False)
    assert findings(SLOW, use) == (StreamVerdict.KEYFRAMES_FAR_APART,)


async def test_camera_form_tells_which_setting_to_change(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    probe.return_value = replace(PROBED, fps=15.0, stream=SLOW)
    await set_up(hass, entry)
    shown = await submit_subentry(hass, await start_adding(hass, entry), STREAM)
    placeholders = shown["description_placeholders"]
    assert placeholders["formats"] == (
        "1920 x 1080 · H.264 Main · 15 fps · 3.2 Mbit/s · AAC\n\n"
        "keyframe every 10 s · no B-frames · keyframes decode by themselves · plays in browsers"
    )
    assert "Set the keyframe interval" in placeholders["note"]


async def test_camera_form_says_that_a_stream_is_fine(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    fine = replace(SLOW, keyframe_interval_s=1.0, keyframe_gap_s=1.0)
    probe.return_value = replace(PROBED, stream=fine)
    await set_up(hass, entry)
    shown = await submit_subentry(hass, await start_adding(hass, entry), STREAM)
    assert "found nothing that you should change" in shown["description_placeholders"]["note"]


async def test_camera_form_tells_of_clock_and_sound_in_plain_text(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    odd = replace(
        SLOW,
        b_frames=True,
        decodes_alone=False,
        plays_in_browsers=False,
        clock=ClockQuality.UNUSABLE,
        audio_left_out="g726[](http://192.0.2.1)" + "x" * 100,
    )
    probe.return_value = replace(PROBED, stream=odd)
    await set_up(hass, entry)
    shown = await submit_subentry(hass, await start_adding(hass, entry), STREAM)
    placeholders = shown["description_placeholders"]
    facts = placeholders["formats"].splitlines()[-1].split(" · ")
    assert facts[1:5] == [
        "B-frames",
        "keyframes don't decode by themselves",
        "doesn't play in all browsers",
        "clock unusable",
    ]
    assert facts[5].startswith("sound left out (g726http:192.0.2.1x")
    assert len(facts[5]) < 60
    assert "time stamps" in placeholders["note"]


async def test_camera_form_says_first_that_there_are_only_single_pictures(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    probe.return_value = replace(PROBED, stream=SLOW, single_pictures=True)
    await set_up(hass, entry)
    shown = await submit_subentry(hass, await start_adding(hass, entry), STREAM)
    expected = TEXTS["selector"]["note"]["options"]["single_pictures"]
    assert shown["description_placeholders"]["note"] == expected


def test_every_fact_has_its_text() -> None:
    texts = TEXTS["selector"]["stream_format"]["options"]
    either = {f"{key}_{value}" for key in YES_OR_NO for value in ("true", "false")}
    clocks = {f"clock_{each}" for each in ClockQuality if each is not ClockQuality.UNKNOWN}
    assert texts.keys() == {"keyframes", "audio_left_out", "low", "low_missing"} | either | clocks

"""Manual recordings."""

from engine_rig import file_camera
import pytest

from custom_components.homesec.engine.core.errors import CameraNotRunning
from custom_components.homesec.engine.core.events import (
    ClipSaved,
    ClipStarted,
    DetectionEnded,
    DetectionStarted,
)
from custom_components.homesec.engine.core.types import (
    Activity,
    CameraHealth,
    DecodePolicy,
    Trigger,
)

ALWAYS = {"seconds": 30, "walks": ((3.0, 30.0),)}
QUIET = {"seconds": 20, "walks": ()}


@pytest.fixture
def running(rig, make_video):
    """An engine with a camera that loops a quiet video."""
    video = make_video(**QUIET)
    rig.engine.set_camera(file_camera(video, loop=True, pre_roll_s=2.0), Activity.DETECT)
    rig.wait_health(CameraHealth.RUNNING)
    return rig


def test_manual_recording_has_pre_roll_and_requested_duration(running):
    clip_id = running.engine.start_recording("cam", 5.0)
    clip = running.wait_for(ClipSaved).clip
    assert clip.id == clip_id
    assert (clip.trigger, clip.label, clip.score) == (Trigger.MANUAL, None, None)
    assert clip.duration_s == pytest.approx(clip.pre_roll_s + 5.0, abs=0.25)
    assert clip.pre_roll_s < 3.2


def test_manual_recording_has_a_still(running):
    running.engine.start_recording("cam", 1.0)
    clip = running.wait_for(ClipSaved).clip
    assert running.path(clip).with_suffix(".jpg").exists()


def test_second_manual_recording_extends_clip(running):
    first = running.engine.start_recording("cam", 3.0)
    second = running.engine.start_recording("cam", 3.0)
    saved = running.wait_for(ClipSaved).clip
    assert saved.duration_s > saved.pre_roll_s + 2.8
    assert first == second or running.wait_for(ClipSaved, count=2)


def test_manual_recording_without_duration_lasts_until_longest_length(rig, make_video):
    quiet = file_camera(make_video(**QUIET), loop=True, pre_roll_s=2.0, max_clip_s=10.0)
    rig.engine.set_camera(quiet, Activity.DETECT)
    rig.wait_health(CameraHealth.RUNNING)
    rig.engine.start_recording("cam")
    assert rig.wait_for(ClipSaved).clip.duration_s == pytest.approx(10.0, abs=0.11)
    rig.engine.remove_camera("cam")
    assert len(rig.of(ClipStarted)) == 1


def test_manual_recording_can_be_stopped(running):
    running.engine.start_recording("cam", 1e9)
    running.engine.stop_recording("cam")
    assert running.wait_for(ClipSaved).clip.trigger is Trigger.MANUAL


def test_stopping_manual_recording_keeps_clip_open_during_presence(rig, make_video):
    video = make_video(**ALWAYS)
    rig.engine.set_camera(
        file_camera(video, loop=True, decode_policy=DecodePolicy.PROMPT), Activity.RECORD
    )
    started = rig.wait_for(DetectionStarted)
    assert rig.engine.start_recording("cam", 1.0) == started.clip_id
    rig.engine.stop_recording("cam")
    ended = rig.wait_for(DetectionEnded)
    assert ended.clip_id is not None
    clip = rig.wait_for(ClipSaved).clip
    assert clip.trigger is Trigger.PRESENCE
    assert clip.duration_s > 20


def test_manual_recording_of_camera_that_is_off_raises(rig):
    with pytest.raises(CameraNotRunning):
        rig.engine.start_recording("unknown")
    with pytest.raises(CameraNotRunning):
        rig.engine.stop_recording("unknown")


def test_switching_off_during_manual_recording_saves_clip(rig, make_video):
    video = make_video(seconds=30, walks=((0.0, 30.0),))
    rig.engine.set_camera(file_camera(video, paced=True, loop=True), Activity.RECORD)
    rig.wait_for(ClipStarted)
    rig.engine.set_activity("cam", Activity.OFF)
    clip = rig.wait_for(ClipSaved).clip
    assert rig.wait_for(DetectionEnded).clip_id == clip.id
    assert rig.engine.health("cam") is CameraHealth.OFF

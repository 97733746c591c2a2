"""What a sensor's report does to a camera: what is replayed, sampled, announced, and recorded."""

from itertools import pairwise

from engine_rig import file_camera
from hypothesis import given, settings, strategies as st
import pytest
from sampler_rig import SamplerRig
from videos import content
from worker_pairs import wait_until

from custom_components.homesec.engine.camera import frame_sampler, wake
from custom_components.homesec.engine.camera.wake import BUDGET_S, REFILL, WakeBudget
from custom_components.homesec.engine.core.errors import DetectorError
from custom_components.homesec.engine.core.events import (
    ClipSaved,
    DetectionEnded,
    DetectionStarted,
    DetectorChanged,
    SnapshotTaken,
)
from custom_components.homesec.engine.core.types import (
    WAKE_S,
    Activity,
    CameraHealth,
    DecodePolicy,
    SourceConfig,
    SourceKind,
    Trigger,
)

pytestmark = pytest.mark.long

QUIET = {"seconds": 30, "walks": ()}
BETWEEN = {"seconds": 30, "walks": ((10.3, 11.2),), "gop_s": 2.0}
"""A walk that no keyframe shows."""


@pytest.fixture
def scene(make_video):
    def make(recipe, **settings):
        return SamplerRig(make_video(**recipe), **settings)

    return make


# --- the sampler ---


def walk_in(video):
    """Return how many sampled frames show the walk."""
    return len([number for number in video.numbers() if 103 <= number < 112])


def test_arrival_between_keyframes_is_missed_without_a_wake(scene):
    assert walk_in(scene(BETWEEN).play()) == 0


def test_arrival_between_keyframes_is_sampled_at_a_later_wake(scene):
    video = scene(BETWEEN).play(until=11.9)
    video.sampler.wake()
    assert walk_in(video.play(until=12.0)) == 5


def test_arrival_before_the_last_keyframe_is_sampled_at_a_wake(scene):
    video = scene(BETWEEN, pre_roll_s=4.0).play(until=13.5)
    video.sampler.wake()
    assert walk_in(video.play(until=13.6)) == 5


@pytest.mark.parametrize("policy", [DecodePolicy.AUTO, DecodePolicy.PROMPT])
def test_every_due_frame_is_sampled_for_some_seconds_after_a_wake(scene, policy):
    video = scene(QUIET, decode_policy=policy).play(until=10)
    video.sampler.wake()
    times = [x.frame.t for x in video.play().frames if x.frame.t > 7]
    assert times[0] == pytest.approx(8.0, abs=0.21)
    assert times[-1] == pytest.approx(10 + WAKE_S, abs=0.21)
    assert max(b - a for a, b in pairwise(times)) < 0.21


def test_every_due_picture_of_a_camera_without_video_is_sampled_after_a_wake(scene):
    video = scene({**QUIET, "codec": "mjpeg", "pix_fmt": "yuvj420p", "container": "avi"})
    video.play(until=10).sampler.wake()
    times = [x.frame.t for x in video.play(until=18).frames if x.frame.t > 7]
    assert times[0] == pytest.approx(8.0, abs=0.21)
    assert max(b - a for a, b in pairwise(times)) < 0.21


def test_mode_returns_to_keyframes_after_a_wake(scene):
    video = scene(QUIET).play(until=10)
    video.sampler.wake()
    video.play()
    assert not video.decodes_keyframes_at(10 + WAKE_S - 0.2)
    assert video.decodes_keyframes_at(10 + WAKE_S + 1.2)


def test_wake_during_motion_decodes_nothing_again(scene):
    video = scene({"seconds": 20, "walks": ((5.0, 15.0),)}).play(until=10)
    before = video.sampler.decoded
    video.sampler.wake()
    assert video.play(until=11).sampler.decoded - before == 10


def test_wake_in_an_endless_gop_neither_replays_it_nor_loses_pictures(scene):
    video = scene({"seconds": 60, "walks": (), "gop_s": 60.0}).play(until=50)
    before = video.sampler.decoded
    video.sampler.wake()
    video.play(until=55)
    assert video.sampler.decoded - before == 50
    assert len([x for x in video.frames if x.frame.t >= 50]) == 25


def test_wake_before_the_first_packet_is_for_that(scene):
    video = scene(QUIET)
    video.sampler.wake()
    video.play(until=5)
    assert len(video.frames) == 25


@settings(max_examples=12)
@given(
    wakes=st.lists(st.floats(0, 29), max_size=5),
    walk=st.sampled_from([(2.4, 3.1), (10.3, 11.2), (17.0, 21.0)]),
    gop_s=st.sampled_from([1.0, 5.0]),
    policy=st.sampled_from(DecodePolicy),
)
def test_no_frame_is_sampled_twice_whenever_a_sensor_reports(
    make_video, wakes, walk, gop_s, policy
):
    video = SamplerRig(make_video(seconds=30, walks=(walk,), gop_s=gop_s), decode_policy=policy)
    for t in sorted(wakes):
        video.play(until=t)
        video.sampler.wake()
    video.play()
    times = [x.frame.t for x in video.frames]
    assert times == sorted(set(times))
    for t in wakes:
        assert any(t <= each <= t + 0.5 for each in times)


# --- the budget ---


def test_two_sensors_that_report_together_cost_one_wake():
    budget = WakeBudget()
    for now in range(0, 600, 30):
        assert budget.spend(now)
        assert budget.spend(now + 0.1)


def test_broken_sensor_keeps_a_camera_awake_for_about_half_of_the_time():
    budget = WakeBudget()
    taken = [now for now in range(3600) if budget.spend(now)]
    awake = {second for now in taken for second in range(now, now + int(WAKE_S))}
    assert set(range(int(BUDGET_S))) <= awake
    assert 0.4 * 3600 < len(awake) < REFILL * 3600 + BUDGET_S + WAKE_S


@given(st.lists(st.floats(0, 600), min_size=1, max_size=60))
def test_budget_never_exceeds_its_share_however_a_sensor_reports(waits):
    budget, now, awake_s, until = WakeBudget(), 0.0, 0.0, 0.0
    for wait in waits:
        now += wait
        if budget.spend(now):
            awake_s += now + WAKE_S - max(until, now)
            until = now + WAKE_S
    assert awake_s <= BUDGET_S + REFILL * now + 2 * WAKE_S


# --- a whole engine ---


@pytest.fixture
def short_wakes(monkeypatch):
    """Let a wake last a second."""
    monkeypatch.setattr(frame_sampler, "WAKE_S", 1.0)
    monkeypatch.setattr(wake, "WAKE_S", 1.0)


@pytest.fixture
def quiet(make_video):
    """A video that shows nobody."""
    return make_video(seconds=20, walks=())


def run(rig, video, activity=Activity.RECORD, **settings):
    """Play a video in real time, again and again, and wait until it runs."""
    camera = file_camera(video, paced=True, loop=True, **{"pre_roll_s": 1.0, **settings})
    rig.engine.set_camera(camera, activity)
    rig.wait_health(CameraHealth.RUNNING)


def fail(_stop):
    raise DetectorError("broken")


@pytest.mark.usefixtures("short_wakes")
def test_trusted_sensor_is_a_person_with_clip_still_and_picture(rig, quiet):
    run(rig, quiet)
    rig.engine.wake("cam", sensor="Doorbell", trusted=True)
    started = rig.wait_for(DetectionStarted)
    assert (started.presence.label, started.presence.sensor) == ("person", "Doorbell")
    assert started.presence.confirmed
    assert started.clip_id is not None
    assert rig.wait_for(SnapshotTaken).at >= started.presence.first_seen_at
    assert rig.wait_for(DetectionEnded).presence.sensor == "Doorbell"
    clip = rig.wait_for(ClipSaved).clip
    assert (clip.id, clip.trigger, clip.label) == (started.clip_id, Trigger.PRESENCE, "person")
    assert (clip.score, clip.sensor) == (None, "Doorbell")
    assert rig.path(clip).with_suffix(".jpg").exists()
    assert content(rig.path(clip)).duration_s > clip.pre_roll_s + 1.0


@pytest.mark.usefixtures("short_wakes")
def test_trusted_sensor_of_a_camera_that_only_detects_starts_no_clip(rig, quiet):
    run(rig, quiet, Activity.DETECT)
    rig.engine.wake("cam", sensor="Doorbell", trusted=True)
    assert rig.wait_for(DetectionStarted).clip_id is None
    rig.wait_for(DetectionEnded)
    assert rig.saved() == []


def test_sensor_has_the_networks_look_and_no_more(rig, quiet):
    run(rig, quiet)
    rig.engine.wake("cam", sensor="Hall motion", trusted=False)
    before = rig.detector.frame_count
    wait_until(lambda: rig.detector.frame_count >= before + 10)
    assert rig.of(DetectionStarted) == []


def test_sensor_has_the_networks_look_at_the_detect_stream(rig, make_video, quiet):
    low = make_video(seconds=20, walks=(), size=(160, 96))
    source = SourceConfig(kind=SourceKind.FILE, location=str(low), paced=True, loop=True)
    sizes = set()
    fit = rig.detector.fit
    rig.detector.fit = lambda *size: (sizes.add(size), fit(*size))[1]
    run(rig, quiet, detect_source=source)
    wait_until(lambda: (160, 96) in sizes)  # its first picture
    sizes.clear()
    before = rig.detector.frame_count
    rig.engine.wake("cam", sensor="Hall motion", trusted=False)
    wait_until(lambda: rig.detector.frame_count >= before + 10)
    assert sizes == {(160, 96)}


def test_person_between_keyframes_is_announced_after_a_report(rig, make_video):
    run(rig, make_video(seconds=4, walks=((0.4, 1.6),), gop_s=2.0), pre_roll_s=4.0)
    rig.engine.wake("cam", sensor="Hall motion", trusted=False)
    started = rig.wait_for(DetectionStarted)
    assert (started.presence.label, started.presence.sensor) == ("person", None)


@pytest.mark.usefixtures("short_wakes")
def test_without_a_detector_any_sensor_is_a_person(rigs, quiet):
    rig = rigs(create_cascade=fail)
    rig.wait_for(DetectorChanged)
    run(rig, quiet)
    rig.engine.wake("cam", sensor="Hall motion", trusted=False)
    assert rig.wait_for(DetectionStarted).presence.sensor == "Hall motion"
    rig.wait_for(DetectionEnded)
    assert rig.wait_for(ClipSaved).clip.label == "person"


@pytest.mark.usefixtures("short_wakes")
def test_trusted_sensor_of_a_lost_camera_is_a_person(rig, tmp_path):
    camera = file_camera(tmp_path / "nothing.mp4", paced=True, loop=True)
    rig.engine.set_camera(camera, Activity.RECORD)
    rig.wait_health(CameraHealth.LOST)
    rig.engine.wake("cam", sensor="Doorbell", trusted=True)
    assert rig.wait_for(DetectionStarted).clip_id is None
    rig.wait_for(DetectionEnded)


@pytest.mark.parametrize("camera_id", ["off", "removed"])
def test_nothing_happens_to_a_camera_that_is_off_or_gone(rig, quiet, camera_id):
    rig.engine.set_camera(file_camera(quiet, id="off"), Activity.OFF)
    rig.engine.wake(camera_id, sensor="Doorbell", trusted=True)
    run(rig, quiet)
    assert rig.of(DetectionStarted) == []


def test_trusted_sensor_of_a_camera_that_detects_no_people_is_a_hint(rig, quiet):
    run(rig, quiet, labels=("cat",))
    rig.engine.wake("cam", sensor="Doorbell", trusted=True)
    before = rig.detector.frame_count
    wait_until(lambda: rig.detector.frame_count >= before + 3)
    assert rig.of(DetectionStarted) == []

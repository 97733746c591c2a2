"""RTSP cameras: GStreamer's server plays videos in real time."""

import threading

from camera_servers import launch_line, rtsp
from engine_rig import EngineRig, stream_camera
import pytest
from videos import content

from custom_components.homesec.engine.capture.probe import probe
from custom_components.homesec.engine.core.errors import LoginRefused, StreamNotFound
from custom_components.homesec.engine.core.events import (
    ClipSaved,
    ClipStarted,
    DetectionStarted,
    HealthChanged,
)
from custom_components.homesec.engine.core.types import Activity, CameraHealth

pytestmark = pytest.mark.long

QUICK = {"pre_roll_s": 1.0, "grace_s": 0.5, "post_roll_s": 0.5}
LOST, RUNNING = CameraHealth.LOST, CameraHealth.RUNNING
WALKS = tuple((n + 2.0, n + 3.0) for n in range(0, 36, 6))
CAMERAS = {
    # name: (video, server options)
    "h264": ({"bframes": 0}, {}),
    "h264-sdp": ({}, {"in_band": False}),
    "h264-aac": ({"audio": "aac"}, {"audio": "aac"}),
    "h264-g711": ({}, {"audio": "alaw"}),
    "h265": ({"codec": "libx265"}, {"codec": "h265"}),
}


def is_complete(shown):
    """Return whether no frame is missing; GStreamer sends a video's very first one twice."""
    numbers = [n for n in shown.numbers if n] if 0 in shown.numbers else shown.numbers
    return numbers == list(range(numbers[0], numbers[-1] + 1))


@pytest.fixture(scope="module")
def recorded(make_video, tmp_path_factory):
    """One clip of each camera, recorded at the same time."""
    mounts = {
        f"/{name}": launch_line(make_video(seconds=36, walks=WALKS, **recipe), **options)
        for name, (recipe, options) in CAMERAS.items()
    }
    with rtsp(mounts) as server, EngineRig(tmp_path_factory.mktemp("rtsp")) as rig:
        for name in CAMERAS:
            camera = stream_camera(server.url(f"/{name}"), id=name, **QUICK)
            rig.engine.set_camera(camera, Activity.RECORD)
        for name in CAMERAS:
            rig.wait_for(ClipSaved, camera_id=name)
        stats = {name: rig.engine.stats(name) for name in CAMERAS}
        rig.stop()
        yield {
            name: (clip := rig.saved(name)[0], content(rig.path(clip)), stats[name])
            for name in CAMERAS
        }


@pytest.mark.parametrize("name", CAMERAS)
def test_rtsp_clip_has_every_frame_from_before_the_person(recorded, name):
    clip, shown, _ = recorded[name]
    assert shown.first_is_key
    assert is_complete(shown)
    seen = shown.numbers[0] + round(clip.pre_roll_s * 10)
    assert 20 <= seen % 60 <= 24
    assert 1.0 <= clip.pre_roll_s <= 2.15
    assert shown.numbers[-1] % 60 >= 27 + 8
    assert shown.duration_s == pytest.approx(clip.duration_s, abs=0.25)  # audio may end later
    assert clip.duration_s == pytest.approx(len(shown.numbers) / 10, abs=0.1)


@pytest.mark.parametrize(
    ("name", "video", "audio"),
    [
        ("h264", "h264", None),
        ("h264-sdp", "h264", None),
        ("h264-aac", "h264", "aac"),
        ("h264-g711", "h264", "aac"),
        ("h265", "hevc", None),
    ],
)
def test_rtsp_clip_has_codecs_that_browsers_play(recorded, name, video, audio):
    clip, shown, _ = recorded[name]
    assert (clip.video_codec, clip.audio_codec) == (shown.codec, shown.audio) == (video, audio)
    assert shown.tag == {"h264": "avc1", "hevc": "hvc1"}[video]
    if audio:
        assert shown.audio_s == pytest.approx(clip.duration_s, abs=0.4)


@pytest.mark.parametrize("name", CAMERAS)
def test_rtsp_camera_has_stats(recorded, name):
    _, _, stats = recorded[name]
    # A busy machine's server sends in bursts.
    assert stats.fps == pytest.approx(10, rel=0.4)
    assert stats.keyframe_interval_s == pytest.approx(1.0, abs=0.4)
    assert (stats.width, stats.height, stats.reconnects) == (320, 192, 0)
    assert stats.video_codec == ("hevc" if name == "h265" else "h264")


@pytest.fixture
def long_video(make_video):
    """A minute with the figure in it from the first second on."""
    return make_video(seconds=60, walks=((0.4, 60.0),))


def test_connection_cut_while_recording_saves_both_clips(rtsp_server, rig, long_video):
    server = rtsp_server({"/cam": launch_line(long_video)})
    rig.engine.set_camera(stream_camera(server.url("/cam"), **QUICK), Activity.RECORD)
    started = rig.wait_for(ClipStarted).clip
    threading.Event().wait(1.5)
    server.kill()
    rig.wait_health(LOST)
    before = rig.wait_for(ClipSaved).clip
    assert before.id == started.id
    server.start()
    rig.wait_health(RUNNING, count=2)
    again = rig.wait_for(ClipStarted, count=2).clip
    threading.Event().wait(1.0)
    rig.stop()
    assert [clip.id for clip in rig.saved()] == [before.id, again.id]
    for clip in rig.saved():
        shown = content(rig.path(clip))
        assert len(shown.numbers) >= 8
        assert is_complete(shown)
    assert before.started_at + before.duration_s < again.started_at
    assert rig.failed() == []


def test_short_connection_cut_keeps_presence(rtsp_server, rig, long_video):
    server = rtsp_server({"/cam": launch_line(long_video)})
    camera = stream_camera(server.url("/cam"), **QUICK | {"grace_s": 10.0})
    rig.engine.set_camera(camera, Activity.RECORD)
    rig.wait_for(ClipStarted)
    server.kill()
    rig.wait_health(LOST)
    server.start()
    rig.wait_for(ClipStarted, count=2)
    assert len(rig.of(DetectionStarted)) == 1


def test_frozen_camera_is_lost_and_recovers(rtsp_server, rig, long_video):
    server = rtsp_server({"/cam": launch_line(long_video)})
    rig.engine.set_camera(stream_camera(server.url("/cam"), stall_s=0.8, **QUICK), Activity.DETECT)
    rig.wait_health(RUNNING)
    server.freeze()
    rig.wait_health(LOST, error="stalled")
    assert rig.engine.jpeg("cam") is None
    assert rig.engine.stats("cam").fps == 0.0
    server.resume()
    rig.wait_health(RUNNING, count=2)
    assert rig.engine.stats("cam").reconnects == 1


def test_slow_camera_opens_quickly(rtsp_server, rig, make_video):
    # By default FFmpeg would read for four to six seconds, longer than allowed.
    video = make_video(seconds=60, fps=1, gop_s=4.0, walks=())
    server = rtsp_server({"/cam": launch_line(video, in_band=False)})
    rig.engine.set_camera(stream_camera(server.url("/cam")), Activity.DETECT)
    rig.wait_health(RUNNING)
    assert rig.of(HealthChanged)[-2].health is CameraHealth.CONNECTING


def test_rtsp_login_and_path_are_used(rtsp_server, make_video):
    server = rtsp_server({"/cam": launch_line(make_video(seconds=5))}, login="bob:s3cret")
    url = server.url("/cam")
    with pytest.raises(LoginRefused):
        probe(stream_camera(url).source)
    with pytest.raises(LoginRefused):
        probe(stream_camera(url, username="bob", password="wrong").source)
    known = {"username": "bob", "password": "s3cret"}
    with pytest.raises(StreamNotFound):
        probe(stream_camera(server.url("/elsewhere"), **known).source)
    assert probe(stream_camera(url, **known).source).width == 320

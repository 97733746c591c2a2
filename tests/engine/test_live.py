"""Live video over the loopback: who gets it, what it begins with, and how often a camera is opened.

The cameras are real servers, and the viewer is FFmpeg, as in Home Assistant.
"""

from contextlib import contextmanager
import time

import av
from camera_servers import launch_line, rtsp
from engine_rig import LONG_S, stream_camera
import pytest
from videos import number_of

from custom_components.homesec.engine.core.events import DetectionStarted, HealthChanged
from custom_components.homesec.engine.core.types import Activity, CameraHealth

OFF, RUNNING = CameraHealth.OFF, CameraHealth.RUNNING


def wait_for(condition):
    """Wait for something true, and return it."""
    deadline = time.monotonic() + LONG_S
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


@contextmanager
def watch(url):
    """Open live video as Home Assistant does."""
    with av.open(url, timeout=20) as opened:
        yield opened


def show(url, pictures=12):
    """Return what live video shows: codecs, whether the first packet is a keyframe, numbers."""
    with watch(url) as opened:
        codecs = [each.codec_context.codec.name for each in opened.streams]
        first, numbers = None, []
        for packet in opened.demux(video=0):
            first = packet.is_keyframe if first is None else first
            numbers += [number_of(frame) for frame in packet.decode()]
            if len(numbers) >= pictures:
                return codecs, first, numbers
    raise AssertionError(f"only {len(numbers)} pictures")


@pytest.fixture
def server(make_video, socket_enabled, tmp_path):
    """An RTSP camera with sound that counts its clients."""
    video = make_video(seconds=60, fps=10, audio="aac")
    mounts = {"/cam": launch_line(video, audio="aac")}
    with rtsp(mounts, count=tmp_path / "clients") as running:
        yield running


def camera(server, **settings):
    return stream_camera(server.url("/cam"), **settings)


def test_viewers_share_the_one_connection_of_a_camera(rig, server):
    rig.engine.set_camera(camera(server), Activity.DETECT)
    rig.wait_health(RUNNING)
    url = rig.engine.live_url("cam")
    with watch(url), watch(url):
        codecs, starts, numbers = show(url)
        assert rig.engine.jpeg("cam", opens=True) is not None
    assert codecs == ["h264", "aac"]
    assert starts
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert server.clients == (1, 1)


def test_camera_that_is_off_is_open_for_as_long_as_somebody_watches(rig, server, monkeypatch):
    monkeypatch.setattr("custom_components.homesec.engine.live.output.LINGER_S", 0.5)
    monkeypatch.setattr("custom_components.homesec.engine.worker.camera_host.LINGER_S", 0.5)
    rig.engine.set_camera(camera(server), Activity.OFF)
    assert server.clients == (0, 0)
    codecs, starts, numbers = show(rig.engine.live_url("cam"), pictures=40)
    assert (codecs, starts) == (["h264", "aac"], True)
    assert len(numbers) == len(set(numbers))
    wait_for(lambda: server.clients == (1, 0))
    assert rig.of(HealthChanged, DetectionStarted) == []
    assert not rig.engine.worker.sessions


def test_camera_is_armed_and_disarmed_under_a_viewer_without_another_connection(rig, server):
    rig.engine.set_camera(camera(server), Activity.OFF)
    with watch(rig.engine.live_url("cam")) as opened:
        packets = opened.demux(video=0)
        next(packets)
        rig.engine.set_activity("cam", Activity.RECORD)
        rig.wait_health(RUNNING)
        clip_id = rig.engine.start_recording("cam")
        next(packets)
        rig.engine.set_activity("cam", Activity.OFF)
        rig.wait_health(OFF)
        for _ in range(20):
            next(packets)
    assert server.clients == (1, 1)
    wait_for(lambda: [clip.id for clip in rig.saved()] == [clip_id])

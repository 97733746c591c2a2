"""A camera with a detect stream: what is looked at, recorded, and shown, and what if it's lost."""

from dataclasses import replace
import io
import itertools
import threading

import av
from camera_servers import launch_line
from engine_rig import LONG_S, file_camera, media_packets, stream_camera
import pytest
from videos import FigureDetector, content, number_of

from custom_components.homesec.engine.camera import detect_stream
from custom_components.homesec.engine.camera.frame_sampler import FrameSampler
from custom_components.homesec.engine.capture import reconnecting_source
from custom_components.homesec.engine.capture.reconnecting_source import CameraSource
from custom_components.homesec.engine.core.errors import PictureTooLarge
from custom_components.homesec.engine.core.events import (
    ClipSaved,
    DetectionStarted,
    DetectStreamChanged,
    HealthChanged,
    SnapshotTaken,
)
from custom_components.homesec.engine.core.types import (
    Activity,
    CameraHealth,
    DecodePolicy,
    SourceConfig,
    SourceKind,
)

pytestmark = pytest.mark.long

MAIN = {"seconds": 26, "size": (640, 384), "gop_s": 10.0, "walks": ((12.3, 14.1),)}
DETECT = {**MAIN, "size": (320, 192), "gop_s": 2.0}


class SizeDetector(FigureDetector):
    """Remembers the sizes of the pictures that it gets, as ``fit`` is asked for them."""

    def __init__(self):
        super().__init__()
        self.sizes = set()

    def fit(self, width, height):
        self.sizes.add((width, height))
        return super().fit(width, height)


def detect_file(path, **settings):
    settings = {"paced": False, "loop": False, **settings}
    return SourceConfig(kind=SourceKind.FILE, location=str(path), **settings)


@pytest.fixture
def films(make_video):
    return make_video(**MAIN), make_video(**DETECT)


def wait_until(condition):
    for _ in range(round(LONG_S * 20)):
        if condition():
            return
        threading.Event().wait(0.05)
    raise AssertionError


def number_in(rig, width):
    """Return the number of the frame that is the live picture, once there is one."""
    wait_until(lambda: rig.engine.jpeg("cam", width=width))
    with av.open(io.BytesIO(rig.engine.jpeg("cam", width=width))) as file:
        return number_of(next(file.decode(video=0)))


def size_of(jpeg):
    with av.open(jpeg) as file:
        return file.streams.video[0].width


def test_walk_between_keyframes_is_only_found_in_detect_stream(rigs, films):
    main, low = films
    economy = {"decode_policy": DecodePolicy.ECONOMY}
    rig = rigs()
    rig.play(file_camera(main, id="alone", **economy))
    assert rig.of(DetectionStarted) == []
    rig.play(file_camera(main, id="both", detect_source=detect_file(low)))
    (started,) = rig.of(DetectionStarted)
    assert started.presence.camera_id == "both"


def test_detector_gets_small_pictures_and_clip_has_large_ones(rigs, films):
    main, low = films
    detector = SizeDetector()
    rig = rigs(detector=detector)
    (clip,) = rig.play(file_camera(main, detect_source=detect_file(low)))
    assert detector.sizes == {(320, 192)}
    recorded = content(rig.path(clip))
    assert recorded.size == (640, 384)
    assert recorded.numbers[0] <= 123 - 20  # the pre-roll
    assert recorded.numbers[-1] >= 141


def test_still_and_snapshots_are_pictures_of_the_main_stream(rigs, films):
    main, low = films
    rig = rigs()
    (clip,) = rig.play(file_camera(main, detect_source=detect_file(low)))
    assert size_of(rig.clips_dir / clip.still_path) == 640
    snapshots = rig.of(SnapshotTaken)
    assert snapshots
    assert {size_of(io.BytesIO(each.jpeg)) for each in snapshots} == {640}


def test_missing_detect_stream_is_reported_and_replaced_by_main_stream(
    rigs, films, tmp_path, monkeypatch
):
    monkeypatch.setattr(detect_stream, "REPORT_S", 0.0)
    main, _ = films
    rig = rigs()
    rig.play(file_camera(main, detect_source=detect_file(tmp_path / "nothing.mp4")))
    assert rig.of(DetectionStarted)
    (lost,) = rig.of(DetectStreamChanged)
    assert lost.error is not None
    assert CameraHealth.LOST not in [event.health for event in rig.of(HealthChanged)]


# --- live ---

STEADY = {"seconds": 60, "walks": tuple((n + 1.0, n + 2.0) for n in range(0, 57, 3))}
QUICK = {"pre_roll_s": 1.0, "grace_s": 0.5, "post_roll_s": 0.5}


@pytest.fixture
def cameras(rtsp_server, make_video):
    """Servers of a main stream and of a detect stream, which play the same."""
    main = make_video(**STEADY, size=(640, 384))
    low = make_video(**STEADY)
    return rtsp_server({"/main": launch_line(main)}), rtsp_server({"/low": launch_line(low)})


def live_camera(main, low, **settings):
    source = SourceConfig(kind=SourceKind.STREAM, location=low.url("/low"), stall_s=0.8)
    settings = {**QUICK, "detect_source": source, **settings}
    return stream_camera(main.url("/main"), **settings)


def test_clip_begins_before_the_walk_that_the_detect_stream_shows(cameras, rig):
    rig.engine.set_camera(live_camera(*cameras), Activity.RECORD)
    clip = rig.wait_for(ClipSaved).clip
    stats = rig.engine.stats("cam")
    rig.stop()
    shown = content(rig.path(clip))
    assert shown.size == (stats.width, stats.height) == (640, 384)
    first, last = shown.numbers[0], shown.numbers[-1]
    assert first % 30 <= 10 - 5  # of 10 pictures per second: half of the pre-roll or more
    assert last % 30 >= 20
    assert clip.pre_roll_s >= 0.5


def test_small_live_pictures_are_those_of_the_detect_stream(rtsp_server, make_video, rig):
    main = make_video(seconds=60, walks=(), size=(640, 384))
    low = make_video(seconds=60, walks=(), first_number=2000)
    servers = rtsp_server({"/main": launch_line(main)}), rtsp_server({"/low": launch_line(low)})
    rig.engine.set_camera(live_camera(*servers), Activity.DETECT)
    rig.wait_health(CameraHealth.RUNNING)
    for width, is_low in ((320, True), (640, False), (None, False)):
        wait_until(lambda width=width, is_low=is_low: is_low == (number_in(rig, width) >= 2000))


def test_frozen_detect_stream_is_replaced_and_reported_until_it_is_back(cameras, rigs, monkeypatch):
    monkeypatch.setattr(detect_stream, "REPORT_S", 0.5)
    monkeypatch.setattr(detect_stream, "STEADY_S", 0.5)
    main, low = cameras
    detector = SizeDetector()
    rig = rigs(detector=detector)
    rig.engine.set_camera(live_camera(main, low), Activity.DETECT)
    rig.wait_for(DetectionStarted)
    low.freeze()
    lost = rig.wait_for(DetectStreamChanged)
    assert lost.error == "stalled"
    detector.sizes.clear()
    rig.wait_for(DetectionStarted, count=len(rig.of(DetectionStarted)) + 1)
    assert detector.sizes == {(640, 384)}
    low.resume()
    back = rig.wait_for(DetectStreamChanged, count=2)
    assert back.error is None
    detector.sizes.clear()
    rig.wait_for(DetectionStarted, count=len(rig.of(DetectionStarted)) + 1)
    assert detector.sizes == {(320, 192)}
    assert [event.health for event in rig.of(HealthChanged)] == [
        CameraHealth.CONNECTING,
        CameraHealth.RUNNING,
    ]


def test_lost_main_stream_is_reported_while_detect_stream_still_detects(cameras, rig):
    main, low = cameras
    camera = live_camera(main, low)
    source = replace(camera.source, stall_s=0.8)
    rig.engine.set_camera(replace(camera, source=source), Activity.DETECT)
    rig.wait_health(CameraHealth.RUNNING)
    main.freeze()
    rig.wait_health(CameraHealth.LOST, error="stalled")
    rig.wait_for(DetectionStarted, count=len(rig.of(DetectionStarted)) + 1)
    assert rig.of(DetectStreamChanged) == []


def test_camera_that_is_off_shows_no_old_picture_of_its_detect_stream(cameras, rig):
    camera = live_camera(*cameras)
    rig.engine.set_camera(camera, Activity.DETECT)
    rig.wait_for(DetectionStarted)
    session, _ = rig.engine.worker.sessions["cam"]
    session.live.want(LONG_S)
    rig.engine.set_camera(camera, Activity.OFF)
    rig.wait_health(CameraHealth.OFF)
    wait_until(lambda: session.jpeg() is not None)
    assert size_of(io.BytesIO(session.jpeg())) == 640
    rig.engine.set_camera(camera, Activity.DETECT)
    rig.wait_for(DetectionStarted, count=2)
    assert rig.of(DetectStreamChanged) == []


def test_another_detect_stream_starts_the_camera_again(cameras, rig):
    main, low = cameras
    camera = live_camera(main, low)
    rig.engine.set_camera(camera, Activity.DETECT)
    rig.wait_health(CameraHealth.RUNNING)
    first = rig.engine.worker.sessions["cam"][0]
    rig.engine.set_camera(replace(camera, grace_s=1.0), Activity.DETECT)
    assert rig.engine.worker.sessions["cam"][0] is first
    rig.engine.set_camera(replace(camera, detect_source=None), Activity.DETECT)
    assert rig.engine.worker.sessions["cam"][0] is not first


# --- defects and overload ---


def test_defect_in_reading_the_detect_stream_does_not_reach_the_main_stream(
    rigs, films, monkeypatch, caplog
):
    class Broken(CameraSource):
        def packets(self):
            yield None
            raise ZeroDivisionError

    monkeypatch.setattr(detect_stream, "CameraSource", Broken)
    monkeypatch.setattr(detect_stream, "REPORT_S", 0.0)
    main, low = films
    rig = rigs()
    rig.play(file_camera(main, detect_source=detect_file(low)))
    assert len([x for x in caplog.records if x.levelname == "ERROR" and x.exc_info]) == 1
    assert rig.of(DetectionStarted)
    assert [event.health for event in rig.of(HealthChanged)] == [
        CameraHealth.CONNECTING,
        CameraHealth.RUNNING,
        CameraHealth.OFF,
    ]


def test_flood_of_packets_does_not_hold_up_the_main_stream(rig, films, monkeypatch):
    main, low = films
    packets = [packet for packet in media_packets(low) if packet.keyframe]  # never left out

    class Flood(CameraSource):
        def packets(self):
            self._on_health(CameraHealth.RUNNING, None)
            for packet in itertools.cycle(packets):
                if self._stop.wait(0.001):  # five times as many as are looked at
                    return
                yield packet

    class Slow(FrameSampler):
        def feed(self, packet, **options):
            threading.Event().wait(0.005)
            return super().feed(packet, **options)

    monkeypatch.setattr(detect_stream, "FrameSampler", Slow)
    monkeypatch.setattr(detect_stream, "CameraSource", Flood)
    low = detect_file(low, paced=True)
    config = file_camera(main, paced=True, loop=True, detect_source=low)
    rig.engine.set_camera(config, Activity.DETECT)
    rig.wait_health(CameraHealth.RUNNING)
    session, _ = rig.engine.worker.sessions["cam"]
    wait_until(lambda: session.stats().fps > 1)
    rig.engine.set_camera(config, Activity.OFF)
    rig.wait_health(CameraHealth.OFF)


def test_refused_picture_ends_the_detect_stream_only(rigs, films, monkeypatch):
    refused = []

    class Refusing(FrameSampler):
        def feed(self, packet, **_):
            refused.append(packet)
            raise PictureTooLarge

    monkeypatch.setattr(detect_stream, "FrameSampler", Refusing)
    monkeypatch.setattr(reconnecting_source, "FIRST_WAIT_S", 0.02)
    main, low = films
    low = detect_file(low, paced=True, loop=True)
    rig = rigs()
    rig.engine.set_camera(file_camera(main, paced=True, detect_source=low), Activity.DETECT)
    wait_until(lambda: len([packet for packet in refused if packet.keyframe]) >= 3)
    rig.wait_health(CameraHealth.RUNNING)
    assert CameraHealth.LOST not in [event.health for event in rig.of(HealthChanged)]


def test_only_keyframes_of_a_detect_stream_that_is_far_behind_are_decoded(
    rig, make_video, monkeypatch
):
    monkeypatch.setattr(detect_stream, "BEHIND_S", -100.0)
    main = file_camera(make_video(seconds=60, walks=()), paced=True)
    low = detect_file(make_video(seconds=60, walks=(), gop_s=0.5), paced=True)
    rig.engine.set_camera(replace(main, detect_source=low), Activity.DETECT)
    rig.wait_health(CameraHealth.RUNNING)
    session, _ = rig.engine.worker.sessions["cam"]
    wait_until(lambda: session.stats().decoded_fps > 0)
    assert session.stats().decoded_fps < 5

"""A camera's session: health, events, live picture, statistics, and defects."""

from dataclasses import replace
import io
import itertools
import threading

import av
from engine_rig import LONG_S, file_camera, stream_camera
import pytest
from videos import FigureDetector, content, number_of

from custom_components.homesec.engine.camera import defects
from custom_components.homesec.engine.camera.session import CameraSession
from custom_components.homesec.engine.capture import reconnecting_source
from custom_components.homesec.engine.core.errors import CameraNotRunning, DetectorError
from custom_components.homesec.engine.core.events import (
    ClipSaved,
    ClipStarted,
    DetectionEnded,
    DetectionStarted,
    DetectionUpdated,
    HealthChanged,
    SnapshotTaken,
)
from custom_components.homesec.engine.core.types import (
    Activity,
    Box,
    CameraHealth,
    DecodePolicy,
    Detection,
)

CONNECTING, RUNNING = CameraHealth.CONNECTING, CameraHealth.RUNNING
LOST, OFF = CameraHealth.LOST, CameraHealth.OFF


def healths(rig):
    return [(e.health, e.error) for e in rig.of(HealthChanged)]


def shown(jpeg):
    with av.open(io.BytesIO(jpeg)) as video:
        return next(video.decode(video=0))


class Crowd(FigureDetector):
    """Detects a second figure after a while."""

    def detect(self, picture):
        seen = super().detect(picture)
        below = [replace(x, box=Box(x.box.x1, 0.9, x.box.x2, 1.0)) for x in seen]
        return seen + below if self.frame_count > 40 else seen


class Unsure(FigureDetector):
    """Detects the figure with a growing score."""

    def detect(self, picture):
        return [
            replace(seen, score=min(0.99, 0.5 + self.frame_count / 100))
            for seen in super().detect(picture)
        ]


# --- health ---


def test_file_camera_reports_connecting_running_and_off(rig, make_video):
    rig.play(file_camera(make_video(seconds=2)))
    assert healths(rig) == [(CONNECTING, None), (RUNNING, None), (OFF, None)]


def test_missing_camera_is_reported_once_despite_retries(rig, tmp_path, monkeypatch):
    monkeypatch.setattr(reconnecting_source, "FIRST_WAIT_S", 0.02)
    camera = file_camera(tmp_path / "nothing.mp4", loop=True, paced=True)
    rig.engine.set_camera(camera, Activity.DETECT)
    rig.wait_health(LOST, error="file_missing")
    session, _ = rig.engine.worker.sessions["cam"]
    tries = []
    session._source._on_health = lambda *report: (
        tries.append(report),
        session._reporter.set_health(*report),
    )
    while len(tries) < 2:
        threading.Event().wait(0.01)
    rig.engine.remove_camera("cam")
    assert healths(rig) == [(CONNECTING, None), (LOST, "file_missing"), (OFF, None)]


def test_lost_camera_that_appears_is_running(rig, make_video, tmp_path):
    path = tmp_path / "later.mp4"
    rig.engine.set_camera(file_camera(path, loop=True, paced=True), Activity.DETECT)
    rig.wait_health(LOST)
    path.write_bytes(make_video(seconds=2).read_bytes())
    rig.wait_health(RUNNING)
    assert rig.engine.health("cam") is RUNNING


def test_exception_in_session_restarts_camera(rig, make_video, monkeypatch, caplog):
    monkeypatch.setattr(defects, "RESTART_S", (0.01, 0.02))
    real, calls = CameraSession._handle_tracks, []

    def fail_once(self, *args):
        calls.append(1)
        if len(calls) == 20:
            raise ZeroDivisionError
        real(self, *args)

    monkeypatch.setattr(CameraSession, "_handle_tracks", fail_once)
    video = make_video(seconds=20, walks=((0.0, 20.0),))
    rig.engine.set_camera(file_camera(video, paced=True, loop=True), Activity.RECORD)
    rig.wait_health(LOST, error="unknown")
    rig.wait_health(RUNNING, count=2)
    assert "ZeroDivisionError" in caplog.text
    rig.wait_for(ClipSaved)
    rig.wait_for(ClipStarted, count=2)


# --- detections ---


def test_presence_is_announced_with_its_times(rig, make_video):
    rig.play(file_camera(make_video()))
    started, ended = rig.of(DetectionStarted)[0].presence, rig.of(DetectionEnded)[0].presence
    assert started.camera_id == "cam"
    assert started.first_seen_at == ended.first_seen_at < started.last_seen_at
    assert ended.last_seen_at - ended.first_seen_at == pytest.approx(1.8, abs=0.21)
    assert started.track_id == ended.track_id


def test_second_person_updates_presence(rigs, make_video):
    rig = rigs(detector=Crowd())
    rig.play(file_camera(make_video(seconds=12, walks=((2.0, 12.0),))))
    assert [e.presence.count for e in rig.of(DetectionUpdated)] == [2]


def test_snapshot_is_sent_when_clearly_better_and_not_too_often(rigs, make_video):
    rig = rigs(detector=Unsure())
    rig.play(file_camera(make_video(seconds=14, walks=((2.0, 14.0),))))
    pictures = rig.of(SnapshotTaken)
    assert 3 <= len(pictures) <= 8
    gaps = [b.at - a.at for a, b in itertools.pairwise(pictures)]
    assert min(gaps) >= 1.0 - 1e-6
    assert shown(pictures[0].jpeg).width == 320
    assert pictures[0].jpeg not in repr(pictures[0]).encode()


def test_detection_below_threshold_starts_no_presence(rigs, make_video):
    rig = rigs(detector=Unsure())
    rig.play(file_camera(make_video(seconds=12, walks=((2.0, 12.0),)), threshold=0.999))
    assert rig.of(DetectionStarted) == []


def test_failing_detector_ends_presence_only(rigs, make_video):
    class Breaks(FigureDetector):
        def detect(self, picture):
            if self.frame_count > 30:
                raise DetectorError("broken")
            return super().detect(picture)

    rig = rigs(detector=Breaks())
    rig.play(file_camera(make_video(seconds=20, walks=((2.0, 20.0),))))
    assert len(rig.of(DetectionEnded)) == 1
    assert healths(rig)[-2:] == [(RUNNING, None), (OFF, None)]


# --- live picture and statistics ---


@pytest.fixture
def live(rig, make_video):
    video = make_video(seconds=20, walks=(), gop_s=2.0)
    rig.engine.set_camera(file_camera(video, paced=True, loop=True), Activity.DETECT)
    rig.wait_health(RUNNING)
    return rig


def wait_for(value):
    until = threading.Event()
    for _ in range(round(LONG_S / 0.01)):
        if (found := value()) is not None and found is not False:
            return found
        until.wait(0.01)
    raise AssertionError("it never came")


def test_live_picture_is_jpeg_of_newest_frame(live):
    first = wait_for(lambda: live.engine.jpeg("cam"))
    number = number_of(shown(first))
    wait_for(lambda: number_of(shown(live.engine.jpeg("cam"))) > number + 3)
    small = shown(live.engine.jpeg("cam", width=100))
    assert (small.width, small.height) == (100, 60)


def test_live_picture_of_camera_that_is_off_is_none(rig):
    assert rig.engine.jpeg("cam") is None


def test_stats_describe_running_camera(live):
    wait_for(lambda: live.engine.stats("cam").keyframe_interval_s)
    stats = live.engine.stats("cam")
    assert stats.fps == pytest.approx(10, rel=0.2)
    assert (stats.width, stats.height, stats.video_codec) == (320, 192, "h264")
    assert stats.reconnects == 0
    assert live.engine.stats("unknown").fps == 0.0


def test_manual_recording_of_unreached_camera_raises(rig):
    rig.engine.set_camera(stream_camera("nonsense"), Activity.RECORD)
    rig.wait_health(LOST, error="invalid_source")
    with pytest.raises(CameraNotRunning):
        rig.engine.start_recording("cam")
    assert rig.engine.stats("cam").fps == 0.0


# --- long videos ---


def test_looped_footage_is_one_event_without_gap(rigs, bikes):
    class SeesSomebody(FigureDetector):
        def detect(self, picture):
            self.frame_count += 1
            left = 0.1 + 0.05 * (self.frame_count % 16)
            return [Detection("person", 0.9, Box(left, 0.2, left + 0.1, 0.9))]

    rig = rigs(detector=SeesSomebody())
    camera = file_camera(bikes, loop=True, decode_policy=DecodePolicy.PROMPT, max_clip_s=35.0)
    rig.engine.set_camera(camera, Activity.RECORD)
    rig.wait_for(ClipSaved, count=2)
    rig.stop()
    first = rig.saved()[0]
    clip = content(rig.path(first))
    steps = {round(b - a, 3) for a, b in itertools.pairwise(clip.times)}
    assert steps == {0.04}
    assert clip.duration_s == pytest.approx(first.duration_s, abs=0.001)
    assert 35 <= first.duration_s < 38
    assert len(rig.of(DetectionStarted)) == 1

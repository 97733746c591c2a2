"""V12: detection that is slower than the video must not cost the camera."""

import threading

from camera_film import Film
from camera_sound import g711
from engine_rig import stream_camera
from misbehaving_camera import MisbehavingCamera
import pytest
from videos import FigureDetector, content

from custom_components.homesec.engine.core.events import (
    ClipSaved,
    DetectionStarted,
    HealthChanged,
)
from custom_components.homesec.engine.core.types import Activity, CameraHealth

QUICK = {"pre_roll_s": 1.0, "grace_s": 2.0, "post_roll_s": 0.5, "stall_s": 1.0}
FILM = {"seconds": 40, "walks": ((4.5, 8.0),), "gop_s": 2.0, "audio": None}


class SlowDetector(FigureDetector):
    """Takes its time for each frame."""

    def __init__(self, seconds):
        super().__init__()
        self._seconds = seconds
        self._never = threading.Event()

    def detect(self, picture):
        self._never.wait(self._seconds)
        return super().detect(picture)


@pytest.fixture
def start(make_video):
    """Start cameras with and without sound; what plays is closed after the test."""
    running = []

    def start(rig, film, sounds, **settings):
        shown = Film(make_video(**film))
        for name, tracks in sounds.items():
            running.append(MisbehavingCamera(shown, sounds=tracks))
            config = stream_camera(running[-1].url, id=name, **QUICK | settings)
            rig.engine.set_camera(config, Activity.RECORD)
        return running

    yield start
    for camera in running:
        camera.close()


def check_connections(rig, cameras):
    """Check that no camera was lost, and that each was asked once."""
    assert CameraHealth.LOST not in [e.health for e in rig.of(HealthChanged)]
    assert [camera.plays for camera in cameras] == [1] * len(cameras)


def test_slow_detector_costs_neither_camera_nor_clip(rigs, start):
    rig = rigs(detector=SlowDetector(0.6))
    names = {"with": [g711()], "without": []}
    cameras = start(rig, FILM, names, grace_s=3.5)
    for name in names:
        rig.wait_for(ClipSaved, camera_id=name)
    check_connections(rig, cameras)
    rig.stop()
    for name in names:
        assert len(rig.of(DetectionStarted, camera_id=name)) == 1
        (clip,) = rig.saved(name)
        shown = content(rig.path(clip))
        assert shown.numbers == list(range(shown.numbers[0], shown.numbers[-1] + 1))
        assert shown.numbers[0] <= 45
        assert shown.numbers[-1] >= 80


def test_very_slow_detector_costs_no_camera_and_no_command(rigs, start):
    rig = rigs(detector=SlowDetector(2.0))
    cameras = start(rig, FILM | {"walks": ((4.5, 16.0),)}, {"cam": [g711()]})
    rig.wait(lambda: len(rig.of(HealthChanged)) == 2)
    while rig.detector.frame_count < 2:  # in the middle of a replay
        threading.Event().wait(0.05)
    assert rig.engine.start_recording("cam", 1.0)
    rig.wait_for(DetectionStarted)
    check_connections(rig, cameras)
    assert rig.engine.health("cam") is CameraHealth.RUNNING

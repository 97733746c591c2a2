"""The whole engine with real worker processes that die."""

import os
import signal
import threading

import av
from engine_rig import file_camera
import pytest
from worker_pairs import wait_until

from custom_components.homesec.engine.core.events import (
    ClipSaved,
    DetectionEnded,
    DetectionStarted,
    HealthChanged,
)
from custom_components.homesec.engine.core.types import Activity, CameraHealth
from custom_components.homesec.engine.engine import HomeSecEngine
from custom_components.homesec.engine.worker import camera_process

pytestmark = pytest.mark.long


class Home:
    """An engine with one camera that plays a video."""

    def __init__(self, folder, video):
        self.events = []
        self._lock = threading.Lock()
        self.engine = HomeSecEngine(
            clips_dir=folder / "clips",
            data_dir=folder,
            models_dir=folder / "models",
            on_event=self._handle,
        )
        self.engine.start()
        camera = file_camera(video, paced=True, loop=True)
        self.engine.set_camera(camera, Activity.RECORD)
        wait_until(self.runs)

    def _handle(self, event):
        with self._lock:
            self.events.append(event)

    def all(self, kind):
        with self._lock:
            return [each for each in self.events if isinstance(each, kind)]

    def runs(self):
        changes = self.all(HealthChanged)
        return bool(changes) and changes[-1].health is CameraHealth.RUNNING

    def end_worker(self, number):
        restarts = self.engine.worker.status.restarts
        os.kill(self.engine.worker.pids["cameras"], number)
        wait_until(lambda: self.engine.worker.status.restarts > restarts and self.runs())


@pytest.fixture
def home(tmp_path, make_video):
    found = Home(tmp_path, make_video(seconds=4))
    yield found
    found.engine.stop(10.0)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_clip_of_a_worker_that_dies_is_finished_and_its_camera_comes_back(home, number, tmp_path):
    clip_id = home.engine.start_recording("cam")
    wait_until(lambda: home.engine.catalog.get(clip_id) is not None)
    part = tmp_path / "clips" / home.engine.catalog.get(clip_id).path.replace(".mp4", ".part.mp4")
    wait_until(lambda: part.exists() and part.stat().st_size > 20_000)
    home.end_worker(number)
    wait_until(lambda: [each.clip.id for each in home.all(ClipSaved)] == [clip_id])
    clip = home.engine.catalog.get(clip_id)
    assert clip.duration_s > 0
    assert (tmp_path / "clips" / clip.path).is_file()
    assert (CameraHealth.LOST, "unknown") in [
        (each.health, each.error) for each in home.all(HealthChanged)
    ]


def test_camera_records_again_after_its_worker_died(home):
    home.end_worker(signal.SIGKILL)
    clip_id = home.engine.start_recording("cam")
    wait_until(lambda: home.engine.catalog.get(clip_id) is not None)
    home.engine.stop_recording("cam")
    wait_until(lambda: clip_id in [each.clip.id for each in home.all(ClipSaved)])


def test_trusted_sensor_is_a_person_again_after_its_worker_died(home, monkeypatch):
    monkeypatch.setattr(camera_process, "WAKE_S", 120.0)  # a slow machine may start slowly
    home.engine.wake("cam", sensor="Doorbell", trusted=True)
    wait_until(lambda: home.all(DetectionStarted))
    home.end_worker(signal.SIGKILL)
    wait_until(lambda: len(home.all(DetectionStarted)) == 2)
    assert len(home.all(DetectionEnded)) == 1
    assert {each.presence.sensor for each in home.all(DetectionStarted)} == {"Doorbell"}


def test_engine_that_stopped_leaves_no_process(home):
    (pid,) = home.engine.worker.pids.values()
    home.engine.stop(10.0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def first_packet(url):
    with av.open(url, timeout=60) as video:
        return next(video.demux(video=0))


def test_live_video_of_a_worker_that_follows_has_the_same_address(home):
    url = home.engine.live_url("cam")
    assert first_packet(url).is_keyframe
    home.end_worker(signal.SIGKILL)
    assert home.engine.live_url("cam") == url
    assert first_packet(url).is_keyframe
    home.engine.stop(10.0)
    assert home.engine.live_url("cam") is None
    with pytest.raises(ConnectionRefusedError):
        first_packet(url)


def test_camera_that_is_off_is_opened_in_its_worker(home):
    home.engine.set_activity("cam", Activity.OFF)
    wait_until(lambda: home.all(HealthChanged)[-1].health is CameraHealth.OFF)
    reports = len(home.all(HealthChanged))
    assert home.engine.jpeg("cam") is None
    wait_until(lambda: home.engine.jpeg("cam", opens=True))
    assert first_packet(home.engine.live_url("cam")).is_keyframe
    assert len(home.all(HealthChanged)) == reports
    assert home.engine.health("cam") is CameraHealth.OFF

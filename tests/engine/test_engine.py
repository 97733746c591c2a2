"""The whole engine: cameras, statistics, start, and stop."""

import threading
import time

from camera_servers import silent_server
from engine_rig import LONG_S, file_camera, stream_camera
import pytest
from videos import FigureDetector, content

from custom_components.homesec.engine.core.errors import DetectorMissing, StartFailed
from custom_components.homesec.engine.core.events import (
    CatalogRebuilt,
    ClipSaved,
    ClipStarted,
    DetectionStarted,
    DetectorChanged,
    HealthChanged,
)
from custom_components.homesec.engine.core.types import Activity, CameraHealth, CameraStats, Trigger
from custom_components.homesec.engine.engine import CATALOG_NAME
from custom_components.homesec.engine.library import library
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.recording import writer
from custom_components.homesec.engine.worker import camera_host

RUNNING, OFF = CameraHealth.RUNNING, CameraHealth.OFF
QUIET = {"seconds": 20, "walks": ()}
ALWAYS = {"seconds": 20, "walks": ((0.0, 20.0),)}


@pytest.fixture
def quiet(make_video):
    return lambda **settings: file_camera(make_video(**QUIET), paced=True, loop=True, **settings)


def starts(rig, camera_id="cam"):
    events = rig.of(HealthChanged, camera_id=camera_id)
    return sum(e.health is CameraHealth.CONNECTING for e in events)


# --- cameras ---


def test_two_cameras_record_at_the_same_time(rig, make_video):
    for name in ("a", "b", "c"):
        rig.engine.set_camera(file_camera(make_video(), id=name), Activity.RECORD)
    for name in ("a", "b", "c"):
        assert rig.wait_for(ClipSaved, camera_id=name).clip.camera_id == name
    assert rig.engine.engine_stats().clips == 3


def test_activity_change_does_not_restart_camera(rig, quiet):
    rig.engine.set_camera(quiet(), Activity.DETECT)
    rig.wait_health(RUNNING)
    rig.engine.set_camera(quiet(), Activity.RECORD)
    rig.engine.set_activity("cam", Activity.DETECT)
    assert starts(rig) == 1
    assert rig.engine.health("cam") is RUNNING


def test_source_change_restarts_camera(rig, quiet, make_video):
    rig.engine.set_camera(quiet(), Activity.DETECT)
    rig.wait_health(RUNNING)
    other = file_camera(make_video(**ALWAYS), paced=True, loop=True)
    rig.engine.set_camera(other, Activity.DETECT)
    rig.wait_health(RUNNING, count=2)
    assert starts(rig) == 2


def test_ended_file_restarts_with_new_configuration(rig, make_video):
    video = make_video(seconds=2, walks=())
    rig.engine.set_camera(file_camera(video), Activity.DETECT)
    rig.wait_health(OFF)
    rig.engine.set_camera(file_camera(video, name="Back door"), Activity.DETECT)
    rig.wait_health(OFF, count=2)
    assert starts(rig) == 2


def test_switching_off_releases_source_and_on_opens_it_again(rig, quiet):
    rig.engine.set_camera(quiet(), Activity.OFF)
    assert (rig.engine.health("cam"), rig.events[1:]) == (OFF, [])
    rig.engine.set_activity("cam", Activity.DETECT)
    rig.wait_health(RUNNING)
    rig.engine.set_activity("cam", Activity.OFF)
    assert rig.of(HealthChanged)[-1].health is OFF
    assert rig.engine.health("cam") is OFF
    assert rig.engine.stats("cam") == CameraStats()
    rig.engine.set_activity("cam", Activity.DETECT)
    rig.wait_health(RUNNING, count=2)


def test_removed_camera_has_no_session(rig, quiet):
    rig.engine.set_camera(quiet(), Activity.DETECT)
    rig.wait_health(RUNNING)
    rig.engine.remove_camera("cam")
    rig.engine.remove_camera("cam")
    rig.engine.set_activity("cam", Activity.RECORD)
    assert rig.engine.health("cam") is OFF
    assert starts(rig) == 1


def test_concurrent_set_activity_leaves_last_one(rig, quiet):
    def toggle():
        for _ in range(6):
            for activity in Activity:
                rig.engine.set_camera(quiet(), activity)

    threads = [threading.Thread(target=toggle) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S)
    rig.engine.set_activity("cam", Activity.OFF)
    assert rig.engine.health("cam") is OFF
    assert rig.engine.worker.sessions == {}


def test_camera_switched_off_during_restart_stays_off(rig, quiet, monkeypatch):
    real = rig.engine.worker._end_session

    def slow(camera_id):
        real(camera_id)
        monkeypatch.setattr(rig.engine.worker, "_end_session", real)
        rig.engine.set_activity("cam", Activity.OFF)

    monkeypatch.setattr(rig.engine.worker, "_end_session", slow)
    rig.engine.set_camera(quiet(), Activity.RECORD)
    assert rig.engine.worker.sessions == {}


# --- start ---


def test_detector_creation_error_is_reported(rigs, make_video):
    def impossible(_stop):
        raise DetectorMissing("no wheel", detector="opencv")

    rig = rigs(create_cascade=impossible)
    event = rig.wait_for(DetectorChanged)
    assert (event.ready, event.error) == (False, "detector_missing")


def test_motion_without_detector_is_recorded(rigs, make_video):
    def impossible(_stop):
        raise DetectorMissing("no wheel", detector="opencv")

    rig = rigs(create_cascade=impossible)
    rig.wait_for(DetectorChanged)
    (clip,) = rig.play(file_camera(make_video(seconds=20, walks=((8.0, 12.0),))))
    assert (clip.trigger, clip.label) == (Trigger.MOTION, None)
    assert clip.pre_roll_s >= 2.0
    shown = content(rig.path(clip)).numbers
    assert set(range(80, 120)) <= set(shown)
    assert rig.of(DetectionStarted) == []


def test_motion_without_detector_is_not_recorded_while_detecting(rigs, make_video):
    def impossible(_stop):
        raise DetectorMissing("no wheel", detector="opencv")

    rig = rigs(create_cascade=impossible)
    rig.wait_for(DetectorChanged)
    assert rig.play(file_camera(make_video()), Activity.DETECT) == []


def test_manual_recording_without_detector_works(rigs, quiet):
    def impossible(_stop):
        raise DetectorMissing("no wheel", detector="opencv")

    rig = rigs(create_cascade=impossible)
    rig.engine.set_camera(quiet(), Activity.DETECT)
    rig.wait_health(RUNNING)
    rig.engine.start_recording("cam", 0.5)
    assert rig.wait_for(ClipSaved).clip.label is None


def test_failed_start_closes_catalog(rigs, tmp_path, monkeypatch):
    closed, close = [], Catalog.close
    monkeypatch.setattr(Catalog, "close", lambda self: closed.append(close(self)))

    def fail(*_):
        raise OSError("the disk is gone")

    monkeypatch.setattr(library, "finish_open_clips", fail)
    with pytest.raises(StartFailed, match="the disk is gone"):
        rigs()
    assert closed


def test_folder_in_place_of_catalog_is_set_aside(rigs, tmp_path):
    (tmp_path / "data" / CATALOG_NAME).mkdir(parents=True)
    event = rigs().wait_for(CatalogRebuilt)
    assert (tmp_path / "data" / event.set_aside).is_dir()


def test_totals_are_the_same_after_restart(rigs, make_video, tmp_path):
    first = rigs()
    first.play(file_camera(make_video()))
    before = first.engine.engine_stats()
    first.stop()
    again = rigs().engine.engine_stats()
    assert (
        (again.clips, again.clip_bytes)
        == (before.clips, before.clip_bytes)
        == (1, before.clip_bytes)
    )
    assert before.clip_bytes > 1000


# --- stop (``EngineRig.stop`` checks that no thread is left) ---


def test_stop_saves_open_clip(rig, make_video):
    video = file_camera(make_video(**ALWAYS), paced=True, loop=True)
    rig.engine.set_camera(video, Activity.RECORD)
    rig.wait_for(ClipStarted)
    rig.stop()
    assert len(rig.saved()) == 1
    with Catalog(rig.data_dir / CATALOG_NAME) as catalog:
        assert catalog.totals()[0] == 1


def test_stop_while_connecting_takes_less_than_five_seconds(rig):
    with silent_server() as server:
        for scheme in ("rtsp", "http"):
            camera = stream_camera(f"{scheme}://{server.address}/live", id=scheme)
            rig.engine.set_camera(camera, Activity.RECORD)
            server.wait()
        began = time.monotonic()
        rig.stop()
        assert time.monotonic() - began < 5.0


def test_stop_while_waiting_to_reconnect_is_quick(rig):
    rig.engine.set_camera(stream_camera("nonsense"), Activity.RECORD)
    rig.wait_health(CameraHealth.LOST)
    began = time.monotonic()
    rig.stop()
    assert time.monotonic() - began < 2.0


def test_stop_does_not_wait_for_end_of_file(rig, make_video):
    rig.engine.set_camera(file_camera(make_video(**QUIET), loop=True), Activity.DETECT)
    rig.wait_health(RUNNING)
    began = time.monotonic()
    rig.stop()
    assert time.monotonic() - began < 2.0


def test_stop_does_not_wait_for_hanging_detector(rigs, make_video):
    gate, inside = threading.Event(), threading.Event()

    class Hangs(FigureDetector):
        def detect(self, picture):
            inside.set()
            gate.wait(LONG_S)
            return []

    rig = rigs(detector=Hangs())
    rig.engine.set_camera(file_camera(make_video(**ALWAYS)), Activity.RECORD)
    assert inside.wait(LONG_S)
    began = time.monotonic()
    native = threading.Timer(1.0, gate.set)
    native.start()
    rig.stop()
    assert time.monotonic() - began < 5.0
    native.join()


def test_clip_not_finalized_in_time_is_logged(rigs, make_video, monkeypatch, caplog):
    gate = threading.Event()
    real = writer.finalize

    def slow(final, comment):
        gate.wait(LONG_S)
        return real(final, comment)

    monkeypatch.setattr(writer, "finalize", slow)
    rig = rigs()
    rig.engine.set_camera(file_camera(make_video(), paced=False), Activity.RECORD)
    rig.wait_for(ClipStarted)
    rig.engine.stop(timeout_s=0.3)
    assert "is finalized at the next start" in caplog.text
    gate.set()
    assert all(each.join(LONG_S) for each in rig.engine.worker.writers)
    rig._stopped = True
    again = rigs()
    assert [clip.id for clip in again.engine.catalog.queries.page()] != []


def test_camera_that_hangs_is_left_behind_and_logged(rig, quiet, monkeypatch, caplog):
    gate = threading.Event()
    monkeypatch.setattr(camera_host.CameraSession, "run", lambda self: gate.wait(LONG_S) and None)
    rig.engine.set_camera(quiet(), Activity.DETECT)
    rig.engine.stop(timeout_s=0.2)
    gate.set()
    assert "Front door did not stop in time. Its threads: homesec-camera-" in caplog.text
    assert " > threading.py:" in caplog.text


def test_set_camera_after_stop_does_nothing(rig, quiet):
    rig.engine.stop()
    rig.engine.set_camera(quiet(), Activity.RECORD)
    assert rig.engine.worker.sessions == {}

"""Running means watched: a camera that sends, but isn't seen by anybody, says so."""

import logging
import threading

from camera_film import Film
from engine_rig import LONG_S, file_camera, stream_camera
from misbehaving_camera import MisbehavingCamera, Sets
import pytest
from videos import FigureDetector

from custom_components.homesec.engine.camera import watch
from custom_components.homesec.engine.core.errors import CameraNotRunning
from custom_components.homesec.engine.core.events import DetectionStarted, HealthChanged
from custom_components.homesec.engine.core.types import Activity, CameraHealth, DecodePolicy

CONNECTING, RUNNING = CameraHealth.CONNECTING, CameraHealth.RUNNING
LOST, OFF = CameraHealth.LOST, CameraHealth.OFF
FILM = {"seconds": 30, "walks": ((2.0, 30.0),)}
LOGGER = "custom_components.homesec.engine.camera.health_reporter"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(watch, "LIMIT_S", 1.0)


@pytest.fixture
def film(make_video):
    return Film(make_video(**FILM))


def reports(rig):
    return [(e.health, e.error) for e in rig.of(HealthChanged)]


class StuckDetector(FigureDetector):
    """Doesn't answer until it's released."""

    def __init__(self):
        super().__init__()
        self.released = threading.Event()

    def detect(self, picture):
        self.released.wait(LONG_S)
        return super().detect(picture)


class Broken:
    """Replaces the pictures by noise until it's repaired."""

    def __init__(self, film):
        self._film = film
        self.repaired = False

    def __call__(self, picture, since_s):
        if self.repaired:
            return picture.nals
        return [
            nal if self._film.is_parameter_set(nal) else nal[:1] + bytes(len(nal) - 1)
            for nal in picture.nals
        ]


def test_undecodable_camera_is_not_running_until_a_picture_is_decoded(rig, film, caplog):
    caplog.set_level(logging.INFO, LOGGER)
    edit = Broken(film)
    with MisbehavingCamera(film, edit=edit) as camera:
        rig.engine.set_camera(stream_camera(camera.url), Activity.RECORD)
        rig.wait_health(LOST, error="not_decoded")
        with pytest.raises(CameraNotRunning):
            rig.engine.start_recording("cam", 1.0)
        camera.cut()  # a new connection proves nothing
        while camera.plays < 2:
            threading.Event().wait(0.05)
        edit.repaired = True
        rig.wait_health(RUNNING, count=2)
        rig.stop()
    found = reports(rig)
    assert found.count((LOST, "not_decoded")) <= 2
    assert found[:3] == [(CONNECTING, None), (RUNNING, None), (LOST, "not_decoded")]
    assert found[-2:] == [(RUNNING, None), (OFF, None)]
    logged = [r.getMessage() for r in caplog.records if r.name == LOGGER and r.levelno == 20]
    assert [message.startswith("The camera Front door is lost: ") for message in logged] == [
        True,
        False,
    ]
    assert logged[1] == "The camera Front door is back"
    assert camera.url not in caplog.text


def test_silent_detector_makes_cameras_not_watched(rigs, film):
    rig = rigs(detector=StuckDetector())
    with MisbehavingCamera(film) as camera:
        rig.engine.set_camera(stream_camera(camera.url), Activity.DETECT)
        rig.wait_health(LOST, error="not_watched")
        rig.detector.released.set()
        rig.wait_health(RUNNING, count=2)
        rig.stop()
        assert camera.plays == 1
    assert reports(rig) == [
        (CONNECTING, None),
        (RUNNING, None),
        (LOST, "not_watched"),
        (RUNNING, None),
        (OFF, None),
    ]


def test_stuck_thread_is_noticed_from_outside(rig, film, monkeypatch):
    held = threading.Event()
    with MisbehavingCamera(film) as camera:
        rig.engine.set_camera(stream_camera(camera.url), Activity.DETECT)
        rig.wait_health(RUNNING)
        session, _ = rig.engine.worker.sessions["cam"]
        monkeypatch.setattr(session._meters, "feed", lambda _: held.wait(LONG_S))
        while rig.engine.health("cam") is RUNNING:
            threading.Event().wait(0.1)
        assert reports(rig)[-1] == (LOST, "not_watched")
        held.set()
        monkeypatch.undo()
        rig.wait_health(RUNNING, count=2)
        rig.stop()


LEGITIMATE = {
    "idle": ({"walks": ()}, {}, {}),
    "economy": ({"gop_s": 5.0}, {"decode_policy": DecodePolicy.ECONOMY}, {}),
    "rare-pictures": ({"fps": 2, "gop_s": 0.5}, {}, {}),
    "joined-late": ({"gop_s": 3.0}, {}, {"start_s": 2.5, "sets": Sets.IN_BAND}),
}


def test_watched_cameras_do_not_flap(rig, make_video):
    cameras = []
    for name, (recipe, settings, faults) in LEGITIMATE.items():
        cameras.append(MisbehavingCamera(Film(make_video(**FILM | recipe)), **faults))
        config = stream_camera(cameras[-1].url, id=name, **settings)
        rig.engine.set_camera(config, Activity.DETECT)
    for name in LEGITIMATE:
        rig.wait_health(RUNNING, camera_id=name)
    threading.Event().wait(4.0)
    rig.stop()
    for camera in cameras:
        camera.close()
    for name in LEGITIMATE:
        assert len(rig.of(HealthChanged, camera_id=name)) == 3, name


def test_file_that_ended_is_off_and_not_lost(rig, make_video):
    rig.play(file_camera(make_video(seconds=2)))
    threading.Event().wait(1.5)
    assert rig.engine.health("cam") is OFF
    assert reports(rig) == [(CONNECTING, None), (RUNNING, None), (OFF, None)]


def test_loading_detector_is_not_silent(rigs, film):
    loaded = threading.Event()

    def create(_stop):
        from custom_components.homesec.engine.detection.cascade import CascadeDetector

        loaded.wait(LONG_S)
        return CascadeDetector(FigureDetector())

    rig = rigs(create_cascade=create)
    with MisbehavingCamera(film) as camera:
        rig.engine.set_camera(stream_camera(camera.url), Activity.DETECT)
        rig.wait_health(RUNNING)
        threading.Event().wait(4.0)
        loaded.set()
        rig.wait_for(DetectionStarted)
        rig.stop()
    assert reports(rig) == [(CONNECTING, None), (RUNNING, None), (OFF, None)]

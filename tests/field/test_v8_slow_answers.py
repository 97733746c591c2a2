"""V8: a camera that answers late, or a relay that is joined in the middle of a long GOP."""

from concurrent.futures import ThreadPoolExecutor

from camera_clocks import standing
from camera_film import Film
from camera_sound import aac, g711
from engine_rig import stream_camera
from misbehaving_camera import MisbehavingCamera, Sets
import pytest

from custom_components.homesec.engine.capture import container, open as opening
from custom_components.homesec.engine.capture.probe import probe
from custom_components.homesec.engine.core.errors import NoKeyframe, SourceStalled, SourceTimeout
from custom_components.homesec.engine.core.types import Activity, CameraHealth

SHORT, LONG = {"seconds": 12, "walks": ()}, {"seconds": 40, "walks": (), "gop_s": 10.0}
MID_GOP = {"start_s": 2.5}
CAMERAS = {  # by name: the film, and the faults
    "describe": (SHORT, {"delays_s": {"DESCRIBE": 11.0}}),
    "options": (SHORT, {"delays_s": {"OPTIONS": 7.0}}),
    "each": (SHORT, {"delays_s": dict.fromkeys(("DESCRIBE", "SETUP", "PLAY"), 4.0)}),
    "two-setups": (SHORT, {"delays_s": {"SETUP": 5.0}, "sounds": [g711()]}),
    "play": (SHORT, {"delays_s": {"PLAY": 9.0}}),
    "media": (SHORT, {"delays_s": {"MEDIA": 9.0}}),
    "relay": (LONG, MID_GOP),
    "relay-in-band": (LONG, {**MID_GOP, "sets": Sets.IN_BAND}),
    "relay-sound": (LONG, {**MID_GOP, "sets": Sets.IN_BAND, "sounds": [aac()]}),
    "relay-standing": (LONG, {**MID_GOP, "sets": Sets.IN_BAND, "clock": standing()}),
    "relay-hevc": (LONG | {"codec": "libx265"}, {**MID_GOP, "sets": Sets.IN_BAND}),
}


@pytest.fixture
def cameras(make_video):
    """All cameras, running."""
    running = {
        name: MisbehavingCamera(Film(make_video(**film)), **faults)
        for name, (film, faults) in CAMERAS.items()
    }
    yield running
    for camera in running.values():
        camera.close()


@pytest.mark.long
def test_slow_camera_is_opened_in_the_form_and_by_the_engine(rig, cameras):
    for name, camera in cameras.items():
        rig.engine.set_camera(stream_camera(camera.url, id=name), Activity.DETECT)
    with ThreadPoolExecutor(len(cameras)) as pool:
        urls = [camera.url for camera in cameras.values()]
        found = list(pool.map(lambda url: probe(stream_camera(url).source), urls))
    assert [(each.width, each.height) for each in found] == [(320, 192)] * len(cameras)
    for name in cameras:
        rig.wait_health(CameraHealth.RUNNING, camera_id=name)
        assert rig.engine.health(name) is CameraHealth.RUNNING
    rig.stop()


def test_camera_without_keyframe_is_named_as_such(make_video, monkeypatch):
    monkeypatch.setattr(container, "OPEN_TIMEOUT_S", 1.0)
    monkeypatch.setattr(opening, "OPEN_TIMEOUT_S", 1.0)
    faults = {"start_s": 1.0, "sets": Sets.IN_BAND}
    with (
        MisbehavingCamera(Film(make_video(**LONG | {"gop_s": 40.0})), **faults) as camera,
        pytest.raises(NoKeyframe) as caught,
    ):
        probe(stream_camera(camera.url).source)
    assert caught.value.placeholders == {"seconds": "1"}


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "MEDIA"])
def test_camera_that_never_answers_is_a_timeout(make_video, monkeypatch, method):
    monkeypatch.setattr(opening, "OPEN_TIMEOUT_S", 0.5)
    film = Film(make_video(**SHORT))
    with (
        MisbehavingCamera(film, delays_s={method: 30.0}, sets=Sets.IN_BAND) as camera,
        pytest.raises(SourceStalled if method == "MEDIA" else SourceTimeout),
    ):
        probe(stream_camera(camera.url).source)

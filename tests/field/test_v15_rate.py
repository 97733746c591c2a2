"""V15: the frame rate that is shown is the camera's, not FFmpeg's guess."""

from concurrent.futures import ThreadPoolExecutor
import threading

from camera_clocks import burst, in_milliseconds, scaled, standing
from camera_film import Film
from camera_sound import g711
from engine_rig import LONG_S, stream_camera
from misbehaving_camera import MisbehavingCamera, Sets
import pytest

from custom_components.homesec.engine.capture.probe import probe
from custom_components.homesec.engine.core.types import Activity

CAMERAS = {  # by name: frames per second, the film, and the faults
    "h264": (10, {}, {}),
    "h264-sound": (10, {}, {"sounds": [g711()]}),
    "in-band": (10, {}, {"sets": Sets.IN_BAND}),
    "hevc": (10, {"codec": "libx265"}, {}),
    "b-frames": (10, {"bframes": 2}, {}),
    "slices": (10, {"slices": 4}, {}),
    "interlaced": (10, {"options": {"flags": "+ildct+ilme", "x264-params": "tff=1"}}, {}),
    "slow": (2, {"fps": 2, "gop_s": 2.0}, {}),
    "fast": (30, {"fps": 30}, {}),
    "stands": (10, {}, {"clock": standing()}),
    "milliseconds": (10, {}, {"clock": in_milliseconds}),
    "double": (10, {}, {"clock": scaled(2.0)}),
    "burst": (10, {}, {"delivery": burst(2.0)}),
}


@pytest.fixture
def cameras(make_video):
    running = {
        name: MisbehavingCamera(Film(make_video(seconds=20, walks=(), **film)), **faults)
        for name, (_, film, faults) in CAMERAS.items()
    }
    yield running
    for camera in running.values():
        camera.close()


def test_frame_rate_is_counted_in_the_form_and_while_running(rig, cameras):
    for name, camera in cameras.items():
        rig.engine.set_camera(stream_camera(camera.url, id=name), Activity.DETECT)
    with ThreadPoolExecutor(len(cameras)) as pool:
        urls = [camera.url for camera in cameras.values()]
        probed = list(pool.map(lambda url: probe(stream_camera(url).source).fps, urls))
    expected = {name: pytest.approx(fps, rel=0.1) for name, (fps, _, _) in CAMERAS.items()}
    for _ in range(round(LONG_S * 5)):
        shown = {name: rig.engine.stats(name).fps for name in cameras}
        if shown == expected:
            break
        threading.Event().wait(0.2)
    assert shown == expected
    # In the first seconds, a fast clock and a relay's burst can't be told from each other.
    measured = dict(zip(cameras, probed, strict=True))
    assert measured == {
        name: pytest.approx(fps, rel=0.9 if name in ("double", "burst") else 0.2)
        for name, (fps, _, _) in CAMERAS.items()
    }

"""RTSP with B-frames: the first pictures of a connection are shown at the camera's pace, too."""

from itertools import pairwise
import threading

from camera_film import Film
from engine_rig import stream_camera
from misbehaving_camera import MisbehavingCamera
import pytest

from custom_components.homesec.engine.capture.container import ContainerConnection
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.clock import SystemClock
from custom_components.homesec.engine.media.packets import TICKS

PICTURES = 15
STEP_S = 0.1


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_first_pictures_are_evenly_spaced(make_video, codec):
    film = Film(make_video(seconds=3, walks=(), bframes=2, codec=codec, options=PARAMETERS[codec]))
    with MisbehavingCamera(film) as camera:
        timeline = Timeline(SystemClock(), Pace.LIVE)
        connection = ContainerConnection(
            stream_camera(camera.url).source, timeline, threading.Event()
        )
        packets = connection.packets()
        times = sorted(next(packets).data.pts / TICKS for _ in range(PICTURES))
        connection.close()
    steps = [after - before for before, after in pairwise(times)]
    # The last ones may come after a picture that hasn't been read.
    assert steps[:-3] == pytest.approx([STEP_S] * (PICTURES - 4), abs=0.02)


PARAMETERS = {
    "libx264": {"preset": "veryfast", "x264-params": "bframes=2:b-adapt=0:keyint=10:scenecut=0"},
    "libx265": {
        "preset": "ultrafast",
        "x265-params": "bframes=2:b-adapt=0:keyint=10:scenecut=0:log-level=none:pools=1",
    },
}

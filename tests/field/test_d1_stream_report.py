"""What the stream of a camera is like is measured over real connections, of several at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
import time

from camera_clocks import standing
from camera_film import Film
from camera_sound import noise
from engine_rig import stream_camera
from misbehaving_camera import MisbehavingCamera
import pytest

from custom_components.homesec.engine.capture.probe import probe
from custom_components.homesec.engine.core.stream_verdict import StreamVerdict, findings
from custom_components.homesec.engine.core.types import Activity

WAIT_S = 60.0  # only failing tests wait this long
MEASURED_S = 4.0  # then even the rarest keyframes are known to be rare

_X264 = "scenecut=0:bframes={bframes}:b-adapt=0:open-gop={open_gop}:keyint={gop}:min-keyint=2"


def x264(*, gop=10, bframes=0, open_gop=0, more="", **options):
    parameters = _X264.format(gop=gop, bframes=bframes, open_gop=open_gop) + more
    return {"options": {"preset": "veryfast", "x264-params": parameters, **options}}


CASES = {
    "plain": (x264(), {}, StreamVerdict.GOOD),
    "rare": ({"seconds": 12, **x264(gop=60)}, {}, StreamVerdict.KEYFRAMES_FAR_APART),
    "joined": (
        {"seconds": 10, **x264(gop=50)},
        {"joins": True, "start_s": 2.0},
        StreamVerdict.KEYFRAMES_FAR_APART,
    ),
    "standing": (x264(), {"clock": standing(1.0)}, StreamVerdict.CLOCK_UNUSABLE),
    "sound": (x264(), {"sounds": [noise("SPEEX")]}, StreamVerdict.SOUND_LEFT_OUT),
    "open": (x264(gop=12, bframes=2, open_gop=1), {}, StreamVerdict.OPEN_GOP),
    "bframes": (x264(bframes=2), {}, StreamVerdict.B_FRAMES),
    "refresh": (x264(more=":intra-refresh=1"), {}, StreamVerdict.INTRA_REFRESH),
    "chroma": (
        {"pix_fmt": "yuv422p", **x264(profile="high422")},
        {},
        StreamVerdict.UNCOMMON_PROFILE,
    ),
    "slow": ({"fps": 3, "gop_s": 1}, {}, StreamVerdict.LOW_FRAME_RATE),
    "h265": ({"codec": "libx265"}, {}, StreamVerdict.H265),
}

KNOWN_LATER = {"standing"}
"""A running camera's clock is only called unusable after it failed again and again."""


@pytest.fixture
def start(make_video):
    """Start cameras: ``start("plain")``."""
    with ExitStack() as running:

        def camera(name):
            recipe, options, _ = CASES[name]
            film = Film(make_video(**{"seconds": 6, "walks": (), **recipe}))
            return running.enter_context(MisbehavingCamera(film, **options))

        yield camera


def expected(name):
    verdict = CASES[name][2]
    return [] if verdict is StreamVerdict.GOOD else [verdict]


def test_probe_says_what_is_odd_about_a_camera(start):
    sources = [stream_camera(start(name).url).source for name in CASES]
    with ThreadPoolExecutor(len(CASES)) as pool:
        streams = [found.stream for found in pool.map(probe, sources)]
    said = {name: list(findings(s))[:1] for name, s in zip(CASES, streams, strict=True)}
    assert said == {name: expected(name) for name in CASES}


def test_report_of_running_cameras_says_what_is_odd_about_each(rig, start):
    names = [name for name in CASES if name not in KNOWN_LATER]
    for name in names:
        rig.engine.set_camera(stream_camera(start(name).url, id=name), Activity.DETECT)
    streams = {}
    deadline = time.monotonic() + WAIT_S
    while not streams or min(stream.measured_s for stream in streams.values()) < MEASURED_S:
        assert time.monotonic() < deadline, streams
        time.sleep(0.1)
        streams = {name: rig.engine.stats(name).stream for name in names}
    said = {name: list(findings(stream))[:1] for name, stream in streams.items()}
    assert said == {name: expected(name) for name in names}

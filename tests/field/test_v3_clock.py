"""V3: a camera whose clock stands still, runs at another rate, or steps."""

import threading

from camera_clocks import (
    START_NTP_S,
    burst,
    clumps,
    coarse,
    hiccup,
    in_milliseconds,
    jumping,
    sawtooth,
    scaled,
    standing,
    stepping,
    stepping_reports,
    true_reports,
)
from camera_film import Film
from camera_sound import g711
from engine_rig import LONG_S, stream_camera
from misbehaving_camera import MisbehavingCamera
import pytest
from videos import content

from custom_components.homesec.engine.core.events import ClipSaved, DetectionEnded
from custom_components.homesec.engine.core.stream_report import ClockQuality
from custom_components.homesec.engine.core.types import Activity

pytestmark = pytest.mark.long

QUICK = {"pre_roll_s": 1.0, "grace_s": 0.5, "post_roll_s": 0.5}
FPS = 10
FILM = {"seconds": 40, "walks": ((4.0, 6.0),)}

LIES = {
    "stands": {"clock": standing()},
    "stands-later": {"clock": standing(3.0)},
    "stands-8s": {"clock": standing(3.0, 8.0)},
    "stands-in-visit": {"clock": standing(4.5, 3.0, catches_up=True)},
    "milliseconds": {"clock": in_milliseconds},
    "double": {"clock": scaled(2.0)},
    "half": {"clock": scaled(0.5)},
    "fast": {"clock": scaled(1.3)},
    "to-and-fro": {"clock": stepping(2.0, 1.5)},
    "restarts": {"clock": sawtooth(1.5)},
    "backward": {"clock": scaled(-1.0)},
    "coarse": {"clock": coarse(1.0)},
    "reports-step": {
        "reports": stepping_reports(2.0, 3.0),
        "report_every_s": 1.0,
        "sounds": [g711(reports=true_reports)],
    },
    "all-reports-step": {
        "reports": stepping_reports(2.0, 3.0),
        "report_every_s": 1.0,
        "sounds": [g711(reports=stepping_reports(3.0, 2.0))],
    },
    "reports-stand": {
        "reports": lambda t: (START_NTP_S, t),
        "report_every_s": 1.0,
        "sounds": [g711(reports=true_reports)],
    },
    "sound-stands": {"sounds": [g711(clock=standing(2.0))]},
}
HONEST = {
    "steady": {},
    "burst": {"delivery": burst(3.0)},
    "clumps": {"delivery": clumps(0.8)},
    "hiccup": {"delivery": hiccup(4.5, 2.0)},
    "wraps": {"first_ticks": 2**32 - 5 * 90_000},
    "one-jump": {"clock": jumping(5.0, 3600.0)},
    "one-jump-back": {"clock": jumping(5.0, -3600.0)},
    "reports": {"reports": true_reports, "sounds": [g711(reports=true_reports)]},
}


@pytest.fixture(scope="module")
def film(make_video):
    return Film(make_video(**FILM))


@pytest.fixture(scope="module")
def reordered(make_video):
    """A film with B-frames."""
    return Film(make_video(**FILM, bframes=2))


@pytest.fixture
def watched(rig, film):
    """Watch cameras at once until each has shown its visit; return their clips by name."""
    cameras = {}

    def watch(faults, film=film):
        for name, fault in faults.items():
            cameras[name] = MisbehavingCamera(film, **fault)
            config = stream_camera(cameras[name].url, id=name, **QUICK)
            rig.engine.set_camera(config, Activity.RECORD)
        for name in faults:
            rig.wait_for(ClipSaved, camera_id=name)
        return {name: rig.saved(name) for name in faults}

    yield watch
    rig.stop()
    for camera in cameras.values():
        camera.close()


def check_clip(rig, clip):
    """Check that the whole visit is in a clip, and that its length is right within a tenth."""
    shown = content(rig.path(clip))
    first, last = shown.numbers[0] / FPS, (shown.numbers[-1] + 1) / FPS
    assert shown.first_is_key
    assert first <= 3.6
    assert last >= 6.0
    true_s = last - first
    assert clip.duration_s == pytest.approx(true_s, rel=0.1), f"{first}-{last}"
    assert shown.duration_s == pytest.approx(true_s, rel=0.1, abs=0.3)
    assert shown.numbers == sorted(shown.numbers)


@pytest.mark.parametrize("names", [list(LIES)[:8], list(LIES)[8:]], ids=["rates", "steps"])
def test_visit_is_recorded_whatever_the_clock_says(rig, watched, names):
    found = watched({name: LIES[name] for name in names})
    for clips in found.values():
        assert len(clips) == 1
        check_clip(rig, clips[0])
    for name in found:
        assert len(rig.of(DetectionEnded, camera_id=name)) == 1


def test_pictures_stay_in_order_at_another_rate(rig, watched, reordered):
    names = ["milliseconds", "double", "half", "stands-later"]
    for clips in watched({name: LIES[name] for name in names}, reordered).values():
        check_clip(rig, clips[0])


def test_clock_that_lies_is_called_unusable(rig, watched):
    names = ["stands", "milliseconds", "double", "to-and-fro", "restarts"]
    watched({name: LIES[name] for name in names})

    def unknown():
        clocks = {name: rig.engine.stats(name).stream.clock for name in names}
        return {k: v for k, v in clocks.items() if v is not ClockQuality.UNUSABLE}

    for _ in range(round(LONG_S * 10)):
        if not unknown():
            break
        threading.Event().wait(0.1)
    assert unknown() == {}


def test_honest_clock_is_believed(rig, watched):
    found = watched(HONEST)
    for clips in found.values():
        assert len(clips) == 1
        check_clip(rig, clips[0])
    for name in HONEST:
        assert rig.engine.stats(name).stream.clock is not ClockQuality.UNUSABLE

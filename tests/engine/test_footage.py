"""Real footage, the real detector, and a whole engine."""

import av
from engine_rig import EngineRig, file_camera
from model_files import bundled
import pytest
from videos import atoms, content

from custom_components.homesec.engine.core.events import (
    DetectionEnded,
    DetectionStarted,
    DetectorChanged,
    SnapshotTaken,
)
from custom_components.homesec.engine.core.types import Activity, CameraHealth
from custom_components.homesec.engine.detection.create import create_detector

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def detector():
    detector = create_detector("ncnn", bundled("yolox-nano"))
    yield detector
    detector.close()


class Borrowed:
    """The module's detector, left open when an engine closes it."""

    def __init__(self, detector):
        self._detector = detector

    def __getattr__(self, name):
        return getattr(self._detector, name)

    def close(self):
        pass


@pytest.fixture
def street(rigs, detector):
    """An engine with the real detector."""
    return rigs(detector=Borrowed(detector))


@pytest.fixture(scope="module")
def bike_street(tmp_path_factory, detector, bikes):
    """An engine with the real detector, and the clips of the footage that it has played."""
    with EngineRig(tmp_path_factory.mktemp("bikes"), detector=Borrowed(detector)) as rig:
        yield rig, rig.play(bike_camera(bikes))


def people(detector, path, at_s):
    """Return how many people the detector finds in a video's frame at this time."""
    with av.open(str(path)) as video:
        frame = next(f for f in video.decode(video=0) if f.time >= at_s - 0.01)
    width, height = detector.fit(frame.width, frame.height)
    picture = frame.to_ndarray(format="bgr24", width=width, height=height, interpolation="AREA")
    return sum(
        d.label == "person" and d.score >= detector.threshold for d in detector.detect(picture)
    )


def bike_camera(bikes, **settings):
    return file_camera(bikes, **{"grace_s": 0.6, "pre_roll_s": 0.5, "post_roll_s": 0.2, **settings})


def test_passers_by_in_footage_are_announced_and_recorded(bike_street):
    street, clips = bike_street
    assert len(street.of(DetectionStarted)) == len(street.of(DetectionEnded)) >= 2
    assert {e.presence.label for e in street.of(DetectionStarted)} == {"person"}
    assert street.of(SnapshotTaken)
    assert clips
    assert {clip.label for clip in clips} == {"person"}


def test_footage_clips_begin_before_their_person(bike_street, detector):
    # People appear with three cuts of the video; before the first there are none.
    street, (first, *_) = bike_street
    assert first.pre_roll_s >= 0.5
    assert people(detector, street.path(first), 0.0) == 0
    assert people(detector, street.path(first), first.pre_roll_s) >= 1


def test_footage_clips_play_completely(bike_street):
    street, clips = bike_street
    for clip in clips:
        path = street.path(clip)
        shown = content(path)
        assert shown.first_is_key
        assert shown.times[0] == 0.0
        assert atoms(path)[:2] == ["ftyp", "moov"]
        assert shown.duration_s == pytest.approx(clip.duration_s, abs=0.001)
        assert clip.duration_s == pytest.approx(len(shown.numbers) / 25)
        assert clip.bytes == path.stat().st_size


def test_footage_with_default_settings_is_one_clip(street, bikes):
    everyday = {"grace_s": 3.0, "pre_roll_s": 4.0, "post_roll_s": 4.0}
    (clip,) = street.play(bike_camera(bikes, **everyday))
    assert content(street.path(clip)).duration_s == pytest.approx(10.0, abs=0.2)


def test_cartoon_animals_start_no_presence(street, bunny):
    assert street.play(bike_camera(bunny)) == []
    assert street.of(DetectionStarted) == []
    assert list(street.clips_dir.iterdir()) == []


def test_engine_loads_both_bundled_networks(rigs, bikes):
    rig = rigs(create_cascade=None, detector=None)
    ready = rig.wait_for(DetectorChanged)
    assert (ready.ready, ready.detector) == (True, "ncnn")
    assert (ready.model, ready.verifier) == ("yolox-nano", "nanodet-plus-m")
    rig.engine.set_camera(bike_camera(bikes), Activity.RECORD)
    rig.wait_health(CameraHealth.OFF)
    assert rig.engine.engine_stats().frame_count > 10
    assert rig.engine.engine_stats().inference_ms > 0

"""From pictures to who is here, with a second opinion."""

from dataclasses import replace

from engine_rig import file_camera
import pytest
from videos import FigureDetector

from custom_components.homesec.engine.core.errors import DetectorError
from custom_components.homesec.engine.core.events import (
    DetectionEnded,
    DetectionStarted,
    SnapshotTaken,
    ZoneChanged,
)
from custom_components.homesec.engine.core.types import (
    Activity,
    Box,
    Detection,
    LabelRule,
    Zone,
    ZoneKind,
)
from custom_components.homesec.engine.detection.cascade import CascadeDetector

WALK = {"seconds": 20, "walks": ((8.0, 12.0),)}


class Sees(FigureDetector):
    """Sees the figure with one score; as something else, if it is told so."""

    def __init__(self, score=0.9, *, label="person", name="figure"):
        super().__init__()
        self.score, self.label, self.model = score, label, name

    def detect(self, picture):
        return [replace(x, score=self.score, label=self.label) for x in super().detect(picture)]


class Blind(FigureDetector):
    """Sees nobody."""

    def detect(self, picture):
        self.looks += 1
        return []


class Broken(FigureDetector):
    """Cannot look."""

    def detect(self, picture):
        raise DetectorError("broken")


@pytest.fixture
def watch(rigs, films):
    """Play a walk before two networks; return the rig."""

    def play(first, second=None, *, film=WALK, activity=Activity.RECORD, **settings):
        rig = rigs(create_cascade=lambda _stop: CascadeDetector(first, second))
        rig.play(file_camera(films(**film), **settings), activity)
        rig.stop()
        return rig

    return play


def announced(rig):
    return [event.presence.label for event in rig.of(DetectionStarted)]


def test_person_found_by_both_networks_is_announced_and_recorded(watch):
    rig = watch(Sees(0.6), Sees(0.6))
    (started,) = rig.of(DetectionStarted)
    assert started.presence.first_seen_at - rig.saved()[0].started_at >= 2.0
    assert announced(rig) == ["person"]
    assert len(rig.saved()) == 1


def test_person_found_by_one_network_only_is_rejected(watch):
    rig = watch(Sees(0.6), Blind())
    assert announced(rig) == []
    assert rig.saved() == []
    assert rig.of(SnapshotTaken) == []


def test_staying_person_is_verified_once(watch):
    second = Sees(0.9)
    watch(Sees(0.9), second)
    assert second.looks == 2  # the whole picture, and close up


def test_rejected_candidate_is_verified_again_now_and_then(watch):
    second = Blind()
    watch(Sees(0.6), second, film={"seconds": 22, "walks": ((4.0, 20.0),)})
    assert 6 <= second.looks <= 14


def test_uncertain_candidate_is_confirmed_by_verifier(watch):
    assert announced(watch(Sees(0.3), Sees(0.9))) == ["person"]
    assert announced(watch(Sees(0.3))) == []


def test_failing_verifier_confirms_candidate(watch):
    rig = watch(Sees(0.6), Broken())
    assert announced(rig) == ["person"]


def test_chosen_threshold_with_verifier_applies_to_both_networks(watch):
    # Seen with 0.4, 0.4 and 0.9: 0.57 in the mean.
    assert announced(watch(Sees(0.4), Sees(0.9), threshold=0.55)) == ["person"]
    assert announced(watch(Sees(0.4), Sees(0.9), threshold=0.6)) == []


def test_chosen_threshold_without_verifier_applies_to_each_frame(watch):
    assert announced(watch(Sees(0.4), threshold=0.35)) == ["person"]
    assert announced(watch(Sees(0.4), threshold=0.45)) == []


def test_label_rule_threshold_overrides_camera_threshold(watch):
    rules = (LabelRule(label="cat", threshold=0.8),)
    both = ("person", "cat")
    assert announced(watch(Sees(0.7), labels=both, rules=rules)) == ["person"]
    assert announced(watch(Sees(0.7, label="cat"), labels=both, rules=rules)) == []
    assert announced(watch(Sees(0.9, label="cat"), labels=both, rules=rules)) == ["cat"]


def test_label_without_recording_is_announced_only(watch):
    rules = (LabelRule(label="cat", records=False),)
    rig = watch(Sees(label="cat"), labels=("person", "cat"), rules=rules)
    (ended,) = rig.of(DetectionEnded)
    assert (announced(rig), ended.clip_id) == (["cat"], None)
    assert rig.saved() == []


def test_presence_in_zone_is_reported(watch):
    half = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
    rig = watch(Sees(), zones=(Zone(name="Garden", polygon=half),))
    assert [(x.zone, x.label, x.occupied) for x in rig.of(ZoneChanged)] == [
        ("Garden", "person", True), ("Garden", "person", False),
    ]  # fmt: skip
    assert announced(rig) == ["person"]


def test_mask_hides_person_and_motion(watch):
    everything = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    first = Sees()
    rig = watch(first, zones=(Zone(name="Street", polygon=everything, kind=ZoneKind.MASK),))
    assert announced(rig) == []
    assert rig.of(ZoneChanged) == []
    assert first.looks <= 22  # those of the first seconds


def test_static_person_picture_never_starts_presence(watch):
    class Poster(Sees):
        def detect(self, picture):
            self.looks += 1
            return [Detection("person", 0.9, Box(0.7, 0.1, 0.8, 0.3))]

    rig = watch(Poster(), Poster())
    assert announced(rig) == []

"""From frames to presences, with a verifier: whole walks through a whole engine."""

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


class Scored(FigureDetector):
    """Detects the figure with this score and label."""

    def __init__(self, score=0.9, *, label="person", name="figure"):
        super().__init__()
        self.score, self.label, self.model = score, label, name

    def detect(self, picture):
        return [replace(x, score=self.score, label=self.label) for x in super().detect(picture)]


class FindsNothing(FigureDetector):
    """Detects nothing."""

    def detect(self, picture):
        self.frame_count += 1
        return []


class Broken(FigureDetector):
    """Raises at each frame."""

    def detect(self, picture):
        raise DetectorError("broken")


@pytest.fixture
def play_walk(rigs, make_video):
    """Play a walk to an engine with two networks; return the rig."""

    def play(first, second=None, *, video=WALK, activity=Activity.RECORD, **settings):
        rig = rigs(create_cascade=lambda _stop: CascadeDetector(first, second))
        rig.play(file_camera(make_video(**video), **settings), activity)
        rig.stop()
        return rig

    return play


def announced_labels(rig):
    return [event.presence.label for event in rig.of(DetectionStarted)]


def test_person_found_by_both_networks_is_announced_and_recorded(play_walk):
    rig = play_walk(Scored(0.6), Scored(0.6))
    (started,) = rig.of(DetectionStarted)
    assert started.presence.first_seen_at - rig.saved()[0].started_at >= 2.0
    assert announced_labels(rig) == ["person"]
    assert len(rig.saved()) == 1


def test_person_found_by_one_network_only_is_rejected(play_walk):
    rig = play_walk(Scored(0.6), FindsNothing())
    assert announced_labels(rig) == []
    assert rig.saved() == []
    assert rig.of(SnapshotTaken) == []


def test_staying_person_is_verified_once(play_walk):
    second = Scored(0.9)
    play_walk(Scored(0.9), second)
    assert second.frame_count == 2  # the whole frame and a crop


def test_rejected_candidate_is_verified_again_now_and_then(play_walk):
    second = FindsNothing()
    play_walk(Scored(0.6), second, video={"seconds": 22, "walks": ((4.0, 20.0),)})
    assert 6 <= second.frame_count <= 14


def test_uncertain_candidate_is_confirmed_by_verifier(play_walk):
    assert announced_labels(play_walk(Scored(0.3), Scored(0.9))) == ["person"]
    assert announced_labels(play_walk(Scored(0.3))) == []


def test_failing_verifier_confirms_candidate(play_walk):
    rig = play_walk(Scored(0.6), Broken())
    assert announced_labels(rig) == ["person"]


def test_chosen_threshold_with_verifier_applies_to_both_networks(play_walk):
    # Scores 0.4, 0.4, and 0.9: mean 0.57.
    assert announced_labels(play_walk(Scored(0.4), Scored(0.9), threshold=0.55)) == ["person"]
    assert announced_labels(play_walk(Scored(0.4), Scored(0.9), threshold=0.6)) == []


def test_chosen_threshold_without_verifier_applies_to_each_frame(play_walk):
    assert announced_labels(play_walk(Scored(0.4), threshold=0.35)) == ["person"]
    assert announced_labels(play_walk(Scored(0.4), threshold=0.45)) == []


def test_label_rule_threshold_overrides_camera_threshold(play_walk):
    rules = (LabelRule(label="cat", threshold=0.8),)
    both = ("person", "cat")
    assert announced_labels(play_walk(Scored(0.7), labels=both, rules=rules)) == ["person"]
    assert announced_labels(play_walk(Scored(0.7, label="cat"), labels=both, rules=rules)) == []
    assert announced_labels(play_walk(Scored(0.9, label="cat"), labels=both, rules=rules)) == [
        "cat"
    ]


def test_label_without_recording_is_announced_only(play_walk):
    rules = (LabelRule(label="cat", records=False),)
    rig = play_walk(Scored(label="cat"), labels=("person", "cat"), rules=rules)
    (ended,) = rig.of(DetectionEnded)
    assert (announced_labels(rig), ended.clip_id) == (["cat"], None)
    assert rig.saved() == []


def test_presence_in_zone_is_reported(play_walk):
    half = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
    rig = play_walk(Scored(), zones=(Zone(name="Garden", polygon=half),))
    assert [(x.zone, x.label, x.occupied) for x in rig.of(ZoneChanged)] == [
        ("Garden", "person", True), ("Garden", "person", False),
    ]  # fmt: skip
    assert announced_labels(rig) == ["person"]


def test_mask_hides_person_and_motion(play_walk):
    everything = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    first = Scored()
    rig = play_walk(first, zones=(Zone(name="Street", polygon=everything, kind=ZoneKind.MASK),))
    assert announced_labels(rig) == []
    assert rig.of(ZoneChanged) == []
    assert first.frame_count <= 22  # those of the first seconds


def test_static_person_picture_never_starts_presence(play_walk):
    class Poster(Scored):
        def detect(self, picture):
            self.frame_count += 1
            return [Detection("person", 0.9, Box(0.7, 0.1, 0.8, 0.3))]

    rig = play_walk(Poster(), Poster())
    assert announced_labels(rig) == []

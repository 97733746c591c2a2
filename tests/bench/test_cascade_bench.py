"""Benchmarks run the cascade as HomeSec does for a new person."""

import av
import numpy as np
import pytest

from bench.cascade import run_cascade
from custom_components.homesec.engine.core.types import Box, Detection
from custom_components.homesec.engine.media.decoder import Frame

HERE = Box(0.2, 0.2, 0.4, 0.8)


class Scripted:
    """A cascade with scripted answers."""

    threshold = 0.25
    verified_threshold = 0.45

    def __init__(self, first_stage, confirmed):
        self.seen, self.confirmed = first_stage, confirmed
        self.about = None

    def detect(self, frame, moving=()):
        return [Detection(label, score, HERE) for label, score in self.seen]

    def verify(self, frame, found, about):
        self.about = about
        return [Detection(label, score, HERE) for label, score in self.confirmed]


@pytest.fixture
def frame():
    picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="bgr24")
    return Frame(t=0, at=0, picture=picture)


@pytest.mark.parametrize(
    ("first_stage", "confirmed", "reported"),
    [(0.3, 0.5, True), (0.2, 0.5, False), (0.3, 0.4, False)],
    ids=["both say so", "the look does not", "the other views do not"],
)
def test_person_is_reported_when_both_stages_agree(frame, first_stage, confirmed, reported):
    cascade = Scripted([("person", first_stage)], [("person", confirmed)])
    assert run_cascade(cascade, frame).reported is reported


def test_other_labels_are_ignored(frame):
    cascade = Scripted([("cat", 0.9), ("person", 0.3)], [("cat", 0.9), ("person", 0.2)])
    answer = run_cascade(cascade, frame)
    assert [each.label for each in answer.people] == ["person"]
    assert not answer.reported
    assert cascade.about == [HERE]


def test_verification_covers_people_of_first_stage(frame):
    cascade = Scripted([("person", 0.9), ("person", 0.1)], [])
    run_cascade(cascade, frame)
    assert cascade.about == [HERE]


def test_primary_only_uses_its_own_threshold(frame):
    answer = run_cascade(Scripted([("person", 0.48)], [("person", 0.9)]), frame)
    assert [each.score for each in answer.primary_only(0.5).people] == [0.48]
    assert not answer.primary_only(0.5).reported
    assert answer.primary_only(0.45).reported

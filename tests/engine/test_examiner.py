"""How a picture is looked at, and by whom."""

from functools import partial
from threading import Event

import av
import numpy as np
import pytest

from custom_components.homesec.engine.core.errors import (
    DetectorError,
    DetectorMissing,
    ModelUnavailable,
)
from custom_components.homesec.engine.core.types import Box, Detection
from custom_components.homesec.engine.detection import cascade as cascade_module
from custom_components.homesec.engine.detection.cascade import (
    CANDIDATE_THRESHOLD,
    VERIFIED_THRESHOLD,
    CascadeDetector,
    load_cascade,
)
from custom_components.homesec.engine.media.decoder import Frame

WIDTH, HEIGHT = 1920, 1080
WHITE, BLACK = 235, 16


class Seer:
    """Sees one white patch as a person, if it is at least ``least`` pixels high in its input."""

    labels, name = ("person",), "seer"

    def __init__(self, model, *, limit=(640, 360), part_px=320, least=8, threshold=0.5, score=0.8):
        self.model, self.limit, self.part_px = model, limit, part_px
        self.least, self.threshold, self.score = least, threshold, score
        self.sizes = []
        self.lefts = []
        self.closed = 0

    def fit(self, width, height):
        scale = min(1, self.limit[0] / width, self.limit[1] / height)
        return round(width * scale), round(height * scale)

    def detect(self, picture):
        height, width = picture.shape[:2]
        self.sizes.append((width, height))
        rows, columns = np.nonzero(picture[:, :, 1] > 128)
        if not len(rows) or rows.max() - rows.min() + 1 < self.least:
            return []
        self.lefts.append(columns.min() / width)
        box = Box(
            columns.min() / width,
            rows.min() / height,
            (columns.max() + 1) / width,
            (rows.max() + 1) / height,
        )
        return [Detection("person", self.score, box)]

    def close(self):
        self.closed += 1


def frame_with(left, top, width, height, *, size=(WIDTH, HEIGHT)):
    luma = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
    luma[: size[1]] = BLACK
    luma[top : top + height, left : left + width] = WHITE
    return Frame(t=0, at=0, picture=av.VideoFrame.from_ndarray(luma, format="yuv420p"))


def part_of(left, top, width, height, size=(WIDTH, HEIGHT)):
    return Box(left / size[0], top / size[1], (left + width) / size[0], (top + height) / size[1])


NEAR = (1000, 200, 200, 600)
FAR = (1000, 500, 8, 20)


def test_a_look_is_one_pass_over_the_whole_picture():
    first, second = Seer("one"), Seer("two")
    cascade, frame = CascadeDetector(first, second), frame_with(*NEAR)
    assert cascade.small_regions(frame, [part_of(*NEAR)]) == []
    (found,) = cascade.detect(frame)
    assert found.box.iou(part_of(*NEAR)) > 0.95
    assert first.sizes == [(640, 360)]
    assert second.sizes == []


def test_who_is_too_small_in_the_whole_picture_is_seen_where_it_moves():
    first = Seer("one")
    assert CascadeDetector(first).detect(frame_with(*FAR)) == []
    frame, moving = frame_with(*FAR), [part_of(*FAR)]
    (found,) = CascadeDetector(first).detect(
        frame, CascadeDetector(first).small_regions(frame, moving)
    )
    assert first.sizes[-1] == (320, 320)
    assert found.box.iou(part_of(*FAR)) > 0.8


def test_no_more_than_two_parts_are_looked_at():
    first = Seer("one")
    frame, moving = frame_with(*FAR), [part_of(x, 500, 8, 20) for x in (100, 600, 1100, 1600)]
    assert CascadeDetector(first).small_regions(frame, moving) == moving[:2]
    # Two who stand together share a part.
    assert CascadeDetector(first).small_regions(frame, [*moving, part_of(620, 500, 8, 20)])[:3] == [
        *moving[:2],
        part_of(620, 500, 8, 20),
    ]
    CascadeDetector(first).detect(frame, moving)
    assert first.sizes == [(640, 360), (320, 320), (320, 320)]


def test_a_picture_that_is_hardly_made_smaller_is_not_looked_at_in_parts():
    size = (704, 396)
    frame, moving = frame_with(300, 200, 8, 20, size=size), [part_of(300, 200, 8, 20, size)]
    assert CascadeDetector(Seer("one")).small_regions(frame, moving) == []


def test_a_picture_that_is_not_made_smaller_at_all_is_seen_once():
    first, size = Seer("one"), (640, 360)
    frame = frame_with(300, 200, 8, 20, size=size)
    assert len(CascadeDetector(first).detect(frame, [part_of(300, 200, 8, 20, size)])) == 1
    assert first.sizes == [(640, 360)]


def test_a_second_opinion_is_the_mean_of_three_views():
    first, second = Seer("one", score=0.6), Seer("two", limit=(416, 416), part_px=416, score=0.9)
    cascade = CascadeDetector(first, second)
    frame = frame_with(*NEAR)
    found = cascade.detect(frame)
    (opinion,) = cascade.verify(frame, found, [found[0].box])
    assert opinion.score == pytest.approx((0.6 + 0.6 + 0.9) / 3)
    assert opinion.box.iou(part_of(*NEAR)) > 0.95


def test_a_second_opinion_looks_in_the_mirror_and_close_up():
    first, second = Seer("one"), Seer("two", limit=(416, 416), part_px=416)
    cascade = CascadeDetector(first, second)
    frame = frame_with(*NEAR)
    cascade.verify(frame, cascade.detect(frame), [part_of(*NEAR)])
    assert first.lefts[0] == pytest.approx(1000 / WIDTH, abs=0.002)
    assert first.lefts[1] == pytest.approx(1 - 1200 / WIDTH, abs=0.002)
    assert second.sizes == [(416, 234), (416, 416)]  # the part is scaled from 960 pixels a side


def test_somebody_far_away_is_confirmed_close_up_too():
    first, second = Seer("one"), Seer("two", limit=(416, 416), part_px=416)
    cascade = CascadeDetector(first, second)
    frame = frame_with(*FAR)
    found = cascade.detect(frame, cascade.small_regions(frame, [part_of(*FAR)]))
    (opinion,) = cascade.verify(frame, found, [found[0].box])
    assert opinion.score == pytest.approx(0.8)


def test_who_only_one_network_sees_has_no_high_score():
    blind = Seer("two", least=10_000)
    cascade = CascadeDetector(Seer("one"), blind)
    frame = frame_with(*NEAR)
    (opinion,) = cascade.verify(frame, cascade.detect(frame), [part_of(*NEAR)])
    assert opinion.score == pytest.approx(0.8 * 2 / 3)


def test_without_a_second_network_the_first_ones_word_counts():
    cascade = CascadeDetector(Seer("one", threshold=0.5))
    frame = frame_with(*NEAR)
    found = cascade.detect(frame)
    assert cascade.verify(frame, found, [found[0].box]) == found
    assert (cascade.threshold, cascade.verified_threshold) == (0.5, 0.5)


def test_with_a_second_network_less_is_enough_to_ask():
    cascade = CascadeDetector(Seer("one", threshold=0.5), Seer("two"))
    assert (cascade.threshold, cascade.verified_threshold) == (
        CANDIDATE_THRESHOLD,
        VERIFIED_THRESHOLD,
    )
    assert CascadeDetector(Seer("one", threshold=0.2), Seer("two")).threshold == 0.2


def test_both_networks_are_closed():
    first, second = Seer("one"), Seer("two")
    CascadeDetector(first, second).close()
    CascadeDetector(Seer("alone")).close()
    assert (first.closed, second.closed) == (1, 1)


class Store:
    """Models by name; what is an exception is raised."""

    def __init__(self, **models):
        self.models = models

    def obtain(self, name, detector, *, stop, on_progress):
        if isinstance(model := self.models[name], Exception):
            raise model
        if on_progress:
            on_progress(5, 10)
        return model

    def verifier_of(self, name):
        return "two" if "two" in self.models else None


@pytest.fixture
def make(monkeypatch):
    """Make an cascade of what a store holds, which may be networks or what loading raises."""

    def load(kind, files, *, floor):
        if isinstance(files, type) and issubclass(files, BaseException):
            raise files
        return files

    monkeypatch.setattr(cascade_module, "create_detector", load)
    return lambda **models: partial(
        load_cascade, Store(**models), "seer", "one", stop=Event(), floor=0.1
    )


def test_an_examiner_is_made_of_both_models(make):
    told = []
    first, second = Seer("one"), Seer("two")
    made = make(one=first, two=second)(on_progress=lambda *x: told.append(x))
    assert (made.primary, made.verifier, made.verifier_error) == (first, second, None)
    assert told == [("one", 5, 10), ("two", 5, 10)]


def test_a_model_without_a_second_looks_alone(make):
    made = make(one=Seer("one"))()
    assert (made.verifier, made.verifier_error) == (None, None)


@pytest.mark.parametrize("trouble", [ModelUnavailable("offline"), DetectorMissing, OSError("disk")])
def test_a_second_model_that_is_not_to_be_had_is_left_out_and_said_so(make, caplog, trouble):
    made = make(one=Seer("one"), two=trouble)()
    assert made.verifier is None
    assert isinstance(made.verifier_error, DetectorError)
    assert "no second opinion" in caplog.text


def test_a_second_model_that_was_missing_is_taken_in_later():
    found = []

    def load():
        if not found:
            raise ModelUnavailable("offline")
        return found[0]

    cascade = CascadeDetector(Seer("one"), load_verifier=load)
    assert not cascade.load_verifier()
    assert cascade.verifier_error.key == "model_unavailable"
    found.append(Seer("two"))
    assert cascade.load_verifier()
    assert (cascade.verifier, cascade.verifier_error) == (found[0], None)
    assert not cascade.load_verifier()
    assert not CascadeDetector(Seer("alone")).load_verifier()


def test_without_the_first_there_is_none(make):
    with pytest.raises(ModelUnavailable):
        make(one=ModelUnavailable("offline"), two=Seer("two"))()


def test_nothing_stays_loaded_when_the_second_is_interrupted(make):
    first = Seer("one")
    with pytest.raises(KeyboardInterrupt):
        make(one=first, two=KeyboardInterrupt)()
    assert first.closed == 1

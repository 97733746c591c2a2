"""The cascade: detection in the whole frame and in crops, and verification."""

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


class PatchDetector:
    """Detects one white patch as a person if it has ``min_height`` pixels or more in its input."""

    labels, name = ("person",), "patch"

    def __init__(
        self, model, *, limit=(640, 360), crop_px=320, min_height=8, threshold=0.5, score=0.8
    ):
        self.model, self.limit, self.crop_px = model, limit, crop_px
        self.min_height, self.threshold, self.score = min_height, threshold, score
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
        if not len(rows) or rows.max() - rows.min() + 1 < self.min_height:
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


def box_of(left, top, width, height, size=(WIDTH, HEIGHT)):
    return Box(left / size[0], top / size[1], (left + width) / size[0], (top + height) / size[1])


NEAR = (1000, 200, 200, 600)
FAR = (1000, 500, 8, 20)


def test_detect_runs_primary_once_on_whole_frame():
    primary, verifier = PatchDetector("one"), PatchDetector("two")
    cascade, frame = CascadeDetector(primary, verifier), frame_with(*NEAR)
    assert cascade.small_regions(frame, [box_of(*NEAR)]) == []
    (found,) = cascade.detect(frame)
    assert found.box.iou(box_of(*NEAR)) > 0.95
    assert primary.sizes == [(640, 360)]
    assert verifier.sizes == []


def test_detect_finds_small_object_in_crop_of_moving_region():
    primary = PatchDetector("one")
    assert CascadeDetector(primary).detect(frame_with(*FAR)) == []
    frame, moving = frame_with(*FAR), [box_of(*FAR)]
    (found,) = CascadeDetector(primary).detect(
        frame, CascadeDetector(primary).small_regions(frame, moving)
    )
    assert primary.sizes[-1] == (320, 320)
    assert found.box.iou(box_of(*FAR)) > 0.8


def test_detect_uses_at_most_two_crops():
    primary = PatchDetector("one")
    frame, moving = frame_with(*FAR), [box_of(x, 500, 8, 20) for x in (100, 600, 1100, 1600)]
    assert CascadeDetector(primary).small_regions(frame, moving) == moving[:2]
    # Two objects close together share a crop.
    assert CascadeDetector(primary).small_regions(frame, [*moving, box_of(620, 500, 8, 20)])[
        :3
    ] == [
        *moving[:2],
        box_of(620, 500, 8, 20),
    ]
    CascadeDetector(primary).detect(frame, moving)
    assert primary.sizes == [(640, 360), (320, 320), (320, 320)]


def test_small_regions_is_empty_for_frame_scaled_slightly():
    size = (704, 396)
    frame, moving = frame_with(300, 200, 8, 20, size=size), [box_of(300, 200, 8, 20, size)]
    assert CascadeDetector(PatchDetector("one")).small_regions(frame, moving) == []


def test_detect_uses_no_crops_for_unscaled_frame():
    primary, size = PatchDetector("one"), (640, 360)
    frame = frame_with(300, 200, 8, 20, size=size)
    assert len(CascadeDetector(primary).detect(frame, [box_of(300, 200, 8, 20, size)])) == 1
    assert primary.sizes == [(640, 360)]


def test_verify_score_is_mean_of_three_views():
    primary, verifier = (
        PatchDetector("one", score=0.6),
        PatchDetector("two", limit=(416, 416), crop_px=416, score=0.9),
    )
    cascade = CascadeDetector(primary, verifier)
    frame = frame_with(*NEAR)
    found = cascade.detect(frame)
    (verified,) = cascade.verify(frame, found, [found[0].box])
    assert verified.score == pytest.approx((0.6 + 0.6 + 0.9) / 3)
    assert verified.box.iou(box_of(*NEAR)) > 0.95


def test_verify_uses_mirrored_frame_and_crops():
    primary, verifier = PatchDetector("one"), PatchDetector("two", limit=(416, 416), crop_px=416)
    cascade = CascadeDetector(primary, verifier)
    frame = frame_with(*NEAR)
    cascade.verify(frame, cascade.detect(frame), [box_of(*NEAR)])
    assert primary.lefts[0] == pytest.approx(1000 / WIDTH, abs=0.002)
    assert primary.lefts[1] == pytest.approx(1 - 1200 / WIDTH, abs=0.002)
    assert verifier.sizes == [(416, 234), (416, 416)]  # the crop has 960 pixels a side


def test_verify_confirms_small_object_in_crop():
    primary, verifier = PatchDetector("one"), PatchDetector("two", limit=(416, 416), crop_px=416)
    cascade = CascadeDetector(primary, verifier)
    frame = frame_with(*FAR)
    found = cascade.detect(frame, cascade.small_regions(frame, [box_of(*FAR)]))
    (verified,) = cascade.verify(frame, found, [found[0].box])
    assert verified.score == pytest.approx(0.8)


def test_verify_score_is_low_if_verifier_finds_nothing():
    unseeing = PatchDetector("two", min_height=10_000)
    cascade = CascadeDetector(PatchDetector("one"), unseeing)
    frame = frame_with(*NEAR)
    (verified,) = cascade.verify(frame, cascade.detect(frame), [box_of(*NEAR)])
    assert verified.score == pytest.approx(0.8 * 2 / 3)


def test_verify_without_verifier_returns_detections_unchanged():
    cascade = CascadeDetector(PatchDetector("one", threshold=0.5))
    frame = frame_with(*NEAR)
    found = cascade.detect(frame)
    assert cascade.verify(frame, found, [found[0].box]) == found
    assert (cascade.threshold, cascade.verified_threshold) == (0.5, 0.5)


def test_threshold_with_verifier_is_candidate_threshold():
    cascade = CascadeDetector(PatchDetector("one", threshold=0.5), PatchDetector("two"))
    assert (cascade.threshold, cascade.verified_threshold) == (
        CANDIDATE_THRESHOLD,
        VERIFIED_THRESHOLD,
    )
    assert (
        CascadeDetector(PatchDetector("one", threshold=0.2), PatchDetector("two")).threshold == 0.2
    )


def test_close_closes_both_detectors():
    primary, verifier = PatchDetector("one"), PatchDetector("two")
    CascadeDetector(primary, verifier).close()
    CascadeDetector(PatchDetector("alone")).close()
    assert (primary.closed, verifier.closed) == (1, 1)


class Store:
    """A model store that raises the exceptions among its models."""

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
def loader(monkeypatch):
    """Load a cascade from a store that holds detectors or the exceptions that loading raises."""

    def load(kind, files, *, min_confidence):
        if isinstance(files, type) and issubclass(files, BaseException):
            raise files
        return files

    monkeypatch.setattr(cascade_module, "create_detector", load)
    return lambda **models: partial(
        load_cascade, Store(**models), "patch", "one", stop=Event(), min_confidence=0.1
    )


def test_load_cascade_loads_both_models_and_reports_progress(loader):
    progress = []
    primary, verifier = PatchDetector("one"), PatchDetector("two")
    cascade = loader(one=primary, two=verifier)(on_progress=lambda *x: progress.append(x))
    assert (cascade.primary, cascade.verifier, cascade.verifier_error) == (primary, verifier, None)
    assert progress == [("one", 5, 10), ("two", 5, 10)]


def test_load_cascade_of_model_without_verifier_has_none(loader):
    cascade = loader(one=PatchDetector("one"))()
    assert (cascade.verifier, cascade.verifier_error) == (None, None)


@pytest.mark.parametrize("error", [ModelUnavailable("offline"), DetectorMissing, OSError("disk")])
def test_load_cascade_without_available_verifier_logs_and_works_alone(loader, caplog, error):
    cascade = loader(one=PatchDetector("one"), two=error)()
    assert cascade.verifier is None
    assert isinstance(cascade.verifier_error, DetectorError)
    assert "verifier is missing" in caplog.text


def test_load_verifier_retries_missing_verifier():
    found = []

    def load():
        if not found:
            raise ModelUnavailable("offline")
        return found[0]

    cascade = CascadeDetector(PatchDetector("one"), load_verifier=load)
    assert not cascade.load_verifier()
    assert cascade.verifier_error.key == "model_unavailable"
    found.append(PatchDetector("two"))
    assert cascade.load_verifier()
    assert (cascade.verifier, cascade.verifier_error) == (found[0], None)
    assert not cascade.load_verifier()
    assert not CascadeDetector(PatchDetector("alone")).load_verifier()


def test_load_cascade_without_primary_raises(loader):
    with pytest.raises(ModelUnavailable):
        loader(one=ModelUnavailable("offline"), two=PatchDetector("two"))()


def test_load_cascade_interrupted_closes_primary(loader):
    primary = PatchDetector("one")
    with pytest.raises(KeyboardInterrupt):
        loader(one=primary, two=KeyboardInterrupt)()
    assert primary.closed == 1

"""Heads, input and suppression, against numbers worked out by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from custom_components.homesec.engine.core.errors import DetectorError, ModelBroken
from custom_components.homesec.engine.core.types import Box
from custom_components.homesec.engine.detection.detector import NetworkDetector
from custom_components.homesec.engine.detection.heads import (
    HEADS,
    NanoDet,
    Ssd,
    YoloV8,
    YoloX,
    create_head,
)
from custom_components.homesec.engine.model_zoo.manifest import ModelFiles

MIN_CONFIDENCE = 0.1


def f32(values):
    return np.array(values, np.float32)


# --- YOLOX: 32 x 32 pixels are 4 x 4 + 2 x 2 + 1 cells ---


def yolox_outputs():
    """Two objects of two classes: cell (1, 2) of stride 8, the only cell of stride 32."""
    p8, p16, p32 = (np.zeros((1, 7, n, n), np.float32) for n in (4, 2, 1))
    p8[0, :, 2, 1] = [0.5, 0.25, np.log(2), 0, 0.8, 0.5, 0.25]
    p32[0, :, 0, 0] = [0.5, 0.5, 0, np.log(0.5), 0.5, 0.1, 1.0]
    p16[0, :, 0, 0] = [0, 0, 0, 0, 0.3, 0.3, 0.3]  # 0.09: below the minimum
    return [p8, p16, p32]


def merged(outputs):
    rows = [each.reshape(each.shape[1], -1).T for each in outputs]
    return [np.concatenate(rows)[None]]


@pytest.mark.parametrize("arrange", [list, merged, lambda each: each[::-1]])
def test_yolox_decodes_hand_computed_boxes(arrange):
    found = YoloX(32, 32, 2).decode(arrange(yolox_outputs()), MIN_CONFIDENCE)
    # center ((.5 + 1) 8, (.25 + 2) 8) = (12, 18), size (2 x 8, 1 x 8); score .8 x .5
    # center (16, 16), size (32, 16); score .5 x 1
    assert found.boxes == pytest.approx(f32([[4, 14, 20, 22], [0, 8, 32, 24]]))
    assert found.scores.tolist() == pytest.approx([0.4, 0.5])
    assert found.labels.tolist() == [0, 1]


def test_yolox_decodes_outputs_without_batch_dimension():
    bare = [each[0] for each in yolox_outputs()]
    found = YoloX(32, 32, 2).decode(bare, MIN_CONFIDENCE)
    assert found.scores.tolist() == pytest.approx([0.4, 0.5])


def test_yolox_letterbox_pads_with_gray_and_does_not_normalize():
    box = YoloX(416, 416, 80).letterbox
    assert (box.pad, box.mean, box.std, box.rgb) == (114, (0, 0, 0), (1, 1, 1), False)


def test_yolox_huge_box_size_stays_finite():
    outputs = yolox_outputs()
    outputs[0][0, 2:4, 2, 1] = 1e6
    assert np.isfinite(YoloX(32, 32, 2).decode(outputs, MIN_CONFIDENCE).boxes).all()


# --- NanoDet: 64 x 64 pixels are 8 x 8 + 4 x 4 + 2 x 2 + 1 cells ---


def nanodet_outputs():
    """One object of class 2 of 3 in cell (3, 2) of stride 8."""
    classes = [np.zeros((1, 3, n, n), np.float32) for n in (8, 4, 2, 1)]
    distances = [np.zeros((1, n, n, 32), np.float32) for n in (8, 4, 2, 1)]
    classes[0][0, :, 2, 3] = [0.2, 0.3, 0.6]
    sides = np.full((4, 8), -100.0, np.float32)
    sides[0, 1] = 0  # left: surely 1 bin of 8 pixels
    sides[1, 2] = 0  # top: surely 2
    sides[2] = 5  # right: any of 0..7, 3.5 on average
    sides[3, :2] = 9  # bottom: 0 or 1
    distances[0][0, 2, 3] = sides.reshape(-1)
    return classes, distances


@pytest.mark.parametrize("layout", ["by stride", "shuffled", "merged"])
def test_nanodet_decodes_hand_computed_box(layout):
    classes, distances = nanodet_outputs()
    outputs = [*classes, *distances]
    if layout == "shuffled":
        outputs = [*distances[::-1], *classes[::-1]]
    if layout == "merged":
        (left,), (right,) = (
            merged(classes),
            [np.concatenate([d.reshape(-1, 32) for d in distances])],
        )
        outputs = [np.concatenate([left[0], right], axis=1)[None]]
    found = NanoDet(64, 64, 3).decode(outputs, MIN_CONFIDENCE)
    # the cell's corner is (24, 16); left 8, top 16, right 3.5 x 8 = 28, bottom 0.5 x 8 = 4
    assert found.boxes.tolist() == [pytest.approx([16, 0, 52, 20], abs=1e-3)]
    assert found.scores.tolist() == pytest.approx([0.6])
    assert found.labels.tolist() == [2]


def test_nanodet_rounds_grid_sizes_up():
    # 40 pixels: 5, 3, 2 and 1 cells a side
    classes = [np.zeros((3, n, n), np.float32) for n in (5, 3, 2, 1)]
    distances = [np.zeros((n, n, 32), np.float32) for n in (5, 3, 2, 1)]
    classes[1][1, 2, 2] = 0.9
    found = NanoDet(40, 40, 3).decode([*classes, *distances], MIN_CONFIDENCE)
    # corner (32, 32), each side 3.5 bins of 16
    assert found.boxes.tolist() == [pytest.approx([-24, -24, 88, 88])]


def test_nanodet_letterbox_normalizes_and_pads_with_black():
    blob = NanoDet(64, 64, 3).letterbox.blob(np.full((1, 1, 3), 103, np.uint8))
    assert blob[0, 0, 0] == pytest.approx((103 - 103.53) / 57.375, abs=1e-5)
    assert blob[1, 0, 0] == pytest.approx((103 - 116.28) / 57.12, abs=1e-5)
    assert blob[2, 63, 63] == pytest.approx(-123.675 / 58.395, abs=1e-5)


# --- YOLOv8: 64 x 32 pixels are 8 x 4 + 4 x 2 + 2 x 1 = 42 cells ---


def yolov8_output():
    """Two objects of two classes in any cells: boxes are in pixels of the input already."""
    output = np.zeros((1, 6, 42), np.float32)
    output[0, :, 7] = [20, 16, 24, 8, 0.25, 0.75]
    output[0, :, 41] = [50, 10, 6, 16, 0.5, 0.125]
    output[0, :, 3] = [5, 5, 5, 5, 0.05, 0.09]  # below the minimum
    return output


@pytest.mark.parametrize(
    "arrange",
    [
        lambda output: output,
        lambda output: output[0],
        lambda output: output.transpose(0, 2, 1),
        lambda output: output[0].T,
    ],
    ids=["channels first", "no batch", "channels last", "channels last, no batch"],
)
def test_yolov8_decodes_hand_computed_boxes(arrange):
    found = YoloV8(64, 32, 2).decode([arrange(yolov8_output())], MIN_CONFIDENCE)
    # from center and size to corners: 20 -+ 12, 16 -+ 4 and 50 -+ 3, 10 -+ 8
    assert found.boxes.tolist() == [[8, 12, 32, 20], [47, 2, 53, 18]]
    assert found.scores.tolist() == [0.75, 0.5]
    assert found.labels.tolist() == [1, 0]


def test_yolov8_letterbox_is_rgb_from_0_to_1_padded_with_gray():
    blob = YoloV8(64, 32, 2).letterbox.blob(np.full((1, 1, 3), (0, 51, 255), np.uint8))
    assert blob[:, 0, 0].tolist() == pytest.approx([1.0, 0.2, 0.0])
    assert blob[:, 31, 63].tolist() == pytest.approx([114 / 255] * 3)


def test_yolov8_refuses_output_of_network_with_built_in_nms():
    with pytest.raises(DetectorError, match="not this head's"):
        YoloV8(64, 32, 2).decode([np.zeros((1, 300, 6), np.float32)], MIN_CONFIDENCE)


# --- SSD ---


def test_ssd_decodes_rows_to_pixels_of_input():
    rows = f32(
        [
            [0, 1, 0.9, 0.1, 0.2, 0.5, 1.1],
            [0, 1, 0.05, 0, 0, 1, 1],  # below the minimum
            [0, 7, 0.9, 0, 0, 1, 1],  # no such class
            [0, 0, 0.9, 0, 0, 1, 1],  # background
        ]
    )
    found = Ssd(300, 200, 1).decode([rows.reshape(1, 1, 4, 7)], MIN_CONFIDENCE)
    assert found.boxes.tolist() == [pytest.approx([30, 40, 150, 220])]
    assert found.labels.tolist() == [0]
    assert found.scores.tolist() == pytest.approx([0.9])


def test_ssd_letterbox_is_stretched_rgb():
    box = Ssd(300, 300, 1).letterbox
    assert box.fit(1920, 1080) == (300, 300)
    blob = box.blob(np.full((300, 300, 3), (1, 2, 3), np.uint8))
    assert blob[:, 150, 150].tolist() == [3, 2, 1]


# --- all heads ---


@pytest.mark.parametrize(
    ("head", "outputs"),
    [
        (YoloX(32, 32, 2), yolox_outputs()),
        (NanoDet(64, 64, 3), [*nanodet_outputs()[0], *nanodet_outputs()[1]]),
        (YoloV8(64, 32, 2), [yolov8_output()]),
    ],
)
def test_head_decodes_empty_outputs_to_no_boxes(head, outputs):
    found = head.decode([np.zeros_like(each) for each in outputs], MIN_CONFIDENCE)
    assert found.boxes.shape == (0, 4)
    assert len(found.scores) == len(found.labels) == 0


@pytest.mark.parametrize(
    "head", [YoloX(32, 32, 2), NanoDet(64, 64, 3), YoloV8(32, 32, 1), Ssd(300, 300, 1)]
)
@pytest.mark.parametrize("shapes", [[(1, 5)], [(1, 7, 3, 3), (1, 7, 2, 2)], []])
def test_head_outputs_of_another_network_raise_detector_error(head, shapes):
    with pytest.raises(DetectorError, match="not this head's"):
        head.decode([np.zeros(shape, np.float32) for shape in shapes], MIN_CONFIDENCE)


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize(("width", "height"), [(32, 32), (640, 384), (384, 640), (96, 1280)])
def test_create_head_accepts_any_input_size(name, width, height):
    box = create_head(name, width, height, classes=3).letterbox
    assert (box.width, box.height) == (width, height)


def test_create_head_unknown_name_raises_model_broken():
    with pytest.raises(ModelBroken):
        create_head("tarot", 416, 416, classes=80)


# --- a detector's common part ---

FILES = ModelFiles(
    name="toy",
    title="Toy",
    paths=(Path("toy"),),
    head="yolox",
    input=(32, 32),
    labels=("person", "cat"),
    threshold=0.5,
)


class ToyDetector(NetworkDetector):
    name = "toy"

    def __init__(self, outputs, files=FILES):
        super().__init__(files)
        self.outputs = outputs
        self.blobs = []

    def close(self):
        pass

    def _run(self, blob):
        self.blobs.append(blob)
        return self.outputs


def test_detector_returns_sorted_labeled_boxes_as_fractions_of_picture():
    toy = ToyDetector(yolox_outputs())
    assert toy.fit(1920, 1200) == (32, 20)
    cat, person = toy.detect(np.zeros((20, 32, 3), np.uint8))
    assert (cat.label, cat.score) == ("cat", pytest.approx(0.5))
    # (0, 8) to (32, 24) of 32 x 20, cut at the lower edge of the picture
    assert cat.box == Box(0, pytest.approx(0.4), 1, 1)
    assert (person.label, person.score) == ("person", pytest.approx(0.4))
    assert person.box == Box(
        pytest.approx(4 / 32), pytest.approx(14 / 20), pytest.approx(20 / 32), 1
    )


def test_detector_drops_box_in_padding():
    (only,) = ToyDetector(yolox_outputs()).detect(np.zeros((14, 32, 3), np.uint8))
    assert only.label == "cat"


def test_detector_has_name_model_threshold_and_labels():
    toy = ToyDetector([])
    assert (toy.name, toy.model, toy.threshold) == ("toy", "toy", 0.5)
    assert toy.labels == ("person", "cat")


def test_detector_picture_that_does_not_fit_raises_detector_error():
    with pytest.raises(DetectorError, match="does not fit"):
        ToyDetector(yolox_outputs()).detect(np.zeros((33, 32, 3), np.uint8))


def test_warm_up_detects_once_in_picture_of_full_size():
    toy = ToyDetector(yolox_outputs())
    toy.warm_up()
    assert [blob.shape for blob in toy.blobs] == [(3, 32, 32)]


def test_warm_up_with_wrong_head_raises_model_broken():
    with pytest.raises(ModelBroken) as caught:
        ToyDetector(yolox_outputs(), replace(FILES, head="ssd")).warm_up()
    assert caught.value.placeholders == {"model": "Toy", "detector": "toy"}

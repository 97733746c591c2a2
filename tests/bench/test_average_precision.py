"""Our average precision equals pycocotools'."""

import contextlib
import io

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
import pytest

from bench.average_precision import Picture, curve


def boxes(*corners):
    return np.array(corners, np.float64).reshape(-1, 4)


def picture(found=(), scores=(), truth=(), crowds=()):
    return Picture(
        found=boxes(*found),
        scores=np.array(scores, np.float64),
        truth=boxes(*truth),
        crowds=boxes(*crowds),
    )


def by_coco(pictures, overlap=0.5):
    """Return average precision and the precision at each of the 101 recalls."""
    truth = [
        (index, corners, crowd)
        for index, each in enumerate(pictures, 1)
        for crowd, group in enumerate((each.truth, each.crowds))
        for corners in group
    ]
    found = [
        (index, corners, score)
        for index, each in enumerate(pictures, 1)
        for corners, score in zip(each.found, each.scores, strict=True)
    ]

    def entry(number, index, corners, **more):
        x1, y1, x2, y2 = map(float, corners)
        size = {"bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1)}
        return {"id": number, "image_id": index, "category_id": 1, **size, "iscrowd": 0, **more}

    with contextlib.redirect_stdout(io.StringIO()):
        known, seen = COCO(), COCO()
        for side in (known, seen):
            side.dataset = {
                "images": [{"id": index} for index in range(1, len(pictures) + 1)],
                "categories": [{"id": 1}],
            }
        known.dataset["annotations"] = [
            entry(number, index, corners, iscrowd=crowd)
            for number, (index, corners, crowd) in enumerate(truth, 1)
        ]
        seen.dataset["annotations"] = [
            entry(number, index, corners, score=float(score))
            for number, (index, corners, score) in enumerate(found, 1)
        ]
        known.createIndex()
        seen.createIndex()
        judge = COCOeval(known, seen, "bbox")
        judge.params.iouThrs = np.array([overlap])
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][0, :, 0, 0, -1]
    return precision.mean(), precision


def random_boxes(rng, count):
    corner = rng.uniform(0, 80, (count, 2))
    return np.hstack((corner, corner + rng.uniform(5, 60, (count, 2))))


def random_picture(rng, *, steps):
    truth = random_boxes(rng, rng.integers(0, 6))
    crowds = random_boxes(rng, rng.integers(0, 2))
    near = np.repeat(truth, 3, axis=0) + rng.normal(0, 4, (3 * len(truth), 4))
    near = near[(near[:, 2] > near[:, 0]) & (near[:, 3] > near[:, 1])]
    found = np.vstack((near, truth[:1], random_boxes(rng, rng.integers(0, 5))))
    scores = rng.integers(1, steps, len(found)) / steps
    return Picture(found=found, scores=scores, truth=truth, crowds=crowds)


HAND_MADE = {
    "nothing is found": [picture(truth=[(0, 0, 10, 10)])],
    "everything is found": [picture([(0, 0, 10, 10)], [0.9], [(0, 0, 10, 10)])],
    "only mistakes": [picture([(50, 50, 60, 60)], [0.9], [(0, 0, 10, 10)])],
    "one person found twice": [
        picture([(0, 0, 10, 10), (0, 0, 10, 9)], [0.5, 0.9], [(0, 0, 10, 10)])
    ],
    "a mistake in a picture without anybody": [
        picture([(0, 0, 10, 10)], [0.8], [(0, 0, 10, 10)]),
        picture([(0, 0, 10, 10)], [0.9]),
    ],
    "a crowd takes any number": [
        picture(
            [(0, 0, 10, 10), (60, 60, 70, 70), (62, 62, 72, 72), (90, 60, 120, 70)],
            [0.5, 0.9, 0.8, 0.7],
            [(0, 0, 10, 10)],
            [(50, 50, 100, 100)],
        )
    ],
    "a person within a crowd": [
        picture(
            [(60, 60, 70, 70), (61, 60, 70, 70)], [0.9, 0.8], [(60, 60, 70, 70)], [(50, 50, 99, 99)]
        )
    ],
    "two people equally near": [
        picture([(0, 0, 10, 10), (0, 0, 10, 8)], [0.9, 0.8], [(0, 0, 10, 8), (0, 2, 10, 10)])
    ],
    "an overlap of exactly a half": [picture([(0, 0, 10, 5)], [0.9], [(0, 0, 10, 10)])],
    "a box without an area": [
        picture([(5, 5, 5, 5), (0, 0, 10, 10)], [0.9, 0.8], [(0, 0, 10, 10)], [(0, 0, 20, 20)])
    ],
    "more detections than count": [
        picture(
            [(50, 50, 60, 60)] * 100 + [(0, 0, 10, 10)],
            [0.9] * 100 + [0.8],
            [(0, 0, 10, 10)],
        )
    ],
}


@pytest.mark.parametrize("pictures", HAND_MADE.values(), ids=HAND_MADE)
def test_average_precision_of_hand_made_cases_equals_coco(pictures):
    assert curve(pictures).average_precision == pytest.approx(by_coco(pictures)[0], abs=1e-9)


@pytest.mark.parametrize("overlap", [0.5, 0.75])
@pytest.mark.parametrize("steps", [7, 1000], ids=["many ties", "few ties"])
@pytest.mark.parametrize("seed", range(20))
def test_average_precision_of_random_cases_equals_coco(seed, steps, overlap):
    rng = np.random.default_rng(seed)
    pictures = [random_picture(rng, steps=steps) for _ in range(25)]
    ours, (mean, precision) = curve(pictures, overlap), by_coco(pictures, overlap)
    assert ours.average_precision == pytest.approx(mean, abs=1e-9)
    # COCO samples recalls in steps of a hundredth.
    coarse = max((step for step, at in enumerate(precision) if at >= 0.9), default=0) / 100
    assert ours.recall_at(0.9) == pytest.approx(coarse, abs=0.01 + 1e-9)


def test_curve_without_people_is_none():
    assert curve([picture([(0, 0, 9, 9)], [0.9], crowds=[(0, 0, 9, 9)]), picture()]) is None


def test_recall_at_unreached_precision_is_zero():
    assert curve([picture([(50, 50, 60, 60)], [0.9], [(0, 0, 9, 9)])]).recall_at(0.9) == 0

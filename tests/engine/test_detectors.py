"""Run each detector with each model on real footage.

OpenCV gets the bundled weights and, where developers have them, the files that it
downloads on a user's system.
"""

from dataclasses import replace
import os
import threading

import av
from model_files import BUNDLED, bundled, export_for_opencv
import numpy as np
import pytest

from custom_components.homesec.engine.core.errors import DetectorError
from custom_components.homesec.engine.core.types import PERSON, Box
from custom_components.homesec.engine.detection.create import create_detector
from custom_components.homesec.engine.detection.ncnn import (
    ALGORITHMS,
    NcnnDetector,
    choose_fastest,
)
from custom_components.homesec.engine.media.convert import to_bgr
from custom_components.homesec.engine.media.decoder import Frame
from custom_components.homesec.engine.model_zoo.manifest import models_for
from custom_components.homesec.engine.model_zoo.store import ModelStore
from custom_components.homesec.engine.worker.memory import rss_bytes, trim_memory
from homesec_dev import footage
from homesec_dev.bootstrap import paths

pytestmark = pytest.mark.long

CYCLIST_T, CYCLIST = 4.8, Box(0.54, 0.01, 0.77, 1.0)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Export YOLOX-nano for OpenCV."""
    pytest.importorskip("cv2", reason="OpenCV is not installed here", exc_type=ImportError)
    return export_for_opencv(tmp_path_factory.mktemp("onnx"))


@pytest.fixture(scope="module", params=[*BUNDLED, "opencv"])
def detector(request):
    if request.param == "opencv":
        created = create_detector("opencv", request.getfixturevalue("exported"))
    else:
        created = create_detector("ncnn", bundled(request.param))
    yield created
    created.close()


@pytest.fixture(scope="module")
def yolox():
    return bundled("yolox-nano")


def sampled_frames(name, every_s):
    """Decode a sample video, one frame per ``every_s`` seconds."""
    with av.open(footage.sample(name)) as container:
        due = 0.0
        for picture in container.decode(video=0):
            if picture.time >= due - 1e-6:
                due = picture.time + every_s
                yield Frame(t=picture.time, at=picture.time, picture=picture)


@pytest.fixture(scope="module")
def bikes():
    return list(sampled_frames("bikes", 0.2))


@pytest.fixture(scope="module")
def bunny():
    return list(sampled_frames("bigbuckbunny", 0.5))


def detect(detector, frame):
    size = detector.fit(frame.width, frame.height)
    return detector.detect(to_bgr(frame.picture, *size))


def people(detector, frame):
    return [
        each
        for each in detect(detector, frame)
        if each.label == PERSON and each.score >= detector.threshold
    ]


def at(frames, t):
    return min(frames, key=lambda frame: abs(frame.t - t))


def test_detector_finds_cyclist_where_he_is(detector, bikes):
    found = people(detector, at(bikes, CYCLIST_T))
    assert max(each.box.iou(CYCLIST) for each in found) > 0.8


def test_detector_finds_person_in_every_shot_with_whole_person(detector, bikes):
    for begin, end in ((1.2, 2.0), (3.1, 3.3), (4.1, 5.5), (7.5, 8.5)):
        shot = [frame for frame in bikes if begin - 1e-3 <= frame.t <= end]
        assert any(people(detector, frame) for frame in shot), f"nobody from {begin} to {end} s"


def test_detector_finds_no_person_in_cartoon(detector, bunny):
    assert [frame.t for frame in bunny if people(detector, frame)] == []


def test_detector_reports_detections_best_first_down_to_low_confidence(detector, bikes):
    found = [each for frame in bikes[::5] for each in detect(detector, frame)]
    assert {each.label for each in found} <= set(detector.labels)
    assert all(0.1 <= each.score <= 1 for each in found)
    assert any(each.score < detector.threshold for each in found)
    for each in found:
        assert 0 <= each.box.x1 < each.box.x2 <= 1
        assert 0 <= each.box.y1 < each.box.y2 <= 1
    scores = [each.score for each in detect(detector, at(bikes, CYCLIST_T))]
    assert scores == sorted(scores, reverse=True)


def test_detector_gives_same_result_from_several_threads(detector, bikes):
    frames = [at(bikes, t) for t in (1.4, CYCLIST_T)] * 3
    alone = [detect(detector, frame) for frame in frames]
    together = [None] * len(frames)

    def run(index):
        together[index] = detect(detector, frames[index])

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(frames))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


def assert_same(found, expected, frame):
    """Compare detections: equal labels, scores within .01, corners within a pixel."""
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.label == other.label
        assert one.score == pytest.approx(other.score, abs=0.01)
        for side, pixels in (
            ("x1", frame.width), ("x2", frame.width), ("y1", frame.height), ("y2", frame.height),
        ):  # fmt: skip
            assert getattr(one.box, side) * pixels == pytest.approx(
                getattr(other.box, side) * pixels, abs=1
            )


def detections_by(kind, files, frames):
    """Return what a detector finds in each frame, without the noise."""
    detector = create_detector(kind, files)
    found = [[each for each in detect(detector, frame) if each.score > 0.2] for frame in frames]
    detector.close()
    return found


def test_opencv_finds_what_ncnn_finds(exported, yolox, bikes):
    frames = bikes[::6]
    expected_of_all = detections_by("ncnn", yolox, frames)
    found_of_all = detections_by("opencv", exported, frames)
    assert any(expected_of_all)
    for frame, found, expected in zip(frames, found_of_all, expected_of_all, strict=True):
        assert_same(found, expected, frame)


@pytest.mark.parametrize("model", BUNDLED)
def test_downloaded_files_find_what_bundled_ones_find(model, bikes):
    shared = paths.shared("models")
    if shared is None:
        pytest.skip("the files that OpenCV downloads are on developers' machines only")
    pytest.importorskip("cv2", reason="OpenCV is not installed here", exc_type=ImportError)
    frames, tried = bikes[::6], 0
    expected = detections_by("ncnn", bundled(model), frames)
    manifest = {each.name: each for each in models_for("opencv")}
    for variant in manifest[model].variants["opencv"]:
        alone = replace(manifest[model], variants={"opencv": (variant,)})
        store = ModelStore(folder=shared, manifest={model: alone})
        if (only := store.find(model, "opencv")) is None:
            continue
        tried += 1
        for frame, *both in zip(
            frames, detections_by("opencv", only, frames), expected, strict=True
        ):
            assert_same(*both, frame)
    assert tried


def test_folded_input_gives_same_result_as_whole_network(yolox, bikes):
    frames = bikes[::6]
    whole = detections_by("ncnn", replace(yolox, folded_input=None), frames)
    assert any(whole)
    for frame, found, expected in zip(
        frames, detections_by("ncnn", yolox, frames), whole, strict=True
    ):
        assert_same(found, expected, frame)


def test_every_algorithm_gives_same_scores(yolox, bikes, monkeypatch):
    results = []
    for algorithm in ALGORITHMS:
        monkeypatch.setattr(
            "custom_components.homesec.engine.detection.ncnn.ALGORITHMS", (algorithm,)
        )
        results.append(detect(NcnnDetector(yolox), at(bikes, CYCLIST_T)))
    for other in results[1:]:
        for found, expected in zip(other, results[0], strict=True):
            assert found.score == pytest.approx(expected.score, abs=1e-4)


def test_detector_writes_nothing_to_log_or_stderr(detector, bikes, capfd, caplog):
    files = detector._files
    created = create_detector(detector.name, files)
    detect(created, bikes[0])
    created.close()
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


@pytest.mark.parametrize("model", BUNDLED)
def test_ncnn_gives_back_memory_of_its_runs(model, bikes):
    created = NcnnDetector(bundled(model))
    trim_memory()
    before = rss_bytes(os.getpid())
    for frame in bikes[:3]:
        detect(created, frame)
    created.free_memory()
    trim_memory()
    assert rss_bytes(os.getpid()) - before < 8 * 2**20
    created.close()


def test_closed_detector_raises_and_can_be_closed_again(detector):
    other = create_detector(detector.name, detector._files)
    picture = np.zeros((10, 10, 3), np.uint8)
    other.detect(picture)
    other.close()
    other.close()
    with pytest.raises(DetectorError, match="closed"):
        other.detect(picture)


def test_detector_with_two_threads_finds_the_same(yolox, bikes):
    one, two = (create_detector("ncnn", yolox, threads=count) for count in (1, 2))
    assert_same(detect(two, bikes[24]), detect(one, bikes[24]), bikes[24])


@pytest.mark.parametrize(
    ("times_s", "chosen", "runs"),
    [
        ({"one": [1.0], "other": [1.1]}, "one", 2),
        ({"one": [1.1], "other": [1.0]}, "one", 2),
        ({"one": [2.0] * 3, "other": [1.0] * 3}, "other", 6),
        ({"one": [1.0] * 3, "other": [2.0] * 3}, "one", 6),
        ({"one": [2.0, 1.0, 2.0], "other": [1.5] * 3}, "one", 6),
    ],
    ids=["alike", "alike the other way", "other is faster", "one is faster", "one was disturbed"],
)
def test_algorithm_is_measured_again_only_where_they_differ(times_s, chosen, runs):
    asked = []

    def measure_s(name):
        asked.append(name)
        return times_s[name][asked.count(name) - 1]

    assert choose_fastest(list(times_s), measure_s) == chosen
    assert len(asked) == runs

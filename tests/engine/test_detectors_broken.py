"""Detectors with a damaged, missing, or unsuitable model or library raise errors only."""

from dataclasses import replace
import sys

from model_files import BUNDLED, bundled, export_for_opencv
import numpy as np
import pytest

from custom_components.homesec.engine.core.errors import DetectorError, DetectorMissing, ModelBroken
from custom_components.homesec.engine.core.types import PERSON, Box, Detection
from custom_components.homesec.engine.detection.create import create_detector
from custom_components.homesec.engine.detection.detector import NetworkDetector
from custom_components.homesec.engine.model_zoo.manifest import ModelFiles

INPUT = "Input data 0 1 data\n"
PICTURE = np.zeros((300, 300, 3), np.uint8)


DETECTORS = ("ncnn", "opencv")


@pytest.fixture
def yolox():
    return bundled("yolox-nano")


@pytest.fixture
def exported(tmp_path):
    pytest.importorskip("cv2", reason="OpenCV is not installed here", exc_type=ImportError)
    folder = tmp_path / "onnx"
    folder.mkdir()
    return export_for_opencv(folder)


def damaged(files, folder, damage, *, which=0):
    """Return a model with a damaged copy of one of its files."""
    copy = folder / files.paths[which].name
    copy.write_bytes(damage(files.paths[which].read_bytes()))
    return replace(
        files,
        paths=tuple(copy if at == which else path for at, path in enumerate(files.paths)),
    )


DAMAGES = {
    "cut": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "a page": lambda content: b"<!doctype html><title>404</title>" * 100,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_opencv_damaged_model_raises_model_broken_silently(tmp_path, capfd, exported, damage):
    with pytest.raises(ModelBroken) as caught:
        create_detector("opencv", damaged(exported, tmp_path, damage))
    assert caught.value.placeholders == {"model": "YOLOX-nano", "detector": "opencv"}
    assert "OpenCV(" not in str(caught.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("model", BUNDLED)
def test_ncnn_truncated_file_raises_model_broken(tmp_path, model, which):
    with pytest.raises(ModelBroken):
        create_detector("ncnn", damaged(bundled(model), tmp_path, DAMAGES["cut"], which=which))


@pytest.mark.parametrize("detector_name", DETECTORS)
def test_create_detector_other_files_raise_model_broken(detector_name, tmp_path, yolox):
    if detector_name == "opencv":
        pytest.importorskip("cv2", reason="OpenCV is not installed here", exc_type=ImportError)
    paths_ = tuple(tmp_path / name for name in ("a.param", "a.bin"))
    for path in paths_:
        path.write_text("7767517\n3 3\nnothing of the detector_name\n")
    files = replace(yolox, paths=paths_ if detector_name == "ncnn" else paths_[:1])
    with pytest.raises(ModelBroken):
        create_detector(detector_name, files)


@pytest.mark.parametrize("detector_name", DETECTORS)
def test_create_detector_wrong_head_raises_model_broken(detector_name, request, yolox):
    files = request.getfixturevalue("exported") if detector_name == "opencv" else yolox
    with pytest.raises(ModelBroken, match="head"):
        create_detector(detector_name, replace(files, head="ssd", folded_input=None))


@pytest.mark.parametrize(("detector_name", "library"), [("opencv", "cv2"), ("ncnn", "ncnn")])
def test_create_detector_without_library_raises_detector_missing(
    monkeypatch, yolox, detector_name, library
):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(DetectorMissing) as caught:
        create_detector(detector_name, yolox)
    assert caught.value.placeholders == {"detector": detector_name}


def test_create_detector_unknown_name_raises_detector_missing(yolox):
    with pytest.raises(DetectorMissing):
        create_detector("abacus", yolox)


# --- ncnn with networks written for the tests ---


@pytest.fixture
def ssd_files(tmp_path):
    """Write an SSD's files from ncnn layers."""

    def make(layers, counts):
        graph, weights = tmp_path / "hand.param", tmp_path / "hand.bin"
        graph.write_text(f"7767517\n{counts}\n{layers}")
        weights.touch()
        return ModelFiles(
            name="hand", title="By hand", paths=(graph, weights), head="ssd", input=(300, 300),
            labels=(PERSON,), threshold=0.45,
        )  # fmt: skip

    return make


@pytest.fixture
def first_row(ssd_files):
    """Load a network that returns the first seven pixels of the first channel, which is red."""
    return create_detector("ncnn", ssd_files(INPUT + "Crop crop 1 1 data out 3=7 4=1 5=1\n", "2 2"))


def test_ncnn_runs_minimal_network(first_row):
    picture = PICTURE.copy()
    # picture 0, class 1, score 1, from (0, 0) to (1, 1)
    picture[0, :7, 2] = [0, 1, 1, 0, 0, 1, 1]
    assert first_row.detect(picture) == [Detection(PERSON, 1.0, Box(0, 0, 1, 1))]
    assert first_row.detect(PICTURE) == []


def test_ncnn_network_with_two_inputs_raises_model_broken(ssd_files):
    layers = INPUT + "Input more 0 1 more\nBinaryOp sum 2 1 data more out 0=0\n"
    with pytest.raises(ModelBroken, match="2 inputs"):
        create_detector("ncnn", ssd_files(layers, "3 3"))


@pytest.mark.parametrize("trouble", [RuntimeError("bad"), MemoryError("full")])
def test_ncnn_exception_raises_detector_error(first_row, monkeypatch, trouble):
    def mat(blob):
        raise trouble

    monkeypatch.setattr(first_row._network, "_mat", mat)
    with pytest.raises(DetectorError):
        first_row.detect(PICTURE)


@pytest.mark.parametrize("attribute", ["_input", "_outputs"])
def test_ncnn_error_code_raises_detector_error(first_row, monkeypatch, attribute):
    wrong = ["nope"] if attribute == "_outputs" else "nope"
    monkeypatch.setattr(first_row._network, attribute, wrong)
    with pytest.raises(DetectorError):
        first_row.detect(PICTURE)


def test_ncnn_exception_while_loading_raises_model_broken(ssd_files, monkeypatch):
    import ncnn

    def load_model(net, path):
        raise RuntimeError("bad")

    monkeypatch.setattr(ncnn.Net, "load_model", load_model)
    with pytest.raises(ModelBroken):
        create_detector("ncnn", ssd_files(INPUT, "1 1"))


def test_opencv_exception_raises_detector_error(exported, monkeypatch):
    detector = create_detector("opencv", exported)
    monkeypatch.setattr(detector, "_outputs", ["nope"])
    with pytest.raises(DetectorError):
        detector.detect(PICTURE)


class FixedSizeDetector(NetworkDetector):
    """Claims to be flexible and accepts one input size only."""

    name = "strict"
    refused = 0

    def _run(self, blob):
        if blob.shape != (3, 64, 64):
            self.refused += 1
            raise DetectorError("another size")
        return [np.zeros((1, 84, 8, 8)), np.zeros((1, 84, 4, 4)), np.zeros((1, 84, 2, 2))]

    def close(self):
        pass


def fixed_size_detector(size):
    labels = tuple(f"label {n}" for n in range(79))
    return FixedSizeDetector(
        ModelFiles(
            name="strict", title="Strict", paths=(), head="yolox", input=(size, size),
            labels=labels, threshold=0.5, flexible=True,
        )
    )  # fmt: skip


def test_warm_up_of_inflexible_network_falls_back_to_fixed_input():
    detector = fixed_size_detector(64)
    assert detector.fit(1920, 1080) == (672, 378)
    detector.warm_up()
    assert detector.refused == 1
    assert detector.fit(1920, 1080) == (64, 36)
    assert detector.crop_px == 64
    assert detector.detect(np.zeros((36, 64, 3), np.uint8)) == []


def test_warm_up_of_network_that_accepts_no_size_raises_model_broken():
    with pytest.raises(ModelBroken, match="another size"):
        fixed_size_detector(96).warm_up()

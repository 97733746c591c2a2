"""Detectors whose model or library is damaged, missing or another: an error, never a crash."""

from dataclasses import replace
import sys

from model_files import ON_BOARD, for_opencv, on_board
import numpy as np
import pytest

from custom_components.homesec.engine.core.errors import DetectorError, DetectorMissing, ModelBroken
from custom_components.homesec.engine.core.types import PERSON, Box, Detection
from custom_components.homesec.engine.detection import ModelFiles, create_detector
from custom_components.homesec.engine.detection.detector import NetworkDetector

INPUT = "Input data 0 1 data\n"
PICTURE = np.zeros((300, 300, 3), np.uint8)


KINDS = ("ncnn", "opencv")


@pytest.fixture
def yolox():
    return on_board("yolox-nano")


@pytest.fixture
def exported(tmp_path):
    pytest.importorskip("cv2", reason="OpenCV is not installed here", exc_type=ImportError)
    folder = tmp_path / "onnx"
    folder.mkdir()
    return for_opencv(folder)


def damaged(files, folder, damage, *, which=0):
    """Give a model one of whose files is a damaged copy."""
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
def test_a_damaged_model_is_an_error_and_no_noise(tmp_path, capfd, exported, damage):
    with pytest.raises(ModelBroken) as caught:
        create_detector("opencv", damaged(exported, tmp_path, damage))
    assert caught.value.placeholders == {"model": "YOLOX-nano", "detector": "opencv"}
    assert "OpenCV(" not in str(caught.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("model", ON_BOARD)
def test_either_file_cut_in_half_is_an_error_and_no_crash(tmp_path, model, which):
    with pytest.raises(ModelBroken):
        create_detector("ncnn", damaged(on_board(model), tmp_path, DAMAGES["cut"], which=which))


@pytest.mark.parametrize("kind", KINDS)
def test_files_that_are_no_model_are_an_error(kind, tmp_path, yolox):
    if kind == "opencv":
        pytest.importorskip("cv2", reason="OpenCV is not installed here", exc_type=ImportError)
    paths_ = tuple(tmp_path / name for name in ("a.param", "a.bin"))
    for path in paths_:
        path.write_text("7767517\n3 3\nnothing of the kind\n")
    files = replace(yolox, paths=paths_ if kind == "ncnn" else paths_[:1])
    with pytest.raises(ModelBroken):
        create_detector(kind, files)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_of_another_head_is_broken(kind, request, yolox):
    files = request.getfixturevalue("exported") if kind == "opencv" else yolox
    with pytest.raises(ModelBroken, match="head"):
        create_detector(kind, replace(files, head="ssd", folded_input=None))


@pytest.mark.parametrize(("kind", "library"), [("opencv", "cv2"), ("ncnn", "ncnn")])
def test_a_library_that_is_not_installed_is_told(monkeypatch, yolox, kind, library):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(DetectorMissing) as caught:
        create_detector(kind, yolox)
    assert caught.value.placeholders == {"detector": kind}


def test_an_unknown_detector_is_missing(yolox):
    with pytest.raises(DetectorMissing):
        create_detector("abacus", yolox)


# --- ncnn with networks written by hand ---


@pytest.fixture
def by_hand(tmp_path):
    """Make an SSD's files of ncnn layers."""

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
def first_row(by_hand):
    """Load a network that gives the first seven pixels of the first channel, which is red."""
    return create_detector("ncnn", by_hand(INPUT + "Crop crop 1 1 data out 3=7 4=1 5=1\n", "2 2"))


def test_ncnn_runs_a_network_written_by_hand(first_row):
    picture = PICTURE.copy()
    # picture 0, class 1, score 1, from (0, 0) to (1, 1)
    picture[0, :7, 2] = [0, 1, 1, 0, 0, 1, 1]
    assert first_row.detect(picture) == [Detection(PERSON, 1.0, Box(0, 0, 1, 1))]
    assert first_row.detect(PICTURE) == []


def test_ncnn_refuses_a_network_of_two_inputs(by_hand):
    layers = INPUT + "Input more 0 1 more\nBinaryOp sum 2 1 data more out 0=0\n"
    with pytest.raises(ModelBroken, match="2 inputs"):
        create_detector("ncnn", by_hand(layers, "3 3"))


@pytest.mark.parametrize("trouble", [RuntimeError("bad"), MemoryError("full")])
def test_an_exception_of_ncnn_is_a_detector_error(first_row, monkeypatch, trouble):
    def mat(blob):
        raise trouble

    monkeypatch.setattr(first_row._network, "_mat", mat)
    with pytest.raises(DetectorError):
        first_row.detect(PICTURE)


@pytest.mark.parametrize("attribute", ["_input", "_outputs"])
def test_a_return_value_of_ncnn_is_a_detector_error(first_row, monkeypatch, attribute):
    wrong = ["nope"] if attribute == "_outputs" else "nope"
    monkeypatch.setattr(first_row._network, attribute, wrong)
    with pytest.raises(DetectorError):
        first_row.detect(PICTURE)


def test_an_exception_while_ncnn_loads_is_a_broken_model(by_hand, monkeypatch):
    import ncnn

    def load_model(net, path):
        raise RuntimeError("bad")

    monkeypatch.setattr(ncnn.Net, "load_model", load_model)
    with pytest.raises(ModelBroken):
        create_detector("ncnn", by_hand(INPUT, "1 1"))


def test_an_exception_of_opencv_is_a_detector_error(exported, monkeypatch):
    detector = create_detector("opencv", exported)
    monkeypatch.setattr(detector, "_outputs", ["nope"])
    with pytest.raises(DetectorError):
        detector.detect(PICTURE)


class Strict(NetworkDetector):
    """A network that claims to take any size, and takes one."""

    engine = "strict"
    refused = 0

    def _run(self, blob):
        if blob.shape != (3, 64, 64):
            self.refused += 1
            raise DetectorError("another size")
        return [np.zeros((1, 84, 8, 8)), np.zeros((1, 84, 4, 4)), np.zeros((1, 84, 2, 2))]

    def close(self):
        pass


def strict(size):
    labels = tuple(f"label {n}" for n in range(79))
    return Strict(
        ModelFiles(
            name="strict", title="Strict", paths=(), head="yolox", input=(size, size),
            labels=labels, threshold=0.5, flexible=True,
        )
    )  # fmt: skip


def test_a_network_that_does_not_take_any_size_after_all_gets_its_own():
    detector = strict(64)
    assert detector.fit(1920, 1080) == (672, 378)
    detector.warm_up()
    assert detector.refused == 1
    assert detector.fit(1920, 1080) == (64, 36)
    assert detector.part_px == 64
    assert detector.detect(np.zeros((36, 64, 3), np.uint8)) == []


def test_a_network_that_takes_no_size_is_broken():
    with pytest.raises(ModelBroken, match="another size"):
        strict(96).warm_up()

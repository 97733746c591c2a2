"""Output of `script/bench detect` with detectors that find nothing."""

import json
from types import SimpleNamespace

import av
import numpy as np
import pytest

from bench import detect, timing
from bench.null_detector import NullDetector
from custom_components.homesec.engine.core.errors import DetectorError
from custom_components.homesec.engine.detection.cascade import CascadeDetector

KEYS = {"model", "detector", "input", "ap50", "recall_p90", "flagged", "false_alarms", "ms"}


def load(floor=0.0):
    return NullDetector()


def network(load=load):
    files = SimpleNamespace(input=(64, 64), flexible=False)
    return SimpleNamespace(model="none", detector="nobody", input="64x64", files=files, load=load)


def broken(floor=0.0):
    raise DetectorError("it does not load", model="none")


@pytest.fixture
def folder(tmp_path):
    image = {"id": 1, "file_name": "1.png", "width": 64, "height": 48, "subset": "one"}
    person = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 20, 40], "iscrowd": 0}
    raw = {
        "images": [image, image | {"id": 2, "subset": "two"}],
        "annotations": [person],
        "categories": [{"id": 1, "name": "person"}],
    }
    (tmp_path / "annotations.json").write_text(json.dumps(raw))
    with av.open(str(tmp_path / "1.png"), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb24"
        picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return tmp_path


@pytest.fixture
def measure(folder, monkeypatch):
    def run(*networks):
        monkeypatch.setattr(detect, "networks", lambda: iter(networks))
        monkeypatch.setattr(timing, "load_raw_network", lambda *_: lambda _: None)
        for module in (detect, timing):
            monkeypatch.setattr(module, "product", lambda *_: CascadeDetector(NullDetector()))
        target = folder / "figures.json"
        detect.run(folder, target)
        return json.loads(target.read_text())

    return run


def test_table_has_rows_for_networks_and_default(measure):
    written = measure(network(), network())
    assert len(written["rows"]) == 2
    for row in (*written["rows"], written["default"]):
        assert row.keys() >= KEYS
    assert written["rows"][0].keys() >= {"network_ms", "ratio", "subsets"}
    assert written["default"]["look_ms"] >= 0
    assert written["counts"]["photos_without_people"] == 1


def test_null_detector_finds_nobody(measure):
    row = measure(network())["default"]
    assert (row["ap50"], row["flagged"], row["false_alarms"]) == (0, 0, 0)
    assert row["subsets"] == {"one": 0}


def test_broken_network_is_left_out(measure, capsys):
    written = measure(network(broken), network())
    assert len(written["rows"]) == 1
    assert "it does not load" in capsys.readouterr().err


def test_default_is_measured_without_other_networks(measure):
    written = measure()
    assert (written["rows"], written["default"]["model"]) == ([], "none")

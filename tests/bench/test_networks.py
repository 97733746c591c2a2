"""The choice of networks to measure."""

from pathlib import Path

import pytest

from bench import networks
from custom_components.homesec.engine.model_zoo.store import ModelFiles


def files(*, flexible, name="nanodet-plus-m"):
    return ModelFiles(
        name=name,
        title=name,
        paths=(Path("416.onnx"),),
        head="nanodet",
        input=(416, 416),
        labels=("person",),
        threshold=0.5,
        flexible=flexible,
    )


@pytest.mark.parametrize(
    ("detector", "flexible"), [("opencv", True), ("ncnn", False)], ids=["flexible", "ncnn"]
)
def test_flexible_network_gets_fixed_input(detector, flexible):
    fixed = networks._with_input(detector, files(flexible=flexible), 320, 320)
    assert (fixed.input, fixed.flexible, fixed.paths) == ((320, 320), False, (Path("416.onnx"),))


def test_fixed_network_uses_other_file_for_other_size(monkeypatch, tmp_path):
    monkeypatch.setattr(networks.paths, "shared", lambda name: tmp_path / name)
    fixed = networks._with_input("opencv", files(flexible=False), 640, 384)
    assert fixed.paths == (tmp_path / "models/nanodet_plus_m_640x384.onnx",)


def test_fixed_network_without_file_is_left_out(monkeypatch):
    monkeypatch.setattr(networks.paths, "shared", lambda _: None)
    assert networks._with_input("opencv", files(flexible=False), 640, 384) is None
    assert networks._with_input("opencv", files(flexible=False), 416, 416) is not None

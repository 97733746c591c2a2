"""Networks for the tests: the bundled ones, and one of them exported for OpenCV."""

from dataclasses import replace
from pathlib import Path

from onnx_export import export_onnx

from custom_components.homesec.engine.model_zoo.store import ModelStore

BUNDLED = ("yolox-nano", "nanodet-plus-m")
INPUT = (416, 416)


def bundled(model):
    """Return the files of a network that comes with HomeSec."""
    return ModelStore(folder=Path("none")).find(model, "ncnn")


def export_for_opencv(folder):
    """Write YOLOX-nano with the bundled weights to an ONNX file; return its files for OpenCV."""
    files = bundled("yolox-nano")
    param, weights = files.paths
    path = folder / "yolox_nano.onnx"
    content = export_onnx(param.read_text(), weights.read_bytes(), width=INPUT[0], height=INPUT[1])
    path.write_bytes(content)
    return replace(files, paths=(path,), folded_input=None)

"""Networks for the tests: those on board, and one of them as OpenCV takes it."""

from dataclasses import replace
from pathlib import Path

from onnx_export import onnx_of

from custom_components.homesec.engine.model_zoo.store import ModelStore

ON_BOARD = ("yolox-nano", "nanodet-plus-m")
INPUT = (416, 416)


def on_board(model):
    """Return the files of a network that comes with HomeSec."""
    return ModelStore(folder=Path("none")).find(model, "ncnn")


def for_opencv(folder):
    """Return YOLOX-nano for OpenCV: the weights on board, written to an ONNX file in a folder."""
    files = on_board("yolox-nano")
    param, weights = files.paths
    path = folder / "yolox_nano.onnx"
    content = onnx_of(param.read_text(), weights.read_bytes(), width=INPUT[0], height=INPUT[1])
    path.write_bytes(content)
    return replace(files, paths=(path,), folded_input=None)

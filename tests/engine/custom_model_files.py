"""Files and metadata of a small custom model."""

from onnx_files import TOY_ONNX

from custom_components.homesec.engine.model_zoo.custom_models import import_custom_model


def import_small_model(tmp_path, *, contents=None, **metadata):
    """Write the files as if write_uploads by a browser, and import them into ``models``."""
    metadata = {
        "title": "My dogs",
        "head": "yolov8",
        "input": (640, 384),
        "labels": ["person", "dog"],
        "threshold": 0.4,
        "files": write_uploads(tmp_path, contents or {"best.onnx": TOY_ONNX}),
    } | metadata
    return import_custom_model(tmp_path / "models", **metadata)


def write_uploads(tmp_path, contents):
    folder = tmp_path / "uploads"
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]

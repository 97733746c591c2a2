"""A small network that a user brings, with facts and files as a test wants them."""

from onnx_files import TOY_ONNX

from custom_components.homesec.engine.model_zoo.custom_models import import_custom_model


def imported(tmp_path, *, contents=None, **facts):
    """Write the files as a browser sent them, and import them into ``models``."""
    facts = {
        "title": "My dogs",
        "head": "yolov8",
        "input": (640, 384),
        "labels": ["person", "dog"],
        "threshold": 0.4,
        "files": uploaded(tmp_path, contents or {"best.onnx": TOY_ONNX}),
    } | facts
    return import_custom_model(tmp_path / "models", **facts)


def uploaded(tmp_path, contents):
    place = tmp_path / "uploads"
    place.mkdir(exist_ok=True)
    for name, content in contents.items():
        (place / name).write_bytes(content)
    return [place / name for name in contents]

"""Custom models damaged by hand or by a failing disk are reported and never raise."""

from functools import partial
import json
import os
import shutil

from custom_model_files import import_small_model
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.homesec.engine.core.errors import ModelBroken
from custom_components.homesec.engine.model_zoo.custom_models import (
    list_custom_models,
    remove_custom_model,
)
from custom_components.homesec.engine.model_zoo.store import ModelStore


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "models"


@pytest.fixture
def import_model(tmp_path):
    """Return a function that imports a small network, with metadata and files of choice."""
    return partial(import_small_model, tmp_path)


DAMAGES = {
    "head": ("head", "tarot", "there is none named tarot"),
    "unhashable head": ("head", [], "damaged"),
    "title": ("title", "", "1 to 60 characters"),
    "title is a number": ("title", 5, "damaged"),
    "one text for labels": ("labels", "person", "damaged"),
    "label is a number": ("labels", [5], "damaged"),
    "no labels": ("labels", None, "damaged"),
    "input": ("input", [1, 1], "64 to 1280"),
    "input is a number": ("input", 5, "damaged"),
    "threshold": ("threshold", None, "between 0 and 1"),
    "detector": ("detector", "abacus", "damaged"),
    "another detector": ("detector", "ncnn", "not those of a network for ncnn"),
    "no files": ("files", [], "not those of a network for opencv"),
    "hostile file": (
        "files",
        [{"name": "../../../secrets.yaml", "bytes": 1, "sha256": ""}],
        "not those of a network",
    ),
    "size": ("files", [{"name": "model.onnx", "bytes": 1, "sha256": ""}], "model.onnx is damaged"),
    "files are numbers": ("files", [1], "damaged"),
    "endless size": (
        "files",
        [{"name": "model.onnx", "bytes": float("inf"), "sha256": ""}],
        "damaged",
    ),
    "size is no number": ("files", [{"name": "model.onnx", "bytes": "x", "sha256": ""}], "damaged"),
}


@pytest.mark.parametrize(("key", "value", "problem"), DAMAGES.values(), ids=DAMAGES)
def test_changed_metadata_is_reported(import_model, folder, key, value, problem):
    import_model()
    path = folder / "own/my-dogs/model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    (custom,) = list_custom_models(folder)
    assert custom.model is None
    assert problem in custom.problem
    with pytest.raises(ModelBroken):
        ModelStore(folder=folder).find("own:my-dogs", "opencv")
    assert remove_custom_model(folder, custom.name)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b"7"])
def test_unreadable_metadata_is_reported(import_model, folder, content):
    import_model()
    (folder / "own/my-dogs/model.json").write_bytes(content)
    (custom,) = list_custom_models(folder)
    assert (custom.title, custom.problem) == ("my-dogs", "model.json is damaged")


@pytest.mark.parametrize("missing", ["model.json", "model.onnx"])
def test_missing_file_is_reported(import_model, folder, missing):
    import_model()
    (folder / "own/my-dogs" / missing).unlink()
    assert list_custom_models(folder)[0].problem == "No such file or directory"


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
@pytest.mark.parametrize("name", ["model.json", "model.onnx"])
def test_path_that_is_no_regular_file_is_reported(import_model, folder, make, name):
    import_model()
    (folder / "own/my-dogs" / name).unlink()
    make(folder / "own/my-dogs" / name)
    (custom,) = list_custom_models(folder)
    assert custom.model is None
    assert "damaged" in custom.problem
    with pytest.raises(ModelBroken):
        ModelStore(folder=folder).find("own:my-dogs", "opencv")


def test_list_includes_broken_models(import_model, folder):
    import_model()
    good = import_model(title="Birds")
    shutil.rmtree(folder / "own/my-dogs")
    (folder / "own/my-dogs").mkdir()
    (folder / "own/NOT A SLUG").mkdir()
    assert [each.name for each in list_custom_models(folder)] == [good.name, "own:my-dogs"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    ),
    st.sampled_from(["title", "head", "input", "labels", "threshold", "files", "detector"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_metadata_of_any_kind_never_raises(import_model, folder, value, key):
    if not list_custom_models(folder):
        import_model()
    path = folder / "own/my-dogs/model.json"
    good = path.read_text()
    path.write_text(json.dumps(json.loads(good) | {key: value}))
    assert len(list_custom_models(folder)) == 1
    path.write_text(good)

"""Own networks changed by hand or by a failing disk: that is told, and never an exception."""

from functools import partial
import json
import os
import shutil

from custom_model_files import imported
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
def bring(tmp_path):
    """Import a small network; facts and files can be chosen."""
    return partial(imported, tmp_path)


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
def test_facts_that_were_changed_by_hand_are_reported(bring, folder, key, value, problem):
    bring()
    path = folder / "own/my-dogs/model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    (own,) = list_custom_models(folder)
    assert own.model is None
    assert problem in own.problem
    with pytest.raises(ModelBroken):
        ModelStore(folder=folder).find("own:my-dogs", "opencv")
    assert remove_custom_model(folder, own.name)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b"7"])
def test_facts_that_are_none_are_reported(bring, folder, content):
    bring()
    (folder / "own/my-dogs/model.json").write_bytes(content)
    (own,) = list_custom_models(folder)
    assert (own.title, own.problem) == ("my-dogs", "model.json is damaged")


@pytest.mark.parametrize("gone", ["model.json", "model.onnx"])
def test_a_missing_file_is_reported(bring, folder, gone):
    bring()
    (folder / "own/my-dogs" / gone).unlink()
    assert list_custom_models(folder)[0].problem == "No such file or directory"


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
@pytest.mark.parametrize("name", ["model.json", "model.onnx"])
def test_what_is_no_file_is_reported_and_not_waited_for(bring, folder, make, name):
    bring()
    (folder / "own/my-dogs" / name).unlink()
    make(folder / "own/my-dogs" / name)
    (own,) = list_custom_models(folder)
    assert own.model is None
    assert "damaged" in own.problem
    with pytest.raises(ModelBroken):
        ModelStore(folder=folder).find("own:my-dogs", "opencv")


def test_the_others_are_listed_beside_a_broken_one(bring, folder):
    bring()
    good = bring(title="Birds")
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
def test_no_facts_raise(bring, folder, value, key):
    if not list_custom_models(folder):
        bring()
    path = folder / "own/my-dogs/model.json"
    good = path.read_text()
    path.write_text(json.dumps(json.loads(good) | {key: value}))
    assert len(list_custom_models(folder)) == 1
    path.write_text(good)

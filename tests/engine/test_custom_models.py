"""Networks that the user brings: what is taken, what is refused, and what hostile ones can do."""

from functools import partial
from threading import Event

from custom_model_files import imported
from onnx_files import TOY_ONNX, TOY_PARAM, field, model, node, tensor, toy_bin, weights
import pytest

from custom_components.homesec.engine.core.errors import (
    CustomModelRefused,
    DetectorError,
    ModelBroken,
    ModelUnknown,
)
from custom_components.homesec.engine.detection.heads import HEADS
from custom_components.homesec.engine.model_zoo import custom_models as module
from custom_components.homesec.engine.model_zoo.custom_models import (
    find_custom_model,
    list_custom_models,
    remove_custom_model,
)
from custom_components.homesec.engine.model_zoo.store import ModelStore

EXTERNAL = model(node("Relu", ["a"], ["b"]), tensor("w", weights(1, 2), more=field(14, 1)))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "models"


@pytest.fixture
def bring(tmp_path):
    """Import a small network; facts and files can be chosen."""
    return partial(imported, tmp_path)


def listed(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_network_is_copied_and_read_back(bring, folder):
    own = bring()
    assert (own.name, own.title, own.problem) == ("own:my-dogs", "My dogs", "")
    assert list_custom_models(folder) == [own]
    assert find_custom_model(folder, "own:my-dogs") == own
    assert listed(folder) == ["own/my-dogs/model.json", "own/my-dogs/model.onnx"]
    assert own.model.labels == ("person", "dog")
    assert own.model.verifier is None


def test_a_network_for_ncnn_has_two_files_in_any_order(bring, folder):
    own = bring(contents={"x.BIN": toy_bin(), "y.param": TOY_PARAM.encode()})
    (variant,) = own.model.variants["ncnn"]
    assert [file.name for file in variant.files] == [
        "own/my-dogs/model.param",
        "own/my-dogs/model.bin",
    ]


def test_the_store_gives_its_files_to_a_detector(bring, folder):
    own = bring()
    store = ModelStore(folder=folder)
    files = store.obtain(own.name, "opencv", stop=Event())
    assert files == store.find(own.name, "opencv")
    assert files.paths == (folder / "own/my-dogs/model.onnx",)
    assert files.paths[0].read_bytes() == TOY_ONNX
    assert (files.name, files.title, files.head) == ("own:my-dogs", "My dogs", "yolov8")
    assert (files.input, files.threshold, files.flexible) == ((640, 384), 0.4, False)


@pytest.mark.parametrize(
    "name", ["own:my-dogs", "own:none", "own:", "own:../own/my-dogs", "own:/etc", "own:..", "own:."]
)
def test_the_store_knows_no_other_detector_and_no_other_name(bring, folder, name):
    bring(contents={"y.param": TOY_PARAM.encode(), "y.bin": b"1234"})
    with pytest.raises(ModelUnknown):
        ModelStore(folder=folder).find(name, "opencv")


def test_a_damaged_file_is_a_broken_model(bring, folder):
    bring()
    path = folder / "own/my-dogs/model.onnx"
    path.write_bytes(path.read_bytes()[::-1])
    store = ModelStore(folder=folder)
    assert store.find("own:my-dogs", "opencv") is None
    with pytest.raises(ModelBroken) as caught:
        store.obtain("own:my-dogs", "opencv", stop=Event())
    assert caught.value.placeholders == {"model": "My dogs", "detector": "opencv"}


def test_names_are_cleaned_and_never_repeat(bring, folder):
    titles = ["  My\tdogs\u202e \x00", "my DOGS!", "../../etc/passwd", "犬", "犬", "Größe/ß"]
    own = [bring(title=title) for title in titles]
    assert [each.name for each in own] == [
        "own:my-dogs",
        "own:my-dogs-2",
        "own:etc-passwd",
        "own:model",
        "own:model-2",
        "own:groe",
    ]
    assert own[0].title == "My dogs"
    assert {path.name for path in folder.parent.iterdir()} == {"models", "uploads"}


def test_hostile_file_names_are_not_used(bring, folder):
    bring(contents={"$(reboot);..\\..\\x\n.onnx": TOY_ONNX})
    assert listed(folder) == ["own/my-dogs/model.json", "own/my-dogs/model.onnx"]


def test_labels_are_cleaned(bring):
    assert bring(labels=[" Person ", "Big  Dog\n"]).model.labels == ("person", "big dog")


@pytest.mark.parametrize("head", HEADS)
def test_every_head_is_taken(bring, head):
    assert bring(head=head).model.head == head


def test_an_ssd_may_have_any_size(bring):
    assert bring(head="ssd", input=(300, 300)).model.input == (300, 300)


@pytest.mark.parametrize(
    ("facts", "at_fault"),
    [
        ({"title": " \x07 "}, "title"),
        ({"title": "x" * 61}, "title"),
        ({"head": "tarot"}, "head"),
        ({"input": (640, 380)}, "input"),
        ({"input": (0, 64)}, "input"),
        ({"input": (-64, 64)}, "input"),
        ({"input": (64, 6400)}, "input"),
        ({"input": (64.0, 64)}, "input"),
        ({"input": (64,)}, "input"),
        ({"labels": []}, "labels"),
        ({"labels": ["dog", ""]}, "labels"),
        ({"labels": ["dog", "Dog "]}, "labels"),
        ({"labels": ["d" * 41]}, "labels"),
        ({"labels": [str(at) for at in range(1001)]}, "labels"),
        ({"threshold": 0}, "threshold"),
        ({"threshold": 1.0}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"threshold": "high"}, "threshold"),
    ],
)
def test_facts_that_cannot_be_are_refused(bring, folder, facts, at_fault):
    with pytest.raises(CustomModelRefused) as caught:
        bring(**facts)
    assert isinstance(caught.value, DetectorError)
    assert caught.value.placeholders["field"] == at_fault
    assert caught.value.placeholders["reason"] in str(caught.value)
    assert list_custom_models(folder) == []


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ({"a.pt": b"PK"}, "one .onnx file, or"),
        ({"a.onnx": TOY_ONNX, "b.onnx": TOY_ONNX}, "one .onnx file, or"),
        ({"a.param": TOY_PARAM.encode()}, "one .onnx file, or"),
        ({"a.onnx": TOY_ONNX, "a.bin": b"1"}, "one .onnx file, or"),
        ({"a.param": b"1", "a.bin": b"1", "b.bin": b"1"}, "one .onnx file, or"),
        ({"a.onnx": b""}, "empty or larger than 128 MB"),
        ({"a.onnx": TOY_ONNX[:500]}, "ends too early"),
        ({"a.onnx": b"<!doctype html>"}, "cannot be read"),
        ({"a.onnx": EXTERNAL}, "weights are in another file"),
        ({"a.param": b"\xff\xfe", "a.bin": b"1234"}, "not a text"),
        ({"a.param": b"<html>", "a.bin": b"1234"}, "not an ncnn graph"),
        ({"a.param": TOY_PARAM.encode(), "a.bin": b""}, "the .bin file is empty"),
    ],
)
def test_files_that_are_no_network_are_refused(bring, folder, contents, reason):
    with pytest.raises(CustomModelRefused, match=reason) as caught:
        bring(contents=contents)
    assert caught.value.placeholders["field"] == "files"
    assert not folder.exists() or list((folder / "own").iterdir()) == []


def test_no_files_are_refused(bring):
    with pytest.raises(CustomModelRefused):
        bring(files=[])


def test_a_file_that_is_too_large_is_refused(bring, monkeypatch):
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 100)
    with pytest.raises(CustomModelRefused, match="larger"):
        bring()


def test_a_folder_that_cannot_be_written_is_an_error(bring, folder):
    folder.write_text("a file where the folder should be")
    with pytest.raises(CustomModelRefused, match="cannot be stored: Not a directory"):
        bring()
    assert list_custom_models(folder) == []


def test_what_an_import_left_that_the_power_cut_is_swept_away(bring, folder):
    left = folder / "own/.abc/new"
    left.mkdir(parents=True)
    (folder / "own/.stray").write_text("not a folder")
    assert list_custom_models(folder) == []
    bring()
    assert sorted(path.name for path in (folder / "own").iterdir()) == [".stray", "my-dogs"]


def test_a_network_is_removed_once(bring, folder):
    bring()
    other = bring(title="Other")
    assert remove_custom_model(folder, "own:my-dogs")
    assert not remove_custom_model(folder, "own:my-dogs")
    assert list_custom_models(folder) == [other]


@pytest.mark.parametrize("name", ["own:../../models", "my-dogs", "own:", "own:.", "yolox-nano"])
def test_nothing_else_is_removed(bring, folder, name):
    bring()
    assert not remove_custom_model(folder, name)
    assert len(list_custom_models(folder)) == 1

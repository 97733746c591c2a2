"""Custom models: what is import_small_model, what is refused, and hostile files."""

from functools import partial
from threading import Event

from custom_model_files import import_small_model
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
def import_model(tmp_path):
    """Return a function that imports a small network, with metadata and files of choice."""
    return partial(import_small_model, tmp_path)


def listed(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_import_copies_network_and_reads_it_back(import_model, folder):
    custom = import_model()
    assert (custom.name, custom.title, custom.problem) == ("own:my-dogs", "My dogs", "")
    assert list_custom_models(folder) == [custom]
    assert find_custom_model(folder, "own:my-dogs") == custom
    assert listed(folder) == ["own/my-dogs/model.json", "own/my-dogs/model.onnx"]
    assert custom.model.labels == ("person", "dog")
    assert custom.model.verifier is None


def test_import_for_ncnn_accepts_files_in_any_order(import_model, folder):
    custom = import_model(contents={"x.BIN": toy_bin(), "y.param": TOY_PARAM.encode()})
    (variant,) = custom.model.variants["ncnn"]
    assert [file.name for file in variant.files] == [
        "own/my-dogs/model.param",
        "own/my-dogs/model.bin",
    ]


def test_store_obtains_custom_model(import_model, folder):
    custom = import_model()
    store = ModelStore(folder=folder)
    files = store.obtain(custom.name, "opencv", stop=Event())
    assert files == store.find(custom.name, "opencv")
    assert files.paths == (folder / "own/my-dogs/model.onnx",)
    assert files.paths[0].read_bytes() == TOY_ONNX
    assert (files.name, files.title, files.head) == ("own:my-dogs", "My dogs", "yolov8")
    assert (files.input, files.threshold, files.flexible) == ((640, 384), 0.4, False)


@pytest.mark.parametrize(
    "name", ["own:my-dogs", "own:none", "own:", "own:../own/my-dogs", "own:/etc", "own:..", "own:."]
)
def test_store_raises_model_unknown_for_other_detectors_and_names(import_model, folder, name):
    import_model(contents={"y.param": TOY_PARAM.encode(), "y.bin": b"1234"})
    with pytest.raises(ModelUnknown):
        ModelStore(folder=folder).find(name, "opencv")


def test_store_raises_model_broken_for_damaged_file(import_model, folder):
    import_model()
    path = folder / "own/my-dogs/model.onnx"
    path.write_bytes(path.read_bytes()[::-1])
    store = ModelStore(folder=folder)
    assert store.find("own:my-dogs", "opencv") is None
    with pytest.raises(ModelBroken) as caught:
        store.obtain("own:my-dogs", "opencv", stop=Event())
    assert caught.value.placeholders == {"model": "My dogs", "detector": "opencv"}


def test_import_gives_unique_clean_names(import_model, folder):
    titles = ["  My\tdogs\u202e \x00", "my DOGS!", "../../etc/passwd", "犬", "犬", "Größe/ß"]
    custom = [import_model(title=title) for title in titles]
    assert [each.name for each in custom] == [
        "own:my-dogs",
        "own:my-dogs-2",
        "own:etc-passwd",
        "own:model",
        "own:model-2",
        "own:groe",
    ]
    assert custom[0].title == "My dogs"
    assert {path.name for path in folder.parent.iterdir()} == {"models", "uploads"}


def test_import_does_not_use_file_names(import_model, folder):
    import_model(contents={"$(reboot);..\\..\\x\n.onnx": TOY_ONNX})
    assert listed(folder) == ["own/my-dogs/model.json", "own/my-dogs/model.onnx"]


def test_import_cleans_labels(import_model):
    assert import_model(labels=[" Person ", "Big  Dog\n"]).model.labels == ("person", "big dog")


@pytest.mark.parametrize("head", HEADS)
def test_import_accepts_every_head(import_model, head):
    assert import_model(head=head).model.head == head


def test_import_accepts_any_input_size_for_ssd(import_model):
    assert import_model(head="ssd", input=(300, 300)).model.input == (300, 300)


@pytest.mark.parametrize(
    ("metadata", "field_name"),
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
def test_import_refuses_impossible_metadata(import_model, folder, metadata, field_name):
    with pytest.raises(CustomModelRefused) as caught:
        import_model(**metadata)
    assert isinstance(caught.value, DetectorError)
    assert caught.value.placeholders["field"] == field_name
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
def test_import_refuses_files_that_are_no_network(import_model, folder, contents, reason):
    with pytest.raises(CustomModelRefused, match=reason) as caught:
        import_model(contents=contents)
    assert caught.value.placeholders["field"] == "files"
    assert not folder.exists() or list((folder / "own").iterdir()) == []


def test_import_refuses_no_files(import_model):
    with pytest.raises(CustomModelRefused):
        import_model(files=[])


def test_import_refuses_too_large_file(import_model, monkeypatch):
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 100)
    with pytest.raises(CustomModelRefused, match="larger"):
        import_model()


def test_import_into_unwritable_folder_is_refused(import_model, folder):
    folder.write_text("a file where the folder should be")
    with pytest.raises(CustomModelRefused, match="cannot be stored: Not a directory"):
        import_model()
    assert list_custom_models(folder) == []


def test_import_removes_leftovers_of_interrupted_import(import_model, folder):
    left = folder / "own/.abc/new"
    left.mkdir(parents=True)
    (folder / "own/.stray").write_text("not a folder")
    assert list_custom_models(folder) == []
    import_model()
    assert sorted(path.name for path in (folder / "own").iterdir()) == [".stray", "my-dogs"]


def test_remove_deletes_model_once(import_model, folder):
    import_model()
    other = import_model(title="Other")
    assert remove_custom_model(folder, "own:my-dogs")
    assert not remove_custom_model(folder, "own:my-dogs")
    assert list_custom_models(folder) == [other]


@pytest.mark.parametrize("name", ["own:../../models", "my-dogs", "own:", "own:.", "yolox-nano"])
def test_remove_ignores_other_names(import_model, folder, name):
    import_model()
    assert not remove_custom_model(folder, name)
    assert len(list_custom_models(folder)) == 1

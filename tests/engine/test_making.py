"""Weights that nobody publishes: made from a network that is here, or downloaded for it."""

import hashlib
from threading import Event

from model_server import model_server
from onnx_files import TOY_ONNX, TOY_PARAM, TOY_WEIGHTS, field, model, node, toy_bin
import pytest

from custom_components.homesec.engine.detectors import create_detector
from custom_components.homesec.engine.detectors.catalogue import (
    MadeFrom,
    Model,
    ModelFile,
    Variant,
)
from custom_components.homesec.engine.detectors.shelf import Shelf
from custom_components.homesec.engine.errors import ModelBroken, ModelUnavailable
from custom_components.homesec.engine.model_store import ModelStore
from homesec_dev.bootstrap import paths

PARAM = TOY_PARAM.encode()
BIN = toy_bin()
OTHER_ONNX = TOY_ONNX + field(99, "exported another day")
NO_TOY = model(node("Relu", ["images"], ["out"]), *TOY_WEIGHTS)


def entry(name, content, *hosts, **more):
    return ModelFile(
        name=name,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        urls=tuple(f"https://{host}.test/{name}" for host in hosts),
        **more,
    )


def catalogue(*onnx, made=BIN):
    graph = entry("toy.param", PARAM)
    weights = entry("toy.bin", made, made_from=MadeFrom(graph=graph, onnx=onnx))
    toy = Model(
        name="toy",
        title="Toy",
        licence="MIT",
        labels=("person",),
        input=(32, 32),
        threshold=0.4,
        head="yolox",
        variants={"ncnn": (Variant(files=(graph, weights), flexible=True),)},
        default_for=frozenset(),
    )
    return {"toy": toy}


@pytest.fixture
def server(socket_enabled):
    with model_server() as running:
        yield running


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "models"


@pytest.fixture
def shipped(tmp_path):
    """A folder that has the graph, as HomeSec's own has."""
    path = tmp_path / "graphs"
    path.mkdir()
    (path / "toy.param").write_bytes(PARAM)
    return path


@pytest.fixture
def store(server, folder, shipped):
    def make(*onnx, **options):
        return ModelStore(
            folder=folder,
            also=[shipped],
            fetch=server.fetch,
            catalogue=catalogue(*onnx, **options),
            pause_s=0.0,
        )

    return make


def obtain(store, **options):
    return store.obtain("toy", "ncnn", stop=options.pop("stop", Event()), **options)


def asked(server):
    return [path for path, _ in server.ranges]


def test_weights_are_made_from_a_downloaded_network(server, store, folder, shipped):
    server.files["/one/toy.onnx"] = TOY_ONNX
    toys = store(entry("toy.onnx", TOY_ONNX, "one"))
    assert toys.find("toy", "ncnn") is None
    files = obtain(toys)
    assert files.paths == (shipped / "toy.param", folder / "toy.bin")
    assert files.paths[1].read_bytes() == BIN
    assert files.flexible
    assert sorted(path.name for path in folder.iterdir()) == ["toy.bin", "toy.onnx"]
    assert obtain(toys) == toys.find("toy", "ncnn") == files
    assert asked(server) == ["/one/toy.onnx"]


def test_progress_is_that_of_the_download(server, store):
    server.files["/one/toy.onnx"] = TOY_ONNX
    told = []
    obtain(
        store(entry("toy.onnx", TOY_ONNX, "one")),
        progress=lambda done, total: told.append((done, total)),
    )
    total = len(PARAM) + len(TOY_ONNX)
    assert told[-1] == (total, total)
    assert told == sorted(told)


def test_a_download_for_it_that_broke_off_is_continued(server, store):
    server.files["/one/toy.onnx"] = TOY_ONNX
    server.cut_at = [300, 0, 0, 0]
    toys = store(entry("toy.onnx", TOY_ONNX, "one"))
    with pytest.raises(ModelUnavailable):
        obtain(toys)
    assert obtain(toys).paths[1].read_bytes() == BIN
    assert server.ranges[-1] == ("/one/toy.onnx", "bytes=300-")


def test_a_network_that_was_put_there_by_hand_is_enough(server, store, folder):
    folder.mkdir()
    (folder / "other.onnx").write_bytes(OTHER_ONNX)
    sources = entry("toy.onnx", TOY_ONNX, "one"), entry("other.onnx", OTHER_ONNX)
    assert obtain(store(*sources)).paths[1].read_bytes() == BIN
    assert asked(server) == []


def test_weights_that_were_put_there_by_hand_are_used(server, store, folder):
    folder.mkdir()
    (folder / "toy.bin").write_bytes(BIN)
    assert obtain(store(entry("toy.onnx", TOY_ONNX, "one"))).paths[1] == folder / "toy.bin"
    assert asked(server) == []


def test_another_source_is_tried_when_the_first_cannot_be_had(server, store):
    server.files |= {"/two/other.onnx": OTHER_ONNX, "/one/toy.onnx": b"<html>"}
    sources = entry("toy.onnx", TOY_ONNX, "one"), entry("other.onnx", OTHER_ONNX, "two")
    assert obtain(store(*sources)).paths[1].read_bytes() == BIN
    assert asked(server)[-1] == "/two/other.onnx"


@pytest.mark.parametrize("wrong", [b"no network at all", NO_TOY], ids=["not onnx", "another"])
def test_another_source_is_tried_when_the_first_does_not_give_the_weights(server, store, wrong):
    server.files |= {"/one/toy.onnx": wrong, "/two/other.onnx": OTHER_ONNX}
    sources = entry("toy.onnx", wrong, "one"), entry("other.onnx", OTHER_ONNX, "two")
    assert obtain(store(*sources)).paths[1].read_bytes() == BIN


def test_weights_with_another_hash_are_not_kept(server, store, folder):
    server.files["/one/toy.onnx"] = TOY_ONNX
    with pytest.raises(ModelBroken) as caught:
        obtain(store(entry("toy.onnx", TOY_ONNX, "one"), made=BIN[::-1]))
    reason = "toy.onnx: what is made from it is not the expected file"
    assert caught.value.placeholders["reason"] == reason
    assert [path.name for path in folder.iterdir()] == ["toy.onnx"]


def test_without_a_source_it_says_what_to_bring(store):
    sources = entry("toy.onnx", TOY_ONNX, "one"), entry("other.onnx", OTHER_ONNX)
    with pytest.raises(ModelUnavailable) as caught:
        obtain(store(*sources))
    told = caught.value.placeholders
    assert told["files"] == "toy.bin or toy.onnx or other.onnx"
    assert told["host"] == "one.test"
    assert told["reason"] == "one.test: HTTP 404"


def test_without_the_graph_nothing_is_downloaded(server, store, shipped):
    (shipped / "toy.param").unlink()
    with pytest.raises(ModelUnavailable) as caught:
        obtain(store(entry("toy.onnx", TOY_ONNX, "one")))
    assert caught.value.placeholders["files"] == "toy.param + toy.bin or toy.onnx"
    assert asked(server) == []


def test_a_stop_tries_no_further_source(server, store):
    server.files |= {"/one/toy.onnx": TOY_ONNX, "/two/other.onnx": OTHER_ONNX}
    sources = entry("toy.onnx", TOY_ONNX, "one"), entry("other.onnx", OTHER_ONNX, "two")
    stop = Event()
    with pytest.raises(ModelUnavailable):
        obtain(store(*sources), stop=stop, progress=lambda *_: stop.set())
    assert asked(server) == ["/one/toy.onnx"]


def test_a_disk_that_takes_no_weights_is_an_error_and_leaves_nothing(
    server, store, folder, monkeypatch
):
    def full(shelf, file, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Shelf, "put", full)
    server.files["/one/toy.onnx"] = TOY_ONNX
    with pytest.raises(ModelUnavailable) as caught:
        obtain(store(entry("toy.onnx", TOY_ONNX, "one")))
    assert caught.value.placeholders["reason"] == "toy.bin: No space left on device"


def test_a_source_that_goes_away_meanwhile_is_an_error(server, store, folder, monkeypatch):
    server.files["/one/toy.onnx"] = TOY_ONNX
    find = Shelf.find
    monkeypatch.setattr(
        Shelf, "find", lambda shelf, file: None if file.name == "toy.onnx" else find(shelf, file)
    )
    with pytest.raises(ModelUnavailable) as caught:
        obtain(store(entry("toy.onnx", TOY_ONNX, "one")))
    assert caught.value.placeholders["reason"] == "toy.bin: toy.onnx is gone"


def test_a_broken_off_write_leaves_the_old_file_and_no_other(tmp_path):
    shelf = Shelf(tmp_path)
    (tmp_path / "toy.bin").write_bytes(b"old")
    with pytest.raises(OSError, match="no-such"):
        shelf.put(entry("toy.bin", BIN), tmp_path / "no-such")
    assert [path.name for path in tmp_path.iterdir()] == ["toy.bin"]
    assert (tmp_path / "toy.bin").read_bytes() == b"old"


def test_the_real_model_is_made_and_loads(tmp_path):
    shared = paths.shared("models")
    if shared is None or not (source := shared / "yolox_nano.onnx").is_file():
        pytest.skip("the published network is on developers' machines only")
    (tmp_path / "yolox_nano.onnx").symlink_to(source)
    made = ModelStore(folder=tmp_path).obtain("yolox-nano", "ncnn", stop=Event())
    assert made.paths[1] == tmp_path / "yolox_nano.ncnn.bin"
    create_detector("ncnn", made).close()

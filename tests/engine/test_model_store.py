"""The model store: what is found, what is downloaded, and what is said when neither works."""

from email.message import Message
import hashlib
import io
import os
import threading
from threading import Event
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest

from custom_components.homesec.engine.core.errors import ModelBroken, ModelUnavailable, ModelUnknown
from custom_components.homesec.engine.model_zoo import store as model_store
from custom_components.homesec.engine.model_zoo.manifest import Model, ModelFile, Variant
from custom_components.homesec.engine.model_zoo.store import ModelStore

CONTENT = bytes(range(256)) * 1000
GRAPH = b"7767517\n"


def entry(name, content, *hosts, size=True, sha=None):
    return ModelFile(
        name=name,
        bytes=len(content) if size else None,
        sha256=sha or hashlib.sha256(content).hexdigest(),
        urls=tuple(f"https://{host}.test/{name}" for host in hosts),
    )


def catalogue(*variants):
    model = Model(
        name="toy",
        title="Toy",
        license="MIT",
        labels=("person",),
        input=(32, 32),
        threshold=0.4,
        head="ssd",
        variants={"opencv": tuple(Variant(files=tuple(files)) for files in variants)},
        default_for=frozenset(),
    )
    return {"toy": model}


class Body(io.BytesIO):
    """A response, as far as a download looks at it."""

    status = 200
    headers = Message()


class Web:
    """What ``https://HOST.test/NAME`` holds, by ``HOST/NAME``."""

    def __init__(self):
        self.files = {}
        self.asked = []
        self.reached = Event()
        self.hold = None

    def fetch(self, request, timeout_s):
        parts = urlsplit(request.full_url)
        path = parts.hostname.removesuffix(".test") + parts.path
        self.asked.append(path)
        self.reached.set()
        if self.hold:
            assert self.hold.wait(10)
        if path not in self.files:
            raise URLError("no route to host")
        return Body(self.files[path])


@pytest.fixture
def web():
    return Web()


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "models"
    path.mkdir()
    return path


@pytest.fixture
def store(web, folder):
    def make(*variants, **options):
        return ModelStore(
            folder=folder,
            fetch=web.fetch,
            manifest=catalogue(*variants),
            pause_s=0.0,
            **options,
        )

    return make


def obtain(store, **options):
    return store.obtain("toy", "opencv", stop=options.pop("stop", Event()), **options)


def names(files):
    return [path.name for path in files.paths]


def test_a_model_is_downloaded_once_and_then_found(web, store, folder):
    web.files["one/toy.onnx"] = CONTENT
    models = store([entry("toy.onnx", CONTENT, "one")])
    assert models.find("toy", "opencv") is None
    files = obtain(models)
    assert files.paths == (folder / "toy.onnx",)
    assert files.paths[0].read_bytes() == CONTENT
    assert (files.name, files.head, files.labels) == ("toy", "ssd", ("person",))
    assert obtain(models) == models.find("toy", "opencv") == files
    assert web.asked == ["one/toy.onnx"]


def test_another_variant_is_downloaded_when_the_first_cannot_be_had(web, store):
    web.files["two/other.onnx"] = GRAPH
    variants = (
        [entry("byhand.onnx", b"by hand")],
        [entry("toy.onnx", CONTENT, "one")],
        [entry("other.onnx", GRAPH, "two")],
    )
    assert names(obtain(store(*variants))) == ["other.onnx"]


def test_a_variant_that_is_here_is_used_before_another_is_downloaded(web, store, folder):
    (folder / "other.onnx").write_bytes(GRAPH)
    web.files["one/toy.onnx"] = CONTENT
    variants = [entry("toy.onnx", CONTENT, "one")], [entry("other.onnx", GRAPH)]
    assert names(obtain(store(*variants))) == ["other.onnx"]
    assert web.asked == []


def test_variants_of_one_name_are_told_apart_by_their_hash(web, store, folder):
    (folder / "toy.onnx").write_bytes(GRAPH)
    variants = [entry("toy.onnx", CONTENT, "one")], [entry("toy.onnx", GRAPH, "two")]
    assert obtain(store(*variants)).paths[0].read_bytes() == GRAPH
    assert web.asked == []


def test_only_what_is_missing_of_a_variant_is_downloaded(web, store, folder):
    (folder / "toy.param").write_bytes(GRAPH)
    web.files["one/toy.bin"] = CONTENT
    told = []
    files = obtain(
        store([entry("toy.param", GRAPH), entry("toy.bin", CONTENT, "one")]),
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert names(files) == ["toy.param", "toy.bin"]
    total = len(GRAPH) + len(CONTENT)
    assert told[-1] == (total, total)
    assert told == sorted(told)


def test_the_whole_of_a_model_with_a_file_of_unknown_size_is_not_told(web, store):
    web.files |= {"one/toy.param": GRAPH, "one/toy.bin": CONTENT}
    told = []
    obtain(
        store([entry("toy.param", GRAPH, "one"), entry("toy.bin", CONTENT, "one", size=False)]),
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (len(GRAPH) + len(CONTENT), 0)


def test_a_file_on_disk_that_is_damaged_is_not_there(store, folder):
    models = store([entry("toy.onnx", CONTENT)])
    (folder / "toy.onnx").write_bytes(CONTENT)
    assert models.find("toy", "opencv")
    (folder / "toy.onnx").write_bytes(CONTENT[::-1])
    assert models.find("toy", "opencv") is None
    (folder / "toy.onnx").write_bytes(CONTENT[:-1])
    assert models.find("toy", "opencv") is None


def pipe(path):
    os.mkfifo(path)


def endless_link(path):
    path.symlink_to("/dev/zero")


def looping_link(path):
    path.symlink_to(path)


@pytest.mark.parametrize("make", [os.mkdir, pipe, endless_link, looping_link])
@pytest.mark.parametrize("sized", [True, False])
def test_what_is_no_file_is_not_there_and_not_waited_for(web, store, folder, make, sized):
    file = entry("toy.onnx", CONTENT, "one", size=sized)
    make(folder / "toy.onnx")
    assert store([file]).find("toy", "opencv") is None
    make(folder / f"{file.name}.{file.sha256[:8]}.part")
    web.files["one/toy.onnx"] = CONTENT
    models = store([file])
    if make is os.mkdir:  # which is not ours to delete
        with pytest.raises(ModelUnavailable):
            obtain(models)
    else:
        assert obtain(models).paths[0].read_bytes() == CONTENT


def test_a_file_is_hashed_once(store, folder, monkeypatch):
    (folder / "toy.onnx").write_bytes(CONTENT)
    models = store([entry("toy.onnx", CONTENT)])
    found = models.find("toy", "opencv")
    monkeypatch.setattr(hashlib, "file_digest", None)
    assert models.find("toy", "opencv") == found


def test_further_folders_are_looked_into(web, store, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "toy.onnx").write_bytes(CONTENT)
    models = store([entry("toy.onnx", CONTENT, "one")], more_folders=[tmp_path / "none", shared])
    assert obtain(models).paths == (shared / "toy.onnx",)
    assert web.asked == []


def test_a_stop_tries_no_further_variant(web, store):
    web.files["one/toy.onnx"] = CONTENT
    stop = Event()
    models = store([entry("toy.onnx", CONTENT, "one")], [entry("b.onnx", GRAPH, "two")])
    with pytest.raises(ModelUnavailable) as caught:
        obtain(models, stop=stop, on_progress=lambda *_: stop.set())
    assert caught.value.placeholders["reason"] == "one.test: stopped; stopped"
    assert web.asked == ["one/toy.onnx"]


def test_a_second_caller_waits_for_the_first_and_gives_up_when_stopped(web, store):
    web.files["one/toy.onnx"] = CONTENT
    web.hold = Event()
    models = store([entry("toy.onnx", CONTENT, "one")])
    first = threading.Thread(target=obtain, args=(models,))
    first.start()
    assert web.reached.wait(10)
    stop = Event()
    stop.set()
    with pytest.raises(ModelUnavailable):
        obtain(models, stop=stop)
    second = threading.Thread(target=obtain, args=(models,))
    second.start()
    web.hold.set()
    first.join(10)
    second.join(10)
    assert web.asked == ["one/toy.onnx"]


@pytest.mark.parametrize(("name", "detector"), [("nope", "opencv"), ("toy", "ncnn")])
def test_what_is_not_in_the_catalogue_is_unknown(store, name, detector):
    with pytest.raises(ModelUnknown):
        store([]).find(name, detector)
    with pytest.raises(ModelUnknown):
        store([]).obtain(name, detector, stop=Event())


def test_a_wrong_file_at_every_address_is_a_broken_model(web, store):
    web.files["one/toy.onnx"] = CONTENT[::-1]
    with pytest.raises(ModelBroken) as caught:
        obtain(store([entry("toy.onnx", CONTENT, "one")]))
    assert caught.value.placeholders["reason"] == "one.test: not the expected file"


def test_a_model_without_an_address_says_which_files_to_bring(store, folder):
    with pytest.raises(ModelUnavailable) as caught:
        obtain(store([entry("toy.pb", GRAPH), entry("toy.pbtxt", CONTENT)]))
    assert caught.value.placeholders == {
        "model": "Toy",
        "detector": "opencv",
        "host": "",
        "files": "toy.pb + toy.pbtxt",
        "folder": str(folder),
        "reason": "they have no public address",
    }


def test_an_unreachable_address_is_named_without_its_url(store):
    with pytest.raises(ModelUnavailable) as caught:
        obtain(store([entry("toy.onnx", CONTENT, "one", "two")]))
    assert caught.value.placeholders["host"] == "one.test, two.test"
    assert "one.test: no route to host" in str(caught.value)
    assert "https:" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_an_error_not_a_crash(web, store, folder):
    folder.rmdir()
    folder.write_text("a file where the folder should be")
    web.files["one/toy.onnx"] = CONTENT
    with pytest.raises(ModelUnavailable):
        obtain(store([entry("toy.onnx", CONTENT, "one")]))


def test_a_file_brought_by_hand_gets_its_name_and_place(store, folder, tmp_path):
    upload = tmp_path / "download (3).bin"
    upload.write_bytes(CONTENT)
    models = store([entry("toy.param", GRAPH)], [entry("toy.onnx", CONTENT, size=False)])
    assert models.add_file(upload).name == "toy.onnx"
    assert models.find("toy", "opencv").paths == (folder / "toy.onnx",)
    assert models.add_file(upload).name == "toy.onnx"
    assert upload.exists()
    assert [path.name for path in folder.iterdir()] == ["toy.onnx"]


def test_a_file_of_no_model_is_not_taken(store, folder, tmp_path, monkeypatch):
    upload = tmp_path / "toy.onnx"
    upload.write_bytes(CONTENT[::-1])
    models = store([entry("toy.onnx", CONTENT)])
    assert models.add_file(upload) is None
    upload.write_bytes(CONTENT)
    monkeypatch.setattr(model_store, "LIMIT_BYTES", 1000)
    assert models.add_file(upload) is None
    assert list(folder.iterdir()) == []


def test_a_file_brought_by_hand_that_cannot_be_stored_is_an_error(store, folder, tmp_path):
    upload = tmp_path / "upload"
    upload.write_bytes(CONTENT)
    folder.rmdir()
    folder.write_text("a file where the folder should be")
    with pytest.raises(ModelUnavailable) as caught:
        store([entry("toy.onnx", CONTENT)]).add_file(upload)
    assert caught.value.placeholders["reason"] == "File exists"
    with pytest.raises(FileNotFoundError):
        store([entry("toy.onnx", CONTENT)]).add_file(tmp_path / "none")

"""The model store: finding, downloading, and adding files, and errors."""

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


def manifest(*variants):
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
    """A response with what a download uses of it."""

    status = 200
    headers = Message()


class Web:
    """Serves ``https://HOST.test/NAME`` from ``files``, by ``HOST/NAME``."""

    def __init__(self):
        self.files = {}
        self.requested = []
        self.reached = Event()
        self.hold = None

    def fetch(self, request, timeout_s):
        parts = urlsplit(request.full_url)
        path = parts.hostname.removesuffix(".test") + parts.path
        self.requested.append(path)
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
            manifest=manifest(*variants),
            pause_s=0.0,
            **options,
        )

    return make


def obtain(store, **options):
    return store.obtain("toy", "opencv", stop=options.pop("stop", Event()), **options)


def names(files):
    return [path.name for path in files.paths]


def test_obtain_downloads_model_once(web, store, folder):
    web.files["one/toy.onnx"] = CONTENT
    models = store([entry("toy.onnx", CONTENT, "one")])
    assert models.find("toy", "opencv") is None
    files = obtain(models)
    assert files.paths == (folder / "toy.onnx",)
    assert files.paths[0].read_bytes() == CONTENT
    assert (files.name, files.head, files.labels) == ("toy", "ssd", ("person",))
    assert obtain(models) == models.find("toy", "opencv") == files
    assert web.requested == ["one/toy.onnx"]


def test_obtain_downloads_next_variant_if_first_is_unavailable(web, store):
    web.files["two/other.onnx"] = GRAPH
    variants = (
        [entry("byhand.onnx", b"by hand")],
        [entry("toy.onnx", CONTENT, "one")],
        [entry("other.onnx", GRAPH, "two")],
    )
    assert names(obtain(store(*variants))) == ["other.onnx"]


def test_obtain_prefers_variant_on_disk_to_download(web, store, folder):
    (folder / "other.onnx").write_bytes(GRAPH)
    web.files["one/toy.onnx"] = CONTENT
    variants = [entry("toy.onnx", CONTENT, "one")], [entry("other.onnx", GRAPH)]
    assert names(obtain(store(*variants))) == ["other.onnx"]
    assert web.requested == []


def test_obtain_distinguishes_files_of_same_name_by_hash(web, store, folder):
    (folder / "toy.onnx").write_bytes(GRAPH)
    variants = [entry("toy.onnx", CONTENT, "one")], [entry("toy.onnx", GRAPH, "two")]
    assert obtain(store(*variants)).paths[0].read_bytes() == GRAPH
    assert web.requested == []


def test_obtain_downloads_missing_files_only_and_reports_progress(web, store, folder):
    (folder / "toy.param").write_bytes(GRAPH)
    web.files["one/toy.bin"] = CONTENT
    progress = []
    files = obtain(
        store([entry("toy.param", GRAPH), entry("toy.bin", CONTENT, "one")]),
        on_progress=lambda done, total: progress.append((done, total)),
    )
    assert names(files) == ["toy.param", "toy.bin"]
    total = len(GRAPH) + len(CONTENT)
    assert progress[-1] == (total, total)
    assert progress == sorted(progress)


def test_obtain_reports_unknown_total_if_a_size_is_unknown(web, store):
    web.files |= {"one/toy.param": GRAPH, "one/toy.bin": CONTENT}
    progress = []
    obtain(
        store([entry("toy.param", GRAPH, "one"), entry("toy.bin", CONTENT, "one", size=False)]),
        on_progress=lambda done, total: progress.append((done, total)),
    )
    assert progress[-1] == (len(GRAPH) + len(CONTENT), 0)


def test_find_ignores_damaged_file(store, folder):
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
def test_find_and_obtain_ignore_paths_that_are_no_regular_files(web, store, folder, make, sized):
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


def test_find_hashes_file_once(store, folder, monkeypatch):
    (folder / "toy.onnx").write_bytes(CONTENT)
    models = store([entry("toy.onnx", CONTENT)])
    found = models.find("toy", "opencv")
    monkeypatch.setattr(hashlib, "file_digest", None)
    assert models.find("toy", "opencv") == found


def test_obtain_searches_more_folders(web, store, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "toy.onnx").write_bytes(CONTENT)
    models = store([entry("toy.onnx", CONTENT, "one")], more_folders=[tmp_path / "none", shared])
    assert obtain(models).paths == (shared / "toy.onnx",)
    assert web.requested == []


def test_obtain_stopped_tries_no_further_variant(web, store):
    web.files["one/toy.onnx"] = CONTENT
    stop = Event()
    models = store([entry("toy.onnx", CONTENT, "one")], [entry("b.onnx", GRAPH, "two")])
    with pytest.raises(ModelUnavailable) as caught:
        obtain(models, stop=stop, on_progress=lambda *_: stop.set())
    assert caught.value.placeholders["reason"] == "one.test: stopped; stopped"
    assert web.requested == ["one/toy.onnx"]


def test_obtain_waits_for_other_download_until_stopped(web, store):
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
    assert web.requested == ["one/toy.onnx"]


@pytest.mark.parametrize(("name", "detector"), [("nope", "opencv"), ("toy", "ncnn")])
def test_model_not_in_manifest_raises_model_unknown(store, name, detector):
    with pytest.raises(ModelUnknown):
        store([]).find(name, detector)
    with pytest.raises(ModelUnknown):
        store([]).obtain(name, detector, stop=Event())


def test_obtain_with_wrong_file_at_every_url_raises_model_broken(web, store):
    web.files["one/toy.onnx"] = CONTENT[::-1]
    with pytest.raises(ModelBroken) as caught:
        obtain(store([entry("toy.onnx", CONTENT, "one")]))
    assert caught.value.placeholders["reason"] == "one.test: not the expected file"


def test_obtain_without_url_names_files_to_add(store, folder):
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


def test_obtain_from_unreachable_url_names_host_only(store):
    with pytest.raises(ModelUnavailable) as caught:
        obtain(store([entry("toy.onnx", CONTENT, "one", "two")]))
    assert caught.value.placeholders["host"] == "one.test, two.test"
    assert "one.test: no route to host" in str(caught.value)
    assert "https:" not in str(caught.value)


def test_obtain_into_unwritable_folder_raises_model_unavailable(web, store, folder):
    folder.rmdir()
    folder.write_text("a file where the folder should be")
    web.files["one/toy.onnx"] = CONTENT
    with pytest.raises(ModelUnavailable):
        obtain(store([entry("toy.onnx", CONTENT, "one")]))


def test_add_file_stores_copy_under_manifest_name(store, folder, tmp_path):
    upload = tmp_path / "download (3).bin"
    upload.write_bytes(CONTENT)
    models = store([entry("toy.param", GRAPH)], [entry("toy.onnx", CONTENT, size=False)])
    assert models.add_file(upload).name == "toy.onnx"
    assert models.find("toy", "opencv").paths == (folder / "toy.onnx",)
    assert models.add_file(upload).name == "toy.onnx"
    assert upload.exists()
    assert [path.name for path in folder.iterdir()] == ["toy.onnx"]


def test_add_file_ignores_unknown_and_too_large_files(store, folder, tmp_path, monkeypatch):
    upload = tmp_path / "toy.onnx"
    upload.write_bytes(CONTENT[::-1])
    models = store([entry("toy.onnx", CONTENT)])
    assert models.add_file(upload) is None
    upload.write_bytes(CONTENT)
    monkeypatch.setattr(model_store, "LIMIT_BYTES", 1000)
    assert models.add_file(upload) is None
    assert list(folder.iterdir()) == []


def test_add_file_that_cannot_be_stored_raises(store, folder, tmp_path):
    upload = tmp_path / "upload"
    upload.write_bytes(CONTENT)
    folder.rmdir()
    folder.write_text("a file where the folder should be")
    with pytest.raises(ModelUnavailable) as caught:
        store([entry("toy.onnx", CONTENT)]).add_file(upload)
    assert caught.value.placeholders["reason"] == "File exists"
    with pytest.raises(FileNotFoundError):
        store([entry("toy.onnx", CONTENT)]).add_file(tmp_path / "none")

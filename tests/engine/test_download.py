"""Downloads from a real HTTP server on this machine, which breaks off, lies and hangs."""

import hashlib
from threading import Event
from urllib.error import URLError
from urllib.request import Request

from model_server import model_server
import pytest

from custom_components.homesec.engine.model_zoo import download
from custom_components.homesec.engine.model_zoo.download import Download, DownloadFailed
from custom_components.homesec.engine.model_zoo.manifest import ModelFile

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def shelf(socket_enabled):
    with model_server() as server:
        yield server


def entry(*hosts, size=True):
    return ModelFile(
        name="toy.onnx",
        bytes=len(CONTENT) if size else None,
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        urls=tuple(f"https://{host}.test/toy.onnx" for host in hosts),
    )


@pytest.fixture
def part(tmp_path):
    return tmp_path / f"toy.onnx.{entry().sha256[:8]}.part"


@pytest.fixture
def get(shelf, tmp_path):
    """Download a file into the folder."""

    def run(file, *, stop=None, on_progress=lambda have: None):
        Download(
            file,
            tmp_path,
            fetch=shelf.fetch,
            stop=stop or Event(),
            pause_s=0.0,
            on_progress=on_progress,
        ).run()
        assert [path.name for path in tmp_path.iterdir()] == ["toy.onnx"]
        return (tmp_path / "toy.onnx").read_bytes()

    return run


def test_a_file_is_downloaded_and_its_progress_told(shelf, get):
    shelf.files["/one/toy.onnx"] = CONTENT
    told = []
    assert get(entry("one"), on_progress=told.append) == CONTENT
    assert told[-1] == len(CONTENT)
    assert told == sorted(told)


def test_a_download_that_broke_off_is_continued_where_it_ended(shelf, get):
    shelf.files["/one/toy.onnx"] = CONTENT
    shelf.cut_at = [100_000, 50_000]
    assert get(entry("one")) == CONTENT
    assert [asked for _, asked in shelf.ranges] == [None, "bytes=100000-", "bytes=150000-"]


def test_a_later_attempt_continues_the_earlier_one(shelf, get, part):
    shelf.files["/one/toy.onnx"] = CONTENT
    shelf.cut_at = [1000] + [0] * download.TRIES
    with pytest.raises(DownloadFailed):
        get(entry("one"))
    assert part.read_bytes() == CONTENT[:1000]
    assert get(entry("one")) == CONTENT
    assert shelf.ranges[-1][1] == "bytes=1000-"


def test_a_server_without_ranges_sends_it_all_again(shelf, get):
    shelf.files["/one/toy.onnx"] = CONTENT
    shelf.cut_at = [1000]
    shelf.ignore_range = True
    assert get(entry("one")) == CONTENT


def test_a_range_that_was_not_asked_for_is_not_glued_in(shelf, get):
    shelf.files["/one/toy.onnx"] = CONTENT
    shelf.cut_at = [1000]
    shelf.content_range = f"bytes 5-{len(CONTENT) - 1}/{len(CONTENT)}"
    assert get(entry("one")) == CONTENT
    assert [asked for _, asked in shelf.ranges] == [None, "bytes=1000-", None]


def test_a_part_that_is_whole_needs_no_request(shelf, get, part):
    part.write_bytes(CONTENT)
    assert get(entry("one")) == CONTENT
    assert shelf.ranges == []


def test_a_part_that_is_too_long_is_thrown_away(shelf, get, part):
    shelf.files["/one/toy.onnx"] = CONTENT
    part.write_bytes(CONTENT)
    assert get(entry("one", size=False)) == CONTENT
    assert [asked for _, asked in shelf.ranges] == [f"bytes={len(CONTENT)}-", None]


def test_the_second_address_is_taken_when_the_first_has_it_not(shelf, get):
    shelf.files["/two/toy.onnx"] = CONTENT
    assert get(entry("one", "two")) == CONTENT
    assert [path for path, _ in shelf.ranges] == ["/one/toy.onnx", "/two/toy.onnx"]


def test_a_server_in_trouble_is_asked_again_a_few_times(shelf, get):
    shelf.files |= {"/one/toy.onnx": CONTENT, "/two/toy.onnx": CONTENT}
    shelf.status["/one/toy.onnx"] = 503
    assert get(entry("one", "two")) == CONTENT
    paths = [path for path, _ in shelf.ranges]
    assert paths == ["/one/toy.onnx"] * download.TRIES + ["/two/toy.onnx"]


@pytest.mark.parametrize(
    "wrong", [CONTENT[::-1], CONTENT + b"!", CONTENT[:-1]], ids=["other", "longer", "shorter"]
)
@pytest.mark.parametrize("size", [True, False])
def test_a_wrong_file_is_removed_and_refused(shelf, get, tmp_path, wrong, size):
    shelf.files["/one/toy.onnx"] = wrong
    with pytest.raises(DownloadFailed) as caught:
        get(entry("one", size=size))
    assert caught.value.wrong_file
    assert caught.value.reasons == ["one.test: not the expected file"]
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_file_is_no_reason_not_to_try_the_mirror(shelf, get):
    shelf.files |= {"/one/toy.onnx": b"<html>", "/two/toy.onnx": CONTENT}
    assert get(entry("one", "two")) == CONTENT


def test_a_file_of_unknown_size_is_bounded(shelf, get, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "LIMIT_BYTES", 1000)
    shelf.files["/one/toy.onnx"] = CONTENT
    with pytest.raises(DownloadFailed):
        get(entry("one", size=False))
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_unknown_size_is_known_by_its_hash(shelf, get):
    shelf.files["/one/toy.onnx"] = CONTENT
    assert get(entry("one", size=False)) == CONTENT


def test_a_stop_leaves_a_body_that_hangs_and_keeps_what_came(shelf, get, part):
    shelf.files |= {"/one/toy.onnx": CONTENT, "/two/toy.onnx": CONTENT}
    shelf.hold, stop = Event(), Event()
    with pytest.raises(DownloadFailed) as caught:
        # Only the test's end lets the server go on.
        get(entry("one", "two"), stop=stop, on_progress=lambda have: stop.set())
    assert caught.value.reasons == ["one.test: stopped"]
    assert CONTENT.startswith(part.read_bytes())
    assert part.stat().st_size > 0
    assert len(shelf.ranges) == 1


def test_nothing_listening_is_a_failure_with_the_host_in_it(tmp_path):
    def fetch(request, timeout_s):
        raise URLError("Name or service not known")

    file = entry("one", "two")
    with pytest.raises(DownloadFailed) as caught:
        Download(
            file, tmp_path, fetch=fetch, stop=Event(), pause_s=0, on_progress=lambda have: None
        ).run()
    assert caught.value.reasons == [
        "one.test: Name or service not known",
        "two.test: Name or service not known",
    ]
    assert not caught.value.wrong_file


def test_a_redirect_away_from_https_is_refused():
    request = Request("https://one.test/toy.onnx")
    redirect = download._HttpsOnly().redirect_request
    with pytest.raises(URLError):
        redirect(request, None, 302, "Found", {}, "http://one.test/toy.onnx")
    onwards = redirect(request, None, 302, "Found", {}, "https://two.test/toy.onnx")
    assert onwards.full_url == "https://two.test/toy.onnx"


def test_the_system_opens_addresses_by_default(monkeypatch):
    opened = []

    class Opener:
        def open(self, request, timeout):
            opened.append((request.full_url, timeout))

    monkeypatch.setattr(download, "build_opener", lambda *_: Opener())
    download.fetch_https(Request("https://one.test/toy.onnx"), 4.0)
    assert opened == [("https://one.test/toy.onnx", 4.0)]

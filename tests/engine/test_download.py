"""Downloads from a local HTTP server that breaks off, lies, and hangs."""

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
def server():
    with model_server() as running:
        yield running


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
def get(server, tmp_path):
    """Return a function that downloads a file and returns its content."""

    def run(file, *, stop=None, on_progress=lambda have: None):
        Download(
            file=file,
            folder=tmp_path,
            fetch=server.fetch,
            stop=stop or Event(),
            pause_s=0.0,
            on_progress=on_progress,
        ).run()
        assert [path.name for path in tmp_path.iterdir()] == ["toy.onnx"]
        return (tmp_path / "toy.onnx").read_bytes()

    return run


def test_download_stores_file_and_reports_progress(server, get):
    server.files["/one/toy.onnx"] = CONTENT
    progress = []
    assert get(entry("one"), on_progress=progress.append) == CONTENT
    assert progress[-1] == len(CONTENT)
    assert progress == sorted(progress)


def test_download_interrupted_is_resumed(server, get):
    server.files["/one/toy.onnx"] = CONTENT
    server.cut_at = [100_000, 50_000]
    assert get(entry("one")) == CONTENT
    assert [asked for _, asked in server.ranges] == [None, "bytes=100000-", "bytes=150000-"]


def test_download_continues_part_of_earlier_download(server, get, part):
    server.files["/one/toy.onnx"] = CONTENT
    server.cut_at = [1000] + [0] * download.TRIES
    with pytest.raises(DownloadFailed):
        get(entry("one"))
    assert part.read_bytes() == CONTENT[:1000]
    assert get(entry("one")) == CONTENT
    assert server.ranges[-1][1] == "bytes=1000-"


def test_download_from_server_without_ranges_starts_over(server, get):
    server.files["/one/toy.onnx"] = CONTENT
    server.cut_at = [1000]
    server.ignore_range = True
    assert get(entry("one")) == CONTENT


def test_download_of_wrong_range_starts_over(server, get):
    server.files["/one/toy.onnx"] = CONTENT
    server.cut_at = [1000]
    server.content_range = f"bytes 5-{len(CONTENT) - 1}/{len(CONTENT)}"
    assert get(entry("one")) == CONTENT
    assert [asked for _, asked in server.ranges] == [None, "bytes=1000-", None]


def test_download_with_complete_part_sends_no_request(server, get, part):
    part.write_bytes(CONTENT)
    assert get(entry("one")) == CONTENT
    assert server.ranges == []


def test_download_with_too_long_part_starts_over(server, get, part):
    server.files["/one/toy.onnx"] = CONTENT
    part.write_bytes(CONTENT)
    assert get(entry("one", size=False)) == CONTENT
    assert [asked for _, asked in server.ranges] == [f"bytes={len(CONTENT)}-", None]


def test_download_uses_second_url_if_first_has_no_file(server, get):
    server.files["/two/toy.onnx"] = CONTENT
    assert get(entry("one", "two")) == CONTENT
    assert [path for path, _ in server.ranges] == ["/one/toy.onnx", "/two/toy.onnx"]


def test_download_retries_server_error_a_few_times(server, get):
    server.files |= {"/one/toy.onnx": CONTENT, "/two/toy.onnx": CONTENT}
    server.status["/one/toy.onnx"] = 503
    assert get(entry("one", "two")) == CONTENT
    paths = [path for path, _ in server.ranges]
    assert paths == ["/one/toy.onnx"] * download.TRIES + ["/two/toy.onnx"]


@pytest.mark.parametrize(
    "wrong", [CONTENT[::-1], CONTENT + b"!", CONTENT[:-1]], ids=["other", "longer", "shorter"]
)
@pytest.mark.parametrize("size", [True, False])
def test_download_of_wrong_file_fails_and_removes_it(server, get, tmp_path, wrong, size):
    server.files["/one/toy.onnx"] = wrong
    with pytest.raises(DownloadFailed) as caught:
        get(entry("one", size=size))
    assert caught.value.wrong_file
    assert caught.value.reasons == ["one.test: not the expected file"]
    assert list(tmp_path.iterdir()) == []


def test_download_of_wrong_file_tries_next_url(server, get):
    server.files |= {"/one/toy.onnx": b"<html>", "/two/toy.onnx": CONTENT}
    assert get(entry("one", "two")) == CONTENT


def test_download_of_unknown_size_is_limited(server, get, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "LIMIT_BYTES", 1000)
    server.files["/one/toy.onnx"] = CONTENT
    with pytest.raises(DownloadFailed):
        get(entry("one", size=False))
    assert list(tmp_path.iterdir()) == []


def test_download_of_unknown_size_is_verified_by_hash(server, get):
    server.files["/one/toy.onnx"] = CONTENT
    assert get(entry("one", size=False)) == CONTENT


def test_stop_interrupts_hanging_body_and_keeps_part(server, get, part):
    server.files |= {"/one/toy.onnx": CONTENT, "/two/toy.onnx": CONTENT}
    server.hold, stop = Event(), Event()
    with pytest.raises(DownloadFailed) as caught:
        # Only the test's end lets the server go on.
        get(entry("one", "two"), stop=stop, on_progress=lambda have: stop.set())
    assert caught.value.reasons == ["one.test: stopped"]
    assert CONTENT.startswith(part.read_bytes())
    assert part.stat().st_size > 0
    assert len(server.ranges) == 1


def test_download_from_unreachable_hosts_fails_and_names_them(tmp_path):
    def fetch(request, timeout_s):
        raise URLError("Name or service not known")

    two_urls = Download(
        file=entry("one", "two"),
        folder=tmp_path,
        fetch=fetch,
        stop=Event(),
        pause_s=0,
        on_progress=lambda have: None,
    )
    with pytest.raises(DownloadFailed) as caught:
        two_urls.run()
    assert caught.value.reasons == [
        "one.test: Name or service not known",
        "two.test: Name or service not known",
    ]
    assert not caught.value.wrong_file


def test_redirect_away_from_https_is_refused():
    request = Request("https://one.test/toy.onnx")
    redirect = download._HttpsOnly().redirect_request
    with pytest.raises(URLError):
        redirect(request, None, 302, "Found", {}, "http://one.test/toy.onnx")
    onwards = redirect(request, None, 302, "Found", {}, "https://two.test/toy.onnx")
    assert onwards.full_url == "https://two.test/toy.onnx"


def test_fetch_https_opens_url_with_timeout(monkeypatch):
    opened = []

    class Opener:
        def open(self, request, timeout):
            opened.append((request.full_url, timeout))

    monkeypatch.setattr(download, "build_opener", lambda *_: Opener())
    download.fetch_https(Request("https://one.test/toy.onnx"), 4.0)
    assert opened == [("https://one.test/toy.onnx", 4.0)]

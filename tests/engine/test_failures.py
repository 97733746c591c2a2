"""What goes wrong when a source is opened, each by its own name."""

import errno
import os
import socket
from threading import Event

import av
from cameras import Reply, black_hole, refused
from engine_rig import FakeClock, stream_camera
import pytest

from custom_components.homesec.engine.capture import error_map as failures, open as opening
from custom_components.homesec.engine.capture.container import ContainerConnection
from custom_components.homesec.engine.capture.error_map import diagnose_host, translate_error
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core import errors
from custom_components.homesec.engine.core.errors import (
    AccessDenied,
    ConnectionRefused,
    DeviceBusy,
    DeviceMissing,
    FileMissing,
    HostNotFound,
    InvalidSource,
    LoginRefused,
    NoRoute,
    NoVideo,
    SourceError,
    SourceTimeout,
    StreamNotFound,
)
from custom_components.homesec.engine.core.types import SourceConfig, SourceKind

pytestmark = pytest.mark.usefixtures("socket_enabled")
CANARY = "tweety-7f3a"


def open_stream(url, stop=None, **source):
    config = stream_camera(url, **source).source
    return ContainerConnection(config, Timeline(FakeClock(), Pace.LIVE), stop or Event())


def failure(code):
    """Return the exception that PyAV makes of a system error."""
    return av.error.OSError(code, os.strerror(code), f"http://bob:{CANARY}@cam/")


# --- over the network ---


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_nothing_listens(scheme):
    with pytest.raises(ConnectionRefused):
        open_stream(f"{scheme}://{refused()}/live")


@pytest.fixture(params=[socket.gaierror, UnicodeError])
def unknown_host(request, monkeypatch):
    """A name that cannot exist (RFC 1035: 63 letters); no resolver is asked for it.

    The plugin for Home Assistant's tests stands in the way of Python's own look-up.
    """

    def look_up(*_, **__):
        raise request.param

    monkeypatch.setattr(failures.socket, "create_connection", look_up)
    return "c" * 64 + ".invalid"


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_an_unknown_host(scheme, unknown_host):
    with pytest.raises(HostNotFound) as caught:
        open_stream(f"{scheme}://{unknown_host}/live")
    assert caught.value.placeholders == {"host": unknown_host}


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_a_host_that_accepts_and_never_answers(scheme, monkeypatch):
    monkeypatch.setattr(opening, "OPEN_TIMEOUT_S", 0.3)
    with black_hole() as hole, pytest.raises(SourceTimeout):
        open_stream(f"{scheme}://{hole.address}/live")


@pytest.mark.parametrize(
    ("answer", "error"), [(TimeoutError, NoRoute), (ConnectionRefusedError, ConnectionRefused)]
)
def test_what_is_found_out_about_a_host(monkeypatch, answer, error):
    def no_answer(*_, **__):
        raise answer

    monkeypatch.setattr(failures.socket, "create_connection", no_answer)
    assert type(diagnose_host("rtsp://192.0.2.1/")) is error


def test_a_host_that_answers_otherwise_cannot_be_connected_to(monkeypatch):
    monkeypatch.setattr(failures, "diagnose_host", lambda _url: None)
    assert type(translate_error(failure(errno.EIO), of_kind(SourceKind.STREAM), "x")) is SourceError


def test_broken_data_is_no_video_unless_it_took_all_the_time_there_was(monkeypatch):
    monkeypatch.setattr(failures, "diagnose_host", lambda _url: None)
    broken = av.error.InvalidDataError(1, "Invalid data found", "x")
    stream = of_kind(SourceKind.STREAM)
    assert type(translate_error(broken, stream, "x")) is NoVideo
    assert type(translate_error(broken, stream, "x", late=True)) is SourceTimeout


def test_a_host_that_answers_is_no_problem():
    with black_hole() as hole:
        assert diagnose_host(f"rtsp://{hole.address}/") is None


def test_nobody_asks_further_once_the_camera_is_stopped(monkeypatch):
    monkeypatch.setattr(failures, "diagnose_host", lambda _url: pytest.fail("asked"))
    stop = Event()
    stop.set()
    config = stream_camera("rtsp://cam").source
    error = av.error.ExitError(1414092869, "Immediate exit requested")
    assert isinstance(translate_error(error, config, "rtsp://cam", stop), SourceTimeout)


def test_a_web_page_is_no_video(http):
    page = Reply(lambda: [b"<!doctype html><title>Camera</title>" + b"<p>Log in</p>" * 500],
                 "text/html")  # fmt: skip
    with pytest.raises(NoVideo):
        open_stream(http({"/": page}).url("/"))


def test_an_empty_answer_is_no_video(http):
    empty = Reply(list, "video/mp4")
    with pytest.raises(SourceError):
        open_stream(http({"/": empty}).url("/"))


def test_a_wrong_path(http):
    with pytest.raises(StreamNotFound):
        open_stream(http({}).url("/nothing"))


@pytest.mark.parametrize(
    ("status", "error"), [(403, LoginRefused), (410, StreamNotFound), (500, SourceError)]
)
def test_what_a_web_server_answers(http, status, error):
    reply = Reply(list, "text/plain", status=status)
    with pytest.raises(error) as caught:
        open_stream(http({"/": reply}).url("/"))
    assert type(caught.value) is error


def test_a_refused_login(http, films):
    server = http({"/film.mp4": Reply.file(films(seconds=1))}, login=f"bob:{CANARY}")
    with pytest.raises(LoginRefused):
        open_stream(server.url("/film.mp4"))
    with pytest.raises(LoginRefused):
        open_stream(server.url("/film.mp4"), username="bob", password="wrong")
    open_stream(server.url("/film.mp4"), username="bob", password=CANARY).close()


def test_a_redirect_does_not_lead_to_a_file_of_this_machine(http, films):
    server = http({"/": f"file://{films(seconds=1)}"})
    with pytest.raises(SourceError):
        open_stream(server.url("/"))


def test_a_playlist_does_not_lead_to_a_file_of_this_machine(http, films, monkeypatch):
    monkeypatch.setattr(opening, "OPEN_TIMEOUT_S", 0.3)
    listing = f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:1,\nfile://{films(seconds=1)}\n"
    playlist = Reply(lambda: [listing.encode()], "application/vnd.apple.mpegurl")
    with pytest.raises(SourceError):
        list(open_stream(http({"/live.m3u8": playlist}).url("/live.m3u8")).packets())


def test_no_error_tells_the_password(http, unknown_host):
    urls = [http({}).url("/x"), f"rtsp://{refused()}/x", f"rtsp://{unknown_host}/x"]
    for url in urls:
        with pytest.raises(SourceError) as caught:
            open_stream(url, username="bob", password=CANARY)
        assert CANARY not in f"{caught.value!r} {caught.value} {caught.value.placeholders}"
        assert caught.value.__suppress_context__


# --- from what the system says ---


def of_kind(kind):
    return SourceConfig(kind=kind, location="x")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (errno.EBUSY, DeviceBusy),
        (errno.EACCES, AccessDenied),
        (errno.EPERM, AccessDenied),
        (errno.ENOENT, DeviceMissing),
        (errno.ENODEV, DeviceMissing),
        (errno.ENXIO, DeviceMissing),
        (errno.EINVAL, NoVideo),
    ],
)
def test_what_a_webcam_says(code, error):
    assert type(translate_error(failure(code), of_kind(SourceKind.WEBCAM), "x")) is error


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (errno.EACCES, AccessDenied),
        (errno.ENOENT, FileMissing),
        (errno.EISDIR, FileMissing),
        (errno.EIO, NoVideo),
    ],
)
def test_what_a_file_says(code, error):
    assert type(translate_error(failure(code), of_kind(SourceKind.FILE), "x")) is error


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (errno.ECONNREFUSED, ConnectionRefused),
        (errno.EHOSTUNREACH, NoRoute),
        (errno.ENETUNREACH, NoRoute),
    ],
)
def test_what_the_network_says(code, error):
    assert type(translate_error(failure(code), of_kind(SourceKind.STREAM), "rtsp://cam")) is error


def test_an_unknown_protocol_is_no_address():
    error = av.error.ProtocolNotFoundError(1, "Protocol not found", "x")
    assert type(translate_error(error, of_kind(SourceKind.STREAM), "x")) is InvalidSource


def test_every_error_has_a_key_and_a_text_of_its_own():
    classes = [x for x in vars(errors).values() if isinstance(x, type) and issubclass(x, Exception)]
    assert len({x.key for x in classes}) == len(classes)
    assert len({str(x()) for x in classes}) == len(classes)
    assert all(str(x()) for x in classes)


def test_an_error_may_bring_a_text_and_facts():
    error = HostNotFound("The camera in the garden", host="garden")
    assert str(error) == "The camera in the garden"
    assert error.placeholders == {"host": "garden"}

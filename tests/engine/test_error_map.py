"""Errors of sources that can't be opened."""

import errno
import os
import socket
from threading import Event

import av
from camera_servers import Reply, closed_address, silent_server
from engine_rig import FakeClock, stream_camera
import pytest

from custom_components.homesec.engine.capture import link, open as opening
from custom_components.homesec.engine.capture.container import ContainerConnection
from custom_components.homesec.engine.capture.error_map import translate_error
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

CANARY = "tweety-7f3a"


def open_stream(url, stop=None, **source):
    config = stream_camera(url, **source).source
    return ContainerConnection(config, Timeline(FakeClock(), Pace.LIVE), stop or Event())


def failure(code):
    """Return the exception that PyAV makes of a system error."""
    return av.error.OSError(code, os.strerror(code), f"http://bob:{CANARY}@cam/")


# --- network ---


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_closed_port_raises_connection_refused(scheme):
    with pytest.raises(ConnectionRefused):
        open_stream(f"{scheme}://{closed_address()}/live")


@pytest.fixture(params=[socket.gaierror, UnicodeError])
def unknown_host(request, monkeypatch):
    """A name that can't exist (RFC 1035: 63 letters), and isn't looked up.

    Home Assistant's test plugin blocks Python's look-up.
    """

    def look_up(*_, **__):
        raise request.param

    monkeypatch.setattr(link, "connect", look_up)
    return "c" * 64 + ".invalid"


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_unknown_host_raises_host_not_found(scheme, unknown_host):
    with pytest.raises(HostNotFound) as caught:
        open_stream(f"{scheme}://{unknown_host}/live")
    assert caught.value.placeholders == {"host": unknown_host}


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_silent_host_raises_timeout(scheme, monkeypatch):
    monkeypatch.setattr(opening, "OPEN_TIMEOUT_S", 0.3)
    with silent_server() as server, pytest.raises(SourceTimeout):
        open_stream(f"{scheme}://{server.address}/live")


@pytest.mark.parametrize("error", [TimeoutError, OSError(errno.EHOSTUNREACH, "No route to host")])
def test_unreachable_host_raises_no_route(monkeypatch, error):
    def no_answer(*_, **__):
        raise error

    monkeypatch.setattr(link, "connect", no_answer)
    with pytest.raises(NoRoute):
        open_stream("rtsp://192.0.2.1/")


def test_unclear_error_of_stream_is_source_error():
    assert type(translate_error(failure(errno.EIO), of_kind(SourceKind.STREAM))) is SourceError


def test_invalid_data_is_no_video_unless_late():
    broken = av.error.InvalidDataError(1, "Invalid data found", "x")
    stream = of_kind(SourceKind.STREAM)
    assert type(translate_error(broken, stream)) is NoVideo
    assert type(translate_error(broken, stream, late=True)) is SourceTimeout


def test_web_page_raises_no_video(http):
    page = Reply(lambda: [b"<!doctype html><title>Camera</title>" + b"<p>Log in</p>" * 500],
                 "text/html")  # fmt: skip
    with pytest.raises(NoVideo):
        open_stream(http({"/": page}).url("/"))


def test_empty_response_raises_source_error(http):
    empty = Reply(list, "video/mp4")
    with pytest.raises(SourceError):
        open_stream(http({"/": empty}).url("/"))


def test_wrong_path_raises_stream_not_found(http):
    with pytest.raises(StreamNotFound):
        open_stream(http({}).url("/nothing"))


@pytest.mark.parametrize(
    ("status", "error"), [(403, LoginRefused), (410, StreamNotFound), (500, SourceError)]
)
def test_http_status_raises_matching_error(http, status, error):
    reply = Reply(list, "text/plain", status=status)
    with pytest.raises(error) as caught:
        open_stream(http({"/": reply}).url("/"))
    assert type(caught.value) is error


def test_wrong_login_raises_login_refused(http, make_video):
    server = http({"/video.mp4": Reply.file(make_video(seconds=1))}, login=f"bob:{CANARY}")
    with pytest.raises(LoginRefused):
        open_stream(server.url("/video.mp4"))
    with pytest.raises(LoginRefused):
        open_stream(server.url("/video.mp4"), username="bob", password="wrong")
    open_stream(server.url("/video.mp4"), username="bob", password=CANARY).close()


def test_redirect_to_local_file_is_refused(http, make_video):
    server = http({"/": f"file://{make_video(seconds=1)}"})
    with pytest.raises(SourceError):
        open_stream(server.url("/"))


def test_playlist_with_local_file_is_refused(http, make_video, monkeypatch):
    monkeypatch.setattr(opening, "OPEN_TIMEOUT_S", 0.3)
    listing = f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:1,\nfile://{make_video(seconds=1)}\n"
    playlist = Reply(lambda: [listing.encode()], "application/vnd.apple.mpegurl")
    with pytest.raises(SourceError):
        list(open_stream(http({"/live.m3u8": playlist}).url("/live.m3u8")).packets())


def test_errors_do_not_contain_password(http, unknown_host):
    urls = [http({}).url("/x"), f"rtsp://{closed_address()}/x", f"rtsp://{unknown_host}/x"]
    for url in urls:
        with pytest.raises(SourceError) as caught:
            open_stream(url, username="bob", password=CANARY)
        assert CANARY not in f"{caught.value!r} {caught.value} {caught.value.placeholders}"
        assert caught.value.__suppress_context__


# --- errors of the system ---


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
def test_webcam_errno_maps_to_error(code, error):
    assert type(translate_error(failure(code), of_kind(SourceKind.WEBCAM))) is error


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (errno.EACCES, AccessDenied),
        (errno.ENOENT, FileMissing),
        (errno.EISDIR, FileMissing),
        (errno.EIO, NoVideo),
    ],
)
def test_file_errno_maps_to_error(code, error):
    assert type(translate_error(failure(code), of_kind(SourceKind.FILE))) is error


def test_unknown_protocol_is_invalid_source():
    error = av.error.ProtocolNotFoundError(1, "Protocol not found", "x")
    assert type(translate_error(error, of_kind(SourceKind.STREAM))) is InvalidSource


def test_errors_have_unique_keys_and_messages():
    classes = [x for x in vars(errors).values() if isinstance(x, type) and issubclass(x, Exception)]
    assert len({x.key for x in classes}) == len(classes)
    assert len({str(x()) for x in classes}) == len(classes)
    assert all(str(x()) for x in classes)


def test_error_keeps_message_and_placeholders():
    error = HostNotFound("The camera in the garden", host="garden")
    assert str(error) == "The camera in the garden"
    assert error.placeholders == {"host": "garden"}

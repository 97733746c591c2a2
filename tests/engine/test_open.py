"""URLs of sources, and the options that FFmpeg gets."""

from threading import Event

import av
from av.container.core import Flags
import pytest

from custom_components.homesec.engine.capture import open as opening
from custom_components.homesec.engine.capture.open import open_container
from custom_components.homesec.engine.capture.source_url import stream_url
from custom_components.homesec.engine.core.errors import (
    DeviceBusy,
    DeviceMissing,
    InvalidSource,
    NoVideo,
    SourceTimeout,
)
from custom_components.homesec.engine.core.types import SourceConfig, SourceKind


def stream(location, username=None, password=None, **more):
    return SourceConfig(
        kind=SourceKind.STREAM, location=location, username=username, password=password, **more
    )


def webcam(device="/dev/video99"):
    return SourceConfig(kind=SourceKind.WEBCAM, location=device)


@pytest.mark.parametrize(
    ("location", "login", "url"),
    [
        ("rtsp://cam/live", (), "rtsp://cam/live"),
        ("  rtsp://cam/live\n", (), "rtsp://cam/live"),
        ("rtsp://cam:8554/live?x=1", ("bob", "pw"), "rtsp://bob:pw@cam:8554/live?x=1"),
        ("rtsp://cam/live", ("b@b:/", "p@s#s w/ö"),
         "rtsp://b%40b%3A%2F:p%40s%23s%20w%2F%C3%B6@cam/live"),
        ("rtsp://old:login@cam/live", ("bob", "pw"), "rtsp://bob:pw@cam/live"),
        ("rtsp://old:login@cam/live", ("", ""), "rtsp://old:login@cam/live"),
        ("http://[fe80::1]:8080/mjpg", ("bob", "pw"), "http://bob:pw@[fe80::1]:8080/mjpg"),
        ("https://cam/x", ("bob", None), "https://bob@cam/x"),
        ("https://cam/x", (None, "pw"), "https://:pw@cam/x"),
        ("RTSP://Cam/Live", (), "rtsp://Cam/Live"),
    ],
)  # fmt: skip
def test_stream_url_includes_login(location, login, url):
    assert stream_url(stream(location, *login)) == url


@pytest.mark.parametrize(
    "location",
    ["", "cam", "cam/live", "file:///etc/passwd", "/etc/passwd", "rtsp://", "rtsp:///live",
     "concat:a|b", "rtsp://cam:99999/", "rtsp://cam:x/", "http://[::1", "ftp://cam/video.mp4"],
)  # fmt: skip
def test_stream_url_refuses_invalid_location(location):
    with pytest.raises(InvalidSource):
        stream_url(stream(location))


def test_rtsp_uses_tcp():
    options = opening._stream_options(stream("rtsp://cam"), "rtsp://cam")
    assert options["rtsp_transport"] == "tcp"


@pytest.mark.parametrize(("verify", "option"), [(True, "1"), (False, "0")])
@pytest.mark.parametrize("scheme", ["https", "rtsps"])
def test_certificate_is_verified_only_if_configured(scheme, verify, option):
    url = f"{scheme}://cam"
    assert opening._stream_options(stream(url, verify_tls=verify), url)["tls_verify"] == option


def test_streams_cannot_open_local_files():
    allowed = opening._stream_options(stream("http://cam"), "http://cam")["protocol_whitelist"]
    assert not {"file", "pipe", "concat", "data", "subfile"} & set(allowed.split(","))


# --- webcams: without a device, only opening and its options are tested


def test_missing_webcam_raises_device_missing():
    with pytest.raises(DeviceMissing):
        open_container(webcam(), "/dev/video99", Event())


def test_device_without_video_raises_no_video():
    with pytest.raises(NoVideo):
        open_container(webcam("/dev/null"), "/dev/null", Event())


@pytest.fixture
def opened(monkeypatch):
    """Calls of FFmpeg's open, and the errors that it raises, which tests add."""
    calls, errors = [], []

    def fake_open(target, **options):
        calls.append((target, options))
        raise errors[len(calls) - 1]

    monkeypatch.setattr(opening.av, "open", fake_open)
    return calls, errors


def invalid_format():
    return av.error.ArgumentError(22, "Invalid argument", "/dev/video0")


def test_webcam_is_opened_with_compressed_format_first_and_any_last(opened):
    calls, errors = opened
    errors += [invalid_format()] * 4
    with pytest.raises(NoVideo):
        open_container(webcam(), "/dev/video0", Event())
    assert {options["format"] for _, options in calls} == {"v4l2"}
    assert calls[0][1]["options"]["input_format"] == "mjpeg"
    assert set(calls[-1][1]["options"]) == {"fflags"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (av.error.OSError(16, "Device or resource busy", "/dev/video0"), DeviceBusy),
        (av.error.ExitError(1414092869, "Immediate exit requested"), SourceTimeout),
    ],
)
def test_webcam_that_is_busy_or_silent_is_opened_once(opened, answer, error):
    calls, errors = opened
    errors.append(answer)
    with pytest.raises(error):
        open_container(webcam(), "/dev/video0", Event())
    assert len(calls) == 1


def test_stop_ends_attempts_to_open_webcam(opened):
    calls, errors = opened
    errors.append(invalid_format())
    stop = Event()
    stop.set()
    with pytest.raises(NoVideo):
        open_container(webcam(), "/dev/video0", stop)
    assert len(calls) == 1


def test_webcam_is_opened_non_blocking(make_video):
    with av.open(str(make_video(seconds=1)), options=opening._WEBCAM) as container:
        assert Flags.non_block in Flags(container.flags)

"""Addresses, and which options FFmpeg gets."""

from threading import Event

import av
from av.container.core import Flags
import pytest

from custom_components.homesec.engine.capture import open as opening, stream_url
from custom_components.homesec.engine.capture.open import open_container
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
def test_a_login_is_put_into_the_address(location, login, url):
    assert stream_url(stream(location, *login)) == url


@pytest.mark.parametrize(
    "location",
    ["", "cam", "cam/live", "file:///etc/passwd", "/etc/passwd", "rtsp://", "rtsp:///live",
     "concat:a|b", "rtsp://cam:99999/", "rtsp://cam:x/", "http://[::1", "ftp://cam/film.mp4"],
)  # fmt: skip
def test_what_is_no_address_of_a_stream_is_refused(location):
    with pytest.raises(InvalidSource):
        stream_url(stream(location))


def test_rtsp_goes_over_tcp():
    options = opening._stream_options(stream("rtsp://cam"), "rtsp://cam")
    assert options["rtsp_transport"] == "tcp"


@pytest.mark.parametrize(("verify", "option"), [(True, "1"), (False, "0")])
@pytest.mark.parametrize("scheme", ["https", "rtsps"])
def test_certificates_are_looked_at_only_where_wanted(scheme, verify, option):
    url = f"{scheme}://cam"
    assert opening._stream_options(stream(url, verify_tls=verify), url)["tls_verify"] == option


def test_files_of_this_machine_are_out_of_reach_for_streams():
    allowed = opening._stream_options(stream("http://cam"), "http://cam")["protocol_whitelist"]
    assert not {"file", "pipe", "concat", "data", "subfile"} & set(allowed.split(","))


# --- webcams: there is none here, and v4l2loopback is no part of this kernel; so only what comes
# --- before the device is tested, and what its driver is asked for.


def test_a_webcam_that_is_not_there():
    with pytest.raises(DeviceMissing):
        open_container(webcam(), "/dev/video99", Event())


def test_what_is_no_webcam_gives_no_video():
    with pytest.raises(NoVideo):
        open_container(webcam("/dev/null"), "/dev/null", Event())


@pytest.fixture
def asked(monkeypatch):
    """What FFmpeg is asked for; it answers with the errors in ``answers``."""
    asked = []
    asked_and_answers = asked, []

    def fake_open(target, **options):
        asked.append((target, options))
        raise asked_and_answers[1][len(asked) - 1]

    monkeypatch.setattr(opening.av, "open", fake_open)
    return asked_and_answers


def unsuitable():
    return av.error.ArgumentError(22, "Invalid argument", "/dev/video0")


def test_a_webcam_is_asked_for_compressed_pictures_first_and_for_anything_last(asked):
    calls, answers = asked
    answers += [unsuitable()] * 4
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
def test_a_webcam_that_would_not_work_otherwise_either_is_asked_once(asked, answer, error):
    calls, answers = asked
    answers.append(answer)
    with pytest.raises(error):
        open_container(webcam(), "/dev/video0", Event())
    assert len(calls) == 1


def test_a_stop_ends_the_asking(asked):
    calls, answers = asked
    answers.append(unsuitable())
    stop = Event()
    stop.set()
    with pytest.raises(NoVideo):
        open_container(webcam(), "/dev/video0", stop)
    assert len(calls) == 1


def test_a_webcam_is_opened_so_that_reading_never_blocks(films):
    with av.open(str(films(seconds=1)), options=opening._WEBCAM) as container:
        assert Flags.non_block in Flags(container.flags)

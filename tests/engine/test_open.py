"""Opening webcams: without a device, only opening and its options are tested."""

from threading import Event

import av
from av.container.core import Flags
import pytest

from custom_components.homesec.engine.capture import open as opening
from custom_components.homesec.engine.capture.open import open_container
from custom_components.homesec.engine.core.errors import (
    DeviceBusy,
    DeviceMissing,
    NoVideo,
    SourceTimeout,
)
from custom_components.homesec.engine.core.types import SourceConfig, SourceKind
from custom_components.homesec.engine.media.limits import OPEN_OPTIONS


def webcam(device="/dev/video99"):
    return SourceConfig(kind=SourceKind.WEBCAM, location=device)


def test_missing_webcam_raises_device_missing():
    with pytest.raises(DeviceMissing):
        open_container(webcam(), Event())


def test_device_without_video_raises_no_video():
    with pytest.raises(NoVideo):
        open_container(webcam("/dev/null"), Event())


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
        open_container(webcam(), Event())
    assert {options["format"] for _, options in calls} == {"v4l2"}
    assert calls[0][1]["options"]["input_format"] == "mjpeg"
    assert set(calls[-1][1]["options"]) == {"fflags", *OPEN_OPTIONS}


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
        open_container(webcam(), Event())
    assert len(calls) == 1


def test_stop_ends_attempts_to_open_webcam(opened):
    calls, errors = opened
    errors.append(invalid_format())
    stop = Event()
    stop.set()
    with pytest.raises(NoVideo):
        open_container(webcam(), stop)
    assert len(calls) == 1


def test_webcam_is_opened_non_blocking(make_video):
    with av.open(str(make_video(seconds=1)), options=opening._WEBCAM) as container:
        assert Flags.non_block in Flags(container.flags)

"""Passwords never appear in events or logs."""

import logging

import av
from camera_servers import closed_address, silent_server
from engine_rig import stream_camera
import pytest

from custom_components.homesec.engine.capture import open as opening
from custom_components.homesec.engine.capture.probe import probe
from custom_components.homesec.engine.core.errors import SourceError
from custom_components.homesec.engine.core.types import Activity, CameraHealth

CANARY = "tweety-7f3a"


def addresses():
    return [
        f"http://{closed_address()}/x",
        f"rtsp://{closed_address()}/x",
        "nonsense",
        "http://[broken",
    ]


def configurations(address):
    """Return configurations with the password in the address, and beside it."""
    yield stream_camera(address, username="bob", password=CANARY)
    yield stream_camera(address.replace("://", f"://bob:{CANARY}@"))


@pytest.fixture
def all_logs(caplog):
    caplog.set_level(logging.DEBUG)
    av.logging.set_level(av.logging.DEBUG)
    yield caplog
    av.logging.set_level(None)


def ours(caplog):
    """Return what the engine logs; FFmpeg's log is off by default."""
    return [r for r in caplog.records if r.name.startswith("custom_components")]


@pytest.mark.parametrize("kind", range(2), ids=["beside", "inside"])
@pytest.mark.parametrize("number", range(4))
def test_events_and_logs_never_contain_password(rig, all_logs, capfd, kind, number):
    camera = list(configurations(addresses()[number]))[kind]
    rig.engine.set_camera(camera, Activity.RECORD)
    rig.wait_health(CameraHealth.LOST)
    rig.stop()
    texts = [repr(camera), *map(repr, rig.events)]
    texts += [logging.Formatter().format(record) for record in ours(all_logs)]
    assert CANARY not in "".join(texts)


def test_ffmpeg_writes_nothing_to_stderr(rig, capfd, monkeypatch):
    monkeypatch.setattr(opening, "OPEN_TIMEOUT_S", 0.2)
    with silent_server() as server:
        for url in (f"rtsp://{server.address}/x", f"http://{closed_address()}/x"):
            with pytest.raises(SourceError):
                probe(stream_camera(url, username="bob", password=CANARY).source)
    assert CANARY not in "".join(capfd.readouterr())


def test_error_texts_contain_no_login(http):
    server = http({}, login="alice:pw")
    with pytest.raises(SourceError) as caught:
        probe(stream_camera(server.url("/"), username="bob", password=CANARY).source)
    error = caught.value
    assert CANARY not in f"{error} {error!r} {error.args} {error.placeholders}"

"""The search and the questions to devices in a worker process, and a camera that plays after it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import sys

from camera_servers import launch_line
from onvif_device import GROUP, PORT, OnvifDevice
import pytest
from worker_pairs import wait_until

from custom_components.homesec.engine.core.discovery import MovableDevice, Movement, Position
from custom_components.homesec.engine.core.errors import (
    DiscoveryError,
    DiscoveryMissing,
    LoginRefused,
    MoveRefused,
    SourceBroken,
    WorkerDied,
    WorkerError,
)
from custom_components.homesec.engine.core.types import SourceConfig, SourceKind
from custom_components.homesec.engine.discovery import device, search
from custom_components.homesec.engine.engine import HomeSecEngine
from custom_components.homesec.engine.worker import discovery_service, methods
from custom_components.homesec.engine.worker.checks import UnexpectedValue
from custom_components.homesec.engine.worker.process_tools import ProcessTools


class Parent:
    """Has no cameras outside of the engine."""

    stream_url = snapshot = None


@pytest.fixture
def tools():
    made = ProcessTools(Parent())
    yield made
    made.stop(5.0)


def mapped(pid):
    return Path(f"/proc/{pid}/maps").read_text()


def test_camera_is_found_asked_and_plays(tools, rtsp_server, make_video):
    line = launch_line(make_video(seconds=8, size=(640, 384)))
    server = rtsp_server({"/main": line, "/sub": line}, login="admin:secret")
    urls = {"main_url": server.url("/main"), "sub_url": server.url("/sub")}
    with OnvifDevice(group=(GROUP, PORT), **urls) as simulated:
        (found,) = [each for each in tools.search(1.0) if each.id == simulated.id]
        details = tools.read_device(found.address, "admin", "secret")
        pid = tools.discovery.pid
        with pytest.raises(LoginRefused):
            tools.read_device(found.address, "admin", "wrong")
    assert "/lxml/" in mapped(pid)
    assert tools.probes.pid is None
    assert (details.main.url, details.low.url) == (server.url("/main"), server.url("/sub"))
    source = SourceConfig(
        kind=SourceKind.STREAM, location=details.main.url, username="admin", password="secret"
    )
    assert tools.probe(source).width == 640
    assert "/lxml/" not in mapped(tools.probes.pid)
    assert "libavcodec" not in mapped(pid)


def test_camera_is_moved_by_a_process_of_its_own(tools):
    with OnvifDevice(ptz=True) as simulated:
        device = MovableDevice(
            address=simulated.address, profile="main", username="admin", password="secret"
        )
        tools.move(device, Movement(pan=0.5), 30.0)
        tools.move(device, Movement(), 30.0)
        position = tools.read_positions(device)[1]
        tools.go_to(device, position.token)
        with pytest.raises(MoveRefused):
            tools.go_to(device, "gone")
        moves = simulated.moves
    assert position == Position(token="2", name="Gate")
    assert moves == [("move", "0.5", "0.0", "0.0"), ("stop",), ("preset", "2")]
    assert tools.discovery.pid is None
    assert tools.movers.pid is not None


def test_missing_libraries_are_reported(tools, monkeypatch, tmp_path):
    for library in ("wsdiscovery", "onvif"):
        (tmp_path / f"{library}.py").write_text("raise ImportError")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(DiscoveryMissing):
        tools.search(0.1)
    with pytest.raises(DiscoveryMissing):
        tools.read_device("127.0.0.1", None, None)
    with pytest.raises(DiscoveryMissing):
        tools.read_positions(MovableDevice(address="http://127.0.0.1/", profile="main"))


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (ValueError("CANARY"), DiscoveryError),
        (LoginRefused(), LoginRefused),
        (ConnectionResetError(104, "reset"), ConnectionResetError),
    ],
)
def test_what_a_library_says_is_not_reported(monkeypatch, raised, expected):
    def fail(*_):
        raise raised

    monkeypatch.setattr(device, "read_device", fail)
    monkeypatch.setattr(search, "search", fail)
    handlers = discovery_service.create_handlers(None)
    for method, args in (
        (methods.SEARCH, {"seconds": 1.0}),
        (methods.READ_DEVICE, {"address": "a", "username": None, "password": None}),
    ):
        with pytest.raises(expected) as caught:
            handlers[method](**args)
        assert "CANARY" not in str(caught.value)


def test_search_ends_when_engine_stops(tools):
    with ThreadPoolExecutor(1) as executor:
        searching = executor.submit(tools.search, 60.0)
        wait_until(lambda: tools.discovery.pid is not None)
        tools.stop(5.0)
        assert isinstance(searching.exception(), WorkerError)
    assert tools.discovery.pid is None


@pytest.fixture
def fallen():
    """Tools whose process says what it's told."""
    made = ProcessTools(Parent(), discovery_service="toy_tools")
    yield made
    made.stop(5.0)


def test_addresses_from_a_process_are_checked(fallen):
    (found,) = fallen.search(0.0)
    assert found.host == "192.0.2.8"
    with pytest.raises(UnexpectedValue):
        fallen.search(0.1)
    own, elsewhere = "rtsp://192.0.2.7/a", "rtsp://192.0.2.8/a"
    service = "http://192.0.2.7/onvif"
    assert fallen.read_device("192.0.2.7", own, service).main.url == own
    for url, address in (
        *((elsewhere, None), ("file:///etc/passwd", None), ("rtsp://ann@192.0.2.7/a", None)),
        *((own, "http://192.0.2.8/onvif"), ("rtsp://192.0.2.7/" + "a" * 3000, None)),
    ):
        with pytest.raises(UnexpectedValue):
            fallen.read_device("192.0.2.7", url, address)


class DyingTools:
    """Tools whose process ends whatever it's asked."""

    raises = WorkerDied

    def search(self, *_):
        raise self.raises("signal 11")

    def read_device(self, address, username, password):
        raise self.raises("signal 11")

    move = go_to = read_positions = search


class DyingWorker:
    tools = DyingTools()


def test_process_that_dies_is_an_error_of_what_was_asked(tmp_path, monkeypatch):
    engine = HomeSecEngine(
        clips_dir=tmp_path / "clips",
        data_dir=tmp_path,
        models_dir=tmp_path / "models",
        on_event=lambda event: None,
        create_worker=lambda settings, parent: DyingWorker(),
    )
    with pytest.raises(DiscoveryError):
        engine.search(1.0)
    with pytest.raises(SourceBroken):
        engine.read_device("192.0.2.7", None, None)
    camera = MovableDevice(address="http://192.0.2.7/", profile="main")
    orders = (
        lambda: engine.move(camera, Movement(), 1.0),
        lambda: engine.go_to(camera, "1"),
        lambda: engine.read_positions(camera),
    )
    for order in orders:
        with pytest.raises(SourceBroken):
            order()
    monkeypatch.setattr(DyingTools, "raises", UnexpectedValue)
    with pytest.raises(DiscoveryError):
        engine.search(1.0)
    with pytest.raises(DiscoveryError):
        engine.read_device("192.0.2.7", None, None)
    for order in orders:
        with pytest.raises(DiscoveryError):
            order()

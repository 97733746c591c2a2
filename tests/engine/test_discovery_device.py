"""Asking ONVIF devices for their streams: simulated ones, and hosts that only pretend."""

import errno
import gzip
import logging
import socket
import threading

import aiohttp
from hypothesis import given, settings, strategies as st
from network_cameras import Authority
from onvif_device import OnvifDevice
import onvif_messages
import pytest

from custom_components.homesec.engine.core.discovery import EventKind
from custom_components.homesec.engine.core.errors import (
    ConnectionRefused,
    HomeSecError,
    HostNotFound,
    InvalidSource,
    LoginRefused,
    LoginUnsupported,
    NoRoute,
    OnvifMissing,
    SourceError,
    SourceTimeout,
)
from custom_components.homesec.engine.discovery import device as device_module, search, soap

SECRET = "CANARY-Pässwörd&<1>"
BOMB = (
    '<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


def read(device, username="admin", password="secret"):
    """Ask a device, with the login of simulated ones."""
    address = device if isinstance(device, str) else device.address
    return device_module.read_device(address, username, password)


@pytest.mark.parametrize("login", ["wsse", "digest", "none"])
def test_device_tells_all_after_its_login(login):
    with OnvifDevice(login=login, clock_ahead_s=7200, ptz=True) as device:
        found = read(device)
    assert (found.maker, found.model, found.firmware) == ("Acme", "Dome 4", "3.1.0.741")
    assert (found.serial, found.mac, found.ptz) == ("192168001", "00:1a:2b:3c:4d:5e", True)
    main, low = found.main, found.low
    assert (main.url, main.width, main.height) == ("rtsp://127.0.0.1/main", 1920, 1080)
    assert (main.codec, main.fps, main.audio_codec) == ("h264", 25.0, "aac")
    assert (low.url, low.width, low.height, low.fps) == ("rtsp://127.0.0.1/sub", 640, 360, 15.0)
    assert {each.kind for each in found.events} == {
        *(EventKind.MOTION, EventKind.PERSON, EventKind.VEHICLE),
        *(EventKind.TAMPER, EventKind.INPUT),
    }
    assert found.events[0].topic == "RuleEngine/CellMotionDetector/Motion"


def test_host_and_port_are_enough():
    with OnvifDevice() as device:
        assert read(f"127.0.0.1:{device.port}").model == "Dome 4"


def test_port_of_service_is_asked_of_host(monkeypatch):
    with OnvifDevice(path="/cgi/onvif") as device:
        monkeypatch.setattr(search, "PORT", device.search_address[1])
        assert read("127.0.0.1").model == "Dome 4"


@pytest.mark.parametrize("login", ["wsse", "digest"])
def test_device_that_drops_its_connections_tells_all(login):
    with OnvifDevice(login=login, drops_connections=True) as device:
        assert len(read(device).profiles) == 2


def test_device_with_certificate_of_its_own_tells_all(tmp_path):
    tls, _ = Authority(tmp_path).issue("127.0.0.1")
    with OnvifDevice(tls=tls) as device:
        assert device.address.startswith("https:")
        assert read(device).model == "Dome 4"


def test_device_without_login_needs_no_user():
    with OnvifDevice(login="none") as device:
        assert read(device, None, None).main is not None


def test_older_device_lists_its_services_otherwise():
    with OnvifDevice(unknown=frozenset({"GetServices"})) as device:
        found = read(device)
    assert (found.model, len(found.profiles), len(found.events)) == ("Dome 4", 2, 5)


def test_what_device_does_not_know_is_left_out():
    unknown = {"GetDeviceInformation", "GetNetworkInterfaces"}
    unknown |= {"GetEventProperties", "GetSystemDateAndTime"}
    with OnvifDevice(unknown=frozenset(unknown), sub_url=None) as device:
        found = read(device)
    assert (found.maker, found.mac, found.events) == ("", None, ())
    assert found.main.url == "rtsp://127.0.0.1/main"
    assert found.low is None


def test_addresses_elsewhere_become_those_of_the_device():
    with OnvifDevice(
        host="192.0.2.99",
        main_url="rtsp://evil.example:8554/main?token=1",
        sub_url="rtsp://ann:pw@[fe80::1]/sub",
    ) as device:
        found = read(device)
    assert found.main.url == "rtsp://127.0.0.1:8554/main?token=1"
    assert found.low.url == "rtsp://127.0.0.1/sub"


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://127.0.0.1/x", "rtsp:", "", "x" * 5000]
)
def test_stream_that_is_no_rtsp_url_is_left_out(url):
    with OnvifDevice(sub_url=url) as device:
        assert [each.token for each in read(device).profiles] == ["main"]


def test_device_without_streams_is_no_camera():
    with OnvifDevice(main_url="", sub_url=None) as device, pytest.raises(OnvifMissing):
        read(device)


@pytest.mark.parametrize("login", ["wsse", "digest", "basic"])
@pytest.mark.parametrize("username", ["admin", None])
def test_wrong_or_missing_login_is_refused(login, username):
    with OnvifDevice(login=login) as device, pytest.raises(LoginRefused):
        read(device, username, "wrong" if username else None)


@pytest.mark.parametrize("login", ["wsse", "digest", "basic", "none"])
def test_password_is_never_readable(login, caplog):
    caplog.set_level(logging.DEBUG)
    with OnvifDevice(login=login, username="ann-CANARY", password=SECRET) as device:
        if login == "basic":
            with pytest.raises(LoginUnsupported):
                read(device, "ann-CANARY", SECRET)
        else:
            assert "CANARY" not in repr(read(device, "ann-CANARY", SECRET))
    assert device.requests
    assert not any("Pässwörd" in each or "CANARY-P" in each for each in device.requests)
    assert "CANARY" not in caplog.text


def test_each_request_has_a_nonce_of_its_own():
    with OnvifDevice() as device:  # it refuses one that it has seen
        read(device)
        read(device)
    assert len(device.nonces) == 14


def test_nothing_listens():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(ConnectionRefused):
        read(f"127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (OSError(errno.EHOSTUNREACH, "unreachable"), NoRoute),
        (OSError(errno.EIO, "broken"), SourceError),
        (aiohttp.ServerDisconnectedError(), OnvifMissing),
    ],
)
def test_failed_connection_says_why(monkeypatch, failure, expected):
    async def fail(*_args, **_named):
        if isinstance(failure, OSError):
            raise aiohttp.ClientConnectorError(None, failure)
        raise failure

    monkeypatch.setattr(search, "ADDRESS_S", 0.1)
    monkeypatch.setattr(aiohttp.TCPConnector, "connect", fail)
    with pytest.raises(HomeSecError) as caught:
        read("127.0.0.1")
    assert type(caught.value) is expected


def test_unknown_name(monkeypatch):
    def fail(*_args, **_named):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(HostNotFound):
        read("camera.invalid")


@pytest.mark.parametrize("address", ["", "rtsp://127.0.0.1/", "http://", "http://a b/"])
def test_address_that_is_none_is_refused(address):
    with pytest.raises(InvalidSource):
        read(address)


XML = {"Content-Type": "application/soap+xml"}
HOSTILE = {
    "web page": lambda: (200, {"Content-Type": "text/html"}, b"<html><body>Hello"),
    "not found": lambda: (404, {}, b"no"),
    "empty": lambda: (200, {}, b""),
    "garbage": lambda: (200, XML, bytes(range(256)) * 100),
    "too long": lambda: (200, XML, onvif_messages.envelope("<x>" + "a" * 5_000_000).encode()),
    "entities": lambda: (
        200,
        XML,
        onvif_messages.envelope("&i;").replace("?>", f"?>{BOMB}", 1).encode(),
    ),
    "deep": lambda: (200, XML, onvif_messages.envelope("<a>" * 50_000).encode()),
    "compressed": lambda: (200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(10**7))),
    "other answer": lambda: (200, XML, onvif_messages.envelope("<x/>").encode()),
    "server error": lambda: (503, {}, b""),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_answer_is_refused(kind):
    with OnvifDevice(answers={"GetProfiles": HOSTILE[kind]}) as device, pytest.raises(OnvifMissing):
        read(device)


@pytest.mark.parametrize("kind", HOSTILE)
def test_odd_answer_to_what_can_be_asked_otherwise_is_passed_over(kind):
    odd = {"GetSystemDateAndTime": HOSTILE[kind], "GetServices": HOSTILE[kind]}
    with OnvifDevice(answers=odd) as device:
        assert read(device).main.url == "rtsp://127.0.0.1/main"


def test_web_server_is_no_camera():
    asked = ("GetSystemDateAndTime", "GetServices", "GetCapabilities")
    with OnvifDevice(answers=dict.fromkeys(asked, HOSTILE["not found"])) as device:
        with pytest.raises(OnvifMissing):
            read(device)
        assert len(device.requests) == 3


def test_redirect_is_not_followed():
    with OnvifDevice() as other, OnvifDevice() as device:
        away = (302, {"Location": other.address}, b"")
        device.settings.answers["GetProfiles"] = lambda: away
        with pytest.raises(OnvifMissing):
            read(device)
        assert other.requests == []


def test_host_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(soap, "CALL_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(SourceTimeout):
        read(f"127.0.0.1:{silent.getsockname()[1]}")


def test_host_that_answers_drop_by_drop_is_given_up(monkeypatch):
    monkeypatch.setattr(device_module, "READ_S", 1.0)
    done = threading.Event()

    def drip(listener):
        sock, _ = listener.accept()
        with sock:
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not done.wait(0.05):
                sock.sendall(b"<")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        with pytest.raises(SourceTimeout):
            read(f"127.0.0.1:{listener.getsockname()[1]}")
        done.set()
        thread.join()


@settings(max_examples=12)
@given(
    media=st.sampled_from(["trt", "tr2"]),
    operation=st.sampled_from(
        [
            *("GetProfiles", "GetStreamUri", "GetDeviceInformation", "GetNetworkInterfaces"),
            *("GetEventProperties", "GetServices", "GetSystemDateAndTime"),
        ]
    ),
    cuts=st.lists(
        st.tuples(
            st.floats(0, 1), st.sampled_from([b"", b"-1", b"<", b"\xff", b"9" * 40, b"&#x0;"])
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_damaged_answer_raises_nothing_else_and_leads_nowhere(media, operation, cuts):
    def damaged():
        request = f">main< {onvif_messages.NAMESPACES[media]} <a:Protocol>RTSP<"
        body = device.body(operation, request)
        data = onvif_messages.envelope(body).encode()
        start = data.index(b"<s:Body>")
        for share, damage in cuts:
            at = start + int(share * (len(data) - start))
            data = data[:at] + damage + data[at + len(damage) + 1 :]
        return 200, XML, data

    with OnvifDevice(login="none", media=(media,), answers={operation: damaged}) as device:
        try:
            found = read(device)
        except HomeSecError:
            return
    for each in found.profiles:
        assert each.url.startswith(("rtsp://127.0.0.1", "rtsps://127.0.0.1"))
        assert 0 <= each.width <= 16_384
        assert 0 <= each.height <= 16_384
    assert found.model.isprintable()

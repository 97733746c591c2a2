"""RTSP through the relay: UDP for cameras without TCP, strangers on the loopback, stopping."""

from __future__ import annotations

from contextlib import suppress
import socket
from threading import Event, Thread

from camera_servers import launch_line
from engine_rig import FakeClock, stream_camera
from hypothesis import given, settings, strategies as st
from network_cameras import RtspFront, rtsp_answer
import pytest

from custom_components.homesec.engine.capture import open as opening
from custom_components.homesec.engine.capture.container import ContainerConnection
from custom_components.homesec.engine.capture.login import Login
from custom_components.homesec.engine.capture.rtp_over_udp import UdpTrack
from custom_components.homesec.engine.capture.rtsp_message import Message, MessageReader
from custom_components.homesec.engine.capture.rtsp_relay import RtspRelay
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.errors import SourceError, SourceTimeout
from custom_components.homesec.engine.core.source_url import parse_source_url


def open_stream(url, stop=None, **source):
    config = stream_camera(url, **source).source
    return ContainerConnection(config, Timeline(FakeClock(), Pace.LIVE), stop or Event())


@pytest.fixture
def camera(rtsp_server, make_video):
    """Start an RTSP server; return its front: ``camera(answer, udp=True)``."""
    fronts = []

    def make(answer=lambda *_: None, *, audio=None, **server):
        video = make_video(seconds=30, audio=audio)
        behind = rtsp_server({"/cam": launch_line(video, audio=audio)}, **server)
        fronts.append(RtspFront(behind.port, answer))
        return fronts[-1]

    yield make
    for each in fronts:
        each.close()


def test_camera_that_refuses_tcp_is_received_over_udp(camera):
    front = camera(udp=True, audio="aac")
    connection = open_stream(f"rtsp://{front.address}/cam")
    packets = connection.packets()
    kinds = [next(packets).is_video for _ in range(20)]
    connection.close()
    assert set(kinds) == {True, False}
    transports = [h["transport"] for method, _, h in front.requests if method == "SETUP"]
    assert ["TCP" in each for each in transports] == [True, False, False]


def test_camera_that_accepts_tcp_is_not_asked_for_udp(camera):
    front = camera()
    open_stream(f"rtsp://{front.address}/cam").close()
    transports = [h["transport"] for method, _, h in front.requests if method == "SETUP"]
    assert all("TCP" in each for each in transports)


def test_datagrams_of_others_are_ignored():
    track = UdpTrack.open("127.0.0.1", "127.0.0.9", 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(bytes(12), track.sockets[0].getsockname())
        assert list(track.packets()) == []
        track.camera = "127.0.0.1"
        stranger.sendto(bytes(12), track.sockets[1].getsockname())
        stranger.sendto(bytes(7), track.sockets[1].getsockname())
        assert list(track.packets()) == [b"$\x01\x00\x0c" + bytes(12)]
    track.close()


def test_reports_go_to_the_camera_whatever_source_it_names(camera):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as victim:
        victim.bind(("127.0.0.2", 0))
        victim.setblocking(False)
        port = victim.getsockname()[1]

        def answer(method, _uri, headers):
            if method == "SETUP" and "TCP" in headers["transport"]:
                return rtsp_answer("461 Unsupported Transport")
            if method == "SETUP":
                transport = f"{headers['transport']};source=127.0.0.2;destination=127.0.0.2"
                return rtsp_answer(
                    "200 OK", f"Transport: {transport};server_port={port}-{port}", "Session: 1"
                )
            return None

        with suppress(SourceError):
            open_stream(f"rtsp://{camera(answer).address}/cam", stall_s=0.5).close()
        with pytest.raises(BlockingIOError):
            victim.recv(100)


def test_last_request_of_ffmpeg_reaches_the_camera(camera):
    front = camera()
    open_stream(f"rtsp://{front.address}/cam").close()
    front.close()
    assert front.requests[-1][0] == "TEARDOWN"


def test_stranger_on_the_loopback_gets_nothing(camera):
    front = camera()
    url = parse_source_url(f"rtsp://{front.address}/cam")
    config = stream_camera(url.without_login).source
    relay = RtspRelay(config, url, Login(None, None), Event(), open_s=5)
    host, _, port = relay.url.removeprefix("rtsp://").partition("/")[0].partition(":")
    with socket.create_connection((host, int(port))) as stranger:
        stranger.sendall(f"OPTIONS rtsp://{host}:{port}/guess RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
        stranger.settimeout(5)
        assert stranger.recv(100) == b""
    with socket.create_connection((host, int(port))) as ffmpeg:
        ffmpeg.sendall(f"OPTIONS {relay.url} RTSP/1.0\r\nCSeq: 7\r\n\r\n".encode())
        ffmpeg.settimeout(5)
        assert b"CSeq: 7" in ffmpeg.recv(4096)
    relay.close()
    assert [uri for _, uri, _ in front.requests] == [url.without_login]


@pytest.mark.parametrize("silent", ["OPTIONS", "PLAY"])
def test_stop_ends_a_connection_that_waits(camera, silent):
    stop, asked = Event(), Event()

    def answer(method, *_):
        if method == silent:
            asked.set()
            return ""
        return None

    front = camera(answer)
    failures = []

    def run():
        try:
            open_stream(f"rtsp://{front.address}/cam", stop).close()
        except SourceError as err:
            failures.append(err)

    thread = Thread(target=run)
    thread.start()
    assert asked.wait(10)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert failures


def test_silent_camera_raises_timeout(camera, monkeypatch):
    monkeypatch.setattr(opening, "OPEN_TIMEOUT_S", 0.5)
    front = camera(lambda *_: "")
    with pytest.raises(SourceTimeout):
        open_stream(f"rtsp://{front.address}/cam")


# --- messages


def read_all(data, sizes):
    reader, found = MessageReader(), []
    while data:
        size = sizes.pop() if sizes else len(data)
        reader.feed(data[:size])
        data = data[size:]
        while (item := reader.next()) is not None:
            found.append(item)
    packets = b"".join(each for each in found if isinstance(each, bytes))
    return packets, [each for each in found if isinstance(each, Message)]


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40).map(lambda data: b"$\x01" + len(data).to_bytes(2) + data),
            st.binary(max_size=20).map(
                lambda body: (
                    b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: %d\r\n\r\n" % len(body) + body
                )
            ),
        ),
        max_size=8,
    ),
    st.lists(st.integers(1, 30), max_size=40),
)
@settings(max_examples=300, deadline=None)
def test_messages_are_split_wherever_they_were_cut(items, sizes):
    packets, messages = read_all(b"".join(items), sizes)
    assert packets == b"".join(x for x in items if x[0] == 36 and len(x) >= 12)
    assert [each.body for each in messages] == [
        x.partition(b"\r\n\r\n")[2] for x in items if x[0] != 36
    ]


@given(st.binary(max_size=400), st.lists(st.integers(1, 30), max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(data, sizes):
    with suppress(SourceError):
        for message in read_all(data, sizes)[1]:
            lines = message.encode().partition(b"\r\n\r\n")[0].split(b"\r\n")
            assert not any(set(line) & set(range(32)) for line in lines)


def test_header_without_end_is_refused():
    reader = MessageReader()
    reader.feed(b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 20_000)
    with pytest.raises(SourceError):
        reader.next()


def test_body_that_is_too_long_is_refused():
    reader = MessageReader()
    reader.feed(b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n")
    with pytest.raises(SourceError):
        reader.next()

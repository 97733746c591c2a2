"""Live video over the loopback: who gets it, what it begins with, and how often a camera is opened.

The cameras are real servers, and the viewer is FFmpeg, as in Home Assistant.
"""

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from http.client import HTTPConnection
import io
import itertools
import socket
import threading
import time
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import av
from camera_servers import HttpServer, closed_address, launch_line, multipart, rtsp
from engine_rig import LONG_S, file_camera, stream_camera
import numpy as np
import pytest
from videos import frame_of, number_of, picture

from custom_components.homesec.engine.core.events import (
    DetectionStarted,
    DetectorChanged,
    HealthChanged,
)
from custom_components.homesec.engine.core.source_feed import SourceFeed
from custom_components.homesec.engine.core.types import (
    Activity,
    CameraHealth,
    SourceConfig,
    SourceKind,
)
from custom_components.homesec.engine.live import output, server, viewer
from custom_components.homesec.engine.media.jpeg import encode_jpeg

pytestmark = pytest.mark.long

OFF, RUNNING = CameraHealth.OFF, CameraHealth.RUNNING


def wait_for(condition):
    """Wait for something true, and return it."""
    deadline = time.monotonic() + LONG_S
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


@contextmanager
def watch(url):
    """Open live video as Home Assistant does."""
    with av.open(url, timeout=60) as opened:
        yield opened


def show(url, pictures=12):
    """Return what live video shows: codecs, whether the first packet is a keyframe, numbers."""
    with watch(url) as opened:
        codecs = [each.codec_context.codec.name for each in opened.streams]
        first, numbers = None, []
        for packet in opened.demux(video=0):
            first = packet.is_keyframe if first is None else first
            numbers += [number_of(frame) for frame in packet.decode()]
            if len(numbers) >= pictures:
                return codecs, first, numbers
    raise AssertionError(f"only {len(numbers)} pictures")


@pytest.fixture
def door(make_video, tmp_path):
    """An RTSP camera with sound that counts its clients."""
    video = make_video(seconds=30, audio="aac")
    mounts = {"/cam": launch_line(video, audio="aac")}
    with rtsp(mounts, count=tmp_path / "clients") as running:
        yield running


def camera(door, **settings):
    return stream_camera(door.url("/cam"), **settings)


def test_viewers_share_the_one_connection_of_a_camera(rig, door):
    rig.engine.set_camera(camera(door), Activity.DETECT)
    rig.wait_health(RUNNING)
    url = rig.engine.live_url("cam")
    with watch(url), watch(url):
        codecs, starts, numbers = show(url)
        assert rig.engine.jpeg("cam", opens=True) is not None
    assert codecs == ["h264", "aac"]
    assert starts
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert door.clients == (1, 1)


def test_camera_that_is_off_is_open_for_as_long_as_somebody_watches(rig, door, monkeypatch):
    monkeypatch.setattr("custom_components.homesec.engine.live.output.LINGER_S", 0.5)
    rig.engine.set_camera(camera(door), Activity.OFF)
    assert door.clients == (0, 0)
    codecs, starts, numbers = show(rig.engine.live_url("cam"), pictures=40)
    assert (codecs, starts) == (["h264", "aac"], True)
    assert len(numbers) == len(set(numbers))
    wait_for(lambda: door.clients == (1, 0))
    assert rig.of(HealthChanged, DetectionStarted) == []
    assert not rig.engine.worker.sessions


def test_camera_is_armed_and_disarmed_under_a_viewer_without_another_connection(rig, door):
    rig.engine.set_camera(camera(door), Activity.OFF)
    with watch(rig.engine.live_url("cam")) as opened:
        packets = opened.demux(video=0)
        next(packets)
        rig.engine.set_activity("cam", Activity.RECORD)
        rig.wait_health(RUNNING)
        clip_id = rig.engine.start_recording("cam")
        next(packets)
        rig.engine.set_activity("cam", Activity.OFF)
        rig.wait_health(OFF)
        for _ in range(20):
            next(packets)
    assert door.clients == (1, 1)
    wait_for(lambda: [clip.id for clip in rig.saved()] == [clip_id])


def test_nothing_is_detected_in_what_a_camera_that_is_off_shows(rig, make_video):
    video = make_video(seconds=4, walks=((0.5, 3.5),))
    rig.wait_for(DetectorChanged)
    before = len(rig.events)
    rig.engine.set_camera(file_camera(video, paced=True, loop=True), Activity.OFF)
    numbers = set()
    while len(numbers) < 25:
        if shown := rig.engine.jpeg("cam", opens=True):
            with av.open(io.BytesIO(shown)) as picture_file:
                numbers.add(number_of(next(picture_file.decode(video=0))))
    assert rig.events[before:] == []
    assert rig.engine.worker.report.frame_count == 0
    rig.engine.set_activity("cam", Activity.DETECT)
    rig.wait_for(DetectionStarted)


class Feed(SourceFeed):
    """A camera of another integration, which has single pictures only."""

    def stream_url(self):
        return None

    def snapshot(self):
        return PICTURE


def jpeg(number):
    return encode_jpeg(frame_of(picture(number, figure_at=0.5)))


PICTURE = jpeg(1)


def test_pictures_are_encoded_while_somebody_watches(rig, make_video):
    pictures = itertools.cycle([jpeg(number) for number in range(8)])
    ended = threading.Event()
    site = HttpServer({"/mjpeg": multipart(pictures, every_s=0.1, closing=ended)})
    film = make_video(seconds=8, fps=10, codec="mjpeg", container="matroska")
    entity = SourceConfig(kind=SourceKind.ENTITY, location="camera.porch", pictures_per_s=10.0)
    cameras = (
        stream_camera(site.url("/mjpeg"), id="pictures"),
        file_camera(film, id="film", paced=True, loop=True),
        replace(file_camera(film, id="entity"), source=entity),
    )
    try:
        for each in cameras:
            rig.engine.set_camera(each, Activity.OFF, Feed())
        for each in cameras:
            codecs, starts, numbers = show(rig.engine.live_url(each.id), pictures=5)
            assert (codecs, starts) == (["h264"], True), each.id
            assert len(numbers) == 5
    finally:
        ended.set()
        site.close()


def test_h265_is_copied(rig, make_video):
    video = make_video(seconds=6, fps=10, codec="libx265")
    rig.engine.set_camera(file_camera(video, paced=True, loop=True), Activity.OFF)
    codecs, starts, _ = show(rig.engine.live_url("cam"))
    assert (codecs, starts) == (["hevc"], True)


def test_other_audio_is_encoded_to_aac(rig, make_video):
    film = make_video(seconds=20, fps=10)
    with rtsp({"/cam": launch_line(film, audio="alaw")}) as camera:
        rig.engine.set_camera(stream_camera(camera.url("/cam")), Activity.OFF)
        with watch(rig.engine.live_url("cam")) as opened:
            sound = opened.streams.audio[0]
            assert sound.codec_context.codec.name == "aac"
            samples = (f.samples for packet in opened.demux(sound) for f in packet.decode())
            assert sum(itertools.islice(samples, 5)) == 5 * 1024


def ask(url, *, password=None, method="GET", path=None):
    """Return the status with which a request is answered."""
    parts = urlsplit(url)
    user = b64encode(f"homesec:{password or parts.password}".encode()).decode()
    with closing(HTTPConnection(parts.hostname, parts.port, timeout=LONG_S)) as connection:
        headers = {} if password == "" else {"Authorization": f"Basic {user}"}
        connection.request(method, path or parts.path, headers=headers)
        return connection.getresponse().status


def test_only_the_address_itself_is_answered(rig, make_video, caplog):
    rig.engine.set_camera(file_camera(make_video(), paced=True, loop=True), Activity.OFF)
    url, other = rig.engine.live_url("cam"), rig.engine.live_url("other")
    assert urlsplit(url).hostname == "127.0.0.1"
    assert ask(url, password="") == 401
    assert ask(url, password="wrong") == 401
    assert ask(url, password=urlsplit(other).password) == 401
    assert ask(other) == 404
    assert ask(url, path="/../etc/passwd") == 401
    assert ask(url, method="POST") == 501
    assert not rig.engine.worker.sessions
    assert urlsplit(url).password not in caplog.text


def test_camera_that_sends_nothing_is_unavailable(rig, monkeypatch):
    monkeypatch.setattr(server, "FIRST_S", 0.5)
    rig.engine.set_camera(stream_camera(f"rtsp://{closed_address()}/x"), Activity.OFF)
    assert ask(rig.engine.live_url("cam")) == 503


def noise(path):
    """Write a second of video that takes about 10 MB; return its path."""
    luma = np.random.default_rng(1).integers(0, 255, (20, 360, 640), np.uint8)
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=20, width=640, height=360, pix_fmt="yuv420p")
        stream.options = {"preset": "ultrafast", "crf": "1", "g": "10"}
        for each in luma:
            film.mux(stream.encode(frame_of(each)))
        film.mux(stream.encode(None))
    return path


def test_viewer_that_does_not_read_is_dropped_and_costs_the_camera_nothing(
    rig, tmp_path, monkeypatch
):
    monkeypatch.setattr(server, "SEND_S", 0.5)
    monkeypatch.setattr(viewer, "LIMIT_S", 1.0)
    video = noise(tmp_path / "noise.mp4")
    rig.engine.set_camera(file_camera(video, paced=True, loop=True), Activity.DETECT)
    rig.wait_health(RUNNING)
    parts = urlsplit(rig.engine.live_url("cam"))
    user = b64encode(f"homesec:{parts.password}".encode())
    with socket.create_connection((parts.hostname, parts.port)) as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.sendall(
            b"GET %b HTTP/1.0\r\nAuthorization: Basic %b\r\n\r\n" % (parts.path.encode(), user)
        )
        live = rig.engine.worker.sessions["cam"][0].live
        wait_for(lambda: live.viewers == 1)
        with watch(rig.engine.live_url("cam")) as opened:
            assert next(opened.demux(video=0)).is_keyframe
        wait_for(lambda: live.viewers == 0)
    assert len(rig.of(HealthChanged)) == 2


def test_no_more_than_some_viewers_are_served(rig, make_video, monkeypatch):
    monkeypatch.setattr(output, "MAX_VIEWERS", 1)
    rig.engine.set_camera(file_camera(make_video(), paced=True, loop=True), Activity.OFF)
    url = rig.engine.live_url("cam")
    with watch(url):
        assert ask(url) == 404
    wait_for(lambda: rig.engine.worker.sessions["cam"][0].live.viewers == 0)
    assert show(url, pictures=2)


def test_client_that_never_sends_a_request_does_not_keep_others_out(rig, make_video, monkeypatch):
    monkeypatch.setattr(server, "REQUEST_S", 0.5)
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 2)
    rig.engine.set_camera(file_camera(make_video(), paced=True, loop=True), Activity.OFF)
    url = rig.engine.live_url("cam")
    address = urlsplit(url).hostname, urlsplit(url).port
    with socket.create_connection(address) as silent, socket.create_connection(address) as slow:
        with suppress(OSError):  # it's cut off in the middle
            for letter in b"GET /" * 20:
                slow.sendall(bytes([letter]))
                time.sleep(0.1)
            raise AssertionError("it may send for two seconds")
        assert not silent.recv(1000)
        assert show(url, pictures=2)


def test_silent_connections_do_not_keep_viewers_out(rig, make_video, monkeypatch):
    monkeypatch.setattr(server, "REQUEST_S", LONG_S)
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 2)
    rig.engine.set_camera(file_camera(make_video(), paced=True, loop=True), Activity.OFF)
    url = rig.engine.live_url("cam")
    address = urlsplit(url).hostname, urlsplit(url).port
    with ExitStack() as silent:
        for _ in range(4):
            silent.enter_context(socket.create_connection(address))
        assert show(url, pictures=2)


@pytest.mark.parametrize(("padding", "begins"), [(8, b"HTTP/1.0 200"), (20, b"")])
def test_request_without_end_is_not_kept_in_memory(rig, make_video, padding, begins):
    rig.engine.set_camera(file_camera(make_video(), paced=True, loop=True), Activity.OFF)
    parts = urlsplit(rig.engine.live_url("cam"))
    user = b64encode(f"homesec:{parts.password}".encode())
    lines = b"X-Padding: %b\r\n" % (b"x" * 1011) * padding  # a KiB each
    request = b"GET %b HTTP/1.0\r\n%bAuthorization: Basic %b\r\n\r\n"
    answer = b""
    with socket.create_connection((parts.hostname, parts.port)) as client:
        client.sendall(request % (parts.path.encode(), lines, user))
        with suppress(ConnectionResetError):  # it's closed before all was read
            answer = client.recv(1000)
    assert answer.startswith(begins)
    assert (b" 200 " in answer) is bool(begins)


def test_player_that_shows_all_begins_with_the_newest_keyframe(rig, make_video):
    rig.engine.set_camera(
        file_camera(make_video(seconds=12, gop_s=1.0), paced=True, loop=True), Activity.DETECT
    )
    rig.wait_health(RUNNING)
    session, _ = rig.engine.worker.sessions["cam"]
    wait_for(lambda: session._buffer.seconds > 2.5)
    parts = urlsplit(rig.engine.live_url("cam"))
    request = Request(parts._replace(netloc=f"{parts.hostname}:{parts.port}").geturl())
    user = b64encode(f"homesec:{parts.password}".encode()).decode()
    request.add_header("Authorization", f"Basic {user}")
    before = number_of(session.newest_frame().picture)
    with urlopen(request, timeout=LONG_S) as answer:
        assert answer.headers["Content-Type"] == "video/mp2t"
        start = answer.read(188 * 100)
    assert start[::188] == b"\x47" * 100
    with av.open(io.BytesIO(start), format="mpegts") as video:
        first = next(video.decode(video=0))
    assert first.key_frame
    assert number_of(first) > before - 10


def test_viewers_that_come_as_a_camera_closes_all_see_it(rig, make_video, monkeypatch):
    """The camera closes as soon as it's unwatched, and opens again for the next viewer."""
    monkeypatch.setattr(output, "LINGER_S", 0.0)
    video = make_video(seconds=4)
    for name in ("one", "two"):
        rig.engine.set_camera(file_camera(video, id=name, paced=True, loop=True), Activity.OFF)
    urls = [rig.engine.live_url(name) for name in ("one", "two") * 6]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda url: show(url, pictures=3)[1], urls))
    assert found == [True] * len(urls)
    wait_for(lambda: not rig.engine.worker.sessions)
    rig.engine.set_activity("one", Activity.DETECT)
    rig.wait_health(RUNNING, camera_id="one")
    assert len(rig.of(HealthChanged)) == 2

"""Cameras over HTTP (MJPEG, MP4, transport streams), and an entity with single pictures."""

import itertools
from itertools import cycle
import threading

import av
from camera_servers import HttpServer, Reply, multipart, paced, self_signed
from engine_rig import LONG_S, EngineRig, camera, stream_camera
from hostile_video import fragment_bomb, sample_bomb
import pytest
from videos import content, frame_of, picture

from custom_components.homesec.engine.capture.container import ContainerConnection
from custom_components.homesec.engine.capture.probe import probe
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.clock import SystemClock
from custom_components.homesec.engine.core.errors import (
    FileRefused,
    PacketTooLarge,
    SourceError,
    SourceStalled,
)
from custom_components.homesec.engine.core.events import ClipSaved
from custom_components.homesec.engine.core.types import (
    Activity,
    CameraHealth,
    SourceConfig,
    SourceKind,
)
from custom_components.homesec.engine.media.jpeg import encode_jpeg

QUICK = {"pre_roll_s": 1.0, "grace_s": 0.5, "post_roll_s": 0.5}


class Pictures:
    """An entity without a stream."""

    def __init__(self, pictures):
        self._pictures = cycle(pictures)

    def stream_url(self):
        return None

    def snapshot(self):
        return next(self._pictures)


def connection(url, **source):
    config = stream_camera(url, **source).source
    return ContainerConnection(config, Timeline(SystemClock(), Pace.LIVE), threading.Event())


@pytest.fixture(scope="module")
def walk():
    """Six seconds of JPEGs at 10 fps; the figure is shown from 2 to 3 s."""
    return [
        encode_jpeg(frame_of(picture(n, figure_at=(n - 20) / 10 if 20 <= n < 30 else None)))
        for n in range(60)
    ]


@pytest.fixture(scope="module")
def recorded(make_video, walk, tmp_path_factory):
    """The first clips of several cameras, recorded at the same time."""
    folder = tmp_path_factory.mktemp("http")
    live = make_video(seconds=10, walks=((2.0, 3.0),), container="mpegts", audio="aac")
    big = make_video(seconds=4, walks=((1.0, 4.0),), container="mpegts")
    small = {"walks": ((0.0, 1.0),), "size": (192, 128), "first_number": 40}
    changing = folder / "changing.ts"
    changing.write_bytes(
        big.read_bytes() + make_video(seconds=4, container="mpegts", **small).read_bytes()
    )
    server = HttpServer({})
    closing = server.closing
    server.replies = {
        "/mjpeg": multipart(cycle(walk), every_s=0.1, closing=closing),
        "/live.ts": paced(live, seconds=10, closing=closing),
        "/changing.ts": paced(changing, seconds=8, closing=closing),
    }
    try:
        with EngineRig(folder) as rig:
            for name in ("mjpeg", "live.ts", "changing.ts"):
                stream = stream_camera(server.url(f"/{name}"), id=name, **QUICK)
                rig.engine.set_camera(stream, Activity.RECORD)
            entity = camera(
                SourceConfig(kind=SourceKind.ENTITY), id="entity", enter_hits=1, **QUICK
            )
            rig.engine.set_camera(entity, Activity.RECORD, Pictures(walk[::5]))
            rig.wait_for(ClipSaved, camera_id="changing.ts", count=2)
            for name in ("mjpeg", "live.ts", "entity"):
                rig.wait_for(ClipSaved, camera_id=name)
            fps = rig.engine.stats("mjpeg").fps
            rig.stop()
            yield {
                name: [(clip, content(rig.path(clip))) for clip in rig.saved(name)]
                for name in ("mjpeg", "live.ts", "changing.ts", "entity")
            } | {"fps": fps}
    finally:
        server.close()


def test_mjpeg_is_recorded_in_real_time(recorded):
    clip, shown = recorded["mjpeg"][0]
    assert clip.video_codec == "h264"
    # FFmpeg assumes 25 fps, with which it would last less than half as long.
    assert clip.duration_s == pytest.approx((len(shown.numbers) - 1) * 0.1, rel=0.2)
    assert shown.numbers == list(range(shown.numbers[0], shown.numbers[-1] + 1))
    assert 0.9 <= clip.pre_roll_s < 1.5
    assert recorded["fps"] == pytest.approx(10, rel=0.2)


def test_transport_stream_is_recorded(recorded):
    clip, shown = recorded["live.ts"][0]
    assert shown.numbers == list(range(shown.numbers[0], shown.numbers[-1] + 1))
    assert (shown.codec, shown.audio) == ("h264", "aac")
    assert clip.pre_roll_s >= 1.0


def test_camera_that_changes_frame_size_goes_on(recorded):
    (first, before), (second, after) = recorded["changing.ts"][:2]
    assert (first.width, second.width) == (320, 192)
    assert before.numbers[-1] == 39
    assert after.numbers[0] == 40


def test_entity_with_pictures_is_recorded(recorded):
    clip, shown = recorded["entity"][0]
    assert (clip.video_codec, clip.label) == ("h264", "person")
    assert {b - a for a, b in itertools.pairwise(shown.numbers)} == {5}


def test_frame_rate_of_mjpeg_is_measured(http, walk):
    server = http({})
    server.replies["/"] = multipart(cycle(walk), every_s=0.02, closing=server.closing)
    result = probe(stream_camera(server.url("/")).source)
    assert (result.video_codec, result.records_directly) == ("mjpeg", False)
    assert 10 < result.fps < 60


def test_file_on_web_server_is_a_source(http, rig, make_video):
    server = http({"/video.mp4": Reply.file(make_video(seconds=8, walks=((2.0, 4.0),)))})
    rig.engine.set_camera(stream_camera(server.url("/video.mp4"), **QUICK), Activity.RECORD)
    assert rig.wait_for(ClipSaved).clip.label == "person"
    # It ends, and is requested again.
    rig.wait_health(CameraHealth.LOST, error="stalled")
    rig.wait_health(CameraHealth.RUNNING, count=2)


def test_audio_without_video_is_lost(http, make_video, tmp_path):
    video = make_video(seconds=30, walks=(), container="mpegts", audio="aac")
    with av.open(str(video)) as source:
        audio_pid = source.streams.audio[0].id
    data = video.read_bytes()
    parts = [data[n : n + 188] for n in range(0, len(data), 188)]
    audio = [p for p in parts[300:] if int.from_bytes(p[1:3]) & 0x1FFF == audio_pid]
    audio_only = tmp_path / "audio_only.ts"
    audio_only.write_bytes(b"".join(parts[:300] + audio))
    server = http({})
    server.replies["/live.ts"] = paced(audio_only, seconds=8, closing=server.closing)
    source = connection(server.url("/live.ts"), stall_s=0.5)
    with pytest.raises(SourceStalled):
        for _ in source.packets():
            pass
    source.close()


def test_server_that_stops_sending_is_lost(http, make_video):
    video = make_video(seconds=20, walks=(), container="mpegts").read_bytes()
    hangs = threading.Event()

    def pieces():
        yield video[: len(video) // 2]
        hangs.wait(LONG_S)

    server = http({"/live.ts": Reply(pieces, "video/mp2t")})
    source = connection(server.url("/live.ts"), stall_s=0.5)
    with pytest.raises(SourceStalled):
        for _ in source.packets():
            pass
    source.close()
    hangs.set()


def jpeg_stream(walk, rest):
    """Return an MJPEG stream whose sixth picture is announced with two gigabytes."""
    head = b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"

    def pieces():
        for jpeg in walk[:5]:
            yield head % len(jpeg) + jpeg + b"\r\n"
        yield head % 2_000_000_000
        yield from rest

    return Reply(pieces, "multipart/x-mixed-replace; boundary=b")


def test_camera_that_sends_a_byte_now_and_then_has_stalled(http, walk):
    server = http({})

    def drops():
        while not server.closing.wait(0.05):
            yield b"\0"

    server.replies["/"] = jpeg_stream(walk, drops())
    source = connection(server.url("/"), stall_s=0.5)
    with pytest.raises(SourceStalled):
        list(source.packets())
    source.close()


def test_picture_without_end_is_refused(http, walk):
    server = http({"/": jpeg_stream(walk, itertools.repeat(bytes(1 << 20), 200))})
    source = connection(server.url("/"))
    with pytest.raises(PacketTooLarge):
        list(source.packets())
    source.close()


def test_certificate_is_verified_only_if_configured(http, make_video, tmp_path):
    server = http({"/video.mp4": Reply.file(make_video(seconds=1))}, tls=self_signed(tmp_path))
    connection(server.url("/video.mp4")).close()
    with pytest.raises(SourceError):
        connection(server.url("/video.mp4"), verify_tls=True)


@pytest.mark.parametrize("make", [sample_bomb, fragment_bomb])
def test_mp4_that_announces_millions_of_samples_is_refused(http, make):
    server = http({"/camera.mp4": Reply(lambda: [make(), bytes(1000)], "video/mp4")})
    with pytest.raises(FileRefused):
        connection(server.url("/camera.mp4"))

"""Cameras over HTTP: MJPEG, MP4, transport streams."""

from itertools import cycle
import threading

import av
from cameras import Reply, multipart, paced, self_signed
from films import content, frame_of, picture
import pytest
from rig import LONG_S, camera, stream_camera

from custom_components.homesec.engine.clock import SystemClock
from custom_components.homesec.engine.errors import SourceError, SourceStalled
from custom_components.homesec.engine.models import (
    Activity,
    CameraHealth,
    ClipSaved,
    SourceConfig,
    SourceKind,
)
from custom_components.homesec.engine.sources import probe
from custom_components.homesec.engine.sources.container import ContainerConnection
from custom_components.homesec.engine.sources.timeline import Pace, Timeline
from custom_components.homesec.engine.stills import encode_jpeg

QUICK = {"pre_roll_s": 1.0, "grace_s": 0.5, "post_roll_s": 0.5}
LOST, RUNNING = CameraHealth.LOST, CameraHealth.RUNNING


@pytest.fixture
def served(http):
    """Serve replies that end with the test."""

    def start(make):
        server = http({}, **make.pop("options", {}))
        server.replies.update({path: reply(lambda: server.closing) for path, reply in make.items()})
        return server

    return start


def connection(url, **source):
    config = stream_camera(url, **source).source
    return ContainerConnection(config, Timeline(SystemClock(), Pace.LIVE), threading.Event())


@pytest.fixture(scope="module")
def walk():
    """Six seconds of JPEGs at 10 fps; the figure is there from 2 to 3 s."""
    return [
        encode_jpeg(frame_of(picture(n, figure_at=(n - 20) / 10 if 20 <= n < 30 else None)))
        for n in range(60)
    ]


def test_mjpeg_is_recorded_at_the_speed_at_which_it_happened(served, rig, walk):
    server = served({"/": lambda closing: multipart(cycle(walk), every_s=0.1, closing=closing)})
    rig.engine.set_camera(stream_camera(server.url("/"), **QUICK), Activity.RECORD)
    clip = rig.wait_for(ClipSaved).clip
    shown = content(rig.path(clip))
    assert clip.video_codec == "h264"
    # FFmpeg takes any such stream for 25 fps; it would last less than half as long.
    real_s = (len(shown.numbers) - 1) * 0.1
    assert clip.duration_s == pytest.approx(real_s, rel=0.2)
    assert shown.numbers == list(range(shown.numbers[0], shown.numbers[-1] + 1))
    assert 0.9 <= clip.pre_roll_s < 1.5
    assert rig.engine.stats("cam").fps == pytest.approx(10, rel=0.2)


def test_mjpeg_tells_no_frame_rate_that_it_does_not_know(served, walk):
    server = served({"/": lambda closing: multipart(cycle(walk), every_s=0.02, closing=closing)})
    result = probe(stream_camera(server.url("/")).source)
    assert (result.video_codec, result.fps, result.records_directly) == ("mjpeg", None, False)


def test_a_transport_stream_is_recorded(served, rig, films):
    film = films(seconds=12, walks=((2.0, 3.0),), container="mpegts", audio="aac")
    server = served({"/live.ts": lambda closing: paced(film, seconds=12, closing=closing)})
    rig.engine.set_camera(stream_camera(server.url("/live.ts"), **QUICK), Activity.RECORD)
    clip = rig.wait_for(ClipSaved).clip
    shown = content(rig.path(clip))
    assert shown.numbers == list(range(shown.numbers[0], shown.numbers[-1] + 1))
    assert (shown.codec, shown.audio) == ("h264", "aac")
    assert clip.pre_roll_s >= 1.0


def test_a_camera_that_changes_its_size_in_mid_stream_goes_on(served, rig, films, tmp_path):
    big = films(seconds=4, walks=((1.0, 4.0),), container="mpegts")
    small = films(seconds=4, walks=((0.0, 1.0),), container="mpegts", size=(192, 128),
                  first_number=40)  # fmt: skip
    joined = tmp_path / "joined.ts"
    joined.write_bytes(big.read_bytes() + small.read_bytes())
    server = served({"/live.ts": lambda closing: paced(joined, seconds=8, closing=closing)})
    rig.engine.set_camera(stream_camera(server.url("/live.ts"), **QUICK), Activity.RECORD)
    rig.wait_for(ClipSaved, count=2)
    first, second = rig.saved()
    assert (first.width, second.width) == (320, 192)
    assert content(rig.path(first)).numbers[-1] == 39
    assert content(rig.path(second)).numbers[0] == 40


def test_a_film_on_a_web_server_is_a_source_too(http, rig, films):
    server = http({"/film.mp4": Reply.file(films(seconds=8, walks=((2.0, 4.0),)))})
    rig.engine.set_camera(stream_camera(server.url("/film.mp4"), **QUICK), Activity.RECORD)
    assert rig.wait_for(ClipSaved).clip.label == "person"
    # It comes to its end, and is asked for again.
    rig.wait_health(LOST, error="stalled")
    rig.wait_health(RUNNING, count=2)


def test_sound_without_pictures_is_a_loss(served, films, tmp_path):
    film = films(seconds=30, walks=(), container="mpegts", audio="aac")
    with av.open(str(film)) as source:
        audio_pid = source.streams.audio[0].id
    data = film.read_bytes()
    parts = [data[n : n + 188] for n in range(0, len(data), 188)]
    sound = [p for p in parts[300:] if int.from_bytes(p[1:3]) & 0x1FFF == audio_pid]
    lame = tmp_path / "lame.ts"
    lame.write_bytes(b"".join(parts[:300] + sound))
    server = served({"/live.ts": lambda closing: paced(lame, seconds=12, closing=closing)})
    source = connection(server.url("/live.ts"), stall_s=0.5)
    with pytest.raises(SourceStalled):
        for _ in source.packets():
            pass
    source.close()


def test_a_server_that_stops_sending_is_a_loss(http, films):
    film = films(seconds=20, walks=(), container="mpegts").read_bytes()
    hangs = threading.Event()

    def pieces():
        yield film[: len(film) // 2]
        hangs.wait(LONG_S)

    server = http({"/live.ts": Reply(pieces, "video/mp2t")})
    source = connection(server.url("/live.ts"), stall_s=0.5)
    with pytest.raises(SourceStalled):
        for _ in source.packets():
            pass
    source.close()
    hangs.set()


def test_a_certificate_is_accepted_or_looked_at(http, films, tmp_path):
    server = http({"/film.mp4": Reply.file(films(seconds=1))}, tls=self_signed(tmp_path))
    connection(server.url("/film.mp4")).close()
    with pytest.raises(SourceError):
        connection(server.url("/film.mp4"), verify_tls=True)


def test_an_entity_that_gives_pictures_is_recorded(rig, walk):
    class Feed:
        def __init__(self):
            self.pictures = cycle(walk[::5])

        def stream_url(self):
            return None

        def still(self):
            return next(self.pictures)

    entity = camera(SourceConfig(kind=SourceKind.ENTITY), enter_hits=1, **QUICK)
    rig.engine.set_camera(entity, Activity.RECORD, Feed())
    clip = rig.wait_for(ClipSaved).clip
    shown = content(rig.path(clip))
    assert (clip.video_codec, clip.label) == ("h264", "person")
    assert {b - a for a, b in zip(shown.numbers, shown.numbers[1:], strict=False)} == {5}

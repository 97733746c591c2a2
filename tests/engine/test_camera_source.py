"""Connecting, and connecting again."""

import itertools
import random
from threading import Event

from cameras import Reply
from engine_rig import FakeClock, file_camera, media_packets, stream_camera
from films import frame_of, picture
import pytest

from custom_components.homesec.engine.capture import reconnecting_source as camera_source
from custom_components.homesec.engine.capture.container import ContainerConnection
from custom_components.homesec.engine.capture.reconnecting_source import (
    FIRST_WAIT_S,
    LOGIN_WAIT_S,
    LONGEST_WAIT_S,
    PROVEN_S,
    CameraSource,
    open_source,
)
from custom_components.homesec.engine.capture.snapshots import SnapshotConnection
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.errors import (
    EntityUnavailable,
    LoginRefused,
    SourceStalled,
    SourceTimeout,
)
from custom_components.homesec.engine.core.types import CameraHealth, SourceConfig, SourceKind
from custom_components.homesec.engine.media.jpeg import encode_jpeg

LOST, RUNNING = CameraHealth.LOST, CameraHealth.RUNNING


class Sleepless(Event):
    """A stop event whose waiting moves the clock instead."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock

    def wait(self, timeout=None):
        self.clock.advance(timeout or 0.0)
        return self.is_set()


class Scripted:
    """A connection that gives some seconds of packets, then fails or ends."""

    open_now = 0

    def __init__(self, packets, seconds, error, clock):
        self.script = packets, seconds, error
        self.clock = clock
        Scripted.open_now += 1

    def packets(self):
        packets, seconds, error = self.script
        for n in range(round(seconds * 10)):
            self.clock.advance(0.1)
            yield camera_source.replace(packets[0], t=self.clock.ticks + n * 1e-6)
        if error is not None:
            raise error

    def close(self):
        Scripted.open_now -= 1


class Lab:
    """A camera source on a clock of its own, over connections that a test writes."""

    def __init__(self, monkeypatch, packets, kind=SourceKind.STREAM, **source):
        self.clock = FakeClock()
        self.stop = Sleepless(self.clock)
        self.health = []
        self.script = []
        self.tries = []
        monkeypatch.setattr(camera_source, "open_source", self._connect)
        Scripted.open_now = 0
        self._packets = packets
        self.source = CameraSource(
            SourceConfig(kind=kind, location="x", **source),
            feed=None,
            clock=self.clock,
            rng=random.Random(3),
            stop=self.stop,
            on_health=lambda health, error: self.health.append((health, error)),
        )

    def _connect(self, *_):
        self.tries.append(self.clock.ticks)
        if not self.script:
            self.stop.set()
            raise SourceTimeout
        seconds, error = self.script.pop(0)
        if seconds is None:
            raise error
        return Scripted(self._packets, seconds, error, self.clock)

    def run(self, *script):
        self.script = list(script)
        return list(self.source.packets())

    @property
    def waits(self):
        return [b - a for a, b in itertools.pairwise(self.tries)]


@pytest.fixture
def packets(films):
    return media_packets(films(seconds=1))


@pytest.fixture
def lab(monkeypatch, packets):
    return lambda **source: Lab(monkeypatch, packets, **source)


def refuses(error=SourceTimeout, times=1):
    return [(None, error())] * times


def test_the_wait_doubles_with_jitter_up_to_a_minute(lab):
    camera = lab()
    camera.run(*refuses(times=12))
    for n, wait in enumerate(camera.waits):
        longest = min(FIRST_WAIT_S * 2**n, LONGEST_WAIT_S)
        assert longest / 2 <= wait <= longest + 1e-6
    assert len({round(w, 3) for w in camera.waits[7:]}) > 1


def test_a_connection_that_lasted_starts_the_waiting_anew(lab):
    camera = lab()
    camera.run(*refuses(times=6), (PROVEN_S + 1, SourceStalled()), *refuses(times=1))
    assert camera.waits[5] > 8
    assert camera.waits[6] - PROVEN_S - 1 <= FIRST_WAIT_S + 0.2


def test_a_connection_that_breaks_at_once_does_not(lab):
    camera = lab()
    camera.run(*[(0.5, SourceStalled())] * 8)
    assert camera.waits[-1] > 8


def test_after_a_refused_login_it_waits_longer(lab):
    camera = lab()
    camera.run(*refuses(LoginRefused, times=2))
    assert all(wait >= LOGIN_WAIT_S / 2 for wait in camera.waits)


def test_time_goes_on_while_there_is_no_connection(lab):
    camera = lab()
    gaps = camera.run(*refuses(times=6))
    assert set(gaps) == {None}
    assert len(gaps) >= 2 * sum(camera.waits) - 6


def test_its_health_tells_why(lab):
    camera = lab()
    camera.run(*refuses(LoginRefused), (1, SourceStalled()), (1, None))
    assert camera.health == [
        (LOST, "invalid_auth"),
        (RUNNING, None),
        (LOST, "stalled"),
        (RUNNING, None),
        (LOST, "stalled"),  # the server closed the connection
    ]
    assert camera.source.connections == 2


def test_a_connection_without_a_packet_has_no_video(lab):
    camera = lab()
    camera.run((0, None))
    assert camera.health == [(LOST, "no_video")]
    assert camera.source.connections == 0


@pytest.mark.parametrize("error", [None, SourceStalled()])
def test_every_connection_is_closed(lab, error):
    camera = lab()
    camera.run((1, error), (1, error))
    assert Scripted.open_now == 0


def test_whoever_stops_reading_closes_the_connection(lab):
    camera = lab()
    camera.script = [(60, None)]
    reading = camera.source.packets()
    assert [next(reading), next(reading).is_video] == [None, True]
    assert Scripted.open_now == 1
    reading.close()
    assert Scripted.open_now == 0


def test_a_stop_ends_it_without_a_word(lab):
    camera = lab()
    camera.script = [(60, None)]
    came = 0
    for _ in camera.source.packets():
        came += 1
        if came == 6:
            camera.stop.set()
    assert came == 601  # the scripted connection does not look at the stop, a real one does
    assert camera.health == [(RUNNING, None)]
    assert len(camera.tries) == 1


def test_a_failure_while_stopping_is_no_failure(lab):
    camera = lab()
    camera.run()
    assert camera.health == []


def test_a_file_that_is_played_once_ends_it(lab):
    camera = lab(kind=SourceKind.FILE, loop=False, paced=False)
    assert len(camera.run((2, None))) == 21
    assert camera.health == [(RUNNING, None)]
    assert len(camera.tries) == 1


def test_a_looped_file_that_cannot_be_rewound_is_opened_again(lab):
    camera = lab(kind=SourceKind.FILE)
    camera.run((1, None), (1, None))
    assert len(camera.tries) == 3
    assert (LOST, "stalled") not in camera.health


# --- what is connected to ---


class Feed:
    def __init__(self, url=None, picture=b""):
        self.url, self.picture = url, picture

    def stream_url(self):
        return self.url

    def snapshot(self):
        return self.picture


def entity_connection(feed):
    config = SourceConfig(kind=SourceKind.ENTITY)
    return open_source(config, feed, Timeline(FakeClock(), Pace.LIVE), Event())


def test_an_entity_with_an_address_is_a_stream(socket_enabled, http, films):
    url = http({"/film.mp4": Reply.file(films(seconds=1))}).url("/film.mp4")
    connection = entity_connection(Feed(url))
    assert isinstance(connection, ContainerConnection)
    connection.close()


def test_an_entity_without_an_address_gives_pictures(films):
    connection = entity_connection(Feed(picture=encode_jpeg(frame_of(picture(1)))))
    assert isinstance(connection, SnapshotConnection)


def test_an_entity_that_nobody_feeds_is_unavailable():
    with pytest.raises(EntityUnavailable):
        entity_connection(None)


@pytest.mark.parametrize(
    ("config", "pace"),
    [
        (stream_camera("rtsp://cam").source, Pace.LIVE),
        (file_camera("x", paced=True).source, Pace.PLAYED),
        (file_camera("x").source, Pace.READ),
        (SourceConfig(kind=SourceKind.WEBCAM), Pace.LIVE),
    ],
)
def test_what_drives_a_sources_time(config, pace):
    assert camera_source.source_pace(config) is pace

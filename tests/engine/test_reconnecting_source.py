"""Connecting to a camera, and reconnecting."""

import itertools
import random
from threading import Event

from camera_servers import Reply
from engine_rig import FakeClock, file_camera, media_packets, stream_camera
import pytest
from videos import frame_of, picture

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


class ClockEvent(Event):
    """A stop event whose wait advances the clock."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock

    def wait(self, timeout=None):
        self.clock.advance(timeout or 0.0)
        return self.is_set()


class ScriptedConnection:
    """A connection that yields packets for some seconds, then fails or ends."""

    open_now = 0

    def __init__(self, packets, seconds, error, clock):
        self.script = packets, seconds, error
        self.clock = clock
        ScriptedConnection.open_now += 1

    def packets(self):
        packets, seconds, error = self.script
        for n in range(round(seconds * 10)):
            self.clock.advance(0.1)
            yield camera_source.replace(packets[0], t=self.clock.ticks + n * 1e-6)
        if error is not None:
            raise error

    def close(self):
        ScriptedConnection.open_now -= 1


class SourceBench:
    """A camera source with its own clock and scripted connections."""

    def __init__(self, monkeypatch, packets, kind=SourceKind.STREAM, **source):
        self.clock = FakeClock()
        self.stop = ClockEvent(self.clock)
        self.health = []
        self.script = []
        self.tries = []
        monkeypatch.setattr(camera_source, "open_source", self._connect)
        ScriptedConnection.open_now = 0
        self._packets = packets
        self.source = CameraSource(
            SourceConfig(kind=kind, location="x", **source),
            feed=None,
            clock=self.clock,
            rng=random.Random(3),
            stop=self.stop,
            on_health=lambda health, error: self.health.append((health, error and error.key)),
        )

    def _connect(self, *_):
        self.tries.append(self.clock.ticks)
        if not self.script:
            self.stop.set()
            raise SourceTimeout
        seconds, error = self.script.pop(0)
        if seconds is None:
            raise error
        return ScriptedConnection(self._packets, seconds, error, self.clock)

    def run(self, *script):
        self.script = list(script)
        return list(self.source.packets())

    @property
    def waits(self):
        return [b - a for a, b in itertools.pairwise(self.tries)]


@pytest.fixture
def packets(make_video):
    return media_packets(make_video(seconds=1))


@pytest.fixture
def make_source(monkeypatch, packets):
    return lambda **source: SourceBench(monkeypatch, packets, **source)


def failures(error=SourceTimeout, times=1):
    return [(None, error())] * times


def test_wait_doubles_with_jitter_up_to_limit(make_source):
    camera = make_source()
    camera.run(*failures(times=12))
    for n, wait in enumerate(camera.waits):
        longest = min(FIRST_WAIT_S * 2**n, LONGEST_WAIT_S)
        assert longest / 2 <= wait <= longest + 1e-6
    assert len({round(w, 3) for w in camera.waits[7:]}) > 1


def test_lasting_connection_resets_backoff(make_source):
    camera = make_source()
    camera.run(*failures(times=6), (PROVEN_S + 1, SourceStalled()), *failures(times=1))
    assert camera.waits[5] > 8
    assert camera.waits[6] - PROVEN_S - 1 <= FIRST_WAIT_S + 0.2


def test_short_connection_keeps_backoff(make_source):
    camera = make_source()
    camera.run(*[(0.5, SourceStalled())] * 8)
    assert camera.waits[-1] > 8


def test_refused_login_waits_longer(make_source):
    camera = make_source()
    camera.run(*failures(LoginRefused, times=2))
    assert all(wait >= LOGIN_WAIT_S / 2 for wait in camera.waits)


def test_packets_yields_none_while_disconnected(make_source):
    camera = make_source()
    gaps = camera.run(*failures(times=6))
    assert set(gaps) == {None}
    assert len(gaps) >= 2 * sum(camera.waits) - 6


def test_health_has_error_of_lost_connection(make_source):
    camera = make_source()
    camera.run(*failures(LoginRefused), (1, SourceStalled()), (1, None))
    assert camera.health == [
        (LOST, "invalid_auth"),
        (RUNNING, None),
        (LOST, "stalled"),
        (RUNNING, None),
        (LOST, "stalled"),  # the server closed the connection
    ]
    assert camera.source.connections == 2


def test_connection_without_packet_reports_no_video(make_source):
    camera = make_source()
    camera.run((0, None))
    assert camera.health == [(LOST, "no_video")]
    assert camera.source.connections == 0


@pytest.mark.parametrize("error", [None, SourceStalled()])
def test_lost_connections_are_closed(make_source, error):
    camera = make_source()
    camera.run((1, error), (1, error))
    assert ScriptedConnection.open_now == 0


def test_closing_packets_closes_connection(make_source):
    camera = make_source()
    camera.script = [(60, None)]
    reading = camera.source.packets()
    assert [next(reading), next(reading).is_video] == [None, True]
    assert ScriptedConnection.open_now == 1
    reading.close()
    assert ScriptedConnection.open_now == 0


def test_stop_ends_packets_without_health_change(make_source):
    camera = make_source()
    camera.script = [(60, None)]
    count = 0
    for _ in camera.source.packets():
        count += 1
        if count == 6:
            camera.stop.set()
    assert count == 601  # a real connection would check the stop
    assert camera.health == [(RUNNING, None)]
    assert len(camera.tries) == 1


def test_error_after_stop_is_not_reported(make_source):
    camera = make_source()
    camera.run()
    assert camera.health == []


def test_file_without_loop_ends_packets(make_source):
    camera = make_source(kind=SourceKind.FILE, loop=False, paced=False)
    assert len(camera.run((2, None))) == 21
    assert camera.health == [(RUNNING, None)]
    assert len(camera.tries) == 1


def test_looped_file_that_ends_is_reopened(make_source):
    camera = make_source(kind=SourceKind.FILE)
    camera.run((1, None), (1, None))
    assert len(camera.tries) == 3
    assert (LOST, "stalled") not in camera.health


# --- opening a source ---


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


def test_entity_with_url_opens_stream(http, make_video):
    url = http({"/video.mp4": Reply.file(make_video(seconds=1))}).url("/video.mp4")
    connection = entity_connection(Feed(url))
    assert isinstance(connection, ContainerConnection)
    connection.close()


def test_entity_without_url_opens_snapshots(make_video):
    connection = entity_connection(Feed(picture=encode_jpeg(frame_of(picture(1)))))
    assert isinstance(connection, SnapshotConnection)


def test_entity_without_feed_is_unavailable():
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
def test_source_pace_of_each_kind(config, pace):
    assert camera_source.source_pace(config) is pace

"""Cameras that have only single pictures."""

from fractions import Fraction
from threading import Event

import av
import pytest
from videos import frame_of, number_of, picture

from custom_components.homesec.engine.capture.snapshots import INTERVAL_S, SnapshotConnection
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.errors import EntityUnavailable
from custom_components.homesec.engine.media.decoder import FrameDecoder
from custom_components.homesec.engine.media.jpeg import encode_jpeg


class ClockEvent(Event):
    """A stop event whose wait advances the clock, and that is set after some waits."""

    def __init__(self, clock, waits):
        super().__init__()
        self.clock, self.left = clock, waits
        self.waited = []

    def wait(self, timeout=None):
        self.waited.append(timeout)
        self.clock.advance(timeout)
        self.left -= 1
        if self.left <= 0:
            self.set()
        return self.is_set()


class Feed:
    """Returns numbered pictures, or what the script has; exceptions are raised."""

    def __init__(self, clock, script=(), *, takes_s=0.0, make=encode_jpeg):
        self.clock, self.script, self.takes_s, self.make = clock, list(script), takes_s, make
        self.asked = 0

    def stream_url(self):
        return None

    def snapshot(self):
        self.clock.advance(self.takes_s)
        self.asked += 1
        answer = self.script.pop(0) if self.script else None
        if isinstance(answer, Exception):
            raise answer
        return answer or self.make(frame_of(picture(self.asked)))


def png(frame):
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "rgb24"
    encoder.time_base = Fraction(1, 25)
    return b"".join(map(bytes, encoder.encode(frame.reformat(format="rgb24"))))


def read_packets(clock, feed, waits=6):
    stop = ClockEvent(clock, waits)
    connection = SnapshotConnection(feed, Timeline(clock, Pace.LIVE), stop)
    packets = []
    try:
        packets.extend(connection.packets())
    finally:
        connection.close()
    return packets, stop


def test_packets_come_twice_per_second(clock):
    packets, _ = read_packets(clock, Feed(clock))
    assert [p.t - packets[0].t for p in packets] == pytest.approx(
        [n * INTERVAL_S for n in range(6)]
    )
    assert all(p.keyframe and p.is_video for p in packets)


def test_first_picture_is_read_once(clock):
    feed = Feed(clock)
    packets, _ = read_packets(clock, feed)
    assert feed.asked == len(packets)


def test_time_of_reading_is_part_of_interval(clock):
    packets, _ = read_packets(clock, Feed(clock, takes_s=0.3))
    assert packets[4].t - packets[1].t == pytest.approx(3 * INTERVAL_S)


def test_slow_camera_is_given_a_pause(clock):
    _, stop = read_packets(clock, Feed(clock, takes_s=2.0))
    assert min(stop.waited) > 0


def test_each_packet_decodes_by_itself(clock):
    packets, _ = read_packets(clock, Feed(clock))
    decoder = FrameDecoder()
    assert [number_of(decoder.decode_keyframe(p).picture) for p in packets] == [1, 2, 3, 4, 5, 6]


def test_video_has_format_of_first_picture(clock):
    feed = Feed(clock)
    video = SnapshotConnection(feed, Timeline(clock, Pace.LIVE), Event()).video
    assert (video.codec, video.width, video.height) == ("mjpeg", 320, 192)


def test_png_is_accepted(clock):
    packets, _ = read_packets(clock, Feed(clock, make=png))
    assert packets[0].format.codec == "png"
    assert number_of(FrameDecoder().decode_keyframe(packets[2]).picture) == 3


def test_new_codec_changes_format(clock):
    feed = Feed(clock, [None, None, png(frame_of(picture(9)))])
    packets, _ = read_packets(clock, feed)
    assert [p.format.codec for p in packets[:4]] == ["mjpeg", "mjpeg", "png", "mjpeg"]


def test_few_failures_are_tolerated(clock):
    feed = Feed(clock, [None, EntityUnavailable(), EntityUnavailable(), None])
    packets, _ = read_packets(clock, feed, waits=8)
    assert len(packets) == 6


def test_three_failures_in_a_row_raise_error(clock):
    feed = Feed(clock, [None, *[EntityUnavailable()] * 3])
    with pytest.raises(EntityUnavailable):
        read_packets(clock, feed)


@pytest.mark.parametrize("answer", [b"", b"<html>", b"\xff\xd8\xff" + b"junk" * 99, b"\x89PNGjunk"])
def test_invalid_picture_raises_entity_unavailable(clock, answer):
    feed = Feed(clock, make=lambda _frame: answer)
    with pytest.raises(EntityUnavailable):
        SnapshotConnection(feed, Timeline(clock, Pace.LIVE), Event())

"""V1 over HTTP: transport streams and FLV whose sound comes late, never, or as garbage."""

from itertools import islice
from threading import Event

import av
from engine_rig import stream_camera
from http_camera import HttpCamera, head
import pytest

from custom_components.homesec.engine.capture.reconnecting_source import open_source
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.clock import SystemClock

TS = 188  # bytes of a packet of a transport stream
TYPES = {"mpegts": "video/mp2t", "flv": "video/x-flv"}


@pytest.fixture(scope="module")
def transport_stream(make_video):
    """The packets of a transport stream, and which of them have sound."""
    path = make_video(seconds=6, walks=(), container="mpegts", audio="aac")
    with av.open(str(path)) as video:
        audio = video.streams.audio[0].id
    data = path.read_bytes()
    packets = [data[at : at + TS] for at in range(0, len(data), TS)]
    return [(each, int.from_bytes(each[1:3]) & 0x1FFF == audio) for each in packets]


def flv_tags(data):
    """Return the header of an FLV file, and its tags with their kinds."""
    tags, at = [], 13
    while at + 11 <= len(data):
        end = at + 15 + int.from_bytes(data[at + 1 : at + 4])
        tags.append((data[at], data[at:end]))
        at = end
    return data[:13], tags


def play(pieces, container="mpegts", count=30):
    """Return the packets of a camera that sends these pieces and then nothing more."""

    def answer(_request):
        yield head(TYPES[container])
        yield from pieces
        while True:
            yield None

    with HttpCamera(answer) as camera:
        source = stream_camera(camera.url(), stall_s=2.0).source
        connection = open_source(source, None, Timeline(SystemClock(), Pace.LIVE), Event())
        try:
            return list(islice(connection.packets(), count)), connection, len(camera.requests)
        finally:
            connection.close()


def test_stream_whose_sound_never_comes_opens_after_some_pictures(transport_stream):
    silent = [data for data, is_audio in transport_stream if not is_audio]
    packets, connection, _ = play(silent[: len(silent) // 2], count=20)
    assert all(each.is_video for each in packets)
    assert (connection.audio, connection.audio_status.codec) == (None, "aac")


def test_stream_whose_sound_comes_late_has_it_then(transport_stream):
    half = len(transport_stream) // 2
    pieces = [d for n, (d, is_audio) in enumerate(transport_stream) if n > half or not is_audio]
    packets, connection, _ = play(pieces, count=120)
    assert not all(each.is_video for each in packets)
    assert connection.audio.codec == "aac"


def test_garbage_instead_of_sound_leaves_the_video_whole(transport_stream):
    def garbage(data):
        return data[:40] + bytes(byte * 7 + 3 & 255 for byte in data[40:])

    pieces = [garbage(data) if is_audio else data for data, is_audio in transport_stream]
    packets, _, _ = play(pieces, count=40)
    assert sum(each.is_video for each in packets) >= 10


def test_stream_joined_between_keyframes_is_opened_again(make_video):
    path = make_video(seconds=6, walks=(), container="mpegts", gop_s=2.5)
    data = path.read_bytes()
    start = len(data) // 10 // TS * TS  # in the middle of the first GOP
    head_packets = data[: 3 * TS]  # the tables that say what there is
    packets, connection, requests = play([head_packets + data[start:]], count=10)
    assert len(packets) == 10
    assert connection.video.width == 320
    assert requests in (1, 2)


@pytest.mark.parametrize("position", [0.0, 0.3, None])
def test_flv_is_recorded_wherever_the_parameters_of_its_sound_are(make_video, position):
    path = make_video(seconds=6, walks=(), container="flv", audio="aac")
    begin, tags = flv_tags(path.read_bytes())
    parameters = [tag for kind, tag in tags if kind == 8 and tag[12] == 0]
    others = [tag for kind, tag in tags if not (kind == 8 and tag[12] == 0)]
    if position is not None:
        at = round(len(others) * position)
        others[at:at] = parameters
    packets, connection, _ = play([begin, *others], "flv", 100)
    assert sum(each.is_video for each in packets) >= 15
    if position == 0.0:
        assert connection.audio.template is not None

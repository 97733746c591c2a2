"""The packets that viewers of one camera get, whatever comes."""

from base64 import b64encode
from dataclasses import replace
import io

import av
from engine_rig import FakeClock, media_packets, split_video
from hypothesis import given, settings, strategies as st
import pytest
from videos import Recipe, cached

from custom_components.homesec.engine.core.live_address import (
    is_authorized,
    live_url,
    requested_camera,
)
from custom_components.homesec.engine.core.live_time import LIVE_PERIOD_S, live_time
from custom_components.homesec.engine.live import output, viewer
from custom_components.homesec.engine.live.output import LiveOutput
from custom_components.homesec.engine.live.ts_muxer import TsMuxer
from custom_components.homesec.engine.media.packet_buffer import PreRollBuffer
from custom_components.homesec.engine.media.packets import (
    TICKS,
    TIME_BASE,
    MediaFormat,
    MediaKind,
    MediaPacket,
)


class Camera:
    """A live output and the buffer before it, fed as by a camera's thread."""

    def __init__(self, seconds=4.0):
        self.clock = FakeClock()
        self.buffer = PreRollBuffer(seconds)
        self.live = LiveOutput(self.buffer, self.clock, expects_audio=lambda: False)

    def feed(self, packets):
        for packet in packets:
            self.buffer.push(packet)
            self.live.feed(packet)

    def gap(self):
        self.live.handle_gap()
        self.buffer.clear()


def waiting(viewer):
    """Return the packets that wait for a viewer."""
    return list(viewer._packets)


@pytest.fixture(scope="module")
def packets(tmp_path_factory):
    """8 s with a keyframe each second."""
    film = cached(tmp_path_factory.mktemp("film"), Recipe(seconds=8))
    return split_video(media_packets(film))[0]


def test_viewer_begins_with_the_newest_gop_or_earlier_if_it_wants(packets):
    camera = Camera()
    camera.feed(packets[:34])
    newest, early = camera.live.attach(), camera.live.attach(lead_s=2.0)
    camera.feed(packets[34:36])
    assert waiting(newest) == packets[30:36]
    assert waiting(early) == packets[10:36]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("feed"), st.integers(1, 15)),
        st.tuples(st.just("join"), st.floats(0, 3)),
        st.tuples(st.just("leave"), st.integers(0, 3)),
        st.just(("gap", 0)),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None, database=None)
@given(steps=STEPS)
def test_viewers_get_every_packet_from_a_keyframe_on(packets, steps):
    """A gap ends what a viewer can decode, until the next keyframe."""
    camera, viewers, at = Camera(), [], 0
    for step, number in steps:
        match step:
            case "feed":
                camera.feed(packets[at : at + number])
                at = min(len(packets), at + number)
            case "join":
                if (joined := camera.live.attach(number)) is not None:
                    viewers.append(joined)
            case "leave" if viewers:
                camera.live.detach(viewers.pop(number % len(viewers)))
            case "gap":
                camera.gap()
                at = min(len(packets), at + 1)
    assert camera.live.viewers == len(viewers) <= output.MAX_VIEWERS
    for each in viewers:
        found = [packets.index(packet) for packet in waiting(each)]
        assert found == sorted(set(found))
        for index, before in zip(found, [None, *found], strict=False):
            assert index - 1 == before or packets[index].keyframe


def test_viewer_too_far_behind_is_dropped(packets, monkeypatch):
    monkeypatch.setattr(viewer, "LIMIT_S", 2.0)
    camera = Camera()
    lazy = camera.live.attach()
    camera.feed(packets[:20])
    assert not lazy.closed
    camera.feed(packets[20:30])
    assert lazy.closed
    assert waiting(lazy) == []
    assert camera.live.viewers == 0


def test_output_is_wanted_for_some_seconds_after_the_last_viewer(packets):
    camera = Camera()
    watching = camera.live.attach()
    camera.clock.advance(100)
    assert camera.live.is_wanted
    camera.live.detach(watching)
    assert camera.live.is_wanted
    camera.clock.advance(output.LINGER_S + 0.1)
    assert not camera.live.is_wanted
    camera.live.want(60)
    camera.clock.advance(59)
    assert camera.live.is_wanted


def test_output_that_has_ended_has_no_viewers(packets):
    camera = Camera()
    watching = camera.live.attach()
    camera.live.close()
    assert watching.closed
    assert not watching.wait(0)
    assert camera.live.attach() is None


def send(packets, gone=False):
    """Return what a viewer that gets these packets is sent."""
    camera, sent = Camera(seconds=60), io.BytesIO()
    watching = camera.live.attach(lead_s=60)
    camera.feed(packets)
    watching.send(sent.write, lambda: gone or not waiting(watching))
    return sent.getvalue()


def pictures(data):
    with av.open(io.BytesIO(data)) as video:
        return sum(1 for _ in video.decode(video=0))


def test_other_format_ends_what_a_viewer_is_sent(packets, tmp_path, monkeypatch):
    monkeypatch.setattr(viewer, "CHECK_S", 0.01)
    small = cached(tmp_path, Recipe(seconds=2, size=(160, 96)))
    others = split_video(media_packets(small))[0]
    assert pictures(send([*packets[:20], *others])) == 20


def test_same_format_of_another_connection_continues(packets, tmp_path, monkeypatch):
    monkeypatch.setattr(viewer, "CHECK_S", 0.01)
    film = cached(tmp_path, Recipe(seconds=8))
    again = split_video(media_packets(film))[0]
    assert again[0].format is not packets[0].format
    assert pictures(send([*packets[:20], *again[20:40]])) == 40


def test_slow_pictures_are_repeated_and_their_keyframes_come_each_second(tmp_path):
    film = cached(tmp_path, Recipe(seconds=4, fps=1, codec="mjpeg", container="matroska"))
    slow = split_video(media_packets(film))[0]
    muxer = TsMuxer(slow[0], None)
    data = b"".join(map(muxer.write, slow))
    muxer.close()
    with av.open(io.BytesIO(data)) as video:
        found = [x for x in video.demux(video=0) if x.size]
    assert len(found) == 31
    starts = [float(x.pts * x.time_base) for x in found if x.is_keyframe]
    assert [round(t - starts[0]) for t in starts] == [0, 1, 2, 3]


@pytest.mark.parametrize("began_s", [0, 42, 999, 12_345, 90_061])
def test_time_stamps_tell_when_it_is_on_the_timeline(packets, began_s):
    shifted = [_later(each, began_s * TICKS) for each in packets[:30]]
    muxer = TsMuxer(shifted[0], None)
    data = b"".join(map(muxer.write, shifted))
    muxer.close()
    with av.open(io.BytesIO(data)) as video:
        found = [float(x.pts * x.time_base) for x in video.demux(video=0) if x.size]
    expected = [live_time(shifted[0].shown_t) + x.shown_t - shifted[0].shown_t for x in shifted]
    assert found == pytest.approx(expected[: len(found)], abs=0.001)
    assert found[0] < LIVE_PERIOD_S


def _later(packet, ticks):
    data = av.Packet(bytes(packet.data))
    data.pts, data.dts = packet.data.pts + ticks, packet.data.dts + ticks
    data.time_base, data.duration = TIME_BASE, packet.data.duration
    data.is_keyframe = packet.data.is_keyframe
    return replace(packet, data=data, t=packet.t + ticks / TICKS)


@settings(max_examples=50, deadline=None, database=None)
@given(camera_id=st.text(), other=st.text(), secret=st.binary(min_size=16, max_size=32))
def test_address_leads_to_its_camera_only(camera_id, other, secret):
    camera_id = camera_id.encode(errors="replace").decode()
    url = live_url(1234, secret, camera_id)
    path = url.partition("@127.0.0.1:1234")[2]
    assert requested_camera(path) == camera_id
    header = "Basic " + _basic(url)
    assert is_authorized(header, secret, camera_id)
    assert not is_authorized(header, secret + b"x", camera_id)
    assert is_authorized(header, secret, other) is (other == camera_id)


def _basic(url):
    return b64encode(url.removeprefix("http://").partition("@")[0].encode()).decode()


@pytest.mark.parametrize("path", ["", "/", "cam.ts", "/cam", "*", "/cam.ts?x=1"])
def test_other_paths_lead_nowhere(path):
    assert requested_camera(path) is None


def test_gop_that_is_longer_than_the_backlog_of_a_viewer_is_no_reason_to_drop_it(
    packets, monkeypatch
):
    monkeypatch.setattr(viewer, "LIMIT_S", 2.0)
    monkeypatch.setattr(viewer, "LIMIT_BYTES", packets[0].size)
    camera = Camera(seconds=10.0)
    watching = camera.live.attach(lead_s=5.0)
    camera.feed(packets[:70])
    watching, early = camera.live.attach(lead_s=6.0), watching
    camera.feed(packets[70:75])
    assert not watching.closed
    assert waiting(watching) == packets[10:75]
    assert early.closed


def test_audio_that_cannot_be_written_costs_no_picture(packets):
    telephone = MediaFormat(kind=MediaKind.AUDIO, codec="pcm_alaw", sample_rate=8000, layout="mono")
    unknown = MediaFormat(kind=MediaKind.AUDIO, codec="g729", sample_rate=8000, layout="mono")
    data = av.Packet(b"\xff\xf1" + bytes(50))
    data.pts = data.dts = 0
    data.time_base = TIME_BASE
    for audio in (telephone, unknown):
        muxer = TsMuxer(packets[0], audio)
        sound = MediaPacket(format=audio, data=data, t=0.0, at=0.0)
        sent = b"".join(muxer.write(each) for each in (packets[0], sound, *packets[1:20]))
        muxer.close()
        assert pictures(sent) >= 19  # the last one waits for sound that may come


def test_pictures_that_cannot_be_encoded_in_time_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(viewer, "CHECK_S", 0.01)
    monkeypatch.setattr(viewer, "BEHIND_S", 0.5)
    film = cached(tmp_path, Recipe(seconds=4, fps=10, codec="mjpeg", container="matroska"))
    quick = split_video(media_packets(film))[0]
    taken = []
    real = TsMuxer.write
    monkeypatch.setattr(TsMuxer, "write", lambda self, x: taken.append(x) or real(self, x))
    assert send(quick)
    assert taken[-1] is quick[-1]
    assert len(quick) / 4 <= len(taken) <= len(quick) / 2

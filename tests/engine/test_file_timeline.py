"""Times of packets of files: looped, joined, leaping, and broken."""

import itertools
import random
from threading import Event, Timer

import av
from engine_rig import FakeClock, media_packets, split_video
import pytest
from test_container import connection, numbers


def joined(path, *videos):
    """Join MPEG transport streams unchanged: time stamps restart at each."""
    path.write_bytes(b"".join(video.read_bytes() for video in videos))
    return path


# --- loops ---


@pytest.mark.parametrize("bframes", [0, 3])
def test_looped_file_has_no_gap(make_video, bframes):
    video = make_video(seconds=2, bframes=bframes, fps=20)
    looped = connection(video, loop=True)
    packets, wanted = [], 5 * 40
    for packet in looped.packets():
        packets.append(packet)
        if len(packets) == wanted:
            break
    looped.close()
    steps = {round(b.t - a.t, 4) for a, b in itertools.pairwise(packets)}
    assert steps == {0.05}
    shown = sorted(p.data.pts for p in packets)
    assert {b - a for a, b in itertools.pairwise(shown)} == {4500}
    assert {id(p.format) for p in packets} == {id(packets[0].format)}


def test_looped_footage_has_no_gap(bikes):
    looped = connection(bikes, loop=True)
    packets = []
    for packet in looped.packets():
        packets.append(packet)
        if len(packets) == 1000:
            break
    looped.close()
    assert packets[-1].t == pytest.approx(999 / 25, abs=0.01)
    assert {id(p.format) for p in packets} == {id(packets[0].format)}
    shown = sorted(p.data.pts for p in packets)
    assert max(b - a for a, b in itertools.pairwise(shown)) == 3600


def test_file_of_three_frames_loops_in_its_own_time(make_video):
    looped = connection(make_video(seconds=0.3), loop=True)
    times = []
    for packet in looped.packets():
        times.append(packet.t)
        if len(times) == 12:
            break
    looped.close()
    assert times == pytest.approx([n / 10 for n in range(12)])


def test_empty_file_does_not_loop_forever(make_video):
    looped = connection(make_video(seconds=1), loop=True)
    looped._read = iter([iter(["a", "b"]), iter(["c"]), iter([]), iter(["never"])]).__next__
    assert list(looped.packets()) == ["a", "b", "c"]
    looped.close()


def test_unseekable_file_ends(make_video):
    looped = connection(make_video(seconds=1), loop=True)
    container = looped._container

    class Unseekable:
        demux = container.demux

        def seek(self, _offset):
            raise av.error.OSError(29, "Illegal seek")

    looped._container = Unseekable()
    assert len(list(looped.packets())) == 10
    container.close()


def test_paced_file_ends_at_once_when_stopped(make_video):
    stop = Event()
    played = connection(make_video(), paced=True, loop=True, stop=stop, clock=FakeClock())
    Timer(0.05, stop.set).start()
    # The clock doesn't move, so the second packet would wait until the stop.
    assert len(list(played.packets())) <= 2
    played.close()


# --- odd time stamps ---


def test_restarted_time_stamps_continue_timeline(make_video, tmp_path):
    one = make_video(seconds=3, container="mpegts")
    two = make_video(seconds=3, container="mpegts", first_number=30)
    packets = media_packets(joined(tmp_path / "joined.ts", one, two, one))
    assert {round(b.t - a.t, 4) for a, b in itertools.pairwise(packets)} == {0.1}
    assert numbers(packets)[:60] == list(range(60))


@pytest.mark.parametrize("begins_at_s", [2.0, 3600.0, 20_000.0])
def test_leaping_time_stamps_continue_timeline(make_video, tmp_path, begins_at_s):
    one = make_video(seconds=3, container="mpegts", begins_at_s=100.0)
    two = make_video(seconds=3, container="mpegts", begins_at_s=begins_at_s, first_number=30)
    packets = media_packets(joined(tmp_path / "joined.ts", one, two))
    assert {round(b.t - a.t, 4) for a, b in itertools.pairwise(packets)} == {0.1}
    assert numbers(packets) == list(range(60))


def test_audio_continues_after_restarted_time_stamps(make_video, tmp_path):
    one = make_video(seconds=3, container="mpegts", audio="aac")
    video, audio = split_video(media_packets(joined(tmp_path / "joined.ts", one, one)))
    assert video[-1].t == pytest.approx(5.9, abs=0.1)
    assert audio[-1].t == pytest.approx(5.9, abs=0.3)
    assert len(audio) > 0.9 * 2 * 140


def test_h264_without_time_stamps_is_timed(make_video):
    packets = media_packets(make_video(seconds=3, container="h264"))
    assert len(packets) == 30
    times = [p.t for p in packets]
    assert times == sorted(set(times))
    assert numbers(packets) == list(range(30))


def test_new_frame_size_is_new_format(make_video, tmp_path):
    big = make_video(seconds=2, container="mpegts")
    small = make_video(seconds=2, container="mpegts", size=(192, 128), first_number=20)
    packets = media_packets(joined(tmp_path / "joined.ts", big, small))
    sizes = [(p.format.width, p.format.height) for p in packets]
    assert sizes == [(320, 192)] * 20 + [(192, 128)] * 20
    assert numbers(packets) == list(range(40))


@pytest.mark.parametrize("container", ["mp4", "mpegts", "avi"])
def test_flipped_bytes_damage_only_their_frames(make_video, tmp_path, container):
    codec = {"codec": "mpeg4"} if container == "avi" else {}
    video = make_video(seconds=16, walks=((0.5, 15.0),), container=container, **codec)
    data = bytearray(video.read_bytes())
    rng = random.Random(5)
    for at in rng.sample(range(len(data) // 2, len(data) * 3 // 4), 60):
        data[at] ^= 0xFF
    broken = tmp_path / f"broken.{container}"
    broken.write_bytes(data)
    packets = media_packets(broken)
    found = numbers(packets)
    assert found[:15] == list(range(15))
    assert 159 in found

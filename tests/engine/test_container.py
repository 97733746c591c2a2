"""Files as sources: what comes out of a container, and where it lies in time."""

import random
from threading import Event, Timer

import av
from films import number_of
import pytest
from rig import FakeClock, file_camera, media_packets, split_video

from custom_components.homesec.engine.decoder import FrameDecoder
from custom_components.homesec.engine.errors import (
    AccessDenied,
    FileMissing,
    NoVideo,
    UnsupportedCodec,
)
from custom_components.homesec.engine.sources.container import ContainerConnection
from custom_components.homesec.engine.sources.timeline import Pace, Timeline


def connection(path, *, clock=None, stop=None, **source):
    config = file_camera(path, **source).source
    pace = Pace.PLAYED if config.paced else Pace.READ
    return ContainerConnection(config, Timeline(clock or FakeClock(), pace), stop or Event())


def numbers(packets):
    decoder = FrameDecoder()
    return [number_of(f.picture) for p in packets if p.is_video for f in decoder.run(p)]


def joined(path, *films):
    """Join MPEG transport streams as they are: time stamps begin again at each."""
    path.write_bytes(b"".join(film.read_bytes() for film in films))
    return path


# --- what is in it ---


def test_it_tells_what_it_holds(films):
    held = connection(films(seconds=2, audio="aac", bframes=2))
    assert (held.video.codec, held.video.width, held.video.height) == ("h264", 320, 192)
    assert held.video.fps == pytest.approx(10)
    assert (held.audio.codec, held.audio.sample_rate, held.audio.layout) == (
        "aac", 48_000, "mono",
    )  # fmt: skip
    held.close()


def test_every_packet_of_a_film_comes_once(films):
    video, audio = split_video(media_packets(films(seconds=4, audio="aac", bframes=2)))
    assert len(video) == 40
    assert len(audio) > 150
    assert [p.keyframe for p in video] == ([True] + [False] * 9) * 4


def test_pictures_that_are_reordered_keep_their_order_and_distance(films):
    packets = media_packets(films(seconds=3, bframes=3, fps=20))
    assert numbers(packets)[:50] == list(range(50))
    shown = sorted(p.data.pts for p in packets)
    assert {b - a for a, b in zip(shown, shown[1:], strict=False)} == {4500}


def test_the_sound_stays_beside_the_pictures(films):
    video, audio = split_video(media_packets(films(seconds=4, audio="aac")))
    assert audio[0].t == pytest.approx(0.0, abs=0.1)
    assert audio[-1].t == pytest.approx(video[-1].t, abs=0.2)


def test_packets_outlive_their_connection(films):
    packets = media_packets(films(seconds=2))
    assert len(numbers(packets)) == 20


def test_a_decoder_finds_zeros_behind_every_packet(films):
    # Packets share FFmpeg's own buffers, which are padded; so a copy must not be cut from them.
    for packet in media_packets(films(seconds=1)):
        assert packet.size == len(bytes(packet.data))


# --- what cannot be opened ---


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileMissing):
        connection(tmp_path / "nothing.mp4")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(FileMissing):
        connection(tmp_path)


def test_a_text_is_no_video(tmp_path):
    text = tmp_path / "film.mp4"
    text.write_text("Dear grandma, " * 500)
    with pytest.raises(NoVideo):
        connection(text)


def test_music_is_no_video(tmp_path):
    path = tmp_path / "music.wav"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=8000)
        frame.sample_rate = 8000
        out.mux(stream.encode(frame))
    with pytest.raises(NoVideo):
        connection(path)


def test_a_codec_that_nobody_knows(films, tmp_path):
    strange = tmp_path / "film.avi"
    original = films(seconds=1, codec="mjpeg", container="avi", pix_fmt="yuvj420p")
    strange.write_bytes(original.read_bytes().replace(b"MJPG", b"QQQQ"))
    with pytest.raises((UnsupportedCodec, NoVideo)):
        connection(strange)


def test_a_playlist_does_not_lead_elsewhere(films, tmp_path):
    listing = tmp_path / "list.ffconcat"
    listing.write_text(f"ffconcat version 1.0\nfile 'http://127.0.0.1:9/{films().name}'\n")
    with pytest.raises((NoVideo, FileMissing, AccessDenied)):
        list(connection(listing).packets())


# --- beginning again ---


@pytest.mark.parametrize("bframes", [0, 3])
def test_a_looped_film_goes_on_without_a_gap(films, bframes):
    film = films(seconds=2, bframes=bframes, fps=20)
    looped = connection(film, loop=True)
    packets, wanted = [], 5 * 40
    for packet in looped.packets():
        packets.append(packet)
        if len(packets) == wanted:
            break
    looped.close()
    steps = {round(b.t - a.t, 4) for a, b in zip(packets, packets[1:], strict=False)}
    assert steps == {0.05}
    shown = sorted(p.data.pts for p in packets)
    assert {b - a for a, b in zip(shown, shown[1:], strict=False)} == {4500}
    assert {id(p.format) for p in packets} == {id(packets[0].format)}


def test_real_footage_loops_without_a_gap(bikes):
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
    assert max(b - a for a, b in zip(shown, shown[1:], strict=False)) == 3600


def test_a_film_of_three_pictures_loops_in_its_own_time(films):
    looped = connection(films(seconds=0.3), loop=True)
    times = []
    for packet in looped.packets():
        times.append(packet.t)
        if len(times) == 12:
            break
    looped.close()
    assert times == pytest.approx([n / 10 for n in range(12)])


def test_a_played_film_ends_at_once_when_it_is_stopped(films):
    stop = Event()
    played = connection(films(), paced=True, loop=True, stop=stop, clock=FakeClock())
    Timer(0.05, stop.set).start()
    # The clock stands still, so the second packet would wait until the stop.
    assert len(list(played.packets())) <= 2
    played.close()


# --- strange time stamps ---


def test_time_stamps_that_begin_again_in_mid_stream(films, tmp_path):
    one = films(seconds=3, container="mpegts")
    two = films(seconds=3, container="mpegts", first_number=30)
    packets = media_packets(joined(tmp_path / "joined.ts", one, two, one))
    assert {round(b.t - a.t, 4) for a, b in zip(packets, packets[1:], strict=False)} == {0.1}
    assert numbers(packets)[:60] == list(range(60))


def test_sound_goes_on_after_time_stamps_began_again(films, tmp_path):
    one = films(seconds=3, container="mpegts", audio="aac")
    video, audio = split_video(media_packets(joined(tmp_path / "joined.ts", one, one)))
    assert video[-1].t == pytest.approx(5.9, abs=0.1)
    assert audio[-1].t == pytest.approx(5.9, abs=0.3)
    assert len(audio) > 0.9 * 2 * 140


def test_bare_h264_has_no_time_stamps_and_is_timed_all_the_same(films):
    packets = media_packets(films(seconds=3, container="h264"))
    assert len(packets) == 30
    times = [p.t for p in packets]
    assert times == sorted(set(times))
    assert numbers(packets) == list(range(30))


def test_another_size_in_mid_stream_is_another_format(films, tmp_path):
    big = films(seconds=2, container="mpegts")
    small = films(seconds=2, container="mpegts", size=(192, 128), first_number=20)
    packets = media_packets(joined(tmp_path / "joined.ts", big, small))
    sizes = [(p.format.width, p.format.height) for p in packets]
    assert sizes == [(320, 192)] * 20 + [(192, 128)] * 20
    assert numbers(packets) == list(range(40))


@pytest.mark.parametrize("container", ["mp4", "mpegts", "avi"])
def test_flipped_bytes_in_mid_stream_harm_only_their_pictures(films, tmp_path, container):
    codec = {"codec": "mpeg4"} if container == "avi" else {}
    film = films(seconds=16, walks=((0.5, 15.0),), container=container, **codec)
    data = bytearray(film.read_bytes())
    rng = random.Random(5)
    for at in rng.sample(range(len(data) // 2, len(data) * 3 // 4), 60):
        data[at] ^= 0xFF
    broken = tmp_path / f"broken.{container}"
    broken.write_bytes(data)
    packets = media_packets(broken)
    found = numbers(packets)
    assert found[:15] == list(range(15))
    assert 159 in found

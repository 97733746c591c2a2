"""Files as sources: what comes out of a container, and where it lies in time."""

from dataclasses import replace
import itertools
from pathlib import Path
from threading import Event

import av
from engine_rig import FakeClock, file_camera, media_packets, split_video
from films import number_of
import pytest

from custom_components.homesec.engine.capture.container import ContainerConnection
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.errors import (
    AccessDenied,
    FileMissing,
    NoVideo,
    SourceStalled,
    UnsupportedCodec,
)
from custom_components.homesec.engine.core.types import SourceKind
from custom_components.homesec.engine.media.decoder import FrameDecoder


def connection(path, *, clock=None, stop=None, **source):
    config = file_camera(path, **source).source
    pace = Pace.PLAYED if config.paced else Pace.READ
    return ContainerConnection(config, Timeline(clock or FakeClock(), pace), stop or Event())


def numbers(packets):
    decoder = FrameDecoder()
    return [number_of(f.picture) for p in packets if p.is_video for f in decoder.decode(p)]


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
    assert {b - a for a, b in itertools.pairwise(shown)} == {4500}


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


# --- reading without blocking, as from webcams ---


class Hesitant:
    """A container that has nothing yet, time and again."""

    def __init__(self, container, *, always=False):
        self.container, self.always, self.asked = container, always, 0

    def demux(self, *streams):
        self.asked += 1
        if self.always or self.asked % 3:
            raise av.error.BlockingIOError(11, "Resource temporarily unavailable")
        for n, packet in enumerate(self.container.demux(*streams)):
            yield packet
            if n == 4:
                raise av.error.BlockingIOError(11, "Resource temporarily unavailable")


class Ticking(Event):
    """A stop event whose waiting moves the clock."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock

    def wait(self, timeout=None):
        self.clock.advance(timeout)
        return False


def hesitant(films, clock, **options):
    source = connection(films(seconds=1), clock=clock, stop=Ticking(clock), stall_s=2.0)
    source._config = replace(source._config, kind=SourceKind.WEBCAM)
    opened, source._container = source._container, Hesitant(source._container, **options)
    return source, opened


def test_a_source_that_has_nothing_yet_is_asked_again(films, clock):
    source, opened = hesitant(films, clock)
    assert len(list(source.packets())) == 10
    opened.close()


def test_a_source_that_never_has_anything_is_lost(films, clock):
    source, opened = hesitant(films, clock, always=True)
    began = clock.ticks
    with pytest.raises(SourceStalled):
        list(source.packets())
    assert clock.ticks - began == pytest.approx(2.0, abs=0.1)
    opened.close()


# --- what is left behind ---


def test_closed_connections_hold_no_file_open(films, tmp_path):
    def open_files():
        return len(list(Path("/proc/self/fd").iterdir()))

    text = tmp_path / "film.mp4"
    text.write_text("Dear grandma, " * 500)
    before = open_files()
    for _ in range(20):
        connection(films(seconds=1)).close()
        with pytest.raises(NoVideo):
            connection(text)
    assert open_files() == before

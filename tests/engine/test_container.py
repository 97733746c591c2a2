"""Packets of files and webcams."""

from dataclasses import replace
import itertools
from pathlib import Path
from threading import Event

import av
from engine_rig import FakeClock, file_camera, media_packets, split_video
import pytest
from videos import number_of

from custom_components.homesec.engine.capture.container import ContainerConnection
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.errors import (
    AccessDenied,
    FileMissing,
    NoVideo,
    SourceStalled,
    UnsupportedCodec,
)
from custom_components.homesec.engine.core.types import AudioStatus, SourceKind
from custom_components.homesec.engine.media.decoder import FrameDecoder


def connection(path, *, clock=None, stop=None, **source):
    config = file_camera(path, **source).source
    pace = Pace.PLAYED if config.paced else Pace.READ
    return ContainerConnection(config, Timeline(clock or FakeClock(), pace), stop or Event())


def numbers(packets):
    decoder = FrameDecoder()
    return [number_of(f.picture) for p in packets if p.is_video for f in decoder.decode(p)]


# --- contents ---


def test_connection_has_formats_of_its_streams(make_video):
    opened = connection(make_video(seconds=2, audio="aac", bframes=2))
    assert (opened.video.codec, opened.video.width, opened.video.height) == ("h264", 320, 192)
    assert opened.video.fps == pytest.approx(10)
    assert opened.audio is None  # until its packets have been decoded
    assert opened.audio_status == AudioStatus(codec="aac")
    list(opened.packets())
    assert (opened.audio.codec, opened.audio.sample_rate, opened.audio.layout) == (
        "aac", 48_000, "mono",
    )  # fmt: skip
    opened.close()


def test_packets_of_file_are_complete(make_video):
    video, audio = split_video(media_packets(make_video(seconds=4, audio="aac", bframes=2)))
    assert len(video) == 40
    assert len(audio) > 150
    assert [p.keyframe for p in video] == ([True] + [False] * 9) * 4


def test_reordered_frames_keep_order_and_distance(make_video):
    packets = media_packets(make_video(seconds=3, bframes=3, fps=20))
    assert numbers(packets)[:50] == list(range(50))
    shown = sorted(p.data.pts for p in packets)
    assert {b - a for a, b in itertools.pairwise(shown)} == {4500}


def test_audio_stays_in_sync_with_video(make_video):
    video, audio = split_video(media_packets(make_video(seconds=4, audio="aac")))
    assert audio[0].t == pytest.approx(0.0, abs=0.1)
    assert audio[-1].t == pytest.approx(video[-1].t, abs=0.2)


def test_packets_decode_after_connection_is_closed(make_video):
    packets = media_packets(make_video(seconds=2))
    assert len(numbers(packets)) == 20


def test_packets_share_padded_buffers(make_video):
    # Packets share FFmpeg's buffers, which are padded for decoders.
    for packet in media_packets(make_video(seconds=1)):
        assert packet.size == len(bytes(packet.data))


# --- files that can't be opened ---


def test_missing_file_raises_file_missing(tmp_path):
    with pytest.raises(FileMissing):
        connection(tmp_path / "nothing.mp4")


def test_folder_raises_file_missing(tmp_path):
    with pytest.raises(FileMissing):
        connection(tmp_path)


def test_text_file_raises_no_video(tmp_path):
    text = tmp_path / "video.mp4"
    text.write_text("Dear grandma, " * 500)
    with pytest.raises(NoVideo):
        connection(text)


def test_audio_file_raises_no_video(tmp_path):
    path = tmp_path / "music.wav"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=8000)
        frame.sample_rate = 8000
        out.mux(stream.encode(frame))
    with pytest.raises(NoVideo):
        connection(path)


def test_unknown_codec_is_refused(make_video, tmp_path):
    unknown = tmp_path / "video.avi"
    original = make_video(seconds=1, codec="mjpeg", container="avi", pix_fmt="yuvj420p")
    unknown.write_bytes(original.read_bytes().replace(b"MJPG", b"QQQQ"))
    with pytest.raises((UnsupportedCodec, NoVideo)):
        connection(unknown)


def test_playlist_does_not_open_other_files(make_video, tmp_path):
    listing = tmp_path / "list.ffconcat"
    listing.write_text(f"ffconcat version 1.0\nfile 'http://127.0.0.1:9/{make_video().name}'\n")
    with pytest.raises((NoVideo, FileMissing, AccessDenied)):
        list(connection(listing).packets())


# --- reading without blocking, as from webcams ---


class WouldBlockContainer:
    """A container that has no data at times."""

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


class ClockEvent(Event):
    """A stop event whose wait advances the clock."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock

    def wait(self, timeout=None):
        self.clock.advance(timeout)
        return False


def would_block_source(make_video, clock, **options):
    source = connection(make_video(seconds=1), clock=clock, stop=ClockEvent(clock), stall_s=2.0)
    source._config = replace(source._config, kind=SourceKind.WEBCAM)
    opened, source._container = source._container, WouldBlockContainer(source._container, **options)
    return source, opened


def test_source_without_data_is_read_again(make_video, clock):
    source, opened = would_block_source(make_video, clock)
    assert len(list(source.packets())) == 10
    opened.close()


def test_source_that_never_has_data_stalls(make_video, clock):
    source, opened = would_block_source(make_video, clock, always=True)
    start = clock.ticks
    with pytest.raises(SourceStalled):
        list(source.packets())
    assert clock.ticks - start == pytest.approx(2.0, abs=0.1)
    opened.close()


# --- cleaning up ---


def test_closed_connections_keep_no_file_open(make_video, tmp_path):
    def open_files():
        return len(list(Path("/proc/self/fd").iterdir()))

    text = tmp_path / "video.mp4"
    text.write_text("Dear grandma, " * 500)
    before = open_files()
    for _ in range(20):
        connection(make_video(seconds=1)).close()
        with pytest.raises(NoVideo):
            connection(text)
    assert open_files() == before

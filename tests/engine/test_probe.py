"""Probing a source."""

from dataclasses import replace
import io
from itertools import cycle
import re
import sys
import time

import av
from engine_rig import file_camera, media_packets
import pytest
from videos import number_of

from custom_components.homesec.engine.capture.container import ContainerConnection
from custom_components.homesec.engine.capture.probe import PREVIEW_WIDTH, probe
from custom_components.homesec.engine.core.camera_reports import Probe
from custom_components.homesec.engine.core.errors import (
    EntityUnavailable,
    FileMissing,
    NoKeyframe,
    SourceStalled,
    UnsupportedCodec,
)
from custom_components.homesec.engine.core.stream_verdict import (
    LONG_KEYFRAME_GAP_S,
    StreamVerdict,
    verdict,
)
from custom_components.homesec.engine.core.types import SourceConfig, SourceKind

probe_module = sys.modules[probe.__module__]


def shown(result):
    with av.open(io.BytesIO(result.jpeg)) as file:
        return next(file.decode(video=0))


def test_probe_reads_paced_file_without_waiting(make_video):
    video = make_video(seconds=5, audio="aac", bframes=2)
    result = probe(file_camera(video, paced=True, loop=True).source)
    assert (result.width, result.height, result.fps) == (320, 192, pytest.approx(10))
    assert (result.video_codec, result.audio_codec) == ("h264", "aac")
    assert result.records_directly
    assert number_of(shown(result)) == 0


def test_probe_of_mjpeg_does_not_record_directly(make_video):
    video = make_video(seconds=1, codec="mjpeg", container="avi", pix_fmt="yuvj420p")
    result = probe(file_camera(video).source)
    assert (result.video_codec, result.records_directly) == ("mjpeg", False)


def test_probe_scales_preview(make_video):
    result = probe(file_camera(make_video(seconds=0.2, size=(1920, 1080))).source)
    assert (result.width, shown(result).width) == (1920, PREVIEW_WIDTH)


def test_probe_repr_hides_picture():
    result = Probe(
        width=1, height=1, video_codec="h264", audio_codec=None, fps=None,
        records_directly=True, jpeg=b"private",
    )  # fmt: skip
    assert "private" not in repr(result)


def test_probe_raises_error_of_source(tmp_path):
    with pytest.raises(FileMissing):
        probe(file_camera(tmp_path / "nothing.mp4").source)


def test_probe_of_broken_frames_raises_unsupported_codec(make_video, tmp_path):
    video = make_video(seconds=2, codec="mjpeg", container="avi", pix_fmt="yuvj420p")
    broken = tmp_path / "broken.avi"
    jpeg = re.compile(rb"\xff\xd8\xff.*?\xff\xd9", re.DOTALL)
    broken.write_bytes(jpeg.sub(lambda found: bytes(len(found[0])), video.read_bytes()))
    with pytest.raises(UnsupportedCodec):
        probe(file_camera(broken).source)


def test_probe_says_that_no_keyframe_comes(make_video, monkeypatch):
    packets = media_packets(make_video(seconds=2, gop_s=60))
    monkeypatch.setattr(ContainerConnection, "packets", lambda _: iter(packets[1:]))
    monkeypatch.setattr(probe_module, "LIMIT_S", 1.0)
    with pytest.raises(NoKeyframe) as raised:
        probe(file_camera(make_video(seconds=2)).source)
    assert raised.value.placeholders == {"seconds": "1"}


def test_probe_of_unavailable_entity_raises_error(make_video):
    class Feed:
        def stream_url(self):
            raise EntityUnavailable

    with pytest.raises(EntityUnavailable):
        probe(SourceConfig(kind=SourceKind.ENTITY), Feed())


def test_probe_measures_the_stream(make_video):
    result = probe(file_camera(make_video(seconds=8, gop_s=4, audio="aac")).source)
    stream = result.stream
    assert (stream.codec, stream.audio_codec) == ("h264", "aac")
    assert stream.keyframe_gap_s > LONG_KEYFRAME_GAP_S
    assert verdict(stream) is StreamVerdict.KEYFRAMES_FAR_APART


def test_probe_of_short_gops_ends_as_soon_as_it_is_sure(make_video):
    stream = probe(file_camera(make_video(seconds=8)).source).stream
    assert stream.measured_s == pytest.approx(2.0, abs=0.05)
    assert stream.keyframe_interval_s == pytest.approx(1.0, abs=0.01)


def test_probe_ends_although_the_clock_of_the_camera_stands_still(make_video, monkeypatch):
    packets = media_packets(make_video(seconds=5))
    still = [replace(packet, t=n * 1e-5) for n, packet in enumerate(packets)]
    monkeypatch.setattr(
        ContainerConnection,
        "packets",
        lambda _: (time.sleep(0.01) or each for each in cycle(still)),
    )
    monkeypatch.setattr(probe_module, "MEASURED_S", 0.3)
    assert probe(file_camera(make_video(seconds=5)).source).width == 320


def test_probe_decodes_from_a_recovery_point_on(make_video, monkeypatch):
    packets = media_packets(make_video(seconds=5))
    refreshed = [replace(each, keyframe=False, recovery=0) for each in packets]
    monkeypatch.setattr(ContainerConnection, "packets", lambda _: iter(refreshed))
    assert probe(file_camera(make_video(seconds=5)).source).width == 320


def test_probe_keeps_its_picture_if_the_connection_is_lost(make_video, monkeypatch):
    packets = media_packets(make_video(seconds=5))

    def lost(_):
        yield packets[0]
        raise SourceStalled

    monkeypatch.setattr(ContainerConnection, "packets", lost)
    assert probe(file_camera(make_video(seconds=5)).source).width == 320

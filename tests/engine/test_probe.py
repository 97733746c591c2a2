"""Probing a source."""

import io
import re
import sys

import av
from engine_rig import file_camera
import pytest
from videos import number_of

from custom_components.homesec.engine.capture.probe import PREVIEW_WIDTH, probe
from custom_components.homesec.engine.core.camera_reports import Probe
from custom_components.homesec.engine.core.errors import (
    EntityUnavailable,
    FileMissing,
    NoVideo,
    UnsupportedCodec,
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


def test_probe_raises_no_video_after_limit(make_video, monkeypatch):
    monkeypatch.setattr(probe_module, "LIMIT_S", -1.0)
    with pytest.raises(NoVideo):
        probe(file_camera(make_video(seconds=2)).source)


def test_probe_of_unavailable_entity_raises_error(make_video):
    class Feed:
        def stream_url(self):
            raise EntityUnavailable

    with pytest.raises(EntityUnavailable):
        probe(SourceConfig(kind=SourceKind.ENTITY), Feed())

"""Videos that the benchmarks play through the engine."""

from fractions import Fraction

import av
import numpy as np
import pytest

from bench import footage_video
from bench.footage_video import as_h264
from bench.replay import play


@pytest.fixture
def old_video(tmp_path):
    """A second of video in a codec that no camera sends."""
    path = tmp_path / "old.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("msmpeg4v2", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 192, "yuv420p"
        for index in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((192, 320, 3), 20 * index, np.uint8))
            frame.pts, frame.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_video_that_cannot_be_played_ends_the_benchmark(old_video):
    with pytest.raises(RuntimeError, match="unsupported_codec"):
        play(old_video)


def test_converted_video_is_played(old_video, tmp_path, monkeypatch):
    monkeypatch.setattr(footage_video.paths, "footage", lambda: tmp_path)
    video = as_h264(old_video)
    with av.open(str(video)) as container:
        assert len(list(container.decode(video=0))) == 10
    played = play(video)
    assert played.stays == []
    assert as_h264(old_video) == video

"""Stills as JPEGs."""

import io

import av
import numpy as np
import pytest
from videos import frame_of, number_of, picture

from custom_components.homesec.engine.core.types import Box, Track
from custom_components.homesec.engine.media.decoder import Frame
from custom_components.homesec.engine.media.jpeg import (
    draw_boxes,
    encode_jpeg,
    fit_width,
    read_keyframe,
    read_picture,
    still_quality,
)

ACCENT = np.array([40, 160, 255])


def decoded(jpeg):
    with av.open(io.BytesIO(jpeg)) as file:
        return next(file.decode(video=0))


def frame(luma):
    return Frame(t=0.0, at=0.0, picture=frame_of(luma))


@pytest.mark.parametrize(
    ("size", "limit", "fitted"),
    [
        ((1920, 1080), 1280, (1280, 720)),
        ((640, 480), 1280, (640, 480)),
        ((641, 481), None, (640, 480)),
        ((3, 3), None, (2, 2)),
        ((1, 1), 100, (2, 2)),
        ((4000, 3), 100, (100, 2)),
    ],
)
def test_fit_width_returns_even_sides(size, limit, fitted):
    assert fit_width(*size, limit) == fitted


def test_encode_jpeg_keeps_picture():
    shown = decoded(encode_jpeg(frame_of(picture(1234, figure_at=0.5))))
    assert (shown.width, shown.height) == (320, 192)
    assert number_of(shown) == 1234


def test_encode_jpeg_limits_width():
    shown = decoded(encode_jpeg(frame_of(picture(1)), width=100))
    assert (shown.width, shown.height) == (100, 60)


def test_encode_jpeg_starts_no_threads():
    """Threads cost more than they save; each would restart the code in between (DRI)."""
    assert b"\xff\xdd" not in encode_jpeg(frame_of(picture(1)))


def test_encode_jpeg_uses_full_range():
    luma = np.full((64, 64), 16, np.uint8)
    luma[:, 32:] = 235
    gray = decoded(
        encode_jpeg(
            av.VideoFrame.from_ndarray(
                np.concatenate([luma, np.full((32, 64), 128, np.uint8)]), format="yuv420p"
            )
        )
    ).to_ndarray(format="gray")
    assert gray[:, :24].mean() < 4
    assert gray[:, 40:].mean() > 251


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuvj422p", "yuyv422", "yuv420p10le", "nv12"])
def test_encode_jpeg_accepts_any_pixel_format(pix_fmt):
    shown = decoded(encode_jpeg(frame_of(picture(77), pix_fmt)))
    assert number_of(shown) == 77


def test_draw_boxes_draws_edges():
    pixels = draw_boxes(frame(picture(0)), [Box(0.25, 0.25, 0.75, 0.75)]).to_ndarray(format="bgr24")
    for x, y in ((80, 96), (239, 96), (160, 48), (160, 143)):
        assert np.abs(pixels[y, x].astype(int) - ACCENT).max() < 10
    assert np.abs(pixels[96, 160].astype(int) - 90).max() < 12


@pytest.mark.parametrize(
    "box", [Box(-1, -1, 2, 2), Box(0, 0, 0, 0), Box(1, 1, 1, 1), Box(0.5, 0.5, 0.5, 0.9)]
)
def test_draw_boxes_clips_box_at_edge(box):
    drawn = draw_boxes(frame(picture(0)), [box], width=200)
    assert (drawn.width, drawn.height) == (200, 120)


def test_read_keyframe_returns_last_keyframe_before_time(make_video):
    video = make_video(seconds=6)
    assert number_of(read_keyframe(video, 3.4)) == 30
    assert number_of(read_keyframe(video, 0.0)) == 0


def test_read_keyframe_of_damaged_file_returns_none(tmp_path):
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"nothing" * 1000)
    assert read_keyframe(junk, 0.0) is None
    assert read_keyframe(tmp_path / "missing.mp4", 0.0) is None


@pytest.mark.parametrize("bframes", [0, 2])
def test_read_picture_returns_the_one_at_a_time(make_video, bframes):
    video = make_video(seconds=6, bframes=bframes)
    with av.open(str(video)) as file:
        first_s = next(file.decode(video=0)).time
    found = [number_of(read_picture(video, first_s + at_s)) for at_s in (0.0, 3.4, 5.9, 99.0)]
    assert found == [0, 34, 59, 59]


def test_read_picture_of_damaged_file_returns_none(tmp_path):
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"nothing" * 1000)
    assert read_picture(junk, 0.0) is None


def track(score: float, box: Box) -> Track:
    return Track(id=1, label="person", score=score, box=box, first_t=0, last_t=0, hits=1)


def test_still_quality_grows_with_confidence_size_and_distance_to_edge() -> None:
    best = still_quality(track(0.9, Box(0.3, 0.2, 0.5, 0.8)))
    assert best > still_quality(track(0.6, Box(0.3, 0.2, 0.5, 0.8)))
    assert best > still_quality(track(0.9, Box(0.3, 0.2, 0.35, 0.4)))
    assert best > still_quality(track(0.9, Box(0.0, 0.2, 0.2, 0.8)))


def test_still_quality_is_limited_for_large_boxes() -> None:
    assert still_quality(track(0.8, Box(0.02, 0.02, 0.98, 0.98))) == still_quality(
        track(0.8, Box(0.2, 0.2, 0.8, 0.8))
    )

"""Scaling, cutting, and stretching the pixels of pictures."""

import av
import numpy as np
import pytest
from videos import frame_of, picture

from custom_components.homesec.engine.core.errors import FrameBroken
from custom_components.homesec.engine.media.convert import (
    FLAT_LEVELS,
    MAX_GAIN,
    crop,
    small_luma,
    smooth_levels,
    stretch_contrast,
    to_bgr,
)
from custom_components.homesec.engine.media.crops import Crop
from custom_components.homesec.engine.media.decoder import Frame


@pytest.fixture
def pixels():
    """Smooth colors, which chroma subsampling hardly changes."""
    rows, columns = np.indices((120, 160))
    planes = [rows * 2, columns, 255 - rows - columns / 2]
    return np.stack(planes, axis=2).clip(0, 255).astype(np.uint8)


def color_frame(pixels, pix_fmt="yuv420p"):
    return av.VideoFrame.from_ndarray(pixels, format="bgr24").reformat(format=pix_fmt)


def test_to_bgr_scales_picture(pixels):
    small = to_bgr(color_frame(pixels), 80, 60)
    assert small.shape == (60, 80, 3)
    assert np.abs(small.astype(int) - pixels[::2, ::2]).mean() < 4


def test_to_bgr_of_invalid_size_raises_frame_broken(pixels):
    with pytest.raises(FrameBroken, match="scaled"):
        to_bgr(color_frame(pixels), 0, -5)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "nv12", "yuv444p", "bgr24"])
def test_crop_keeps_pixels(pixels, pix_fmt):
    part = crop(color_frame(pixels, pix_fmt), Crop(left=40, top=20, side=64))
    assert (part.width, part.height) == (64, 64)
    found = to_bgr(part, 64, 64).astype(int)
    assert np.abs(found - pixels[20:84, 40:104]).mean() < 4


def test_crop_keeps_color_range_and_space(pixels):
    original = color_frame(pixels)
    original.color_range = av.video.reformatter.ColorRange.JPEG
    original.colorspace = av.video.reformatter.Colorspace.ITU709
    part = crop(original, Crop(0, 0, 64))
    assert (part.color_range, part.colorspace) == (original.color_range, original.colorspace)


def test_crop_makes_odd_side_even(pixels):
    part = crop(color_frame(pixels), Crop(left=10, top=10, side=33))
    assert (part.width, part.height) == (32, 32)


# --- contrast ---


def ramp(low, high):
    """Return a gray ramp from one level to another."""
    ramp = np.linspace(low, high, 512 * 512).reshape(512, 512)
    return np.stack([ramp, ramp, ramp], axis=2).round().astype(np.uint8)


def test_stretch_contrast_of_haze_uses_all_levels():
    clear = stretch_contrast(ramp(120, 190))
    assert (clear.min(), clear.max()) == (0, 255)
    assert clear.dtype == np.uint8


def test_stretch_contrast_limits_gain_of_noise():
    clear = stretch_contrast(ramp(88, 92)).astype(int)
    assert clear.max() - clear.min() <= MAX_GAIN * 4
    assert clear.mean() == pytest.approx(127.5, abs=2)


def test_stretch_contrast_keeps_full_picture():
    good = ramp(20, 220)
    assert stretch_contrast(good) is good


def test_stretch_contrast_keeps_uniform_picture():
    black = ramp(7, 7)
    assert stretch_contrast(black) is black


@pytest.mark.parametrize(("levels", "flat"), [(FLAT_LEVELS - 8, True), (FLAT_LEVELS + 8, False)])
def test_stretch_contrast_applies_below_flat_levels(levels, flat):
    pixels = ramp(50, 50 + levels)
    assert (stretch_contrast(pixels) is not pixels) == flat


def test_stretch_contrast_ignores_few_bright_pixels():
    night = ramp(5, 40)
    night[:2, :2] = 255
    assert stretch_contrast(night).mean() > 100


def test_stretch_contrast_keeps_hues():
    pixels = ramp(100, 150)
    pixels[..., 2] += 20
    clear = stretch_contrast(pixels).astype(int)
    assert (clear[..., 2] >= clear[..., 0]).all()
    assert (clear[..., 0] == clear[..., 1]).all()


# --- small luma ---


def small_luma_of(luma, pix_fmt="yuv420p"):
    return small_luma(Frame(t=0, at=0, picture=frame_of(luma, pix_fmt)))


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuvj420p", "nv12", "gray", "yuyv422", "bgr24"])
def test_small_luma_accepts_any_pixel_format(pix_fmt):
    small = small_luma_of(picture(0, figure_at=0.0, size=(1280, 720)), pix_fmt)
    assert small.dtype == np.uint8
    assert small.shape == (90, 160)
    assert small[45, 10] > 200
    assert 60 < small[80, 100] < 120


def test_small_luma_of_ten_bits_has_eight():
    assert 80 < small_luma_of(picture(0, size=(640, 384)), "yuv420p10le")[50, 50] < 100


@pytest.mark.parametrize("size", [(2, 2), (17, 31), (159, 90), (641, 359), (5000, 20)])
def test_small_luma_accepts_any_size(size):
    luma = np.full((size[1], size[0]), 100, np.uint8)
    small = small_luma(Frame(t=0, at=0, picture=av.VideoFrame.from_ndarray(luma, format="gray")))
    assert small.shape[1] <= 320
    assert np.all(small == 100)


@pytest.mark.parametrize("shape", [(120, 160), (37, 53), (1, 7), (5, 1), (1, 1)])
def test_smooth_levels_are_means_of_neighbors_also_at_the_edges(shape):
    luma = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    padded = np.pad(luma, 1, mode="edge").astype(float)
    around = [
        padded[down : down + shape[0], right : right + shape[1]]
        for down in range(3)
        for right in range(3)
    ]
    smooth = smooth_levels(luma)
    assert smooth.dtype == np.float32
    assert smooth == pytest.approx(np.mean(around, axis=0), abs=1e-3)

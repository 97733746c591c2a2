"""A picture's pixels, scaled and cut out."""

import av
import numpy as np
import pytest

from custom_components.homesec.engine.core.errors import FrameBroken
from custom_components.homesec.engine.media.convert import crop, to_bgr
from custom_components.homesec.engine.media.crops import Crop


@pytest.fixture
def pixels():
    """Smooth colours, so that half the resolution of colour costs next to nothing."""
    rows, columns = np.indices((120, 160))
    planes = [rows * 2, columns, 255 - rows - columns / 2]
    return np.stack(planes, axis=2).clip(0, 255).astype(np.uint8)


def picture(pixels, pix_fmt="yuv420p"):
    return av.VideoFrame.from_ndarray(pixels, format="bgr24").reformat(format=pix_fmt)


def test_a_picture_is_scaled_to_the_size_asked_for(pixels):
    small = to_bgr(picture(pixels), 80, 60)
    assert small.shape == (60, 80, 3)
    assert np.abs(small.astype(int) - pixels[::2, ::2]).mean() < 4


def test_a_picture_that_cannot_be_scaled_says_so(pixels):
    with pytest.raises(FrameBroken, match="scaled"):
        to_bgr(picture(pixels), 0, -5)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "nv12", "yuv444p", "bgr24"])
def test_a_part_holds_the_pictures_own_pixels(pixels, pix_fmt):
    part = crop(picture(pixels, pix_fmt), Crop(left=40, top=20, side=64))
    assert (part.width, part.height) == (64, 64)
    found = to_bgr(part, 64, 64).astype(int)
    assert np.abs(found - pixels[20:84, 40:104]).mean() < 4


def test_a_part_keeps_how_its_colours_are_meant(pixels):
    whole = picture(pixels)
    whole.color_range = av.video.reformatter.ColorRange.JPEG
    whole.colorspace = av.video.reformatter.Colorspace.ITU709
    part = crop(whole, Crop(0, 0, 64))
    assert (part.color_range, part.colorspace) == (whole.color_range, whole.colorspace)


def test_an_odd_side_is_made_even(pixels):
    part = crop(picture(pixels), Crop(left=10, top=10, side=33))
    assert (part.width, part.height) == (32, 32)

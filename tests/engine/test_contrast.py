"""Flat pictures are spread, good ones left alone."""

import numpy as np
import pytest

from custom_components.homesec.engine.media.convert import FLAT_LEVELS, MAX_GAIN, stretch_contrast


def picture(low, high):
    """A ramp of grey from one level to another, with some colour in it."""
    ramp = np.linspace(low, high, 512 * 512).reshape(512, 512)
    return np.stack([ramp, ramp, ramp], axis=2).round().astype(np.uint8)


def test_haze_is_spread_over_all_levels():
    clear = stretch_contrast(picture(120, 190))
    assert (clear.min(), clear.max()) == (0, 255)
    assert clear.dtype == np.uint8


def test_mere_noise_stays_faint():
    clear = stretch_contrast(picture(88, 92)).astype(int)
    assert clear.max() - clear.min() <= MAX_GAIN * 4
    assert clear.mean() == pytest.approx(127.5, abs=2)


def test_a_good_picture_is_not_touched():
    good = picture(20, 220)
    assert stretch_contrast(good) is good


def test_nothing_is_made_of_nothing():
    black = picture(7, 7)
    assert stretch_contrast(black) is black


@pytest.mark.parametrize(("levels", "flat"), [(FLAT_LEVELS - 8, True), (FLAT_LEVELS + 8, False)])
def test_how_flat_is_flat(levels, flat):
    pixels = picture(50, 50 + levels)
    assert (stretch_contrast(pixels) is not pixels) == flat


def test_a_few_lights_in_the_night_do_not_make_it_a_good_picture():
    night = picture(5, 40)
    night[:2, :2] = 255
    assert stretch_contrast(night).mean() > 100


def test_colours_stay_what_they_are():
    pixels = picture(100, 150)
    pixels[..., 2] += 20
    clear = stretch_contrast(pixels).astype(int)
    assert (clear[..., 2] >= clear[..., 0]).all()
    assert (clear[..., 0] == clear[..., 1]).all()

"""Transforms and enhancements of photos."""

import numpy as np
import pytest

from bench.enhancements import ENHANCEMENTS, gamma, stretch
from bench.transforms import TRANSFORMS, infrared


@pytest.fixture
def photo():
    rng = np.random.default_rng(1)
    return rng.integers(0, 256, (61, 97, 3), np.uint8)


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
def test_transform_is_reproducible(photo, transform):
    before = photo.copy()
    once, again = transform(photo, 5), transform(photo, 5)
    assert (once.shape, once.dtype) == (photo.shape, np.uint8)
    assert np.array_equal(once, again)
    assert np.array_equal(photo, before)


@pytest.mark.parametrize("enhancement", ENHANCEMENTS.values(), ids=ENHANCEMENTS)
def test_enhancement_keeps_shape(photo, enhancement):
    better = enhancement(photo)
    assert (better.shape, better.dtype) == (photo.shape, np.uint8)


def test_infrared_has_no_color(photo):
    grey = infrared(photo, 1)
    assert np.array_equal(grey[..., 0], grey[..., 1])
    assert np.array_equal(grey[..., 0], grey[..., 2])


def test_stretch_uses_all_levels():
    flat = np.linspace(100, 150, 64 * 64 * 3).reshape(64, 64, 3).astype(np.uint8)
    wide = stretch(flat)
    assert (wide.min(), wide.max()) == (0, 255)


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("enhancement", [stretch, gamma])
def test_enhancement_of_flat_picture_works(enhancement, level):
    enhancement(np.full((32, 32, 3), level, np.uint8))

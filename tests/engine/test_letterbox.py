"""Laying a picture into a network's input."""

from dataclasses import replace

from hypothesis import given, strategies as st
import numpy as np
import pytest

from custom_components.homesec.engine.detection.letterbox import STEP, Letterbox, fit_to_area


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((1920, 1080), (416, 234)),
        ((1080, 1920), (234, 416)),
        ((416, 416), (416, 416)),
        ((208, 104), (416, 208)),
        ((10_000, 1), (416, 1)),
    ],
)
def test_fit_keeps_aspect_ratio(size, fitted):
    assert Letterbox(width=416, height=416).fit(*size) == fitted


@given(st.integers(1, 8000), st.integers(1, 8000))
def test_fit_always_fits_inside_input(width, height):
    box = Letterbox(width=416, height=320)
    fitted = box.fit(width, height)
    assert 1 <= fitted[0] <= 416
    assert 1 <= fitted[1] <= 320
    assert fitted[0] == 416 or fitted[1] == 320


def test_blob_has_picture_at_top_left_and_padding_elsewhere():
    picture = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    blob = Letterbox(width=4, height=4, pad=114).blob(picture)
    assert blob.dtype == np.float32
    assert blob[0].tolist() == [[0, 3, 6, 114], [9, 12, 15, 114], [114] * 4, [114] * 4]
    assert blob[2, 1].tolist() == [11, 14, 17, 114]


@pytest.mark.parametrize("shape", [(5, 4, 3), (4, 5, 3), (4, 4), (4, 4, 4)])
def test_blob_refuses_picture_of_wrong_shape(shape):
    with pytest.raises(ValueError, match=r"fit|picture"):
        Letterbox(width=4, height=4).blob(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(
    ("size", "scaled"),
    [
        ((1920, 1080), (672, 378)),
        ((1080, 1920), (378, 672)),
        ((1280, 960), (576, 432)),
        ((320, 240), (320, 240)),
        ((8000, 100), (4032, 50)),
    ],
)
def test_fit_to_area_uses_shape_of_picture(size, scaled):
    assert fit_to_area(*size, area=672 * 384) == scaled


@given(st.integers(1, 8000), st.integers(1, 8000))
def test_fit_to_area_neither_enlarges_nor_exceeds_area(width, height):
    columns, rows = fit_to_area(width, height, area=672 * 384)
    assert columns <= width
    assert rows <= height
    padded = -(-columns // STEP) * STEP * -(-rows // STEP) * STEP
    # Except for pictures so narrow that one side is mostly padding.
    assert padded <= 672 * 384 or min(columns, rows) <= STEP


@given(
    height=st.integers(1, 64),
    width=st.integers(1, 96),
    rgb=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_blob_folded_has_each_pixel_of_two_by_two_in_channels_of_its_own(height, width, rgb, seed):
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    whole = Letterbox(width=96, height=64, pad=114, mean=(1, 2, 3), std=(4, 5, 6), rgb=rgb)
    expected = whole.blob(picture)
    folded = replace(whole, fold=True).blob(picture)
    assert folded.shape == (12, 32, 48)
    for group, (top, left) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
        assert np.array_equal(folded[3 * group : 3 * group + 3], expected[:, top::2, left::2])

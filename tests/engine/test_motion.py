"""Motion detection in synthetic pictures."""

from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest

from custom_components.homesec.engine.core.types import Box
from custom_components.homesec.engine.media.motion import Change, MotionGate, MotionResult

SHAPE = (90, 160)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def street(rng, *, noise=3.0, level=0.0, gain=1.0, figure=None):
    """Return a picture with texture, sensor noise, and a figure of 5 x 14 pixels."""
    rows, columns = np.indices(SHAPE)
    scene = 60 + 50 * np.sin(columns / 9) * np.cos(rows / 7) + columns / 2
    if figure is not None:
        scene[40:54, figure : figure + 5] = 190
    scene = scene * gain + level + rng.normal(0, noise, SHAPE)
    return np.clip(scene, 0, 255).astype(np.uint8)


@pytest.fixture
def gate(rng):
    """A gate that knows the street."""
    gate = MotionGate()
    for _ in range(20):
        gate.update(street(rng))
    return gate


def test_first_picture_is_new_scene(rng):
    gate = MotionGate()
    assert gate.update(street(rng)).change is Change.SCENE
    gate.reset()
    assert gate.update(street(rng)).change is Change.SCENE


def test_new_size_is_new_scene(gate):
    assert gate.update(np.zeros((60, 80), np.uint8)).change is Change.SCENE


def test_sensor_noise_is_no_motion(gate, rng):
    assert {gate.update(street(rng)).change for _ in range(200)} == {Change.NONE}


def test_small_figure_is_motion(gate, rng):
    assert gate.update(street(rng, figure=80)).change is Change.MOTION


def test_walking_figure_stays_motion(gate, rng):
    walk = [gate.update(street(rng, figure=20 + 3 * n)).change for n in range(30)]
    assert set(walk) == {Change.MOTION}


def test_standing_figure_stays_motion_for_a_while(gate, rng):
    assert {gate.update(street(rng, figure=80)).change for _ in range(15)} == {Change.MOTION}


def test_standing_figure_becomes_background(gate, rng):
    stands = [gate.update(street(rng, figure=80)).change for _ in range(200)]
    assert stands[-1] is Change.NONE


def test_slow_exposure_change_is_no_motion(gate, rng):
    drift = [gate.update(street(rng, level=0.8 * n)).change for n in range(60)]
    assert set(drift) == {Change.NONE}


def test_sudden_exposure_change_is_no_motion(gate, rng):
    assert gate.update(street(rng, level=25)).change is Change.NONE


def test_slow_gain_change_is_no_motion(gate, rng):
    drift = [gate.update(street(rng, gain=1 + n / 300)).change for n in range(90)]
    assert set(drift) == {Change.NONE}


def test_figure_during_exposure_change_is_motion(gate, rng):
    assert gate.update(street(rng, level=20, figure=80)).change is Change.MOTION


def test_light_switch_is_change_once(gate, rng):
    dark = [gate.update(street(rng, gain=0.1, level=5)).change for _ in range(10)]
    assert dark[0] is not Change.NONE
    assert dark[-1] is Change.NONE


def test_figure_after_light_switch_is_motion(gate, rng):
    gate.update(street(rng, gain=0.1, level=5))
    for _ in range(10):
        gate.update(street(rng, gain=0.1, level=5))
    assert gate.update(street(rng, figure=80)).change is not Change.NONE
    assert gate.update(street(rng, figure=90)).change is Change.MOTION


def test_masked_figure_is_no_motion(rng):
    mask = np.ones(SHAPE, np.bool_)
    mask[:, 70:] = False
    gate = MotionGate(mask=mask)
    for _ in range(20):
        gate.update(street(rng))
    assert gate.update(street(rng, figure=100)).change is Change.NONE
    assert gate.update(street(rng, figure=30)).change is Change.MOTION


def test_min_share_is_of_unmasked_picture(rng):
    mask = np.zeros(SHAPE, np.bool_)
    mask[38:56, 75:90] = True
    gate = MotionGate(mask=mask)
    for _ in range(20):
        gate.update(street(rng, noise=0))
    tiny = street(rng, noise=0)
    tiny[40:42, 80:82] = 255
    assert gate.update(tiny).change is Change.MOTION


def test_mask_of_other_size_is_ignored(rng):
    gate = MotionGate(mask=np.zeros((3, 3), np.bool_))
    for _ in range(20):
        gate.update(street(rng))
    assert gate.update(street(rng, figure=80)).change is Change.MOTION


def cells(*marks):
    """Return motion in the given rows and columns of 8 x 10 cells."""
    grid = np.zeros((8, 10), np.bool_)
    for rows, columns in marks:
        grid[rows, columns] = True
    return MotionResult(Change.MOTION, grid)


def test_boxes_surround_figure(gate, rng):
    moving = gate.update(street(rng, figure=80, noise=1.0))
    (box,) = moving.boxes()
    assert box.iou(Box(80 / 160, 40 / 90, 85 / 160, 54 / 90)) > 0.5


def test_share_is_fraction_of_box_with_motion():
    result = cells((slice(0, 4), slice(0, 5)))
    assert result.share(Box(0, 0, 0.5, 0.5)) == 1.0
    assert result.share(Box(0, 0, 1, 1)) == 0.25
    assert result.share(Box(0.6, 0.6, 1, 1)) == 0.0
    assert result.share(Box(1, 1, 1, 1)) == 0.0


def test_new_scene_has_no_boxes_and_no_share(rng):
    result = MotionGate().update(street(rng))
    assert result.share(Box(0, 0, 1, 1)) is None
    assert result.boxes() == []


def test_boxes_join_close_patches_and_skip_specks():
    grid = np.zeros((60, 80), np.bool_)
    grid[10:14, 10:13] = True  # a head
    grid[17:22, 9:14] = True  # and legs
    grid[40:44, 60:66] = True  # another person
    grid[50, 5] = True  # a speck
    assert MotionResult(Change.MOTION, grid).boxes() == [
        Box(9 / 80, 10 / 60, 14 / 80, 22 / 60),
        Box(60 / 80, 40 / 60, 66 / 80, 44 / 60),
    ]


def test_boxes_are_empty_if_large_part_moves():
    grid = np.zeros((60, 80), np.bool_)
    grid[:15] = True
    assert MotionResult(Change.MOTION, grid).boxes() == []


@given(arrays(np.bool_, (20, 30), elements=st.booleans(), fill=st.just(False)))
def test_boxes_contain_all_cells_and_are_sorted(grid):
    grid[:, 10:] &= np.indices(grid.shape)[0][:, 10:] % 7 == 0
    boxes = MotionResult(Change.MOTION, grid).boxes(min_cells=1)
    if np.count_nonzero(grid) >= grid.size / 4:
        assert boxes == []
        return
    for y, x in np.argwhere(grid):
        inside = [
            b for b in boxes if b.x1 * 30 < x + 0.5 < b.x2 * 30 and b.y1 * 20 < y + 0.5 < b.y2 * 20
        ]
        assert inside
    assert [b.area for b in boxes] == sorted((b.area for b in boxes), reverse=True)

"""Comparing pictures block by block."""

import numpy as np
import pytest
from tamper_stage import blurred, by_infrared, street

from custom_components.homesec.engine.media.block_structure import BlockStructure
from custom_components.homesec.engine.media.convert import smooth_levels


def structure(scene):
    rng = np.random.default_rng(1)
    noisy = scene + rng.normal(0, 2, scene.shape)
    return BlockStructure(smooth_levels(np.clip(noisy[::2, ::2], 0, 255).astype(np.uint8)))


@pytest.mark.parametrize(
    "change",
    [
        lambda scene: scene,
        lambda scene: np.roll(scene, (3, -4), axis=(0, 1)),
        by_infrared,
        blurred,
        lambda scene: 0.1 * scene,
        lambda _: street(9),
    ],
    ids=["same", "shaken", "by infrared", "blurred", "dark", "other"],
)
@pytest.mark.parametrize("size", [(180, 320), (173, 317)])
def test_kept_in_shifted_is_the_best_of_all_shifts(size, change):
    scene = street()
    one, other = (structure(x[: size[0], : size[1]]) for x in (scene, change(scene)))
    each = [
        one.kept_in(BlockStructure(np.roll(other.levels, (down, right), axis=(0, 1))))
        for down in range(-2, 3)
        for right in range(-2, 3)
    ]
    assert one.kept_in_shifted(other) == pytest.approx(max(each), abs=0.01)


def test_picture_without_structure_is_kept_in_none():
    flat = BlockStructure(np.full((90, 160), 50, np.float32))
    assert flat.kept_in_shifted(flat) == 0.0

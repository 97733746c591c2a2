"""Compare pictures block by block, whatever the light: by where their edges are.

Each block is compared by its correlation (zero-mean normalized cross-correlation), which neither
brightness nor contrast changes.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Levels = NDArray[np.float32]
    type Blocks = NDArray[np.float32]
    type Flags = NDArray[np.bool_]

BLOCK = 10  # cells of the small luma picture on each side of a block
MIN_CONTRAST = 5.0  # standard deviation in levels (0..255) from which a block has structure
SAME_BLOCK = 0.5  # correlation from which two blocks show the same
_MOST_SHIFT = 2  # cells by which the wind may shake a camera
_FAINTEST, _FAINTEST_SHARE = 1.5, 0.1
"""Contrast, in levels and as a fraction, below which what may be left of a block isn't visible."""
_TINY = np.float32(1e-3)


@dataclass(frozen=True, eq=False)
class BlockStructure:
    """The blocks of one small luma picture: ``(H, W) float32`` levels."""

    levels: Levels

    @cached_property
    def means(self) -> Blocks:
        """``(blocks,)``: the mean level of each."""
        means: Blocks = _split(self.levels).mean(axis=1)
        return means

    @cached_property
    def centered(self) -> Blocks:
        """``(blocks, cells)``: the differences from each block's mean."""
        blocks = _split(self.levels)
        centered: Blocks = blocks - blocks.mean(axis=1, keepdims=True)
        return centered

    @cached_property
    def contrast(self) -> Blocks:
        """``(blocks,)``: the standard deviation within each."""
        deviation: Blocks = np.sqrt(np.mean(self.centered**2, axis=1))
        return deviation

    @cached_property
    def structured(self) -> Flags:
        """``(blocks,)``: whether each shows more than a flat surface and noise."""
        flags: Flags = self.contrast >= MIN_CONTRAST
        return flags

    @cached_property
    def share(self) -> float:
        """The fraction of the blocks that have structure."""
        return float(np.count_nonzero(self.structured) / max(1, self.structured.size))

    def correlate(self, other: BlockStructure) -> Blocks:
        """Return the correlation of each block with the same one of a picture of this size."""
        product = np.mean(self.centered * other.centered, axis=1)
        correlation: Blocks = product / (self.contrast * other.contrast + _TINY)
        return correlation

    def kept_in(self, other: BlockStructure) -> float:
        """Return the fraction of the blocks with structure that another picture shows, too."""
        visible = other.contrast >= np.maximum(_FAINTEST, self.contrast * _FAINTEST_SHARE)
        found = ((self.correlate(other) >= SAME_BLOCK) & visible)[self.structured]
        return float(np.count_nonzero(found) / max(1, found.size))

    def kept_in_shifted(self, other: BlockStructure) -> float:
        """Return the same for the best of some small shifts of the other picture."""
        steps = range(-_MOST_SHIFT, _MOST_SHIFT + 1)
        return max(
            self.kept_in(BlockStructure(np.roll(other.levels, (down, right), axis=(0, 1))))
            for down in steps
            for right in steps
        )


def smooth_levels(luma: NDArray[np.uint8]) -> Levels:
    """Return the 3 x 3 box mean of a small luma picture, which cuts sensor noise to a third."""
    padded = np.pad(luma, 1, mode="edge").astype(np.float32)
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    mean: Levels = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9)
    return mean


def _split(levels: Levels) -> Blocks:
    """Return ``(blocks, cells)``, without the rows and columns that fill no block."""
    rows, columns = (size // BLOCK for size in levels.shape)
    whole = levels[: rows * BLOCK, : columns * BLOCK]
    grid = whole.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2)
    return grid.reshape(rows * columns, BLOCK * BLOCK)

"""Compare pictures block by block, whatever the light: by where their edges are.

Each block is compared by its correlation (zero-mean normalized cross-correlation), which neither
brightness nor contrast changes.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

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
        centered: Blocks = blocks - self.means[:, None]
        return centered

    @cached_property
    def contrast(self) -> Blocks:
        """``(blocks,)``: the standard deviation within each."""
        deviation: Blocks = np.sqrt(_mean_product(self.centered, self.centered))
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
        product = _mean_product(self.centered, other.centered)
        correlation: Blocks = product / (self.contrast * other.contrast + _TINY)
        return correlation

    def kept_in(self, other: BlockStructure) -> float:
        """Return the fraction of the blocks with structure that another picture shows, too."""
        visible = other.contrast >= np.maximum(_FAINTEST, self.contrast * _FAINTEST_SHARE)
        found = ((self.correlate(other) >= SAME_BLOCK) & visible)[self.structured]
        return float(np.count_nonzero(found) / max(1, found.size))

    def kept_in_shifted(self, other: BlockStructure) -> float:
        """Return the same for the best of some small shifts of the other picture."""
        blocks = np.flatnonzero(self.structured)
        if not blocks.size:
            return 0.0
        shown = _shifted(other.levels - other.levels.mean(), blocks)
        means = shown.mean(axis=2)
        squares = np.einsum("ijk,ijk->ij", shown, shown) / np.float32(shown.shape[2])
        contrast = np.sqrt(np.maximum(squares - means**2, 0))
        product = np.einsum("ik,ijk->ij", self.centered[blocks], shown) / shown.shape[2]
        own = self.contrast[blocks, None]
        visible = contrast >= np.maximum(_FAINTEST, own * _FAINTEST_SHARE)
        found = (product / (own * contrast + _TINY) >= SAME_BLOCK) & visible
        return float(found.mean(axis=0).max())


def _shifted(levels: Levels, blocks: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return ``(blocks, shifts, cells)``: some blocks of a picture that is shifted a little.

    What is shifted out comes in on the other side.
    """
    steps = np.arange(-_MOST_SHIFT, _MOST_SHIFT + 1)
    down, right = (each.ravel() for each in np.meshgrid(steps, steps))
    row, column = divmod(blocks, levels.shape[1] // BLOCK)
    top, left = row * BLOCK + _MOST_SHIFT, column * BLOCK + _MOST_SHIFT
    padded = np.pad(levels, _MOST_SHIFT, mode="wrap")
    windows = sliding_window_view(padded, (BLOCK, BLOCK))
    found: NDArray[np.float32] = windows[top[:, None] + down, left[:, None] + right]
    return found.reshape(blocks.size, steps.size**2, BLOCK * BLOCK)


def _mean_product(one: Blocks, other: Blocks) -> Blocks:
    """Return the mean of the products of each block's cells."""
    product: Blocks = np.einsum("ij,ij->i", one, other) / np.float32(one.shape[1])
    return product


def _split(levels: Levels) -> Blocks:
    """Return ``(blocks, cells)``, without the rows and columns that fill no block."""
    rows, columns = (size // BLOCK for size in levels.shape)
    whole = levels[: rows * BLOCK, : columns * BLOCK]
    grid = whole.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2)
    return grid.reshape(rows * columns, BLOCK * BLOCK)

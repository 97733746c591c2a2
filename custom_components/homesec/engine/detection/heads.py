"""Decode the raw outputs of each network family to boxes, whichever detector runs the network.

The order of the outputs does not matter: a head recognizes them by their shape. ``width`` and
``height`` are those of the network's input in pixels. ``N`` is the number of its cells: for each
stride ``s`` a grid of ``ceil(height / s) x ceil(width / s)``, row by row.
"""

from abc import ABC, abstractmethod
import math
from typing import TYPE_CHECKING, ClassVar, override

import numpy as np

from ..core.errors import DetectorError, ModelBroken
from .letterbox import Letterbox
from .nms import RawDetections

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    type Array = NDArray[np.float32]


class Head(ABC):
    """One family's input normalization and output decoding."""

    letterbox: Letterbox
    max_overlap: float = 0.6  # IoU above which two boxes are the same object

    @abstractmethod
    def decode(self, outputs: Sequence[Array], min_confidence: float) -> RawDetections:
        """Return all boxes of ``min_confidence`` or more; raises DetectorError."""


class _Grid:
    """Position and stride of every cell, in the order in which the networks list them."""

    def __init__(self, width: int, height: int, strides: Sequence[int]) -> None:
        self.shapes = [(-(-height // stride), -(-width // stride)) for stride in strides]
        cells = [np.indices(shape, np.float32).reshape(2, -1) for shape in self.shapes]
        self.y, self.x = np.concatenate(cells, axis=1)
        counts = [rows * columns for rows, columns in self.shapes]
        self.stride = np.repeat(np.array(strides, np.float32), counts)

    def __len__(self) -> int:
        return len(self.x)

    def channels_first(self, outputs: Sequence[Array], channels: int) -> Array:
        """Join ``[1, N, channels]`` or, per stride, ``[channels, h, w]`` to ``(channels, N)``."""
        if len(outputs) == 1 and outputs[0].size == channels * len(self):
            merged: Array = outputs[0].reshape(len(self), channels).T
            return merged
        planes = [_output(outputs, (channels, *shape)) for shape in self.shapes]
        return np.concatenate([plane.reshape(channels, -1) for plane in planes], axis=1)

    def channels_last(self, outputs: Sequence[Array], channels: int) -> Array:
        """Join, per stride, ``[h, w, channels]`` to ``(N, channels)``."""
        planes = [_output(outputs, (*shape, channels)) for shape in self.shapes]
        return np.concatenate([plane.reshape(-1, channels) for plane in planes])


class YoloX(Head):
    """YOLOX (Ge et al. 2021, arXiv 2107.08430): anchor-free, objectness times class.

    Outputs: ``[1, N, 5 + classes]`` or one ``[1, 5 + classes, h, w]`` for each of the strides 8,
    16, and 32. Channels: tx, ty, tw, th, objectness, and classes, the last two through a sigmoid.
    """

    strides: ClassVar = (8, 16, 32)

    def __init__(self, width: int, height: int, classes: int) -> None:
        self.letterbox = Letterbox(width=width, height=height, pad=114)
        self._grid = _Grid(width, height, self.strides)
        self._channels = 5 + classes

    @override
    def decode(self, outputs: Sequence[Array], min_confidence: float) -> RawDetections:
        grid = self._grid
        values = grid.channels_first(outputs, self._channels)
        # A class is at most 1, so the objectness alone rules out nearly every cell.
        (cells,) = np.nonzero(values[4] >= min_confidence)
        values = values[:, cells]
        classes = values[5:]
        labels = classes.argmax(axis=0) if len(cells) else cells
        scores = values[4] * np.take_along_axis(classes, labels[None], axis=0)[0]
        good = scores >= min_confidence
        values, cells = values[:, good], cells[good]
        stride = grid.stride[cells]
        x, y = (values[0] + grid.x[cells]) * stride, (values[1] + grid.y[cells]) * stride
        # Beyond e^10 strides a box is larger than any input, and exp() would overflow.
        half_w, half_h = np.exp(np.minimum(values[2:4], 10.0)) * stride / 2
        boxes = np.stack((x - half_w, y - half_h, x + half_w, y + half_h), axis=1)
        return RawDetections(boxes=boxes, scores=scores[good], labels=labels[good])


class NanoDet(Head):
    """NanoDet-Plus: classes, and each side of the box as a distribution over distances.

    The distributions are those of Generalized Focal Loss (Li et al. 2020, arXiv 2006.04388).
    Outputs: for each of the strides 8, 16, 32, and 64 the classes ``[1, classes, h, w]``, already
    through a sigmoid, and the raw distances ``[1, h, w, 4 * 8]``; or all merged, ``[1, N, classes +
    4 * 8]``. Sides: left, top, right, bottom; eight bins of 0..7 strides each.
    """

    strides: ClassVar = (8, 16, 32, 64)
    bins: ClassVar = 8

    def __init__(self, width: int, height: int, classes: int) -> None:
        self.letterbox = Letterbox(
            width=width,
            height=height,
            mean=(103.53, 116.28, 123.675),
            std=(57.375, 57.12, 58.395),
        )
        self._grid = _Grid(width, height, self.strides)
        self._classes = classes

    @override
    def decode(self, outputs: Sequence[Array], min_confidence: float) -> RawDetections:
        grid, sides = self._grid, 4 * self.bins
        if len(outputs) == 1:
            values = grid.channels_first(outputs, self._classes + sides)
            classes, distances = values[: self._classes], values[self._classes :].T
        else:
            classes = grid.channels_first(outputs, self._classes)
            distances = grid.channels_last(outputs, sides)
        scores = classes.max(axis=0)
        (good,) = np.nonzero(scores >= min_confidence)
        weights = distances[good].reshape(-1, 4, self.bins)
        weights = np.exp(weights - weights.max(axis=2, keepdims=True))
        mean_bin = weights @ np.arange(self.bins, dtype=np.float32) / weights.sum(axis=2)
        stride = grid.stride[good]
        left, top, right, bottom = mean_bin.T * stride
        x, y = grid.x[good] * stride, grid.y[good] * stride
        boxes = np.stack((x - left, y - top, x + right, y + bottom), axis=1)
        labels = classes[:, good].argmax(axis=0) if len(good) else good
        return RawDetections(boxes=boxes, scores=scores[good], labels=labels)


class YoloV8(Head):
    """The anchor-free head of YOLOv8 and its successors: boxes and classes, no objectness.

    Output: ``[1, 4 + classes, N]`` or its transpose, for the strides 8, 16, and 32. Channels: the
    box's center, width, and height in pixels of the input, then the classes, already through a
    sigmoid. Networks with built-in NMS are refused: their output is ``[1, 300, 6]``.
    """

    strides: ClassVar = (8, 16, 32)

    def __init__(self, width: int, height: int, classes: int) -> None:
        std = (255.0, 255.0, 255.0)
        self.letterbox = Letterbox(width=width, height=height, pad=114, std=std, rgb=True)
        self._shape = (4 + classes, len(_Grid(width, height, self.strides)))

    @override
    def decode(self, outputs: Sequence[Array], min_confidence: float) -> RawDetections:
        values = self._channels_first(outputs)
        classes = values[4:]
        scores = classes.max(axis=0)
        (good,) = np.nonzero(scores >= min_confidence)
        x, y, wide, high = values[:4, good]
        half_w, half_h = wide / 2, high / 2
        boxes = np.stack((x - half_w, y - half_h, x + half_w, y + half_h), axis=1)
        labels = classes[:, good].argmax(axis=0) if len(good) else good
        return RawDetections(boxes=boxes, scores=scores[good], labels=labels)

    def _channels_first(self, outputs: Sequence[Array]) -> Array:
        if len(outputs) == 1:
            values = outputs[0][0] if outputs[0].shape[:1] == (1,) else outputs[0]
            if values.shape == self._shape:
                return values
            if values.shape == self._shape[::-1]:
                return values.T
        raise _mismatch(outputs, f"not one output of {self._shape}")


class Ssd(Head):
    """A TensorFlow SSD whose post-processing is part of the graph.

    Output: ``[1, 1, n, 7]``, rows of (image, class from 1, score, x1, y1, x2, y2 as fractions).
    """

    def __init__(self, width: int, height: int, classes: int) -> None:
        self.letterbox = Letterbox(width=width, height=height, rgb=True, stretch=True)
        self._classes = classes
        self._input = np.array([width, height, width, height], np.float32)

    @override
    def decode(self, outputs: Sequence[Array], min_confidence: float) -> RawDetections:
        if len(outputs) != 1 or outputs[0].shape[-1:] != (7,):
            raise _mismatch(outputs, "not one output of rows of seven")
        rows = outputs[0].reshape(-1, 7)
        labels = rows[:, 1].astype(np.intp) - 1
        good = (rows[:, 2] >= min_confidence) & (labels >= 0) & (labels < self._classes)
        return RawDetections(
            boxes=rows[good, 3:] * self._input, scores=rows[good, 2], labels=labels[good]
        )


HEADS: dict[str, Callable[[int, int, int], Head]] = {
    "yolox": YoloX,
    "nanodet": NanoDet,
    "yolov8": YoloV8,
    "ssd": Ssd,
}


def create_head(name: str, width: int, height: int, *, classes: int) -> Head:
    """Return the head of that name for an input size; raises ModelBroken if there is none."""
    try:
        family = HEADS[name]
    except KeyError:
        raise ModelBroken(f"There is no head named {name}", model=name) from None
    return family(width, height, classes)


def _output(outputs: Sequence[Array], shape: tuple[int, ...]) -> Array:
    """Return the output of a shape, without a batch dimension of 1; raises DetectorError."""
    for output in outputs:
        if shape in (output.shape, output.shape[1:]) and output.size == math.prod(shape):
            return output.reshape(shape)
    raise _mismatch(outputs, f"no output is {shape}")


def _mismatch(outputs: Sequence[Array], reason: str) -> DetectorError:
    shapes = ", ".join(str(each.shape) for each in outputs)
    return DetectorError(f"The network's outputs ({shapes}) are not this head's: {reason}")

"""The decoding of each family of networks, in one place for every engine.

An engine hands over a network's raw outputs, in whatever order it lists them; the head recognises
them by their shape. ``width`` and ``height`` are the network's input in pixels, ``N`` is the number
of its cells: of each stride ``s`` a grid of ``ceil(height / s) x ceil(width / s)``, row by row.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, override

import numpy as np

from ..core.errors import DetectorError, ModelBroken
from .letterbox import Letterbox
from .nms import Candidates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    type Array = NDArray[np.float32]


class Head(ABC):
    """One family's input normalisation and output decoding."""

    letterbox: Letterbox
    overlap: float = 0.6
    """Intersection over union from which on two boxes are the same object."""

    @abstractmethod
    def decode(self, outputs: Sequence[Array], floor: float) -> Candidates:
        """Give all candidates that score ``floor`` or more; raises DetectorError."""


class _Cells:
    """Position and stride of every cell, in the order in which the networks list them."""

    def __init__(self, width: int, height: int, strides: Sequence[int]) -> None:
        self.grids = [(-(-height // stride), -(-width // stride)) for stride in strides]
        rows, columns, steps = [], [], []
        for (high, wide), stride in zip(self.grids, strides, strict=True):
            y, x = np.divmod(np.arange(high * wide), wide)
            rows.append(y)
            columns.append(x)
            steps.append(np.full(high * wide, stride))
        self.y = np.concatenate(rows).astype(np.float32)
        self.x = np.concatenate(columns).astype(np.float32)
        self.stride = np.concatenate(steps).astype(np.float32)

    def __len__(self) -> int:
        return len(self.x)

    def channels_first(self, outputs: Sequence[Array], channels: int) -> Array:
        """Join ``[1, N, channels]`` or, per stride, ``[channels, h, w]`` to ``(channels, N)``."""
        if len(outputs) == 1 and outputs[0].size == channels * len(self):
            merged: Array = outputs[0].reshape(len(self), channels).T
            return merged
        return np.concatenate(self._by_stride(outputs, channels, first=True), axis=1)

    def channels_last(self, outputs: Sequence[Array], channels: int) -> Array:
        """Join, per stride, ``[h, w, channels]`` to ``(N, channels)``."""
        return np.concatenate(self._by_stride(outputs, channels, first=False), axis=0)

    def _by_stride(
        self, outputs: Sequence[Array], channels: int, *, first: bool
    ) -> list[NDArray[np.float32]]:
        planes = []
        for high, wide in self.grids:
            cells = high * wide
            wanted = (channels, high, wide) if first else (high, wide, channels)
            plane = next((each for each in outputs if _shape(each) == wanted), None)
            if plane is None:
                raise _unfit(outputs, f"no output is {wanted}")
            planes.append(plane.reshape((channels, cells) if first else (cells, channels)))
        return planes


class YoloX(Head):
    """YOLOX (Ge et al. 2021, arXiv 2107.08430): anchor-free, objectness times class.

    Outputs: ``[1, N, 5 + classes]`` or one ``[1, 5 + classes, h, w]`` for each of the strides 8, 16
    and 32. Channels: tx, ty, tw, th, then objectness and classes, both already through a sigmoid.
    """

    strides: ClassVar = (8, 16, 32)

    def __init__(self, width: int, height: int, classes: int) -> None:
        self.letterbox = Letterbox(width=width, height=height, pad=114)
        self._cells = _Cells(width, height, self.strides)
        self._channels = 5 + classes

    @override
    def decode(self, outputs: Sequence[Array], floor: float) -> Candidates:
        cells = self._cells
        values = cells.channels_first(outputs, self._channels)
        # A class's share is at most 1, so the objectness alone rules nearly every cell out.
        (maybe,) = np.nonzero(values[4] >= floor)
        values = values[:, maybe]
        classes = values[5:]
        labels = classes.argmax(axis=0) if len(maybe) else maybe
        scores = values[4] * np.take_along_axis(classes, labels[None], axis=0)[0]
        good = scores >= floor
        values, maybe = values[:, good], maybe[good]
        stride = cells.stride[maybe]
        x, y = (values[0] + cells.x[maybe]) * stride, (values[1] + cells.y[maybe]) * stride
        # Beyond e^10 strides a box is larger than any input, and exp() would overflow.
        half_w, half_h = np.exp(np.minimum(values[2:4], 10.0)) * stride / 2
        boxes = np.stack((x - half_w, y - half_h, x + half_w, y + half_h), axis=1)
        return Candidates(boxes=boxes, scores=scores[good], labels=labels[good])


class NanoDet(Head):
    """NanoDet-Plus: classes, and each side of the box as a distribution over distances.

    The distributions are those of Generalized Focal Loss (Li et al. 2020, arXiv 2006.04388).
    Outputs: for each of the strides 8, 16, 32 and 64 the classes ``[1, classes, h, w]``, already
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
        self._cells = _Cells(width, height, self.strides)
        self._classes = classes

    @override
    def decode(self, outputs: Sequence[Array], floor: float) -> Candidates:
        cells, sides = self._cells, 4 * self.bins
        if len(outputs) == 1:
            values = cells.channels_first(outputs, self._classes + sides)
            classes, distances = values[: self._classes], values[self._classes :].T
        else:
            classes = cells.channels_first(outputs, self._classes)
            distances = cells.channels_last(outputs, sides)
        scores = classes.max(axis=0)
        (good,) = np.nonzero(scores >= floor)
        weights = distances[good].reshape(-1, 4, self.bins)
        weights = np.exp(weights - weights.max(axis=2, keepdims=True))
        mean_bin = weights @ np.arange(self.bins, dtype=np.float32) / weights.sum(axis=2)
        stride = cells.stride[good]
        left, top, right, bottom = mean_bin.T * stride
        x, y = cells.x[good] * stride, cells.y[good] * stride
        boxes = np.stack((x - left, y - top, x + right, y + bottom), axis=1)
        labels = classes[:, good].argmax(axis=0) if len(good) else good
        return Candidates(boxes=boxes, scores=scores[good], labels=labels)


class YoloV8(Head):
    """The anchor-free head that came with YOLOv8 and stayed: boxes and classes, no objectness.

    Output: ``[1, 4 + classes, N]``, or the same transposed, for the strides 8, 16 and 32. Channels:
    the box's centre, width and height in pixels of the input, then the classes, already through a
    sigmoid. Networks that suppress duplicates themselves have another output, ``[1, 300, 6]``.
    """

    strides: ClassVar = (8, 16, 32)

    def __init__(self, width: int, height: int, classes: int) -> None:
        white = (255.0, 255.0, 255.0)
        self.letterbox = Letterbox(width=width, height=height, pad=114, std=white, rgb=True)
        self._shape = (4 + classes, len(_Cells(width, height, self.strides)))

    @override
    def decode(self, outputs: Sequence[Array], floor: float) -> Candidates:
        values = self._channels_first(outputs)
        classes = values[4:]
        scores = classes.max(axis=0)
        (good,) = np.nonzero(scores >= floor)
        x, y, wide, high = values[:4, good]
        half_w, half_h = wide / 2, high / 2
        boxes = np.stack((x - half_w, y - half_h, x + half_w, y + half_h), axis=1)
        labels = classes[:, good].argmax(axis=0) if len(good) else good
        return Candidates(boxes=boxes, scores=scores[good], labels=labels)

    def _channels_first(self, outputs: Sequence[Array]) -> Array:
        if len(outputs) == 1:
            values = outputs[0][0] if outputs[0].shape[:1] == (1,) else outputs[0]
            if values.shape == self._shape:
                return values
            if values.shape == self._shape[::-1]:
                return values.T
        raise _unfit(outputs, f"not one output of {self._shape}")


class Ssd(Head):
    """A TensorFlow SSD whose post-processing is part of the graph.

    Output: ``[1, 1, n, 7]`` rows of (picture, class from 1, score, x1, y1, x2, y2 as fractions).
    """

    def __init__(self, width: int, height: int, classes: int) -> None:
        self.letterbox = Letterbox(width=width, height=height, rgb=True, stretch=True)
        self._classes = classes
        self._input = np.array([width, height, width, height], np.float32)

    @override
    def decode(self, outputs: Sequence[Array], floor: float) -> Candidates:
        if len(outputs) != 1 or outputs[0].shape[-1:] != (7,):
            raise _unfit(outputs, "not one output of rows of seven")
        rows = outputs[0].reshape(-1, 7)
        labels = rows[:, 1].astype(np.intp) - 1
        good = (rows[:, 2] >= floor) & (labels >= 0) & (labels < self._classes)
        return Candidates(
            boxes=rows[good, 3:] * self._input, scores=rows[good, 2], labels=labels[good]
        )


HEADS: dict[str, Callable[[int, int, int], Head]] = {
    "yolox": YoloX,
    "nanodet": NanoDet,
    "yolov8": YoloV8,
    "ssd": Ssd,
}


def head_named(name: str, width: int, height: int, *, classes: int) -> Head:
    """Give the head of that name for an input size; raises ModelBroken for an unknown one."""
    try:
        family = HEADS[name]
    except KeyError:
        raise ModelBroken(f"There is no head named {name}", model=name) from None
    return family(width, height, classes)


def _shape(output: Array) -> tuple[int, ...]:
    """Return the shape without the batch of one."""
    shape = output.shape
    return shape[1:] if len(shape) == 4 and shape[0] == 1 else shape


def _unfit(outputs: Sequence[Array], reason: str) -> DetectorError:
    shapes = ", ".join(str(each.shape) for each in outputs)
    return DetectorError(f"The network's outputs ({shapes}) are not this head's: {reason}")

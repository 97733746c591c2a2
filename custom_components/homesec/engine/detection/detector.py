"""What a detector is, and the part that all networks have in common."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Protocol, override

import numpy as np

from ..core.errors import DetectorError, ModelBroken
from ..core.types import Box, Detection
from .heads import Head, head_named
from .letterbox import STEP, fitted
from .nms import suppress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..model_zoo.manifest import ModelFiles

FLOOR = 0.1
"""Lowest score that is reported at all: below it, candidates are noise by the hundred."""
LOOK_PX = 672 * 384
"""Pixels of the input of a network that takes any size: more finds few more people, and costs."""
PART_PX = 320
"""A part of a picture for a network that takes any size: large enough for somebody far away with
what is around them, and a third of the work of a whole picture."""


class Detector(Protocol):
    """Finds objects in one picture. ``detect`` may be called from several threads at once."""

    @property
    def name(self) -> str:
        """Of its engine: ``opencv``, ``ncnn``."""

    @property
    def model(self) -> str:
        """Name of the model in the catalogue."""

    @property
    def threshold(self) -> float:
        """The model's own lowest score that counts, where the user chose none."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Everything it can tell apart."""

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """Return the size to which a ``width x height`` picture is to be scaled for ``detect``."""

    @property
    def part_px(self) -> int:
        """Shortest side of a picture's part that is worth a look of its own, in its own pixels."""

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        """Look at an ``(h, w, 3)`` B, G, R picture of the size that ``fit`` told; best first.

        Reports every label down to a score of 0.1; the caller applies its own thresholds.
        Raises DetectorError.
        """

    def close(self) -> None:
        """Give the memory back; no further call is allowed, but a second ``close`` is."""


class NetworkDetector(Detector):
    """A detector whose engine only has to run a network: input and head are handled here."""

    engine: ClassVar[str]

    def __init__(self, files: ModelFiles, *, floor: float = FLOOR) -> None:
        """Prepare for the model; the subclass then loads ``files.paths``."""
        self._files = files
        self._floor = floor
        # Of each size of input that came up: cameras have few shapes, and so have their parts.
        self._head_for = lru_cache(maxsize=32)(self._make_head)
        self._head_for(*files.input)

    @property
    @override
    def name(self) -> str:
        return self.engine

    @property
    @override
    def model(self) -> str:
        return self._files.name

    @property
    @override
    def threshold(self) -> float:
        return self._files.threshold

    @property
    @override
    def labels(self) -> tuple[str, ...]:
        return self._files.labels

    @override
    def fit(self, width: int, height: int) -> tuple[int, int]:
        if self._files.flexible:
            return fitted(width, height, area=LOOK_PX)
        return self._head_for(*self._files.input).letterbox.fit(width, height)

    @property
    @override
    def part_px(self) -> int:
        return PART_PX if self._files.flexible else min(self._files.input)

    @override
    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        head = self._head_of(picture)
        try:
            blob = head.letterbox.blob(picture)
        except ValueError as err:
            raise DetectorError(str(err), model=self.model) from err
        found = head.decode(self._run(blob), self._floor)
        keep = suppress(found, head.overlap)
        # From pixels of the input to fractions of the picture that was laid into it.
        height, width = picture.shape[:2]
        corners = found.boxes[keep] / np.array([width, height, width, height], np.float32)
        corners = np.clip(corners, 0.0, 1.0)
        return [
            Detection(self.labels[label], score, Box(x1, y1, x2, y2))
            for label, score, (x1, y1, x2, y2) in zip(
                found.labels[keep].tolist(),
                found.scores[keep].tolist(),
                corners.tolist(),
                strict=True,
            )
            if x1 < x2 and y1 < y2
        ]

    def warm_up(self) -> None:
        """Look once at a gray picture: the first look allocates, and shows whether it works.

        A network that turns out not to take any size gets its own from then on. Raises ModelBroken.
        """
        try:
            self.detect(self._gray_picture())
        except DetectorError as err:
            if not self._files.flexible:
                raise self._broken(str(err)) from err
            self._files = replace(self._files, flexible=False)
            self.warm_up()

    def _gray_picture(self) -> NDArray[np.uint8]:
        """Return a picture of the size at which a widescreen camera's pictures are looked at."""
        width, height = self._files.input
        if self._files.flexible:
            width, height = fitted(1920, 1080, area=LOOK_PX)
        return np.full((height, width, 3), 114, np.uint8)

    def _make_head(self, width: int, height: int) -> Head:
        return head_named(self._files.head, width, height, classes=len(self._files.labels))

    def _head_of(self, picture: NDArray[np.uint8]) -> Head:
        """Return the head for the input that a picture is to be laid into."""
        width, height = self._files.input
        if self._files.flexible:
            height, width = (-(-side // STEP) * STEP for side in picture.shape[:2])
        return self._head_for(width, height)

    @abstractmethod
    def _run(self, blob: NDArray[np.float32]) -> Sequence[NDArray[np.float32]]:
        """Give the network's outputs for a ``(3, H, W)`` input; raises DetectorError."""

    def _broken(self, reason: str) -> ModelBroken:
        return ModelBroken(
            f"{self._files.title} cannot be used with {self.engine}: {reason}",
            model=self._files.title,
            detector=self.engine,
        )

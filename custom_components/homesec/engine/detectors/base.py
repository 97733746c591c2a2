"""What a detector is, and the part that all networks have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Protocol, override

import numpy as np

from ..errors import DetectorError, ModelBroken
from ..models import Box, Detection
from .heads import head_named
from .nms import suppress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .catalogue import ModelFiles

FLOOR = 0.1
"""Lowest score that is reported at all: below it, candidates are noise by the hundred."""


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

    def __init__(self, files: ModelFiles) -> None:
        """Prepare for the model; the subclass then loads ``files.paths``."""
        self._files = files
        self._head = head_named(files.head, *files.input, classes=len(files.labels))
        self._letterbox = self._head.letterbox

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
        return self._letterbox.fit(width, height)

    @override
    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        try:
            blob = self._letterbox.blob(picture)
        except ValueError as err:
            raise DetectorError(str(err), model=self.model) from err
        found = self._head.decode(self._run(blob), FLOOR)
        keep = suppress(found, self._head.overlap)
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
        """Look once at a grey picture: the first look allocates, and shows whether it works.

        Raises ModelBroken.
        """
        grey = np.full((self._letterbox.height, self._letterbox.width, 3), 114, np.uint8)
        try:
            self.detect(grey)
        except DetectorError as err:
            raise self._broken(str(err)) from err

    @abstractmethod
    def _run(self, blob: NDArray[np.float32]) -> Sequence[NDArray[np.float32]]:
        """Give the network's outputs for a ``(3, H, W)`` input; raises DetectorError."""

    def _broken(self, reason: str) -> ModelBroken:
        return ModelBroken(
            f"{self._files.title} cannot be used with {self.engine}: {reason}",
            model=self._files.title,
            detector=self.engine,
        )

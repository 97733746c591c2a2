"""The interface of detectors, and what all that run networks have in common."""

from abc import abstractmethod
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, override

import numpy as np

from ..core.errors import DetectorError, DetectorMissing, ModelBroken
from ..core.types import Box, Detection
from .heads import Head, create_head
from .letterbox import STEP, fit_to_area
from .nms import suppress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from numpy.typing import NDArray

    from ..model_zoo.manifest import ModelFiles

MIN_CONFIDENCE = 0.1  # that is reported: below it, detections are noise by the hundred
INPUT_AREA_PX = 672 * 384  # for flexible networks: more cost time and find few more people
CROP_PX = 320  # side of a crop for flexible networks: a third of the work of a whole frame


class Detector(Protocol):
    """Finds objects in one picture. ``detect`` may be called from several threads at once."""

    name: str  # of its library: ``opencv`` or ``ncnn``
    model: str  # its name in the manifest
    threshold: float  # the model's own, used where the user has chosen none
    labels: tuple[str, ...]

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """Return the size to which a ``width x height`` picture must be scaled for ``detect``."""

    @property
    def crop_px(self) -> int:
        """Shortest side of a crop that is worth detecting in, in the frame's pixels."""

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        """Detect objects in an ``(h, w, 3)`` B, G, R picture of the size from ``fit``; best first.

        Does not apply ``threshold``. Raises DetectorError.
        """

    def free_memory(self) -> None:
        """Free what is kept for the next picture, which then takes longer."""

    def close(self) -> None:
        """Free the memory. Only ``close`` may be called again."""


class NetworkDetector(Detector):
    """A detector whose library only runs the network: input and head are handled here."""

    def __init__(self, files: ModelFiles, *, min_confidence: float = MIN_CONFIDENCE) -> None:
        """Prepare for the model; the subclass then loads ``files.paths``."""
        self.model, self.threshold, self.labels = files.name, files.threshold, files.labels
        self._files = files
        self._min_confidence = min_confidence
        # One head per input size: cameras have few shapes, and so have their crops.
        self._head_for = lru_cache(maxsize=32)(self._create_head)
        self._head_for(*files.input)

    @override
    def fit(self, width: int, height: int) -> tuple[int, int]:
        if self._files.flexible:
            return fit_to_area(width, height, area=INPUT_AREA_PX)
        return self._head_for(*self._files.input).letterbox.fit(width, height)

    @property
    @override
    def crop_px(self) -> int:
        return CROP_PX if self._files.flexible else min(self._files.input)

    @override
    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        head = self._head_of(picture)
        try:
            blob = head.letterbox.blob(picture)
        except ValueError as err:
            raise DetectorError(str(err), model=self.model) from err
        found = head.decode(self._run(blob), self._min_confidence)
        keep = suppress(found, head.max_overlap)
        # From pixels of the input to fractions of the picture.
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

    @override
    def free_memory(self) -> None:
        """Nothing is kept, unless a subclass knows better."""

    def warm_up(self) -> None:
        """Detect once in a gray picture: this allocates memory and shows whether the model works.

        A network that turns out not to be flexible gets its fixed input. Raises ModelBroken.
        """
        try:
            self.detect(self._gray_picture())
        except DetectorError as err:
            if not self._files.flexible:
                raise self._broken(str(err)) from err
            self._files = replace(self._files, flexible=False)
            self.warm_up()

    def _gray_picture(self) -> NDArray[np.uint8]:
        """Return a picture of the size that frames of a widescreen camera are scaled to."""
        width, height = self._files.input
        if self._files.flexible:
            width, height = fit_to_area(1920, 1080, area=INPUT_AREA_PX)
        return np.full((height, width, 3), 114, np.uint8)

    def _create_head(self, width: int, height: int) -> Head:
        return create_head(self._files.head, width, height, classes=len(self.labels))

    def _head_of(self, picture: NDArray[np.uint8]) -> Head:
        """Return the head for the input that a picture is laid into."""
        width, height = self._files.input
        if self._files.flexible:
            height, width = (-(-side // STEP) * STEP for side in picture.shape[:2])
        return self._head_for(width, height)

    @abstractmethod
    def _run(self, blob: NDArray[np.float32]) -> Sequence[NDArray[np.float32]]:
        """Return the network's outputs for a ``(3, H, W)`` input; raises DetectorError."""

    def _import(self, library: str) -> ModuleType:
        try:
            return import_module(library)
        except Exception as err:  # a broken installation raises anything
            raise DetectorMissing(f"{library} does not load: {err}", detector=self.name) from err

    def _broken(self, reason: str) -> ModelBroken:
        return ModelBroken(
            f"{self._files.title} cannot be used with {self.name}: {reason}",
            model=self._files.title,
            detector=self.name,
        )

"""A detector that finds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from custom_components.homesec.engine.detection.detector import Detector

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from custom_components.homesec.engine.core.types import Detection


class NullDetector(Detector):
    """Return no detections, at no cost."""

    name = "null"
    model = "none"
    threshold = 0.5
    labels = ("person",)

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """Keep the picture's size."""
        return width, height

    crop_px = 320

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:  # noqa: ARG002
        """Return no detections."""
        return []

    def free_memory(self) -> None:
        """Keep nothing."""

    def close(self) -> None:
        """Release nothing."""

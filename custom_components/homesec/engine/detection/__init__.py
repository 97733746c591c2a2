"""Detectors: what is in a picture. One file an engine, chosen by name."""

from __future__ import annotations

from ..core.errors import DetectorMissing
from ..model_zoo.manifest import ModelFiles, default_model, models_for
from .detector import FLOOR, Detector
from .ncnn import NcnnDetector
from .opencv import OpenCvDetector

__all__ = [
    "DEFAULT",
    "FLOOR",
    "OPENCV",
    "OPENCV_REQUIREMENT",
    "Detector",
    "ModelFiles",
    "create_detector",
    "default_model",
    "models_for",
]

DEFAULT = "ncnn"
"""Runs on every system that Home Assistant runs on, with networks that come with HomeSec."""
OPENCV = "opencv"
OPENCV_REQUIREMENT = "opencv-python-headless==5.0.0.93"
"""Asked for only where OpenCV is chosen: it has no wheel for Alpine Linux."""

_DETECTORS = {DEFAULT: NcnnDetector, OPENCV: OpenCvDetector}


def create_detector(
    kind: str, files: ModelFiles, *, threads: int = 1, floor: float = FLOOR
) -> Detector:
    """Load a detector and let it look once, so that the first real look is as fast as the others.

    ``floor`` is the lowest score that it reports. Takes about a second: not for the event loop.
    Raises DetectorMissing and ModelBroken.
    """
    if kind not in _DETECTORS:
        raise DetectorMissing(f"There is no detector named {kind}", detector=kind)
    detector = _DETECTORS[kind](files, threads=threads, floor=floor)
    try:
        detector.warm_up()
    except BaseException:
        detector.close()
        raise
    return detector

"""Detectors: what is in a picture. One file an engine, chosen by name."""

from __future__ import annotations

from ..errors import EngineMissing
from .base import FLOOR, Detector
from .catalogue import ModelFiles, default_model, models_for
from .ncnn import NcnnDetector
from .opencv import OpenCvDetector

__all__ = [
    "FLOOR",
    "REQUIREMENTS",
    "Detector",
    "ModelFiles",
    "choose",
    "create_detector",
    "default_model",
    "models_for",
]

AUTO = "auto"

REQUIREMENTS: dict[str, str] = {
    "opencv": "opencv-python-headless==5.0.0.93",
    "ncnn": "ncnn==1.0.20261020",
}
"""What each detector needs; asked for when it is chosen, since neither has a wheel everywhere."""

_DETECTORS = {"opencv": OpenCvDetector, "ncnn": NcnnDetector}


def choose(kind: str, *, musl: bool) -> str:
    """Turn ``auto`` into a detector: OpenCV where its wheel exists, ncnn on musl (Alpine)."""
    if kind != AUTO:
        return kind
    return "ncnn" if musl else "opencv"


def create_detector(
    kind: str, files: ModelFiles, *, threads: int = 1, floor: float = FLOOR
) -> Detector:
    """Load a detector and let it look once, so that the first real look is as fast as the others.

    ``floor`` is the lowest score that it reports. Takes about a second: not for the event loop.
    Raises EngineMissing and ModelBroken.
    """
    if kind not in _DETECTORS:
        raise EngineMissing(f"There is no detector named {kind}", detector=kind)
    detector = _DETECTORS[kind](files, threads=threads, floor=floor)
    try:
        detector.warm_up()
    except BaseException:
        detector.close()
        raise
    return detector

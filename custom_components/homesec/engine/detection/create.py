"""Create detectors by name."""

from typing import TYPE_CHECKING

from ..core.errors import DetectorMissing
from ..model_zoo.detectors import DEFAULT, OPENCV
from .detector import MIN_CONFIDENCE
from .ncnn import NcnnDetector
from .opencv import OpenCvDetector

if TYPE_CHECKING:
    from ..model_zoo.manifest import ModelFiles
    from .detector import Detector

_DETECTORS = {DEFAULT: NcnnDetector, OPENCV: OpenCvDetector}


def create_detector(
    name: str, files: ModelFiles, *, threads: int = 1, min_confidence: float = MIN_CONFIDENCE
) -> Detector:
    """Load a detector and run it once, so that its first frame takes no longer than others.

    ``min_confidence`` is the lowest that it reports. Takes about a second: not for the event loop.
    Raises DetectorMissing and ModelBroken.
    """
    if name not in _DETECTORS:
        raise DetectorMissing(f"There is no detector named {name}", detector=name)
    detector = _DETECTORS[name](files, threads=threads, min_confidence=min_confidence)
    try:
        detector.warm_up()
    except BaseException:
        detector.close()
        raise
    return detector

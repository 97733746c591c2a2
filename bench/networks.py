"""The networks at hand on this machine, each at its input sizes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Event
from typing import TYPE_CHECKING

from custom_components.homesec.engine.core.errors import DetectorError
from custom_components.homesec.engine.detection.cascade import CascadeDetector, load_cascade
from custom_components.homesec.engine.detection.create import create_detector
from custom_components.homesec.engine.detection.detector import INPUT_AREA_PX
from custom_components.homesec.engine.detection.letterbox import fit_to_area
from custom_components.homesec.engine.model_zoo.detectors import DEFAULT
from custom_components.homesec.engine.model_zoo.manifest import MANIFEST, default_model
from custom_components.homesec.engine.model_zoo.store import ModelStore
from homesec_dev.bootstrap import paths
from homesec_dev.bootstrap.atomic import lock
from homesec_dev.bootstrap.console import notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from custom_components.homesec.engine.detection.detector import Detector
    from custom_components.homesec.engine.model_zoo.manifest import ModelFiles

MIN_CONFIDENCE = 0.02
"""Average precision needs detections far below the product's thresholds."""
INPUTS = ((320, 320), (416, 416), (640, 384))
WIDESCREEN = (1920, 1080)
OTHER_SIZES = {"nanodet-plus-m": "nanodet_plus_m_{}x{}.onnx"}
"""Files of `../shared/models` for inputs that a model's ONNX file in the manifest does not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A model for a detector at one input size."""

    model: str
    detector: str
    input: str
    files: ModelFiles

    def load(self, min_confidence: float = MIN_CONFIDENCE) -> Detector:
        """Load it for one thread; raises DetectorError."""
        return create_detector(self.detector, self.files, threads=1, min_confidence=min_confidence)


def networks() -> Iterator[Network]:
    """Yield every network at hand; print which ones are not."""
    store = _store()
    for name, model in MANIFEST.items():
        for detector in model.variants:
            files = _obtain(store, name, detector)
            if files is None:
                continue
            if files.flexible:
                yield Network(model=name, detector=detector, input=_fitted(), files=files)
            for width, height in INPUTS:
                fixed = _with_input(detector, files, width, height)
                if fixed is None:
                    notice(f"{name} for {detector} is not here for {width}x{height}.")
                else:
                    size = f"{width}x{height}"
                    yield Network(model=name, detector=detector, input=size, files=fixed)


def product(min_confidence: float = MIN_CONFIDENCE, detector: str = DEFAULT) -> CascadeDetector:
    """Return the default configuration, or that of a detector, for one thread.

    Raises DetectorError.
    """
    return load_cascade(
        _store(), detector, default_model(detector), stop=Event(), min_confidence=min_confidence
    )


def input_of(detector: Detector) -> str:
    """Return the input size for a picture of the usual aspect ratio of cameras."""
    width, height = detector.fit(*WIDESCREEN)
    return f"{width}x{height}"


def _store() -> ModelStore:
    shared = paths.shared("models")
    return ModelStore(folder=paths.models(), more_folders=[shared] if shared else [], pause_s=0.2)


def _obtain(store: ModelStore, name: str, detector: str) -> ModelFiles | None:
    if found := store.find(name, detector):
        return found
    with lock(paths.cache()):
        try:
            return store.obtain(name, detector, stop=Event())
        except DetectorError as err:
            notice(f"Left out: {name} for {detector}. {err}")
            return None


def _fitted() -> str:
    width, height = fit_to_area(*WIDESCREEN, area=INPUT_AREA_PX)
    return f"{width}x{height} fitted"


def _with_input(detector: str, files: ModelFiles, width: int, height: int) -> ModelFiles | None:
    """Return the files for a fixed input size, or None if they are only for another.

    ncnn runs any network at any input size, also where the product doesn't use that.
    """
    fixed = replace(files, input=(width, height), flexible=False)
    if files.flexible or detector == "ncnn" or files.input == (width, height):
        return fixed
    other = paths.shared(f"models/{OTHER_SIZES[files.name].format(width, height)}")
    return replace(fixed, paths=(other,)) if other else None

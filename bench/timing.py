"""Time per picture, and the network's share of it."""

from __future__ import annotations

from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from custom_components.homesec.engine.core.errors import DetectorError
from custom_components.homesec.engine.detection.cascade import CascadeDetector
from custom_components.homesec.engine.detection.detector import MIN_CONFIDENCE
from custom_components.homesec.engine.detection.letterbox import STEP
from custom_components.homesec.engine.model_zoo.detectors import OPENCV
from homesec_dev.bootstrap.console import notice

from .cascade import run_cascade
from .networks import product
from .raw_network import load_raw_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from custom_components.homesec.engine.detection.detector import Detector

    from .networks import Network
    from .photos import Photo

    type Times = dict[str, float]

MAX_PICTURES = 60
"""Pictures to time: more don't improve the median."""


def spread_photos(photos: Sequence[Photo]) -> Sequence[Photo]:
    """Return photos spread evenly over the set."""
    return photos[:: -(-len(photos) // MAX_PICTURES)]


def network_times(network: Network, photos: Sequence[Photo]) -> Times:
    """Time a network as HomeSec runs it and alone, in turns, since the machine has other work, too.

    Uses the product's threshold, which yields far fewer candidates than an average precision.
    ``ratio`` is the median of the pictures' ratios. Raises DetectorError.
    """
    cascade = CascadeDetector(network.load(MIN_CONFIDENCE))
    alone = load_raw_network(network.detector, network.files)
    whole_s, alone_s = [], []
    try:
        for photo in photos:
            whole_s.append(run_cascade(cascade, photo.frame()).total_s)
            blob = _blank(network, cascade.primary, photo)
            began = perf_counter()
            alone(blob)
            alone_s.append(perf_counter() - began)
    finally:
        cascade.close()
    ratios = [whole / part for whole, part in zip(whole_s, alone_s, strict=True)]
    return {"ms": _ms(whole_s), "network_ms": _ms(alone_s), "ratio": round(median(ratios), 3)}


def product_times(photos: Sequence[Photo]) -> Times:
    """Time the default configuration: the first stage, and with verification.

    Where OpenCV is installed, its first stage is timed on the same pictures in turns, and
    ``look_ratio`` is the median ratio of default to OpenCV. Raises DetectorError for the default
    only.
    """
    default, other = product(MIN_CONFIDENCE), _opencv()
    answers, other_s = [], []
    try:
        for photo in photos:
            answers.append(run_cascade(default, photo.frame()))
            if other is not None:
                other_s.append(run_cascade(other, photo.frame()).look_s)
    finally:
        default.close()
        if other is not None:
            other.close()
    look_s = [answer.look_s for answer in answers]
    times = {"ms": _ms([answer.total_s for answer in answers]), "look_ms": _ms(look_s)}
    if other_s:
        ratios = [mine / theirs for mine, theirs in zip(look_s, other_s, strict=True)]
        times |= {"opencv_look_ms": _ms(other_s), "look_ratio": round(median(ratios), 3)}
    return times


def _opencv() -> CascadeDetector | None:
    """Return the same configuration on OpenCV, or None if it is not installed."""
    try:
        return product(MIN_CONFIDENCE, OPENCV)
    except DetectorError as err:
        notice(f"OpenCV is left out: {err}")
        return None


def _blank(network: Network, detector: Detector, photo: Photo) -> NDArray[np.float32]:
    """Return an empty input of the letterboxed size; content doesn't change the time."""
    width, height = network.files.input
    if network.files.flexible:
        fitted = detector.fit(photo.width, photo.height)
        width, height = (-(-side // STEP) * STEP for side in fitted)
    return np.full((3, height, width), 0.5, np.float32)


def _ms(seconds: Sequence[float]) -> float:
    return round(1000 * median(seconds), 1)

"""How long a picture takes, and how much of that is the network itself."""

from __future__ import annotations

from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from custom_components.homesec.engine.core.errors import DetectorError
from custom_components.homesec.engine.detection import FLOOR, OPENCV
from custom_components.homesec.engine.detection.cascade import CascadeDetector
from custom_components.homesec.engine.detection.letterbox import STEP
from homesec_dev.bootstrap.console import notice

from .cascade import examine
from .networks import product
from .raw_network import bare_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from custom_components.homesec.engine.detection import Detector

    from .networks import Network
    from .photos import Photo

    type Times = dict[str, float]

MOST = 60
"""Pictures that are timed: a median of more is no better."""


def some(photos: Sequence[Photo]) -> Sequence[Photo]:
    """Return photos from all over the set."""
    return photos[:: -(-len(photos) // MOST)]


def network_times(network: Network, photos: Sequence[Photo]) -> Times:
    """Time a network as HomeSec runs it, and alone, in turns: the machine has other work, too.

    Candidates are those that HomeSec asks for, far fewer than an average precision does. ``ratio``
    is the median of the pictures' own. Raises DetectorError.
    """
    cascade = CascadeDetector(network.load(FLOOR))
    alone = bare_network(network.detector, network.files)
    whole_s, alone_s = [], []
    try:
        for photo in photos:
            whole_s.append(examine(cascade, photo.frame()).total_s)
            blob = _blank(network, cascade.primary, photo)
            began = perf_counter()
            alone(blob)
            alone_s.append(perf_counter() - began)
    finally:
        cascade.close()
    ratios = [whole / part for whole, part in zip(whole_s, alone_s, strict=True)]
    return {"ms": _ms(whole_s), "network_ms": _ms(alone_s), "ratio": round(median(ratios), 3)}


def product_times(photos: Sequence[Photo]) -> Times:
    """Time the default configuration: its look, and that with all further views.

    Where OpenCV can be had, its look is timed on the same pictures in turns, and ``look_ratio`` is
    the median of default to OpenCV, picture by picture. Raises DetectorError for the default only.
    """
    default, other = product(FLOOR), _opencv()
    answers, other_s = [], []
    try:
        for photo in photos:
            answers.append(examine(default, photo.frame()))
            if other is not None:
                other_s.append(examine(other, photo.frame()).look_s)
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
    """Return the same configuration on OpenCV, or None where it cannot be had."""
    try:
        return product(FLOOR, OPENCV)
    except DetectorError as err:
        notice(f"OpenCV is left out: {err}")
        return None


def _blank(network: Network, detector: Detector, photo: Photo) -> NDArray[np.float32]:
    """Return an input of the size that the photo is laid into; what is in it costs no time."""
    width, height = network.files.input
    if network.files.flexible:
        fitted = detector.fit(photo.width, photo.height)
        width, height = (-(-side // STEP) * STEP for side in fitted)
    return np.full((3, height, width), 0.5, np.float32)


def _ms(seconds: Sequence[float]) -> float:
    return round(1000 * median(seconds), 1)

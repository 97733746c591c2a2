"""Detect objects in a frame, its moving parts, and with a second network.

Most frames take one run of one network on the whole frame. Where something small moves, crops at
the frame's own resolution are detected in too. A candidate is verified once: by the same network on
the mirrored frame, and by a network of another family on the mirrored frame and on crops. Real
objects are found in every view; mistakes seldom agree.
"""

from functools import partial
import logging
from typing import TYPE_CHECKING, Protocol

from ..core.errors import DetectorError
from ..media.convert import crop, stretch_contrast, to_bgr
from ..media.crops import select_crops
from .box_fusion import flip_boxes, from_tile, fuse_views, merge_tiles
from .create import create_detector
from .detector import MIN_CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from threading import Event

    from av.video.frame import VideoFrame

    from ..core.types import Box, Detection
    from ..media.crops import Crop
    from ..media.decoder import Frame
    from ..model_zoo.manifest import ModelFiles
    from ..model_zoo.store import Progress
    from .detector import Detector

_LOGGER = logging.getLogger(__name__)

LARGE_ENOUGH_PX = 64  # an object of this height in a network's input is found in the whole frame
MAX_CROP_SCALE = 0.75  # from this scale of the whole frame on, crops gain nothing
MAX_CROPS = 2  # crops per frame, besides the whole frame
CANDIDATE_THRESHOLD = 0.25  # confidence from which on a detection is verified
VERIFIED_THRESHOLD = 0.45  # mean confidence over all views from which on a detection is confirmed


class ModelSource(Protocol):
    """Gives the files of models, as ``ModelStore`` does."""

    def obtain(
        self, name: str, detector: str, *, stop: Event, on_progress: Progress | None = None
    ) -> ModelFiles:
        """Return the files of a model. Raises DetectorError."""

    def verifier_of(self, name: str) -> str | None:
        """Return the name of the model that verifies a model's candidates."""


def load_cascade(
    store: ModelSource,
    detector: str,
    model: str,
    *,
    stop: Event,
    min_confidence: float = MIN_CONFIDENCE,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> CascadeDetector:
    """Find or download a model and its verifier, and load both; blocks meanwhile.

    If the verifier cannot be loaded, the cascade works without. ``on_progress`` gets a model's
    name, its bytes on disk, and its bytes in all. Raises DetectorError if the primary model fails.
    """

    def load(name: str) -> Detector:
        report = None if on_progress is None else partial(on_progress, name)
        files = store.obtain(name, detector, stop=stop, on_progress=report)
        return create_detector(detector, files, min_confidence=min_confidence)

    primary = load(model)
    verifier = store.verifier_of(model)
    cascade = CascadeDetector(
        primary, load_verifier=None if verifier is None else partial(load, verifier)
    )
    try:
        cascade.load_verifier()
    except BaseException:
        cascade.close()
        raise
    if cascade.verifier_error is not None:
        _LOGGER.warning("The verifier is missing: %s", cascade.verifier_error)
    return cascade


class CascadeDetector:
    """A primary detector and perhaps a verifier, to be used by any number of threads."""

    def __init__(
        self,
        primary: Detector,
        verifier: Detector | None = None,
        *,
        load_verifier: Callable[[], Detector] | None = None,
    ) -> None:
        """Own both detectors; ``load_verifier`` creates the verifier if it is not given."""
        self.primary = primary
        self.verifier = verifier
        self.verifier_error: DetectorError | None = None  # why a verifier could not be loaded
        self.on_found: Callable[[list[Detection]], None] | None = None
        """Gets all that ``detect`` finds, on the thread that calls it."""
        self._load_verifier = load_verifier

    def load_verifier(self) -> bool:
        """Load a missing verifier; return whether that worked now. Sets ``verifier_error``."""
        if self.verifier is not None or self._load_verifier is None:
            return False
        try:
            self.verifier = self._load_verifier()
        except DetectorError as err:
            self.verifier_error = err
        except Exception as err:  # noqa: BLE001 - disks and native libraries raise anything
            self.verifier_error = DetectorError(str(err), reason=str(err))
        else:
            self.verifier_error = None
        return self.verifier is not None

    @property
    def threshold(self) -> float:
        """Lowest confidence of ``detect`` that counts: lower if there is a verifier."""
        own = self.primary.threshold
        return own if self.verifier is None else min(CANDIDATE_THRESHOLD, own)

    @property
    def verified_threshold(self) -> float:
        """Lowest confidence of ``verify`` that counts."""
        return self.primary.threshold if self.verifier is None else VERIFIED_THRESHOLD

    def small_regions(self, frame: Frame, moving: Iterable[Box]) -> list[Box]:
        """Return the moving regions that are too small in the whole frame, up to the crop limit."""
        scale = _scale(self.primary, frame)
        if scale >= MAX_CROP_SCALE:
            return []
        small = [x for x in moving if x.height * frame.height * scale < LARGE_ENOUGH_PX]
        crops = _crops(self.primary, frame, small)
        return [x for x in small if any(c.contains(x, frame.width, frame.height) for c in crops)]

    def detect(self, frame: Frame, regions: Iterable[Box] = ()) -> list[Detection]:
        """Detect in the frame and in crops of ``regions``, best first; raises DetectorError."""
        found = _detect(self.primary, frame, regions)
        if self.on_found is not None:
            self.on_found(found)
        return found

    def verify(
        self, frame: Frame, found: Sequence[Detection], regions: Sequence[Box]
    ) -> list[Detection]:
        """Fuse what ``detect`` found with further views, best first.

        ``regions`` are the boxes of the candidates. Scores are means over all views. Without a
        verifier, ``found`` is returned. Raises DetectorError.
        """
        if self.verifier is None:
            return list(found)
        small = self.small_regions(frame, regions)
        return fuse_views(
            [
                found,
                _detect(self.primary, frame, small, mirror=True),
                _detect(self.verifier, frame, regions, mirror=True),
            ]
        )

    def free_memory(self) -> None:
        """Free what is kept for the next frame, which then takes longer."""
        self.primary.free_memory()
        if self.verifier is not None:
            self.verifier.free_memory()

    def close(self) -> None:
        """Free the memory."""
        self.primary.close()
        if self.verifier is not None:
            self.verifier.close()


def _detect(
    detector: Detector, frame: Frame, regions: Iterable[Box], *, mirror: bool = False
) -> list[Detection]:
    """Detect in the whole frame, and in crops unless the frame is not scaled down at all."""
    found = _detect_in_picture(detector, frame.picture, mirror=mirror)
    if _scale(detector, frame) == 1:
        return found
    for part in _crops(detector, frame, regions):
        inside = _detect_in_picture(detector, crop(frame.picture, part), mirror=mirror)
        found += from_tile(inside, part, width=frame.width, height=frame.height)
    return merge_tiles(found)


def _detect_in_picture(detector: Detector, picture: VideoFrame, *, mirror: bool) -> list[Detection]:
    pixels = stretch_contrast(to_bgr(picture, *detector.fit(picture.width, picture.height)))
    found = detector.detect(pixels[:, ::-1] if mirror else pixels)
    return flip_boxes(found) if mirror else found


def _crops(detector: Detector, frame: Frame, regions: Iterable[Box]) -> list[Crop]:
    return select_crops(
        regions, width=frame.width, height=frame.height, min_side=detector.crop_px, limit=MAX_CROPS
    )


def _scale(detector: Detector, frame: Frame) -> float:
    """Return the scale at which a detector gets the whole frame."""
    return detector.fit(frame.width, frame.height)[1] / frame.height

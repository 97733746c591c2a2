"""How a picture is looked at: as a whole, its parts that move, and by a second network.

Most looks take one pass of one network over the whole picture. Where something small moves, the
picture's own pixels are looked at as well. Whoever seems to have come is looked at twice more,
once: by the same network in the mirror, and by a network of another family, in the mirror and close
up. What is there is there in every view; mistakes seldom agree.
"""

from __future__ import annotations

from functools import partial
import logging
from typing import TYPE_CHECKING

from ..core.errors import DetectorError
from ..media.convert import crop, stretch_contrast, to_bgr
from ..media.crops import select_crops
from . import FLOOR, create_detector
from .box_fusion import fuse, merge, mirrored, placed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from threading import Event

    from av.video.frame import VideoFrame

    from ..core.types import Box, Detection
    from ..media.crops import Crop
    from ..media.decoder import Frame
    from ..model_zoo.store import ModelStore
    from . import Detector

_LOGGER = logging.getLogger(__name__)

NEAR_PX = 64
"""Something that is this high in a network's input is seen well enough in the whole picture."""
NEAR_SCALE = 0.75
"""A picture that is hardly made smaller gains nothing from being looked at in parts."""
PARTS = 2
"""Parts looked at besides the whole picture, in one look."""
CANDIDATE_THRESHOLD = 0.25
"""Score of a look from which on further views are asked for."""
VERIFIED_THRESHOLD = 0.45
"""Mean score of all views from which on somebody is there."""


def load_cascade(
    store: ModelStore,
    detector: str,
    model: str,
    *,
    stop: Event,
    floor: float = FLOOR,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> CascadeDetector:
    """Find or download what is needed, and load it; blocks for as long as that takes.

    A second network that cannot be had is left out, and said so. ``on_progress`` gets a model's
    name, the bytes that are here and those of the whole. Raises DetectorError when there is no
    first.
    """

    def load(name: str) -> Detector:
        report = None if on_progress is None else partial(on_progress, name)
        files = store.obtain(name, detector, stop=stop, on_progress=report)
        return create_detector(detector, files, floor=floor)

    primary = load(model)
    name = store.verifier_of(model)
    cascade = CascadeDetector(primary, load_verifier=None if name is None else partial(load, name))
    try:
        cascade.load_verifier()
    except BaseException:
        cascade.close()
        raise
    if cascade.verifier_error is not None:
        _LOGGER.warning("There is no second opinion: %s", cascade.verifier_error)
    return cascade


class CascadeDetector:
    """One network that looks at every picture, and perhaps a second one that is asked now and then.

    The calls may come from several threads at once.
    """

    def __init__(
        self,
        primary: Detector,
        verifier: Detector | None = None,
        *,
        load_verifier: Callable[[], Detector] | None = None,
    ) -> None:
        """Take over both networks: ``close`` closes them.

        ``load_verifier`` makes the second one when ``load_verifier`` is called.
        """
        self.primary = primary
        self.verifier = verifier
        self.verifier_error: DetectorError | None = None
        """Why there is no second though there should be."""
        self._load_second = load_verifier

    def load_verifier(self) -> bool:
        """Load the second network if it is not there yet; return whether that has changed things.

        Whatever keeps it away costs no more than its opinion: see ``verifier_error``.
        """
        if self.verifier is not None or self._load_second is None:
            return False
        try:
            self.verifier = self._load_second()
        except DetectorError as err:
            self.verifier_error = err
        except Exception as err:  # noqa: BLE001 - whatever a disk or a native library has to say
            self.verifier_error = DetectorError(str(err), reason=str(err))
        else:
            self.verifier_error = None
        return self.verifier is not None

    @property
    def threshold(self) -> float:
        """Lowest score of a look that counts: less where a second network is asked about it."""
        return (
            self.primary.threshold
            if self.verifier is None
            else min(CANDIDATE_THRESHOLD, self.primary.threshold)
        )

    @property
    def verified_threshold(self) -> float:
        """Lowest score of ``verify`` that counts."""
        return self.primary.threshold if self.verifier is None else VERIFIED_THRESHOLD

    def small_regions(self, frame: Frame, moving: Iterable[Box]) -> list[Box]:
        """Return where to look more closely, of where something moves: it is too small to tell."""
        scale = _scale(self.primary, frame)
        if scale >= NEAR_SCALE:
            return []
        small = [x for x in moving if x.height * frame.height * scale < NEAR_PX]
        parts = _parts(self.primary, frame, small)
        return [x for x in small if any(p.contains(x, frame.width, frame.height) for p in parts)]

    def detect(self, frame: Frame, closely: Iterable[Box] = ()) -> list[Detection]:
        """Return what the first network sees, best first.

        ``closely``: parts of the picture to look at besides the whole. Raises DetectorError.
        """
        return self._view(self.primary, frame, closely)

    def verify(
        self, frame: Frame, found: Sequence[Detection], about: Sequence[Box]
    ) -> list[Detection]:
        """Return what further views make of what a look found, best first.

        ``about`` is where whoever it is about was found. Scores are means over all views. Without a
        second network that is what was found. Raises DetectorError.
        """
        if self.verifier is None:
            return list(found)
        return fuse(
            [
                found,
                self._view(self.primary, frame, self.small_regions(frame, about), mirror=True),
                self._view(self.verifier, frame, about, mirror=True),
            ]
        )

    def close(self) -> None:
        """Give the memory back."""
        self.primary.close()
        if self.verifier is not None:
            self.verifier.close()

    @staticmethod
    def _view(
        detector: Detector, frame: Frame, closely: Iterable[Box], *, mirror: bool = False
    ) -> list[Detection]:
        """Look at the whole picture and at some parts, unless they look the same in the whole."""
        found = _seen(detector, frame.picture, mirror=mirror)
        if _scale(detector, frame) == 1:
            return found
        for square in _parts(detector, frame, closely):
            part = _seen(detector, crop(frame.picture, square), mirror=mirror)
            found += placed(part, square, width=frame.width, height=frame.height)
        return merge(found)


def _parts(detector: Detector, frame: Frame, closely: Iterable[Box]) -> list[Crop]:
    return select_crops(
        closely, width=frame.width, height=frame.height, least=detector.part_px, limit=PARTS
    )


def _scale(detector: Detector, frame: Frame) -> float:
    """Return by how much a network is shown the whole picture smaller."""
    return detector.fit(frame.width, frame.height)[1] / frame.height


def _seen(detector: Detector, picture: VideoFrame, *, mirror: bool) -> list[Detection]:
    pixels = stretch_contrast(to_bgr(picture, *detector.fit(picture.width, picture.height)))
    found = detector.detect(pixels[:, ::-1] if mirror else pixels)
    return mirrored(found) if mirror else found

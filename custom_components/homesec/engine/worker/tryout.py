"""A camera that runs before it's saved: for its live picture, and to see who walks past.

The same session as that of any camera runs it, with the same detector and settings. Its events stay
here, and nothing of it is recorded.
"""

from threading import Lock
import time
from typing import TYPE_CHECKING

import numpy as np

from ..camera.frame_sampler import LINGER_S
from ..camera.scene_check import DARK_LEVEL
from ..camera.zone_preview import judge_detection
from ..core.camera_reports import WalkHint, WalkReport
from ..core.errors import DetectorMissing, SourceTimeout
from ..core.types import PERSON, Activity, Detection
from ..detection.cascade import CANDIDATE_THRESHOLD, load_cascade
from ..media.convert import small_luma
from .camera_host import CameraHost
from .parent_calls import ParentModels
from .remote_errors import error_of
from .tryout_parent import TryoutParent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import Event

    from ..core.source_feed import SourceFeed
    from ..core.types import CameraConfig, Presence
    from ..detection.cascade import CascadeDetector
    from .interface import WorkerParent, WorkerSettings

CONNECT_S = 30.0  # that a camera has to connect, unless it's lost before
DETECTOR_S = 60.0  # that the networks have to be loaded on a slow system
LOST_S = 10.0  # that a camera may be lost during a test
PICTURE_S = 3.0  # that the picture with the box may come after the presence
PICTURE_WIDTH = 960
SETTLE_S = LINGER_S + 1.0
"""At first, the detector gets all frames, and after so long those in which something moves."""
MOVED_FRAMES = 3  # fewer are a flicker


class LocalTryout:
    """Implements ``Tryout`` in the process that calls it."""

    def __init__(
        self,
        config: CameraConfig,
        *,
        settings: WorkerSettings,
        parent: WorkerParent,
        feed: SourceFeed | None = None,
        create_cascade: Callable[[Event], CascadeDetector] | None = None,
    ) -> None:
        """``create_cascade`` replaces the detector and model of the settings."""
        self._config = config
        self._settings = settings
        self._parent = TryoutParent(parent, feed)
        self._create_cascade = create_cascade or self._load_cascade
        self._host = CameraHost(settings, self._parent, create_cascade=self._create_observed)
        self._host.set_camera(config, Activity.OFF)
        self._walking = Lock()  # one test at a time
        self._loads = False
        self._threshold = 1.0
        self._settled_at = 0.0  # monotonic seconds
        self._moved_frames = 0  # of the test, after that
        self._best: dict[str, Detection] = {}  # by label, of the test

    def jpeg(self, width: int | None) -> bytes | None:
        """Return the newest picture; the source is opened for some seconds."""
        return self._host.jpeg(self._config.id, width, opens=True)

    def stop(self, timeout_s: float) -> None:
        """Close the source, and end every thread."""
        self._parent.end()
        self._host.stop(timeout_s)

    def walk(self, seconds: float) -> WalkReport:
        """Detect until something is seen that counts, but no longer than that.

        Raises ``SourceError``, ``DetectorError``, or ``CameraNotRunning`` once it's stopped.
        """
        with self._walking:
            if not self._loads:
                self._loads = True
                self._host.start()
            self._await_detector()
            self._parent.forget_presence()
            self._moved_frames, self._best = 0, {}
            self._host.set_camera(self._config, Activity.DETECT)
            try:
                self._connect()
                began = time.monotonic()
                self._settled_at = began + SETTLE_S
                presence = self._await_presence(began + seconds)
                after_s = time.monotonic() - began
                return self._seen(presence, after_s) if presence else self._unseen(after_s)
            finally:
                self._host.set_camera(self._config, Activity.OFF)

    def _connect(self) -> None:
        """Wait until the camera is connected. Raises ``SourceError``."""
        parent = self._parent
        parent.wait_for(lambda: parent.running or parent.lost, CONNECT_S)
        if not parent.running:
            raise parent.lost or SourceTimeout

    def _await_detector(self) -> None:
        """Wait until the detector is loaded. Raises ``DetectorError``."""
        parent = self._parent
        parent.wait_for(lambda: parent.detector, DETECTOR_S)
        if (state := parent.detector) is None:
            raise DetectorMissing(detector=self._settings.detector)
        if not state.ready:
            raise error_of(state.error or DetectorMissing.key, state.placeholders)

    def _await_presence(self, deadline: float) -> Presence | None:
        """Return who is seen until then. Raises ``SourceError`` if the camera stays lost."""
        parent = self._parent
        while parent.presence is None and (left_s := deadline - time.monotonic()) > 0:
            if (lost := parent.lost) is None:
                parent.wait_for(lambda: parent.presence or parent.lost, left_s)
            elif not parent.wait_for(lambda: parent.presence or parent.running, LOST_S):
                raise lost
        return parent.presence

    def _seen(self, presence: Presence, after_s: float) -> WalkReport:
        parent = self._parent
        parent.wait_for(lambda: parent.picture, PICTURE_S)
        return WalkReport(
            label=presence.label,
            seconds=after_s,
            found=Detection(presence.label, presence.score, presence.box),
            jpeg=parent.picture or self.jpeg(PICTURE_WIDTH),
        )

    def _unseen(self, after_s: float) -> WalkReport:
        found, hint = find_hint(
            self._config,
            self._best,
            threshold=self._threshold,
            moved=self._moved_frames >= MOVED_FRAMES,
            dark=self._is_dark(),
        )
        return WalkReport(seconds=after_s, found=found, hint=hint, jpeg=self.jpeg(PICTURE_WIDTH))

    def _is_dark(self) -> bool:
        running = self._host.sessions.get(self._config.id)
        frame = None if running is None else running[0].newest_frame()
        return frame is not None and float(np.median(small_luma(frame))) < DARK_LEVEL

    def _create_observed(self, stop: Event) -> CascadeDetector:
        cascade = self._create_cascade(stop)
        self._threshold = cascade.verified_threshold
        cascade.on_found = self._observe
        return cascade

    def _load_cascade(self, stop: Event) -> CascadeDetector:
        models = ParentModels(self._parent)
        return load_cascade(models, self._settings.detector, self._settings.model, stop=stop)

    def _observe(self, found: list[Detection]) -> None:
        """Remember the best of what is found; on a thread of the pool."""
        if time.monotonic() >= self._settled_at:
            self._moved_frames += 1
        for each in found:
            known = self._best.get(each.label)
            if each.score >= CANDIDATE_THRESHOLD and (known is None or each.score > known.score):
                self._best[each.label] = each


def find_hint(
    config: CameraConfig,
    best: Mapping[str, Detection],
    *,
    threshold: float,
    moved: bool,
    dark: bool,
) -> tuple[Detection | None, WalkHint]:
    """Return what came closest to be seen, and why it wasn't.

    ``best`` has the most confident detection of each label, ``threshold`` is the detector's own.
    """
    wanted = [best[label] for label in config.labels if label in best]
    if wanted:
        found = max(wanted, key=lambda each: each.score)
        return found, _doubt(found, config, threshold)
    if PERSON in best and PERSON not in config.labels:
        return best[PERSON], WalkHint.OTHER_LABEL
    if dark:
        return None, WalkHint.DARK
    return None, WalkHint.NOT_RECOGNIZED if moved else WalkHint.NOTHING_MOVED


def _doubt(found: Detection, config: CameraConfig, threshold: float) -> WalkHint:
    """Return why a detection of one of the camera's labels doesn't count."""
    rule = config.rule(found.label)
    chosen = config.threshold if rule.threshold is None else rule.threshold
    if found.score < (threshold if chosen is None else chosen):
        return WalkHint.UNSURE
    if found.box.height < rule.min_height:
        return WalkHint.TOO_SMALL
    counts = judge_detection(found, config, config.zones, threshold).counts
    return WalkHint.UNSURE if counts else WalkHint.OUTSIDE

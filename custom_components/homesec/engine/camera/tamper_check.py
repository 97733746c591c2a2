"""Notice that a camera was tampered with, from the pictures that are decoded anyway."""

import math
from typing import TYPE_CHECKING

from ..core.events import TamperChanged
from ..core.types import SourceKind, TamperKind
from ..media.block_structure import BLOCK
from ..media.convert import smooth_levels
from ..media.sharpness import has_color, measure_edges
from .focus_check import FocusCheck
from .frozen_check import FrozenCheck
from .scene_check import SceneCheck

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..core.types import CameraConfig
    from ..media.decoder import Frame
    from .scene_check import Scene

INTERVAL_S = 0.9  # pictures that come in quicker succession aren't compared
FOCUS_INTERVAL_S = 2.0
MIN_CELLS = 3 * BLOCK  # of the shorter side; in a smaller picture, nothing can be told
LONGEST_REPLAY_S = 60.0  # frames of the pre-roll are up to so much older than the newest


class TamperCheck:
    """Follows the pictures of one camera, on its thread."""

    def __init__(self, config: CameraConfig) -> None:
        self._config = config
        self._forget()

    def _forget(self) -> None:
        self._scenes = SceneCheck()
        self._focus = FocusCheck()
        self._frozen = FrozenCheck()
        self._focused: Scene | None = None  # the scene whose sharpness is known
        self._last_t = self._edges_t = -math.inf
        self._reported: TamperKind | None = None
        self._has_reported = False

    def learn_scene(self) -> None:
        """Learn anew what the camera is meant to show, since it's moved on purpose.

        What was reported of the old scene ends with the next picture.
        """
        self._scenes = SceneCheck()
        self._focus = FocusCheck()
        self._focused = None

    def reconfigure(self, config: CameraConfig) -> None:
        """Use another configuration of the same source."""
        self._config = config

    @property
    def _is_on(self) -> bool:
        """Whether to check: a video file that is played again and again isn't tampered with."""
        source = self._config.source
        repeats = source.kind is SourceKind.FILE and source.loop
        return self._config.checks_tamper and not repeats

    def restart(self) -> None:
        """Start over after a gap in the video; what the camera is meant to show stays known."""
        self._last_t = self._edges_t = -math.inf
        self._scenes.restart()
        self._frozen.restart()

    def observe(
        self, frame: Frame, small: NDArray[np.uint8], keyframes: int | None
    ) -> TamperChanged | None:
        """Check a decoded frame, and return what has changed.

        ``small`` is its small luma picture; ``keyframes``: how many were received so far, None of a
        source of nothing else.
        """
        if not self._is_on:
            return self._end(frame) if self._has_reported else None
        if min(small.shape) < MIN_CELLS:
            return None
        if self._last_t - frame.t > LONGEST_REPLAY_S:
            self.restart()  # another stream of the camera, with a timeline of its own
        self._scenes.glance(small, frame.t)
        if frame.t - self._last_t < INTERVAL_S:
            return None
        self._last_t = frame.t
        levels = smooth_levels(small)
        self._scenes.update(levels, frame.t, in_color=has_color(frame.picture))
        self._check_focus(frame, float(levels.mean()))
        if keyframes is not None or self._config.source.kind is not SourceKind.ENTITY:
            self._frozen.update(small, frame.t, keyframes)
        return self._report(frame)

    def _check_focus(self, frame: Frame, level: float) -> None:
        if self._scenes.scene is not self._focused:
            self._focused = self._scenes.scene
            self._focus = FocusCheck()
        step_s = frame.t - self._edges_t
        if step_s < FOCUS_INTERVAL_S or not self._scenes.is_shown:
            return
        self._edges_t = frame.t
        if (edges := measure_edges(frame.picture)) is not None:
            self._focus.update(edges, level, min(step_s, 2 * FOCUS_INTERVAL_S))

    def _report(self, frame: Frame) -> TamperChanged | None:
        kind = self._kind
        first = not self._has_reported and self._scenes.known
        if kind is self._reported and not first:
            return None
        self._has_reported, self._reported = True, kind
        return TamperChanged(camera_id=self._config.id, kind=kind, at=frame.at)

    @property
    def _kind(self) -> TamperKind | None:
        """The most important thing that is wrong."""
        if self._frozen.frozen:
            return TamperKind.FROZEN
        if self._scenes.kind is not None:
            return self._scenes.kind
        return TamperKind.BLURRED if self._focus.blurred else None

    def _end(self, frame: Frame) -> TamperChanged | None:
        """Forget all that was learned, since the setting was turned off."""
        was_wrong = self._reported is not None
        self._forget()
        if not was_wrong:
            return None
        return TamperChanged(camera_id=self._config.id, kind=None, at=frame.at)

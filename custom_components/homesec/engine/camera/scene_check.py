"""Notice that a camera no longer shows what it's meant to show: its scene.

What the scene looks like is learned from the pictures, and follows slow changes: the sun, shadows,
parked cars. A picture that shows less than a third of its edges for a while is another one. Several
things may explain that, and none of them is tampering:

- Most of it happened slowly: fog, dusk.
- The camera has switched between color and infrared light.
- It shows a scene that it showed before: by night, in other light.
- Light is off. What is black is only reported as such, since it may be the night.

Somebody who covers the lens is seen doing so in between: parts of the picture are hidden while the
others are as bright as ever. That is no light that is switched off, and nothing explains it.
"""

from dataclasses import dataclass
import math
from typing import TYPE_CHECKING

import numpy as np

from ..core.types import TamperKind
from ..media.block_structure import BlockStructure
from .cover_trace import AFTER_S, CoverTrace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..media.block_structure import Levels

SAME = 0.55  # a picture that shows this fraction of the scene's edges shows the scene…
LOST = 0.33  # …and one that shows less than this doesn't
MIN_SHARE = 0.15  # a scene has structure in this fraction of its blocks; else nothing can be told
LEARN_S = 60.0  # how long a scene has to be shown until it's known
BACK_S = 5.0  # how long it has to be shown again
ABRUPT_S = 30.0  # what takes longer is no hand: fog, dusk
MAX_SCENES = 5  # known at the same time, such as by day and by night
COVER_HOLD_S = 20.0  # for what was seen to cover the lens
HOLD_S = {TamperKind.COVERED: 60.0, TamperKind.MOVED: 90.0, TamperKind.DARK: 60.0}
GLARE_HOLD_S = 300.0  # for a picture with a light in it that shines into the lens
ACCEPT_S = 30.0  # after so long, what is explained is a scene to learn
LONG_DARK_S = 300.0  # after so long, light and shadows may have changed altogether
RESTLESS = 0.25  # how much the time counts in which something moves: a person close to the lens
DARK_LEVEL = 32.0  # of the median
_GLARE, _GLARE_SHARE = 228.0, 0.02
_SMOOTHING_S = 3.0
_FOLLOW_S = 120.0  # time constant with which a scene follows what is shown
_LONGEST_STEP_S = 5.0  # of time that one picture stands for
_FEWER = 0.4
"""A picture with less than this fraction of the scene's structure shows what's before the lens."""
_MOVING_STEP, _MOVING_SHARE = 14.0, 0.02


@dataclass(slots=True)
class Scene:
    """What the camera shows in one light."""

    structure: BlockStructure
    shown_s: float = 0.0  # how long it was shown

    @property
    def known(self) -> bool:
        """Whether it was shown for long enough."""
        return self.shown_s >= LEARN_S

    def follow(self, shown: Shown) -> None:
        """Follow what is shown."""
        weight = np.float32(1 - math.exp(-shown.step_s / _FOLLOW_S))
        old = self.structure.levels
        self.structure = BlockStructure(old + weight * (shown.structure.levels - old))
        self.shown_s += shown.step_s


@dataclass(frozen=True, slots=True)
class Shown:
    """What the camera shows now: the average of its last pictures."""

    structure: BlockStructure
    t: float
    step_s: float  # since the last picture
    moves: bool  # whether more than a little of it moves

    @property
    def is_dark(self) -> bool:
        """Whether more than half of it is black."""
        return float(np.median(self.structure.means)) < DARK_LEVEL

    @property
    def is_flat(self) -> bool:
        """Whether there is nothing that a scene could be recognized by."""
        return self.structure.share < MIN_SHARE


@dataclass(slots=True)
class Suspicion:
    """How long a known scene hasn't been shown, and what was shown instead."""

    shown_t: float  # when the scene was shown last
    lost_t: float = 0.0  # since when it hasn't been
    lasts_s: float = 0.0  # how long; 0: it is shown
    covering: bool = False  # whether something was seen to cover the lens
    dark_s: float = 0.0  # how much of that was dark
    back_s: float = 0.0  # how long it has been shown again, while something is reported


class SceneCheck:
    """Compares each picture of a camera with its scenes."""

    def __init__(self) -> None:
        self._last_t = -math.inf
        self._shape: tuple[int, ...] = ()
        self._forget_scenes()

    def _forget_scenes(self) -> None:
        self.kind: TamperKind | None = None  # covered, moved, or dark
        self.scene: Scene | None = None  # the current one; None: nothing can be told
        self._scenes: list[Scene] = []  # known ones
        self._average: Levels | None = None
        self._trace = CoverTrace()
        self._suspicion = Suspicion(self._last_t)
        self._in_color: bool | None = None
        self._switched_t = -math.inf  # when it changed between color and gray

    @property
    def known(self) -> bool:
        """Whether the camera's scene is known."""
        return self.scene is not None and self.scene.known

    @property
    def is_shown(self) -> bool:
        """Whether the last picture showed the known scene."""
        return self.known and self.kind is None and self._suspicion.lasts_s == 0

    def restart(self) -> None:
        """Start over after a gap in the video: the scene is the same, and shown or not."""
        self._average = None
        self._last_t = -math.inf
        self._trace = CoverTrace()

    def glance(self, small: NDArray[np.uint8], t: float) -> None:
        """Keep a small luma picture for the case that the scene is lost soon; in any order."""
        self._trace.add(small, t)

    def update(self, levels: Levels, t: float, *, in_color: bool | None) -> None:
        """Compare the levels of a picture that is newer than the last."""
        if levels.shape != self._shape:
            self._shape = levels.shape
            self._forget_scenes()  # another resolution
        if in_color is not None and in_color is not self._in_color:
            self._switched_t = -math.inf if self._in_color is None else t
            self._in_color = in_color
        shown = self._add(levels, t)
        if self.scene is None or not self.scene.known:
            self._learn(shown)
        else:
            self._compare(self.scene, shown)

    def _add(self, levels: Levels, t: float) -> Shown:
        """Add a picture to the average."""
        step_s = min(t - self._last_t, _LONGEST_STEP_S)
        self._last_t = t
        if self._average is None:
            self._average = levels.copy()
            self._suspicion.shown_t = t  # the time in which nothing was shown doesn't count
        moving = np.count_nonzero(np.abs(levels - self._average) > _MOVING_STEP)
        weight = np.float32(1 - math.exp(-step_s / _SMOOTHING_S))
        self._average += weight * (levels - self._average)
        moves = bool(moving > _MOVING_SHARE * levels.size)
        return Shown(BlockStructure(self._average.copy()), t, step_s, moves)

    def _learn(self, shown: Shown) -> None:
        """Learn a scene that isn't known yet; a known one may come back meanwhile."""
        if (known := self._find(shown)) is not None:
            self.scene = known
            return
        scene = self.scene
        if scene is None or scene.structure.kept_in(shown.structure) < SAME:
            unfit = shown.is_flat or shown.is_dark
            self.scene = None if unfit else Scene(shown.structure)
            return
        scene.follow(shown)
        if scene.known:
            self._scenes = [*self._scenes[1 - MAX_SCENES :], scene]
            self._suspicion = Suspicion(shown.t)

    def _find(self, shown: Shown) -> Scene | None:
        """Return the known scene that a picture shows."""
        found = [(x.structure.kept_in(shown.structure), x) for x in self._scenes]
        kept, scene = max(found, key=lambda each: each[0], default=(0.0, None))
        return scene if kept >= SAME else None

    def _compare(self, scene: Scene, shown: Shown) -> None:
        kept = scene.structure.kept_in(shown.structure)
        if kept < SAME:
            kept = scene.structure.kept_in_shifted(shown.structure)
        if kept < SAME and (other := self._find(shown)) is not None:
            self.scene = scene = other
            kept = SAME
        if kept >= SAME:
            self._confirm(scene, shown)
            return
        suspicion = self._suspicion
        suspicion.back_s = 0.0
        if kept < LOST:
            self._suspect(scene, shown)
            return
        suspicion.lasts_s = max(0.0, suspicion.lasts_s - shown.step_s)
        if self.kind is None and suspicion.lasts_s == 0:
            scene.follow(shown)

    def _confirm(self, scene: Scene, shown: Shown) -> None:
        """Handle a picture that shows the scene."""
        suspicion = self._suspicion
        if self.kind is not None and suspicion.back_s < BACK_S:
            suspicion.back_s += shown.step_s
            return
        self.kind = None
        self._suspicion = Suspicion(shown.t)
        scene.follow(shown)
        if scene.structure.share < MIN_SHARE:  # fog has come, or the evening
            self._scenes = [each for each in self._scenes if each is not scene]
            self.scene = None

    def _suspect(self, scene: Scene, shown: Shown) -> None:
        """Judge a picture that doesn't show the scene."""
        suspicion = self._suspicion
        if suspicion.lasts_s == 0:
            suspicion.lost_t = shown.t
        suspicion.lasts_s += shown.step_s * (RESTLESS if shown.moves else 1)
        if self.kind in (TamperKind.COVERED, TamperKind.MOVED):
            return  # until the scene is back
        if shown.t - suspicion.lost_t <= AFTER_S and not suspicion.covering:
            suspicion.covering = self._trace.shows_cover(scene.structure, suspicion.lost_t)
        covering = suspicion.covering
        kind = _describe(scene, shown, covering=covering)
        if kind is TamperKind.DARK:
            suspicion.dark_s += shown.step_s
        elif not covering and self._is_explained():
            if suspicion.lasts_s >= ACCEPT_S and kind is TamperKind.MOVED:
                self.kind = None
                self.scene = Scene(shown.structure)
            return
        glare = not covering and _glare(shown.structure) > _glare(scene.structure) + _GLARE_SHARE
        hold_s = GLARE_HOLD_S if glare else HOLD_S[kind]
        if covering and kind is TamperKind.COVERED:
            hold_s = COVER_HOLD_S
        if suspicion.lasts_s >= hold_s:
            self.kind = kind

    def _is_explained(self) -> bool:
        """Return whether the light or the weather explains that the scene is lost."""
        suspicion = self._suspicion
        switched = self._switched_t >= suspicion.lost_t - ABRUPT_S
        gradual = suspicion.lost_t - suspicion.shown_t > ABRUPT_S
        return switched or gradual or suspicion.dark_s > LONG_DARK_S


def _describe(scene: Scene, shown: Shown, *, covering: bool) -> TamperKind:
    """Return what a picture is that doesn't show the scene."""
    if shown.is_dark:
        return TamperKind.COVERED if covering else TamperKind.DARK
    if shown.structure.share >= max(MIN_SHARE, scene.structure.share * _FEWER):
        return TamperKind.MOVED
    return TamperKind.COVERED


def _glare(structure: BlockStructure) -> float:
    """Return the fraction of a picture that is as bright as a light in it."""
    return float(np.count_nonzero(structure.levels >= _GLARE) / structure.levels.size)

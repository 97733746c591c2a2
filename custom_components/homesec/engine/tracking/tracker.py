"""Match detections to tracks, and find out which tracks move.

Follows ByteTrack (Zhang et al. 2022): detections above the threshold are matched first; those below
may then continue one of the remaining tracks, but never begin one. Matching is greedy, best overlap
first, on boxes predicted by an alpha-beta filter. A box that overlaps nothing may still continue a
track whose center is near, since people run and frames are a fifth of a second apart.
"""

from math import hypot, inf
from typing import TYPE_CHECKING

from ..core.types import Track
from .static_objects import StaticObjects
from .track_state import KEEP_S, TrackState, is_elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..core.types import Box, Detection
    from ..media.motion import MotionResult

MIN_IOU = 0.2
STRICT_MIN_IOU = 0.3  # for detections below the threshold, and for stationary tracks
NEAR_WIDTHS, NEAR_HEIGHTS = 2.5, 0.4  # how far a center may be off if boxes do not overlap
FRAME_INTERVAL_S, MAX_WEIGHT = 0.2, 2.5
"""At a longer interval than this, one frame counts as several for motion, up to the maximum."""


class Tracker:
    """Gives each object an id that it keeps while it is followed."""

    def __init__(self) -> None:
        self._states: list[TrackState] = []
        self._next_id = 1
        self._last_t = inf  # no update yet
        self._static_objects = StaticObjects()

    def update(
        self,
        t: float,
        detections: Sequence[Detection],
        motion: MotionResult | None = None,
        *,
        enter_thresholds: Mapping[str, float] | None = None,
    ) -> list[Track]:
        """Match the detections of one frame; return their tracks in the same order.

        ``enter_thresholds`` is the lowest confidence at which each label begins a track, 0 if not
        given. Detections below it that continue no track are left out. Without ``motion``, only a
        change of position counts as having moved.
        """
        self._states = [state for state in self._states if not state.expired(t)]
        self._static_objects.observe_motion(t, motion)
        thresholds = enter_thresholds or {}
        numbered = list(enumerate(detections))
        strong = [(n, x) for n, x in numbered if x.score >= thresholds.get(x.label, 0.0)]
        weak = [(n, x) for n, x in numbered if x.score < thresholds.get(x.label, 0.0)]
        matches = _match(t, self._states, strong)
        rest = [state for state in self._states if state not in matches.values()]
        matches |= _match(t, rest, weak, strict=True)
        for n, state in matches.items():
            state.update(t, detections[n])
        for n, detection in strong:
            if n not in matches:
                matches[n] = self._begin(t, detection)
        seen = [matches[n] for n in sorted(matches)]
        # At a low frame rate, someone who passes is in few frames.
        weight = min(max(1.0, (t - self._last_t) / FRAME_INTERVAL_S), MAX_WEIGHT)
        self._last_t = t
        if motion is not None:
            for state in seen:
                if not state.confirmed_moving:
                    state.add_motion_evidence(t, motion, self._states, weight)
        tracks = [state.track for state in seen]
        self._static_objects.update(t, tracks)
        return tracks

    def _begin(self, t: float, detection: Detection) -> TrackState:
        label, score, box = detection.label, detection.score, detection.box
        track = Track(self._next_id, label, score, box, first_t=t, last_t=t, hits=1, moved=False)
        state = TrackState(track, first_boxes=[box], rest_box=box, rest_t=t, smoothed=box)
        if self._static_objects.appeared_with_scene(t, detection):
            state.assume_moving()
        self._next_id += 1
        self._states.append(state)
        return state


def _match(
    t: float,
    states: Sequence[TrackState],
    detections: Iterable[tuple[int, Detection]],
    *,
    strict: bool = False,
) -> dict[int, TrackState]:
    """Return, by the detection's number, the track that it continues; most similar first."""
    predicted = [state.predict(t) for state in states]
    pairs = [
        (score, i, n)
        for n, detection in detections
        for i, state in enumerate(states)
        if state.track.label == detection.label
        and (score := _score(state, t, predicted[i], detection.box, strict=strict)) > 0
    ]
    matches: dict[int, TrackState] = {}
    used: set[int] = set()
    for _, i, n in sorted(pairs, reverse=True):
        if i not in used and n not in matches:
            used.add(i)
            matches[n] = states[i]
    return matches


def _score(state: TrackState, t: float, predicted: Box, found: Box, *, strict: bool) -> float:
    """Return how well a box continues a track: 1..2 if they overlap, 0 if it cannot.

    A stationary track accepts little but its own place. Otherwise a mannequin would swap its track
    with a person who stops in front of it.
    """
    iou = predicted.iou(found)
    if state.stationary and iou >= STRICT_MIN_IOU and not is_elsewhere(predicted, found):
        return 1 + iou**2
    if iou >= (STRICT_MIN_IOU if strict else MIN_IOU):
        score = 1 + iou
    else:
        score = 0.0 if strict else _nearness(predicted, found)
    if not state.stationary:
        return score
    return 0.0 if t - state.track.last_t > KEEP_S else min(score, 0.5)


def _nearness(predicted: Box, found: Box) -> float:
    """Return 0..1 for boxes of similar size whose centers are near, else 0."""
    (x0, y0), (x1, y1) = predicted.center, found.center
    width, height = max(predicted.width, found.width), max(predicted.height, found.height)
    smaller, larger = sorted((predicted.area, found.area))
    if not smaller or larger > 3 * smaller:
        return 0.0
    return max(0.0, 1 - hypot((x1 - x0) / width / NEAR_WIDTHS, (y1 - y0) / height / NEAR_HEIGHTS))

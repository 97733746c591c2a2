"""Detect and track objects in sampled frames, and derive presences from the tracks.

Detection happens on the pool's thread; all that follows from its results on the camera's own. A
candidate is verified by a second network before it counts as present.
"""

from collections import deque
from functools import partial
import math
import time
from typing import TYPE_CHECKING

from ..core.types import PERSON
from ..media.motion import Change
from ..tracking.presence import PresenceTracker, Step, stay_threshold
from ..tracking.tracker import Tracker
from .crop_backoff import CropBackoff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from threading import Event

    from ..core.events import ZoneChanged
    from ..core.types import Box, CameraConfig, Detection, Presence, Track
    from ..detection.cascade import CascadeDetector
    from ..detection.pool import DetectionPool
    from ..tracking.presence import PresenceChange
    from .frame_sampler import SampledFrame

REPLAY_WAIT_S = 0.5
"""How long a replayed frame waits for the detector before it replaces the waiting one…"""
REPLAY_LIMIT_S = 6.0  # …and how long all of one replay may, since newer packets wait, too
RESULT_TIMEOUT_S = 30  # a result that takes longer doesn't come
SINGLE_FRAME_CONFIDENCE = 0.7
"""With this confidence one frame is enough for a candidate to be verified."""
VERIFY_IOU = 0.4  # from here on a detection of the verification is the candidate
MIN_VERIFIED_HITS = 2  # in a single frame, anything may look like a person
MOTION_HITS, MOTION_WINDOW_S = 3, 2.0
"""This many frames with motion in this time are more than a flicker."""


class DetectionLoop:
    """Submits one camera's sampled frames to the pool; ``process_results`` calls back."""

    def __init__(
        self,
        config: CameraConfig,
        pool: DetectionPool,
        *,
        lossless: bool,
        on_tracks: Callable[[SampledFrame, list[Track], list[int]], None],
        on_presence: Callable[[PresenceChange], None],
        on_zone: Callable[[ZoneChanged], None],
        on_unclassified_motion: Callable[[SampledFrame], None],
    ) -> None:
        """``lossless``: wait for each result, for a file that is read as fast as possible.

        All callbacks come on the camera's thread. ``on_tracks`` gets, after each result, the tracks
        confident enough to keep a presence, and the ids of those that are verified.
        ``on_unclassified_motion`` gets frames with lasting motion while there's no detector.
        """
        self._config = config
        self._pool = pool
        self._lossless = lossless
        self._on_tracks = on_tracks
        self._on_presence = on_presence
        self._on_zone = on_zone
        self._on_unclassified_motion = on_unclassified_motion
        self._backoff = CropBackoff()
        self._tracker = Tracker()
        self._presence = PresenceTracker(config)
        self._results: deque[Callable[[], None]] = deque()
        """Handlers of results that came on the pool's thread."""
        self._pending: deque[float] = deque()
        """``t`` of the frames submitted whose result hasn't come, oldest first."""
        self.answers = 0  # frames submitted whose result has come
        self._waited_s = 0.0  # by the frames of the present replay
        self._last_result_t = 0.0
        self._motion: deque[float] = deque(maxlen=MOTION_HITS)

    @property
    def present(self) -> list[Presence]:
        """Who is present, in the order of the configured labels."""
        return self._presence.present

    @property
    def is_waiting(self) -> bool:
        """Whether the detector has frames of this camera; one that is being loaded has none."""
        return bool(self._pending) and self._pool.is_loaded

    def undecided_since(self, t: float) -> float:
        """Return the first ``t`` at which a presence may turn out to have begun; ``inf``: none."""
        return min([*self._pending, self._presence.undecided_since(t)])

    def reconfigure(self, config: CameraConfig) -> None:
        """Use another configuration of the same source; presences go on."""
        self._config = config
        self._report(self._presence.reconfigure(config))

    @property
    def works(self) -> bool:
        """Whether frames get an answer, perhaps once the detector is loaded."""
        return not (self._pool.unavailable or self._pool.is_paused(self._config.id))

    @property
    def verifies(self) -> bool:
        """Whether a second network confirms candidates, after their frame was processed."""
        return self._pool.has_verifier

    def trust(self, sensor: str, t: float, at: float, *, hold_s: float) -> None:
        """Count a person as present on a sensor's word, for ``hold_s`` or while one is seen."""
        self._report(self._presence.trust(PERSON, sensor, t, at, until_t=t + hold_s))

    def submit(self, sampled: SampledFrame) -> None:
        """Have objects detected in a frame."""
        if not self.works:
            self._observe_motion(sampled)
        frame = sampled.frame
        wait_s = math.inf if self._lossless else self._replay_wait_s(sampled)
        moving = self._backoff.choose(frame.t, sampled.motion.boxes())
        crops: list[Box] = []

        def detect(cascade: CascadeDetector) -> list[Detection]:
            crops.extend(cascade.small_regions(frame, moving))
            return cascade.detect(frame, crops)

        results = self._results

        def reply(found: list[Detection] | None) -> None:
            results.append(partial(self._handle_result, sampled, crops, found))

        began = time.monotonic()
        if not self._pool.submit(self._config.id, detect, reply, wait_s=wait_s) and self._pending:
            self._pending.pop()  # it was replaced
        self._pending.append(frame.t)
        self._waited_s += time.monotonic() - began
        if self._lossless:
            self._pool.wait_until_idle(self._config.id, math.inf)
        self.process_results()

    def _replay_wait_s(self, sampled: SampledFrame) -> float:
        if not sampled.replayed:
            self._waited_s = 0.0
            return 0.0
        return min(REPLAY_WAIT_S, max(0.0, REPLAY_LIMIT_S - self._waited_s))

    def _verify(self, candidate: Presence, sampled: SampledFrame, found: list[Detection]) -> None:
        """Have a candidate verified; without a verifier it's confirmed at once."""
        if not self._pool.has_verifier:
            self._handle_verification(sampled, candidate, None)
            return

        def verify(cascade: CascadeDetector) -> list[Detection]:
            return cascade.verify(sampled.frame, found, [candidate.box])

        results = self._results

        def reply(verified: list[Detection] | None) -> None:
            results.append(partial(self._handle_verification, sampled, candidate, verified))

        slot = f"{self._config.id} {candidate.label}"
        self._pool.submit(slot, verify, reply, timed=False)
        if self._lossless:
            self._pool.wait_until_idle(slot, math.inf)

    def _observe_motion(self, sampled: SampledFrame) -> None:
        """Report lasting motion, all there is without a detector."""
        if sampled.motion.change is not Change.MOTION:
            return
        t = sampled.frame.t
        self._motion.append(t)
        if len(self._motion) == MOTION_HITS and t - self._motion[0] <= MOTION_WINDOW_S:
            self._on_unclassified_motion(sampled)

    def wait(self, stop: Event) -> None:
        """Wait for the last results, at the end of a file."""
        for _ in range(RESULT_TIMEOUT_S):
            if stop.is_set() or self._pool.wait_until_idle(self._config.id, 1.0):
                break
        self.process_results()

    def cancel(self) -> None:
        """Withdraw the frames that wait for the detector; from any thread."""
        self._pool.cancel(self._config.id)
        for label in self._config.labels:
            self._pool.cancel(f"{self._config.id} {label}")

    def process_results(self) -> None:
        """Process the results that have come."""
        while self._results:
            self._results.popleft()()

    def advance(self, t: float) -> None:
        """Let presences time out, unless a result may still extend them."""
        if not self._pending or t - self._last_result_t > RESULT_TIMEOUT_S:
            self.tick(t)

    def tick(self, t: float) -> None:
        """Let presences time out."""
        self._report(self._presence.tick(t))

    def end(self) -> None:
        """End all presences: the camera is switched off."""
        self._report(self._presence.end())

    def start_over(self) -> None:
        """End all presences and forget all tracks; results that are still to come don't count."""
        self.cancel()
        self.end()
        self._results = deque()
        self._pending.clear()
        self._tracker = Tracker()
        self._motion.clear()

    def _handle_result(
        self, sampled: SampledFrame, crops: list[Box], found: list[Detection] | None
    ) -> None:
        frame = sampled.frame
        if self._pending:
            self._pending.popleft()
        self.answers += 1
        self._last_result_t = max(self._last_result_t, frame.t)
        if found is None:
            self.tick(frame.t)
            return
        self._backoff.update(frame.t, crops, found)
        # Other labels are tracked, too: a cat may be what moves in front of a statue.
        labels = {*self._config.labels, *(x.label for x in found)}
        enter = {label: self._enter_threshold(label) for label in labels}
        tracks = self._tracker.update(frame.t, found, sampled.motion, enter_thresholds=enter)
        changes = self._presence.update(
            frame.t,
            frame.at,
            tracks,
            enter_thresholds=enter,
            instant_threshold=SINGLE_FRAME_CONFIDENCE if self._pool.has_verifier else math.inf,
        )
        for change in changes:
            if change.step is Step.CANDIDATE:
                self._verify(change.presence, sampled, found)
        self._report(x for x in changes if x.step is not Step.CANDIDATE)
        wanted = (x for x in tracks if x.label in self._config.labels)
        seen = [x for x in wanted if x.score >= stay_threshold(enter[x.label])]
        self._on_tracks(sampled, seen, self._verified_track_ids(seen))

    def _verified_track_ids(self, tracks: Iterable[Track]) -> list[int]:
        """Return the ids of tracks that belong into the clip.

        These are the one that was verified and, since others aren't verified during a presence,
        those that were seen again with the confidence a verification needs.
        """
        present = {each.label: each for each in self._presence.present}
        return [
            track.id
            for track in tracks
            if (presence := present.get(track.label)) is not None
            and (
                track.id == presence.track_id
                or (
                    track.id in presence.track_ids
                    and track.hits >= MIN_VERIFIED_HITS
                    and track.score >= self._verify_threshold(track.label)
                )
            )
        ]

    def _handle_verification(
        self, sampled: SampledFrame, candidate: Presence, found: list[Detection] | None
    ) -> None:
        # Without a verification, rather a false alarm than a missed burglar.
        confirmed = found is None
        if found is not None:
            same = (
                x.score
                for x in found
                if x.label == candidate.label and x.box.iou(candidate.box) >= VERIFY_IOU
            )
            confirmed = max(same, default=0.0) >= self._verify_threshold(candidate.label)
        t = sampled.frame.t
        self._report(self._presence.handle_verification(candidate.label, t, confirmed=confirmed))

    def _report(self, changes: Iterable[PresenceChange]) -> None:
        for change in changes:
            self._on_presence(change)
        for event in self._presence.pop_zone_events():
            self._on_zone(event)

    def _chosen_threshold(self, label: str) -> float | None:
        rule = self._config.rule(label)
        return self._config.threshold if rule.threshold is None else rule.threshold

    def _verify_threshold(self, label: str) -> float:
        """Return the lowest confidence of a verification that counts."""
        return self._chosen_threshold(label) or self._pool.thresholds[1]

    def _enter_threshold(self, label: str) -> float:
        """Return the lowest confidence of a detection that may begin a presence."""
        threshold, _ = self._pool.thresholds
        chosen = self._chosen_threshold(label)
        if chosen is None:
            return threshold
        # With a verifier, the chosen threshold applies to both networks together.
        return min(chosen, threshold) if self._pool.has_verifier else chosen

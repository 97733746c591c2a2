"""From pictures worth a look to who is here: the detector's answers, tracks, presence.

Looks are asked for and answered later, on another thread; all that follows from an answer happens
on the camera's own. Whoever seems to have come is shown to the second network before they count.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
import math
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from ..media.motion import Change
from ..tracking.presence import PresenceTracker, Step, stay_threshold
from ..tracking.tracker import Tracker
from .crop_backoff import CropBackoff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from threading import Event

    from ..core.events import ZoneChanged
    from ..core.types import Box, CameraConfig, Detection, Presence, Track
    from ..detection.cascade import CascadeDetector
    from ..detection.pool import DetectionPool
    from ..tracking.presence import PresenceChange
    from .frame_sampler import SampledFrame

REPLAY_WAIT_S = 0.5
"""How long a replayed picture waits for the detector before it takes its place."""
STUCK_S = 30
"""An answer that takes longer than this does not come."""
SURE = 0.7
"""With such a score one look is enough to ask the second network."""
SAME = 0.4
"""Intersection over union from which on what the second opinion sees is who was asked about."""
EVIDENT_HITS = 2
"""In one look alone anything may look like somebody."""
STIR_HITS, STIR_WINDOW_S = 3, 2.0
"""So many pictures with motion in so short a time are more than a flicker."""


@dataclass(frozen=True, slots=True)
class _Result:
    """The answer to a look."""

    look: SampledFrame
    found: list[Detection] | None
    closely: list[Box]
    """Where it was a closer look."""


@dataclass(frozen=True, slots=True)
class _Verification:
    """The second network's answer on somebody."""

    look: SampledFrame
    presence: Presence
    found: list[Detection] | None


class DetectionLoop:
    """Watches one camera's pictures; ``take`` hands on what the answers mean."""

    def __init__(
        self,
        config: CameraConfig,
        pool: DetectionPool,
        *,
        lossless: bool,
        on_look: Callable[[SampledFrame, list[Track], list[int]], None],
        on_change: Callable[[PresenceChange], None],
        on_zone: Callable[[ZoneChanged], None],
        on_stir: Callable[[SampledFrame], None],
    ) -> None:
        """``lossless``: each answer is waited for, as for a film that is read at any speed.

        All callbacks are called on the camera's thread: ``on_look`` after each answer, with the
        tracks seen well enough to keep somebody here, and the ids of those that are evident;
        ``on_change`` and ``on_zone`` with what became of presences and zones; ``on_stir`` when
        something moves and no detector can tell what.
        """
        self._config = config
        self._pool = pool
        self._lossless = lossless
        self._on_look = on_look
        self._on_change = on_change
        self._on_zone = on_zone
        self._on_stir = on_stir
        self._closer = CropBackoff()
        self._tracker = Tracker()
        self._presence = PresenceTracker(config)
        self._answers: SimpleQueue[_Result | _Verification] = SimpleQueue()
        self._pending = 0
        """Looks that were asked for and not answered."""
        self._last_answer_t = 0.0
        self._stirs: deque[float] = deque(maxlen=STIR_HITS)

    @property
    def present(self) -> list[Presence]:
        """Who is here, in the order the labels were chosen."""
        return self._presence.present

    def adopt(self, config: CameraConfig) -> None:
        """Go by another configuration from now on; whoever is here stays."""
        self._config = config
        self._tell(self._presence.reconfigure(config))

    # --- asking -------------------------------------------------------------------------------

    def ask(self, look: SampledFrame) -> None:
        """Have a picture looked at."""
        if self._pool.unavailable:
            self._note_stir(look)
        wait_s = math.inf if self._lossless else REPLAY_WAIT_S if look.replayed else 0.0
        moving = self._closer.choose(look.frame.t, look.movement.boxes())
        closely: list[Box] = []

        def task(cascade: CascadeDetector) -> list[Detection]:
            closely.extend(cascade.small_regions(look.frame, moving))
            return cascade.detect(look.frame, closely)

        def reply(found: list[Detection] | None) -> None:
            self._answers.put(_Result(look, found, closely))

        if self._pool.submit(self._config.id, task, reply, wait_s=wait_s):
            self._pending += 1
        if self._lossless:
            self._pool.wait_until_idle(self._config.id, math.inf)
        self.take()

    def _ask_again(
        self, look: SampledFrame, presence: Presence, found: Sequence[Detection]
    ) -> None:
        """Have the second network look at somebody who seems to have come."""

        def task(cascade: CascadeDetector) -> list[Detection]:
            return cascade.verify(look.frame, found, [presence.box])

        def reply(opinion: list[Detection] | None) -> None:
            self._answers.put(_Verification(look, presence, opinion))

        slot = f"{self._config.id} {presence.label}"
        self._pool.submit(slot, task, reply, timed=False)
        if self._lossless:
            self._pool.wait_until_idle(slot, math.inf)

    def _note_stir(self, look: SampledFrame) -> None:
        """Without a detector, motion that lasts is all there is to go by."""
        if look.movement.change is not Change.MOTION:
            return
        self._stirs.append(look.frame.t)
        if len(self._stirs) == STIR_HITS and look.frame.t - self._stirs[0] <= STIR_WINDOW_S:
            self._on_stir(look)

    def wait(self, stop: Event) -> None:
        """At the end of a film: let the detector finish what it has of it."""
        for _ in range(STUCK_S):
            if stop.is_set() or self._pool.wait_until_idle(self._config.id, 1.0):
                break
        self.take()

    def forget(self) -> None:
        """Drop what waits for the detector; for any thread."""
        self._pool.cancel(self._config.id)
        for label in self._config.labels:
            self._pool.cancel(f"{self._config.id} {label}")

    # --- answers ------------------------------------------------------------------------------

    def take(self) -> None:
        """Take in the answers that have come."""
        while True:
            try:
                answer = self._answers.get_nowait()
            except Empty:
                return
            match answer:
                case _Result():
                    self._take_look(answer)
                case _Verification():
                    self._take_opinion(answer)

    def pass_time(self, t: float) -> None:
        """Let time pass, unless an answer is still to tell what happened in it."""
        if not self._pending or t - self._last_answer_t > STUCK_S:
            self.tick(t)

    def tick(self, t: float) -> None:
        """Let time pass."""
        self._tell(self._presence.tick(t))

    def end(self) -> None:
        """Nobody is here any more: the camera is switched off."""
        self._tell(self._presence.end())

    def _take_look(self, answer: _Result) -> None:
        look, frame = answer.look, answer.look.frame
        self._pending = max(0, self._pending - 1)
        self._last_answer_t = max(self._last_answer_t, frame.t)
        if answer.found is None:
            self.tick(frame.t)
            return
        self._closer.learn(frame.t, answer.closely, answer.found)
        # Also what nobody asked for is followed: a cat may be what moves before a statue.
        labels = {*self._config.labels, *(x.label for x in answer.found)}
        begins = {label: self._begins(label) for label in labels}
        tracks = self._tracker.update(frame.t, answer.found, look.movement, enter_thresholds=begins)
        sure = SURE if self._pool.has_verifier else math.inf
        changes = self._presence.update(
            frame.t, frame.at, tracks, enter_thresholds=begins, instant_threshold=sure
        )
        for change in changes:
            if change.step is Step.CANDIDATE:
                self._ask_about(change, look, answer.found)
        self._tell(x for x in changes if x.step is not Step.CANDIDATE)
        chosen = (x for x in tracks if x.label in self._config.labels)
        seen = [x for x in chosen if x.score >= stay_threshold(begins[x.label])]
        self._on_look(look, seen, self._evident(seen))

    def _evident(self, tracks: Iterable[Track]) -> list[int]:
        """Return the ids of those who a person who looks would agree are here.

        That is whom the second opinion confirmed, and of the others, about whom it is not asked
        while somebody is here, those who are seen again and as well as it would have to.
        """
        present = {each.label: each for each in self._presence.present}
        return [
            track.id
            for track in tracks
            if (here := present.get(track.label)) is not None
            and (
                track.id == here.track_id
                or (
                    track.id in here.track_ids
                    and track.hits >= EVIDENT_HITS
                    and track.score >= self._confirms(track.label)
                )
            )
        ]

    def _ask_about(
        self, change: PresenceChange, look: SampledFrame, found: list[Detection]
    ) -> None:
        """Get a second opinion; without a second network the first one's will do."""
        if self._pool.has_verifier:
            self._ask_again(look, change.presence, found)
        else:
            self._answer(change.presence, look, confirmed=True)

    def _take_opinion(self, answer: _Verification) -> None:
        presence = answer.presence
        label, box = presence.label, presence.box
        if answer.found is None:
            # The detector broke down meanwhile: better one false alarm than a burglar unseen.
            self._answer(presence, answer.look, confirmed=True)
            return
        lowest = self._confirms(label)
        alike = (x for x in answer.found if x.label == label and x.box.iou(box) >= SAME)
        score = max((x.score for x in alike), default=0.0)
        self._answer(presence, answer.look, confirmed=score >= lowest)

    def _answer(self, presence: Presence, look: SampledFrame, *, confirmed: bool) -> None:
        self._tell(
            self._presence.handle_verification(presence.label, look.frame.t, confirmed=confirmed)
        )

    def _tell(self, changes: Iterable[PresenceChange]) -> None:
        for change in changes:
            self._on_change(change)
        for event in self._presence.pop_zone_events():
            self._on_zone(event)

    # --- thresholds ---------------------------------------------------------------------------

    def _chosen(self, label: str) -> float | None:
        """Return the threshold that the person chose for a label."""
        rule = self._config.rule(label)
        return self._config.threshold if rule.threshold is None else rule.threshold

    def _confirms(self, label: str) -> float:
        """Return the lowest score of a second opinion that counts."""
        return self._chosen(label) or self._pool.thresholds[1]

    def _begins(self, label: str) -> float:
        """Return the lowest score of a look that counts.

        Where a second network is asked, what was chosen is asked of both together.
        """
        threshold, _ = self._pool.thresholds
        chosen = self._chosen(label)
        if chosen is None:
            return threshold
        return min(chosen, threshold) if self._pool.has_verifier else chosen

"""Tracks to "a person is here": a state machine per label.

``ABSENT`` becomes ``ASKING`` when ``enter_hits`` of the last ``enter_window`` looks saw the label
move, or one look was sure of it, and ``PRESENT`` when the second opinion agrees; whom it doubts is
not asked about again for a while. ``ABSENT`` again when the label was not seen for ``grace_s``:
somebody who steps out and in again within the grace period never left.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from enum import Enum
from math import inf
from typing import TYPE_CHECKING

from ..core.types import Presence
from .rejections import Rejections
from .zones import LabelZones, Occupancy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..core.events import ZoneChanged
    from ..core.types import CameraConfig, Track

LOOK_AGE_S = 5.0
"""Looks older than this do not count towards entering: looks stop while nothing moves."""
KEEP_SHARE = 0.6
KEEP_LEAST = 0.2
"""Of the score that begins a presence, this much keeps it, but no less than that."""
ASK_AGAIN_S = 2.0
"""An ask that was not answered for this long is lost."""


class Step(Enum):
    """What happened to a presence."""

    CANDIDATE = "candidate"
    """It would begin: a second opinion is wanted."""
    ENTERED = "entered"
    UPDATED = "updated"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class PresenceChange:
    """One step of one label's presence; ``t`` is on the camera's timeline."""

    step: Step
    presence: Presence
    t: float
    """CANDIDATE, ENTERED: of the first sight. LEFT: of the last sight."""


class _State(Enum):
    ABSENT = "absent"
    ASKING = "asking"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class _Sight:
    t: float
    at: float
    tracks: tuple[Track, ...]


class LabelPresence:
    """The presence of one label before one camera."""

    def __init__(
        self, config: CameraConfig, label: str, *, on_zone_change: Callable[[ZoneChanged], None]
    ) -> None:
        self._config = config
        self._label = label
        self._looks: deque[_Sight] = deque(maxlen=config.enter_window)
        self._zones = LabelZones(config.zones, label)
        self._occupancy = Occupancy(
            camera_id=config.id, label=label, grace_s=config.grace_s, on_change=on_zone_change
        )
        self._forget()

    def reconfigure(self, config: CameraConfig) -> None:
        """Go by another configuration from now on; who is here stays, if it still counts."""
        self._config = config
        self._looks = deque(self._looks, maxlen=config.enter_window)
        self._zones.reconfigure(config.zones, self._label)
        self._occupancy.reconfigure(config.grace_s, self._zones.names)

    def _forget(self) -> None:
        self._state = _State.ABSENT
        self._presence: Presence | None = None
        """While ASKING: the candidate."""
        self._looks.clear()
        self._zones.reset()
        self._where: dict[str, float] = {}
        """Since when somebody is in each zone, at the newest look."""
        self._doubts = Rejections()
        self._first_t = 0.0
        self._seen = (0.0, 0.0)
        """``t`` and ``at`` of the last sight."""
        self._asked: tuple[float, int, float] = (0.0, 0, 0.0)
        """``t``, id and score of what was asked about."""

    @property
    def current(self) -> Presence | None:
        """The presence, while there is one."""
        return self._presence if self._state is _State.PRESENT else None

    def update(
        self,
        t: float,
        at: float,
        tracks: Sequence[Track],
        *,
        enter_threshold: float,
        instant_threshold: float,
    ) -> list[PresenceChange]:
        """Take in one look: ``tracks`` of this label, and the score that begins a presence.

        ``instant_threshold``: the score with which one look is enough to ask.
        """
        self._zones.update(t, tracks)
        lowest = enter_threshold if self.current is None else stay_threshold(enter_threshold)
        min_height = self._config.rule(self._label).min_height
        large = [x for x in tracks if x.score >= lowest and x.box.height >= min_height]
        real = [x for x in large if not self._zones.is_masked(x)]
        trusted = [x for x in real if x.moved and not self._doubted(x, t)]
        self._where = self._zones.occupied_since(trusted)
        if self.current is not None:
            sight = _Sight(t, at, tuple(filter(self._zones.in_required_zone, trusted)))
            return self._keep(sight, self.current)
        self._looks.append(_Sight(t, at, tuple(filter(self._zones.in_required_zone, real))))
        hits = self._hits(t)
        if not hits or hits[-1].t < t:
            return self.tick(t)
        return self._consider(hits, instant_threshold)

    def handle_verification(self, t: float, *, confirmed: bool) -> list[PresenceChange]:
        """Take in the second opinion on what was asked about; nothing if nothing was."""
        if self._presence is None or self._presence.confirmed:
            return []
        _, track_id, score = self._asked
        if not confirmed:
            self._state, self._presence = _State.ABSENT, None
            self._doubts.add(track_id, t, score)
            return []
        self._state = _State.PRESENT
        self._doubts.drop(track_id)
        self._looks.clear()
        self._presence = replace(self._presence, confirmed=True)
        self._occupancy.update(*self._seen, self._where)
        return [PresenceChange(Step.ENTERED, self._presence, self._first_t)]

    def tick(self, t: float) -> list[PresenceChange]:
        """Let time pass without a sight; ends the presence after the grace period."""
        unseen_s = t - self._seen[0]
        if self._presence is None:
            return []
        match self._state:
            case _State.PRESENT if unseen_s > self._config.grace_s:
                return self._leave(self._presence)
            case _State.PRESENT:
                self._occupancy.tick(t)
            case _State.ASKING if unseen_s > LOOK_AGE_S:
                self._state, self._presence = _State.ABSENT, None
        return []

    def end(self) -> list[PresenceChange]:
        """End the presence now and forget everything: the camera is switched off."""
        changes = [] if self.current is None else self._leave(self.current)
        self._forget()
        return changes

    def _hits(self, t: float) -> list[_Sight]:
        """Return the looks that saw somebody who moves; also before they were seen to."""
        recent = [sight for sight in self._looks if t - sight.t <= LOOK_AGE_S]
        newest = {track.id: track for sight in recent for track in sight.tracks}
        moving = {x.id for x in newest.values() if x.moved and not self._doubted(x, t)}
        hits = [
            replace(sight, tracks=tuple(x for x in sight.tracks if x.id in moving))
            for sight in recent
        ]
        return [sight for sight in hits if sight.tracks]

    def _doubted(self, track: Track, t: float) -> bool:
        """Whether a track is not to count; time heals only while nobody is here."""
        return self._doubts.hold(track, t, heal=self.current is None)

    # --- steps --------------------------------------------------------------------------------

    def _consider(self, hits: list[_Sight], instant_threshold: float) -> list[PresenceChange]:
        """Begin to ask, or go on asking; the last of ``hits`` is the newest look."""
        sight = hits[-1]
        enough = len(hits) >= self._config.enter_hits or _best(sight).score >= instant_threshold
        if self._presence is not None:
            self._presence = self._seen_again(self._presence, sight)
            if not enough or sight.t - self._asked[0] <= ASK_AGAIN_S:
                return []
        elif enough:
            self._state, self._first_t = _State.ASKING, hits[0].t
            self._presence = self._seen_again(self._first_seen(hits), sight)
        else:
            return []
        lead = _best(sight)
        self._asked = (sight.t, lead.id, lead.score)
        return [PresenceChange(Step.CANDIDATE, self._presence, self._first_t)]

    def _first_seen(self, hits: list[_Sight]) -> Presence:
        best = max((_best(sight) for sight in hits), key=lambda track: track.score)
        return Presence(
            camera_id=self._config.id,
            label=self._label,
            score=best.score,
            track_id=best.id,
            box=best.box,
            first_seen_at=hits[0].at,
            last_seen_at=hits[0].at,
        )

    def _keep(self, sight: _Sight, old: Presence) -> list[PresenceChange]:
        """Take in a look while the label is here."""
        self._occupancy.update(sight.t, sight.at, self._where)
        if not sight.tracks:
            return self.tick(sight.t)
        new = self._presence = self._seen_again(old, sight)
        if (new.score, new.count, new.zones) == (old.score, old.count, old.zones):
            return []
        return [PresenceChange(Step.UPDATED, new, sight.t)]

    def _seen_again(self, old: Presence, sight: _Sight) -> Presence:
        lead = _best(sight)
        self._seen = (sight.t, sight.at)
        return replace(
            old,
            score=max(old.score, lead.score),
            track_id=old.track_id if old.confirmed else lead.id,
            box=lead.box,
            last_seen_at=sight.at,
            count=len(sight.tracks),
            track_ids=tuple(track.id for track in sight.tracks),
            zones=tuple(self._zones.occupied_since(sight.tracks)),
        )

    def _leave(self, presence: Presence) -> list[PresenceChange]:
        self._state, self._presence = _State.ABSENT, None
        self._occupancy.end()
        return [PresenceChange(Step.LEFT, presence, self._seen[0])]


def stay_threshold(enter_threshold: float) -> float:
    """Return the lowest score that keeps a presence that ``enter_threshold`` began."""
    return min(enter_threshold, max(enter_threshold * KEEP_SHARE, KEEP_LEAST))


def _best(sight: _Sight) -> Track:
    return max(sight.tracks, key=lambda track: track.score)


class PresenceTracker:
    """All labels of one camera."""

    def __init__(self, config: CameraConfig) -> None:
        self._zone_events: list[ZoneChanged] = []
        self._labels: dict[str, LabelPresence] = {}
        self.reconfigure(config)

    def reconfigure(self, config: CameraConfig) -> list[PresenceChange]:
        """Go by another configuration from now on; ends what is not looked for any more."""
        before = self._labels
        self._labels = {}
        for label in config.labels:
            presence = before.pop(label, None)
            if presence is None:
                presence = LabelPresence(config, label, on_zone_change=self._zone_events.append)
            else:
                presence.reconfigure(config)
            self._labels[label] = presence
        return [change for gone in before.values() for change in gone.end()]

    @property
    def present(self) -> list[Presence]:
        """What is here now, in the order the labels were chosen."""
        return [x.current for x in self._labels.values() if x.current is not None]

    def update(
        self,
        t: float,
        at: float,
        tracks: Sequence[Track],
        *,
        enter_thresholds: Mapping[str, float],
        instant_threshold: float = inf,
    ) -> list[PresenceChange]:
        """Take in one look at the picture.

        ``enter_thresholds``: lowest score that begins each label.
        ``instant_threshold``: the score with which one look is
        enough to ask for a second opinion.
        """
        return [
            change
            for label, presence in self._labels.items()
            for change in presence.update(
                t,
                at,
                [x for x in tracks if x.label == label],
                enter_threshold=enter_thresholds[label],
                instant_threshold=max(instant_threshold, enter_thresholds[label]),
            )
        ]

    def handle_verification(self, label: str, t: float, *, confirmed: bool) -> list[PresenceChange]:
        """Take in the verification of a ``CANDIDATE``; may follow ``update`` at once."""
        presence = self._labels.get(label)  # it may not be looked for any more
        return [] if presence is None else presence.handle_verification(t, confirmed=confirmed)

    def tick(self, t: float) -> list[PresenceChange]:
        """Let time pass without a look."""
        return [change for x in self._labels.values() for change in x.tick(t)]

    def end(self) -> list[PresenceChange]:
        """End every presence now; nothing is remembered, no doubt either."""
        return [change for x in self._labels.values() for change in x.end()]

    def pop_zone_events(self) -> list[ZoneChanged]:
        """Return what happened to zones since this was last called, oldest first."""
        events = self._zone_events.copy()
        self._zone_events.clear()
        return events

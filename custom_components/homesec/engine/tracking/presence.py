"""Turn tracks into presences: a state machine per label.

A label is ``ABSENT`` until moving tracks of it were seen in ``enter_hits`` of the last
``enter_window`` frames, or in one frame with high confidence. It is then a ``CANDIDATE``, and
``PRESENT`` once verified; a rejected track is no candidate for a while. The label is ``ABSENT``
again after it was not seen for the grace period. The word of a trusted sensor makes it ``PRESENT``
without a track, for some seconds at least.
"""

from collections import deque
from dataclasses import dataclass, replace
from enum import Enum
from math import inf
from typing import TYPE_CHECKING

from ..core.types import Box, Presence
from .zones import LabelZones, Occupancy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..core.events import ZoneChanged
    from ..core.types import CameraConfig, Track

MAX_AGE_S = 5.0  # older frames do not count for entering: there are none to see while nothing moves
STAY_SHARE, STAY_MINIMUM = 0.6, 0.2  # of the enter threshold, and in all, to keep a presence
RETRY_S = 2.0  # a verification without an answer for this long is requested again
REJECTION_GAIN = 0.1  # a rejected track is a candidate again if its confidence rose by this…
REJECTION_PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)  # …or after this long; longer each time
MAX_REJECTIONS = 100  # rejections remembered at most; track ids are never reused
NO_TRACK = 0  # the id of no track
WHOLE_PICTURE = Box(0.0, 0.0, 1.0, 1.0)  # a sensor doesn't say where


class Step(Enum):
    """What happened to a presence."""

    CANDIDATE = "candidate"  # must be verified
    ENTERED = "entered"
    UPDATED = "updated"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class PresenceChange:
    """One step of one label's presence; ``t`` is on the camera's timeline."""

    step: Step
    presence: Presence
    t: float  # CANDIDATE, ENTERED: when it was first seen. LEFT: when it was last seen


class _State(Enum):
    ABSENT = "absent"
    CANDIDATE = "candidate"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class _Sighting:
    """The tracks of a label in one frame."""

    t: float
    at: float
    tracks: tuple[Track, ...]

    @property
    def best(self) -> Track:
        return max(self.tracks, key=lambda track: track.score)


@dataclass(frozen=True, slots=True)
class _Rejection:
    score: float
    until_t: float
    times: int


class Rejections:
    """The tracks of one label that the verifier did not confirm."""

    def __init__(self) -> None:
        self._by_track: dict[int, _Rejection] = {}

    def add(self, track_id: int, t: float, score: float) -> None:
        """Reject a track at ``score`` or less for a while."""
        old = self._by_track.pop(track_id, _Rejection(score, t, 0))
        pause_s = REJECTION_PAUSES_S[min(old.times, len(REJECTION_PAUSES_S) - 1)]
        self._by_track[track_id] = _Rejection(max(score, old.score), t + pause_s, old.times + 1)
        if len(self._by_track) > MAX_REJECTIONS:
            del self._by_track[next(iter(self._by_track))]

    def drop(self, track_id: int) -> None:
        """Forget a rejection: the track was confirmed."""
        self._by_track.pop(track_id, None)

    def is_rejected(self, track: Track, t: float, *, expire: bool) -> bool:
        """Return whether a track is rejected; without ``expire``, the pause never ends."""
        rejection = self._by_track.get(track.id)
        if rejection is None or track.score >= rejection.score + REJECTION_GAIN:
            return False
        return t < rejection.until_t or not expire


class LabelPresence:
    """The presence of one label in view of one camera."""

    def __init__(
        self, config: CameraConfig, label: str, *, on_zone_change: Callable[[ZoneChanged], None]
    ) -> None:
        self._config = config
        self._label = label
        self._recent: deque[_Sighting] = deque(maxlen=config.enter_window)
        self._zones = LabelZones(config.zones, label)
        self._occupancy = Occupancy(
            camera_id=config.id, label=label, grace_s=config.grace_s, on_change=on_zone_change
        )
        self._reset()

    def reconfigure(self, config: CameraConfig) -> None:
        """Use another configuration; a presence that still counts goes on."""
        self._config = config
        self._recent = deque(self._recent, maxlen=config.enter_window)
        self._zones.reconfigure(config.zones, self._label)
        self._occupancy.reconfigure(config.grace_s, self._zones.names)

    def _reset(self) -> None:
        self._state = _State.ABSENT
        self._presence: Presence | None = None  # in state CANDIDATE: the candidate
        self._recent.clear()
        self._zones.reset()
        self._occupied_since: dict[str, float] = {}  # by zone, as of the newest frame
        self._rejections = Rejections()
        self._first_t = 0.0
        self._last_seen = (0.0, 0.0)  # ``t`` and ``at``
        self._requested = (0.0, 0, 0.0)  # ``t``, track id, and score of the verification
        self._held_until_t = -inf

    @property
    def current(self) -> Presence | None:
        """The presence, while there is one."""
        return self._presence if self._state is _State.PRESENT else None

    def undecided_since(self, t: float) -> float:
        """Return when what may become a presence was first seen; ``inf`` without such a thing."""
        match self._state:
            case _State.CANDIDATE:
                return self._first_t
            case _State.ABSENT:
                recent = (x.t for x in self._recent if x.tracks and t - x.t <= MAX_AGE_S)
                return next(recent, inf)
        return inf

    def update(
        self,
        t: float,
        at: float,
        tracks: Sequence[Track],
        *,
        enter_threshold: float,
        instant_threshold: float,
    ) -> list[PresenceChange]:
        """Process one frame with ``tracks`` of this label; see ``PresenceTracker.update``."""
        self._zones.update(t, tracks)
        lowest = enter_threshold if self.current is None else stay_threshold(enter_threshold)
        min_height = self._config.rule(self._label).min_height
        large = [x for x in tracks if x.score >= lowest and x.box.height >= min_height]
        unmasked = [x for x in large if not self._zones.is_masked(x)]
        trusted = [x for x in unmasked if x.moved and not self._is_rejected(x, t)]
        self._occupied_since = self._zones.occupied_since(trusted)
        considered = unmasked if self.current is None else trusted
        sighting = _Sighting(t, at, tuple(filter(self._zones.in_required_zone, considered)))
        if self.current is not None:
            return self._stay(sighting, self.current)
        self._recent.append(sighting)
        hits = self._hits(t)
        if not hits or hits[-1].t < t:
            return self.tick(t)
        return self._consider(hits, instant_threshold)

    def handle_verification(self, t: float, *, confirmed: bool) -> list[PresenceChange]:
        """Enter or reject the candidate, if there is one."""
        if self._presence is None or self._presence.confirmed:
            return []
        _, track_id, score = self._requested
        if not confirmed:
            self._state, self._presence = _State.ABSENT, None
            self._rejections.add(track_id, t, score)
            return []
        self._state = _State.PRESENT
        self._rejections.drop(track_id)
        self._recent.clear()
        self._presence = replace(self._presence, confirmed=True)
        self._occupancy.update(*self._last_seen, self._occupied_since)
        return [PresenceChange(Step.ENTERED, self._presence, self._first_t)]

    def trust(self, sensor: str, t: float, at: float, *, until_t: float) -> list[PresenceChange]:
        """Enter on the word of a sensor; keep the presence up to ``until_t`` at least.

        A presence that began with a sensor's word is updated by each further one.
        """
        self._held_until_t = max(self._held_until_t, until_t)
        if (present := self.current) is not None:
            if present.sensor is None:
                return []
            self._last_seen = (t, at)
            self._presence = replace(present, last_seen_at=at)
            return [PresenceChange(Step.UPDATED, self._presence, t)]
        if self._presence is None:
            self._first_t, self._last_seen = t, (t, at)
            self._presence = Presence(
                camera_id=self._config.id,
                label=self._label,
                score=0.0,
                track_id=NO_TRACK,
                box=WHOLE_PICTURE,
                first_seen_at=at,
                last_seen_at=at,
            )
        self._state = _State.PRESENT
        self._recent.clear()
        self._presence = replace(self._presence, confirmed=True, sensor=sensor)
        return [PresenceChange(Step.ENTERED, self._presence, self._first_t)]

    def tick(self, t: float) -> list[PresenceChange]:
        """Let time pass without a sighting; ends the presence after the grace period."""
        unseen_s = t - self._last_seen[0]
        if self._presence is None:
            return []
        match self._state:
            case _State.PRESENT if unseen_s > self._config.grace_s and t > self._held_until_t:
                return self._leave(self._presence)
            case _State.PRESENT:
                self._occupancy.tick(t)
            case _State.CANDIDATE if unseen_s > MAX_AGE_S:
                self._state, self._presence = _State.ABSENT, None
        return []

    def end(self) -> list[PresenceChange]:
        """End the presence and forget everything: the camera is switched off."""
        changes = [] if self.current is None else self._leave(self.current)
        self._reset()
        return changes

    def _hits(self, t: float) -> list[_Sighting]:
        """Return the recent frames with tracks that move now, also from before they moved."""
        recent = [x for x in self._recent if t - x.t <= MAX_AGE_S]
        newest = {track.id: track for sighting in recent for track in sighting.tracks}
        moving = {x.id for x in newest.values() if x.moved and not self._is_rejected(x, t)}
        hits = [replace(x, tracks=tuple(y for y in x.tracks if y.id in moving)) for x in recent]
        return [x for x in hits if x.tracks]

    def _is_rejected(self, track: Track, t: float) -> bool:
        """Return whether a track is rejected; rejections do not expire during a presence."""
        return self._rejections.is_rejected(track, t, expire=self.current is None)

    def _consider(self, hits: list[_Sighting], instant_threshold: float) -> list[PresenceChange]:
        """Begin or continue a candidate; the last of ``hits`` is the newest frame."""
        newest = hits[-1]
        best = newest.best
        enough = len(hits) >= self._config.enter_hits or best.score >= instant_threshold
        if self._presence is not None:
            self._presence = self._seen_again(self._presence, newest)
            if not enough or newest.t - self._requested[0] <= RETRY_S:
                return []
        elif enough:
            self._state, self._first_t = _State.CANDIDATE, hits[0].t
            self._presence = self._seen_again(self._first_seen(hits), newest)
        else:
            return []
        self._requested = (newest.t, best.id, best.score)
        return [PresenceChange(Step.CANDIDATE, self._presence, self._first_t)]

    def _first_seen(self, hits: list[_Sighting]) -> Presence:
        best = max((hit.best for hit in hits), key=lambda track: track.score)
        return Presence(
            camera_id=self._config.id,
            label=self._label,
            score=best.score,
            track_id=best.id,
            box=best.box,
            first_seen_at=hits[0].at,
            last_seen_at=hits[0].at,
        )

    def _stay(self, sighting: _Sighting, old: Presence) -> list[PresenceChange]:
        self._occupancy.update(sighting.t, sighting.at, self._occupied_since)
        if not sighting.tracks:
            return self.tick(sighting.t)
        new = self._presence = self._seen_again(old, sighting)
        if _announced(new) == _announced(old):
            return []
        return [PresenceChange(Step.UPDATED, new, sighting.t)]

    def _seen_again(self, old: Presence, sighting: _Sighting) -> Presence:
        best = sighting.best
        self._last_seen = (sighting.t, sighting.at)
        return replace(
            old,
            score=max(old.score, best.score),
            track_id=old.track_id if old.confirmed else best.id,
            box=best.box,
            last_seen_at=sighting.at,
            count=len(sighting.tracks),
            track_ids=tuple(track.id for track in sighting.tracks),
            zones=tuple(self._zones.occupied_since(sighting.tracks)),
        )

    def _leave(self, presence: Presence) -> list[PresenceChange]:
        self._state, self._presence = _State.ABSENT, None
        self._occupancy.end()
        return [PresenceChange(Step.LEFT, presence, self._last_seen[0])]


def _announced(presence: Presence) -> tuple[object, ...]:
    """Return what a change of is announced."""
    return presence.score, presence.count, presence.zones, presence.is_seen


def stay_threshold(enter_threshold: float) -> float:
    """Return the lowest confidence that keeps a presence that began at ``enter_threshold``."""
    return min(enter_threshold, max(enter_threshold * STAY_SHARE, STAY_MINIMUM))


class PresenceTracker:
    """The presences of all labels in view of one camera."""

    def __init__(self, config: CameraConfig) -> None:
        self._zone_events: list[ZoneChanged] = []
        self._labels: dict[str, LabelPresence] = {}
        self.reconfigure(config)

    def reconfigure(self, config: CameraConfig) -> list[PresenceChange]:
        """Use another configuration; ends presences of labels that are no longer detected."""
        before = self._labels
        self._labels = {}
        for label in config.labels:
            presence = before.pop(label, None)
            if presence is None:
                presence = LabelPresence(config, label, on_zone_change=self._zone_events.append)
            else:
                presence.reconfigure(config)
            self._labels[label] = presence
        return [change for removed in before.values() for change in removed.end()]

    @property
    def present(self) -> list[Presence]:
        """The presences now, in the order of the configuration's labels."""
        return [x.current for x in self._labels.values() if x.current is not None]

    def undecided_since(self, t: float) -> float:
        """Return when what may become a presence was first seen; ``inf`` without such a thing."""
        return min((x.undecided_since(t) for x in self._labels.values()), default=inf)

    def update(
        self,
        t: float,
        at: float,
        tracks: Sequence[Track],
        *,
        enter_thresholds: Mapping[str, float],
        instant_threshold: float = inf,
    ) -> list[PresenceChange]:
        """Process the tracks of one frame.

        ``enter_thresholds`` is the lowest confidence that begins a presence of each label. From
        ``instant_threshold`` on, one frame is enough for a candidate.
        """
        changes: list[PresenceChange] = []
        for label, presence in self._labels.items():
            enter = enter_thresholds[label]
            instant = max(instant_threshold, enter)
            mine = [x for x in tracks if x.label == label]
            changes += presence.update(
                t, at, mine, enter_threshold=enter, instant_threshold=instant
            )
        return changes

    def handle_verification(self, label: str, t: float, *, confirmed: bool) -> list[PresenceChange]:
        """Enter or reject the candidate of a label, if there still is one."""
        presence = self._labels.get(label)
        return [] if presence is None else presence.handle_verification(t, confirmed=confirmed)

    def trust(
        self, label: str, sensor: str, t: float, at: float, *, until_t: float
    ) -> list[PresenceChange]:
        """Count a label as present on the word of a sensor, if it's one of the camera's labels."""
        presence = self._labels.get(label)
        return [] if presence is None else presence.trust(sensor, t, at, until_t=until_t)

    def tick(self, t: float) -> list[PresenceChange]:
        """Let time pass without a frame."""
        return [change for x in self._labels.values() for change in x.tick(t)]

    def end(self) -> list[PresenceChange]:
        """End all presences and forget everything, rejections included."""
        return [change for x in self._labels.values() for change in x.end()]

    def pop_zone_events(self) -> list[ZoneChanged]:
        """Return the zone changes since the last call, oldest first."""
        events = self._zone_events.copy()
        self._zone_events.clear()
        return events

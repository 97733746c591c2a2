"""Tracks to "a person is here": a state machine per label.

``ABSENT`` becomes ``PRESENT`` when ``enter_hits`` of the last ``enter_window`` looks saw the label,
and ``ABSENT`` again when it was not seen for ``grace_s``. Somebody who steps out and in again
within the grace period never left.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from .models import Presence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .models import CameraConfig, Track

LOOK_AGE_S = 5.0
"""Looks older than this do not count towards entering: looks stop while nothing moves."""


class Step(Enum):
    """What happened to a presence."""

    ENTERED = "entered"
    UPDATED = "updated"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class PresenceChange:
    """One step of one label's presence; ``t`` is on the camera's timeline."""

    step: Step
    presence: Presence
    t: float
    """ENTERED: of the first sight. LEFT: of the last sight."""


@dataclass(frozen=True, slots=True)
class _Sight:
    t: float
    at: float
    tracks: tuple[Track, ...]


class LabelPresence:
    """The presence of one label before one camera."""

    def __init__(self, config: CameraConfig, label: str) -> None:
        self._config = config
        self._label = label
        self._looks: deque[_Sight] = deque(maxlen=config.enter_window)
        self._presence: Presence | None = None
        self._last_seen_t = 0.0

    @property
    def current(self) -> Presence | None:
        """The presence, while there is one."""
        return self._presence

    def look(self, t: float, at: float, tracks: Sequence[Track]) -> PresenceChange | None:
        """Take in one look; ``tracks`` are those of this label, above the threshold."""
        sight = _Sight(t, at, tuple(tracks))
        if self._presence is not None:
            return self._still_here(self._presence, sight) if tracks else self.tick(t)
        self._looks.append(sight)
        recent = [s for s in self._looks if t - s.t <= LOOK_AGE_S and s.tracks]
        if not tracks or len(recent) < self._config.enter_hits:
            return None
        return self._enter(recent)

    def tick(self, t: float) -> PresenceChange | None:
        """Let time pass without a look; ends the presence after the grace period."""
        if self._presence is None or t - self._last_seen_t <= self._config.grace_s:
            return None
        return self.end()

    def end(self) -> PresenceChange | None:
        """End the presence now: the camera is switched off."""
        presence, self._presence = self._presence, None
        self._looks.clear()
        if presence is None:
            return None
        return PresenceChange(Step.LEFT, presence, self._last_seen_t)

    def _enter(self, recent: list[_Sight]) -> PresenceChange:
        first, newest = recent[0], recent[-1]
        best = max((track for sight in recent for track in sight.tracks), key=lambda x: x.score)
        lead = max(newest.tracks, key=lambda x: x.score)
        self._last_seen_t = newest.t
        self._presence = Presence(
            camera_id=self._config.id,
            label=self._label,
            score=best.score,
            track_id=lead.id,
            box=lead.box,
            first_seen_at=first.at,
            last_seen_at=newest.at,
            count=len(newest.tracks),
        )
        return PresenceChange(Step.ENTERED, self._presence, first.t)

    def _still_here(self, old: Presence, sight: _Sight) -> PresenceChange | None:
        lead = max(sight.tracks, key=lambda x: x.score)
        self._last_seen_t = sight.t
        self._presence = replace(
            old,
            score=max(old.score, lead.score),
            box=lead.box,
            last_seen_at=sight.at,
            count=len(sight.tracks),
        )
        if self._presence.score == old.score and self._presence.count == old.count:
            return None
        return PresenceChange(Step.UPDATED, self._presence, sight.t)


class PresenceWatch:
    """All labels of one camera."""

    def __init__(self, config: CameraConfig) -> None:
        self._labels = {label: LabelPresence(config, label) for label in config.labels}

    @property
    def present(self) -> list[Presence]:
        """What is here now, in the order the labels were chosen."""
        return [x.current for x in self._labels.values() if x.current is not None]

    def look(self, t: float, at: float, tracks: Sequence[Track]) -> list[PresenceChange]:
        """Take in one look at the picture."""
        return [
            change
            for label, presence in self._labels.items()
            if (change := presence.look(t, at, [x for x in tracks if x.label == label]))
        ]

    def tick(self, t: float) -> list[PresenceChange]:
        """Let time pass without a look."""
        return [change for x in self._labels.values() if (change := x.tick(t))]

    def end(self) -> list[PresenceChange]:
        """End every presence now."""
        return [change for x in self._labels.values() if (change := x.end())]

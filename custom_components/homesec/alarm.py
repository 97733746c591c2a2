"""The alarm's state, computed from a few stored facts and a clock.

Nothing here counts down: a power cut, a restart or a late timer cannot leave the alarm in a state
that its facts do not support. Timers elsewhere only ask again when the answer is due to change.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from .const import TRIGGER_TIME_S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class AlarmMode(StrEnum):
    """What the owner set the alarm to."""

    DISARMED = "disarmed"
    HOME = "home"
    AWAY = "away"
    NIGHT = "night"
    VACATION = "vacation"
    CUSTOM = "custom"


ARMED_MODES = tuple(mode for mode in AlarmMode if mode is not AlarmMode.DISARMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFacts:
    """All that is stored; times are UTC epoch seconds."""

    mode: AlarmMode = AlarmMode.DISARMED
    changed_at: float = 0.0
    changed_by: str | None = None
    triggered_at: float | None = None
    triggered_by: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the facts as JSON can hold them."""
        return {
            "mode": self.mode.value,
            "changed_at": self.changed_at,
            "changed_by": self.changed_by,
            "triggered_at": self.triggered_at,
            "triggered_by": self.triggered_by,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Read what ``as_dict`` wrote."""
        return cls(
            mode=AlarmMode(stored["mode"]),
            changed_at=stored["changed_at"],
            changed_by=stored["changed_by"],
            triggered_at=stored["triggered_at"],
            triggered_by=stored["triggered_by"],
        )


class Alarm:
    """The state machine: arm, disarm and trigger change the facts; ``clock`` decides the rest."""

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        facts: AlarmFacts | None = None,
        trigger_time_s: float = TRIGGER_TIME_S,
    ) -> None:
        self._clock = clock
        self._trigger_time_s = trigger_time_s
        self.facts = facts or AlarmFacts()

    @property
    def mode(self) -> AlarmMode:
        """What the owner set, whether triggered or not."""
        return self.facts.mode

    @property
    def armed(self) -> bool:
        """Whether the owner wants intruders reported."""
        return self.facts.mode is not AlarmMode.DISARMED

    @property
    def triggered(self) -> bool:
        """Whether somebody set it off less than the trigger time ago."""
        return self.remaining_s > 0

    @property
    def remaining_s(self) -> float:
        """Seconds until a triggered alarm is its former self again; 0 if it is not triggered."""
        if self.facts.triggered_at is None:
            return 0.0
        elapsed_s = self._clock() - self.facts.triggered_at
        if elapsed_s < 0:
            # The clock was set back: neither end early nor wail for the length of the step.
            self.facts = replace(self.facts, triggered_at=self._clock())
            elapsed_s = 0.0
        return max(0.0, self._trigger_time_s - elapsed_s)

    def set_mode(self, mode: AlarmMode, *, by: str | None = None) -> None:
        """Arm or disarm; either silences a triggered alarm."""
        self.facts = AlarmFacts(mode=mode, changed_at=self._clock(), changed_by=by)

    def trigger(self, *, by: str | None = None) -> bool:
        """Set it off; False if it is already triggered, whose time then goes on unchanged."""
        if self.triggered:
            return False
        self.facts = replace(self.facts, triggered_at=self._clock(), triggered_by=by)
        return True

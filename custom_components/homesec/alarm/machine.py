"""The alarm's state machine: a few facts that are stored, and a clock.

Nothing here counts down: a power cut, a restart or a late timer cannot leave the alarm in a state
that its facts do not support. Timers elsewhere only ask again when a phase is due to end.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ..const import TRIGGER_TIME_S
from .facts import ARMED_MODES, AlarmMode, AlarmSnapshot, AlarmState, Cause
from .span import MonotonicClocks, Span

__all__ = ["ARMED_MODES", "Alarm", "AlarmMode", "AlarmSnapshot", "AlarmState", "Cause", "Delays"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """How long a mode gives people to leave and to disarm, and how long it wails."""

    exit_s: float = 0.0
    entry_s: float = 0.0
    trigger_s: float = TRIGGER_TIME_S


type OnState = Callable[[AlarmSnapshot, bool], None]
"""Told of each state as it begins: the facts before it, and whether just time led to it."""


class Alarm:
    """Arm, disarm, see and trigger change the facts; so does the end of a phase.

    A phase that ends unobserved, because Home Assistant was off or busy, is followed by the next
    one at the moment somebody looks: an entry delay that ran out in a power cut still ends in an
    alarm of full length, not in one that was over before anybody could hear it.
    """

    def __init__(
        self,
        *,
        clocks: MonotonicClocks,
        delays: Callable[[AlarmMode], Delays],
        on_state: OnState,
        facts: AlarmSnapshot | None = None,
    ) -> None:
        self._clocks = clocks
        self._delays = delays
        self._on_state = on_state
        self._facts = facts or AlarmSnapshot()
        self._phase = Span(clocks, began_at=self._facts.began_at)

    # --- what it is ---------------------------------------------------------------------------

    @property
    def facts(self) -> AlarmSnapshot:
        """What is to be stored; the time of day as the clock is set now, for the next run."""
        return replace(self._facts, began_at=self._phase.began_at)

    @property
    def mode(self) -> AlarmMode:
        """What the owner set, whatever it is at."""
        return self._facts.mode

    @property
    def state(self) -> AlarmState:
        """What it is at."""
        return self._facts.state

    @property
    def guarding(self) -> bool:
        """Whether whom a camera of this mode sees is an intruder."""
        leaving = self.state is AlarmState.ARMING and self.remaining_s != 0
        return self.mode is not AlarmMode.DISARMED and not leaving

    @property
    def remaining_s(self) -> float | None:
        """Seconds until what it is at ends by itself; None if it does not."""
        if self._facts.lasts_s is None:
            return None
        return max(0.0, self._facts.lasts_s - self._phase.elapsed_s)

    # --- what changes it ----------------------------------------------------------------------

    def settle(self) -> None:
        """Go on to the next state if this one's time is over."""
        while self.remaining_s == 0:
            if self.state is AlarmState.PENDING:
                self._sound(self._facts.cause or Cause(), timed=True)
                continue
            rest = AlarmState.DISARMED if self.mode is AlarmMode.DISARMED else AlarmState.ARMED
            self._enter(replace(self._facts, state=rest, lasts_s=None, cause=None), timed=True)

    def arm(
        self,
        mode: AlarmMode,
        *,
        by: str | None = None,
        skip_delay: bool = False,
        forced: bool = False,
        bypassed: tuple[str, ...] = (),
    ) -> None:
        """Begin the exit delay, or be armed if there is none; silences a triggered alarm."""
        self.settle()
        exit_s = 0.0 if skip_delay else self._delays(mode).exit_s
        self._enter(
            AlarmSnapshot(
                mode=mode,
                state=AlarmState.ARMING if exit_s > 0 else AlarmState.ARMED,
                lasts_s=exit_s if exit_s > 0 else None,
                changed_at=self._clocks.wall(),
                changed_by=by,
                forced=forced,
                bypassed=bypassed,
            )
        )

    def disarm(self, *, by: str | None = None) -> None:
        """End all."""
        self.settle()
        self._enter(AlarmSnapshot(changed_at=self._clocks.wall(), changed_by=by))

    def see(self, cause: Cause, *, at_once: bool = False) -> None:
        """Take in that a camera of this mode sees somebody; ``at_once`` allows no entry delay.

        Whoever comes second neither prolongs the entry delay nor the alarm.
        """
        self.settle()
        if not self.guarding or self.state is AlarmState.TRIGGERED:
            return
        entry_s = 0.0 if at_once else self._delays(self.mode).entry_s
        if self.state is AlarmState.PENDING:
            if at_once:
                self._sound(cause)
        elif entry_s > 0:
            pending = replace(self._facts, state=AlarmState.PENDING, lasts_s=entry_s, cause=cause)
            self._enter(pending)
        else:
            self._sound(cause)

    def trigger(self, cause: Cause) -> None:
        """Set it off by hand, whatever it is at; one that is triggered goes on unchanged."""
        self.settle()
        if self.state is not AlarmState.TRIGGERED:
            self._sound(cause)

    def leave_out(self, camera_ids: Iterable[str]) -> tuple[str, ...]:
        """Count cameras no longer that turn out to be offline; return those that did count."""
        if self.mode is AlarmMode.DISARMED:
            return ()
        bypassed = self._facts.bypassed
        new = tuple(each for each in dict.fromkeys(camera_ids) if each not in bypassed)
        self._facts = replace(self._facts, bypassed=bypassed + new)
        return new

    def restore(self, camera_id: str) -> bool:
        """Count a camera again that was left out; False if it was not."""
        if camera_id not in self._facts.bypassed:
            return False
        rest = tuple(each for each in self._facts.bypassed if each != camera_id)
        self._facts = replace(self._facts, bypassed=rest)
        return True

    def _sound(self, cause: Cause, *, timed: bool = False) -> None:
        trigger_s = self._delays(self.mode).trigger_s
        triggered = replace(self._facts, state=AlarmState.TRIGGERED, lasts_s=trigger_s, cause=cause)
        self._enter(triggered, timed=timed)

    def _enter(self, facts: AlarmSnapshot, *, timed: bool = False) -> None:
        was, self._facts = self._facts, facts
        self._phase = Span(self._clocks)
        self._on_state(was, timed)

"""The alarm's state machine: a snapshot that is stored, and a clock.

Nothing here counts down: a power cut, a restart, or a late timer can't leave the alarm in a state
that its snapshot doesn't support. A timer elsewhere only calls ``advance`` when a phase is due to
end.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from ..const import TRIGGER_TIME_S
from ..stored_data import parse_optional_text, parse_seconds
from .cause import Cause, parse_texts
from .clock import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..engine.core.clock import Clock


class AlarmMode(StrEnum):
    """What the user set the alarm to: which cameras guard."""

    DISARMED = "disarmed"
    HOME = "home"
    AWAY = "away"
    NIGHT = "night"
    VACATION = "vacation"
    CUSTOM = "custom"


ARMED_MODES = tuple(mode for mode in AlarmMode if mode is not AlarmMode.DISARMED)
EMPTY_MODES = frozenset({AlarmMode.AWAY, AlarmMode.VACATION})  # once armed, all have left


class Arming(StrEnum):
    """What arming does in the present state; an armed alarm isn't armed again."""

    BEGIN = "begin"  # the alarm is disarmed
    CHANGE = "change"  # to another mode, which may disarm for its exit delay
    HASTEN = "hasten"  # end the exit delay of the same mode now
    RESTART = "restart"  # pending or triggered, so it disarms first
    NOTHING = "nothing"  # the mode is armed already, or about to be


class AlarmState(StrEnum):
    """The phase that the alarm is in."""

    DISARMED = "disarmed"
    ARMING = "arming"  # the exit delay
    ARMED = "armed"
    PENDING = "pending"
    """The entry delay: a camera detected a person, who may be the user coming home."""
    TRIGGERED = "triggered"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSnapshot:
    """All that is stored of the alarm; times are UTC epoch seconds."""

    mode: AlarmMode = AlarmMode.DISARMED
    state: AlarmState = AlarmState.DISARMED
    began_at: float = 0.0
    lasts_s: float | None = None
    """As set when the state began, whatever is set meanwhile; None: until something happens."""
    changed_at: float = 0.0
    changed_by: str | None = None
    cause: Cause | None = None  # while pending or triggered
    forced: bool = False
    bypassed: tuple[str, ...] = ()
    """Ids of cameras that were offline when the alarm was armed, or at the end of the exit delay,
    and still are."""

    @property
    def triggered_by(self) -> str | None:
        """Who or what triggered the alarm; None if it isn't pending or triggered."""
        return None if self.cause is None else self.cause.by

    def as_dict(self) -> dict[str, Any]:
        """Return the snapshot as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Read what ``as_dict`` wrote. Raises ``LookupError``, ``TypeError``, or the like."""
        mode, state = AlarmMode(stored["mode"]), AlarmState(stored["state"])
        lasts_s = None if stored["lasts_s"] is None else parse_seconds(stored["lasts_s"])
        if not _is_possible(mode, state, lasts_s):
            raise ValueError("no state that the alarm can be in")
        cause = stored["cause"]
        return cls(
            mode=mode,
            state=state,
            began_at=parse_seconds(stored["began_at"]),
            lasts_s=lasts_s,
            changed_at=parse_seconds(stored["changed_at"]),
            changed_by=parse_optional_text(stored["changed_by"]),
            cause=None if cause is None else Cause.from_dict(cause),
            forced=bool(stored["forced"]),
            bypassed=parse_texts(stored["bypassed"]),
        )

    @classmethod
    def from_mode(cls, stored: object, *, now: float) -> Self:
        """Read the mode alone, where nothing else can be read: an armed alarm stays armed."""
        try:
            mode = AlarmMode(stored["mode"])  # type: ignore[index]
        except KeyError, TypeError, ValueError:
            mode = AlarmMode.DISARMED
        state = AlarmState.DISARMED if mode is AlarmMode.DISARMED else AlarmState.ARMED
        return cls(mode=mode, state=state, began_at=now, changed_at=now)


def _is_possible(mode: AlarmMode, state: AlarmState, lasts_s: float | None) -> bool:
    """Return whether an alarm of this mode can be in this state for so long."""
    if state in (AlarmState.ARMING, AlarmState.PENDING) and lasts_s is None:
        return False
    disarmed = mode is AlarmMode.DISARMED
    return state is AlarmState.TRIGGERED or disarmed == (state is AlarmState.DISARMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """A mode's exit and entry delay, and how long its alarm stays triggered."""

    exit_s: float = 0.0
    entry_s: float = 0.0
    trigger_s: float = TRIGGER_TIME_S


type OnState = Callable[[AlarmSnapshot, bool], None]
"""Called as each state begins, with the snapshot before it and whether just time led to it."""


class Alarm:
    """Changes its snapshot when it is armed, disarmed, or triggered, and when a phase ends.

    A phase that ended unobserved, since Home Assistant was off or busy, is followed by the next
    one when ``advance`` is called: an entry delay that ran out in a power cut still ends in an
    alarm of full length, not in one that ended unnoticed.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        delays: Callable[[AlarmMode], Delays],
        on_state: OnState,
        snapshot: AlarmSnapshot | None = None,
    ) -> None:
        self._clock = clock
        self._delays = delays
        self._on_state = on_state
        self._snapshot = snapshot or AlarmSnapshot()
        self._phase = Span(clock, began_at=self._snapshot.began_at)

    @property
    def snapshot(self) -> AlarmSnapshot:
        """What is to be stored, with the time of day as the clock is set now."""
        return replace(self._snapshot, began_at=self._phase.began_at)

    @property
    def mode(self) -> AlarmMode:
        """The mode that the user set."""
        return self._snapshot.mode

    @property
    def state(self) -> AlarmState:
        """The current phase."""
        return self._snapshot.state

    @property
    def guarding(self) -> bool:
        """Whether what a camera of this mode detects triggers the alarm."""
        leaving = self.state is AlarmState.ARMING and self.remaining_s != 0
        return self.mode is not AlarmMode.DISARMED and not leaving

    @property
    def remaining_s(self) -> float | None:
        """Seconds until the current phase ends by itself; None if it doesn't."""
        if self._snapshot.lasts_s is None:
            return None
        return max(0.0, self._snapshot.lasts_s - self._phase.elapsed_s)

    def arming(self, mode: AlarmMode, *, skip_delay: bool = False) -> Arming:
        """Return what arming this mode does now."""
        self.advance()
        match self.state:
            case AlarmState.DISARMED:
                return Arming.BEGIN
            case AlarmState.PENDING | AlarmState.TRIGGERED:
                return Arming.RESTART
        if mode is not self.mode:
            return Arming.CHANGE
        hastens = skip_delay and self.state is AlarmState.ARMING
        return Arming.HASTEN if hastens else Arming.NOTHING

    def exit_s(self, mode: AlarmMode, *, skip_delay: bool = False) -> float:
        """Return the exit delay of arming this mode now; none interrupts an empty house's guard."""
        self.advance()
        empty = self.state is AlarmState.ARMED and self.mode in EMPTY_MODES
        return 0.0 if skip_delay or empty else self._delays(mode).exit_s

    def set_clip(self, cause: Cause) -> bool:
        """Add the clip of the present cause, if that began only now; return whether it did."""
        now = self._snapshot.cause
        if now is None or now.clip_id is not None or not now.is_of(cause):
            return False
        self._snapshot = replace(self._snapshot, cause=replace(now, clip_id=cause.clip_id))
        return True

    def advance(self) -> None:
        """Go on to the next state if the time of this one is over."""
        while self.remaining_s == 0:
            if self.state is AlarmState.PENDING:
                self._trigger(self._snapshot.cause or Cause(), timed=True)
                continue
            armed = self.mode is not AlarmMode.DISARMED
            state = AlarmState.ARMED if armed else AlarmState.DISARMED
            self._enter(replace(self._snapshot, state=state, lasts_s=None, cause=None), timed=True)

    def arm(
        self,
        mode: AlarmMode,
        *,
        by: str | None = None,
        skip_delay: bool = False,
        forced: bool = False,
        bypassed: tuple[str, ...] = (),
    ) -> None:
        """Begin the exit delay, or be armed without one; ``arming`` says what else that does."""
        exit_s = self.exit_s(mode, skip_delay=skip_delay)
        snapshot = AlarmSnapshot(
            mode=mode,
            state=AlarmState.ARMING if exit_s > 0 else AlarmState.ARMED,
            lasts_s=exit_s if exit_s > 0 else None,
            changed_at=self._clock.now(),
            changed_by=by,
            forced=forced,
            bypassed=bypassed,
        )
        self._enter(snapshot)

    def disarm(self, *, by: str | None = None) -> None:
        """Disarm, whatever the state."""
        self.advance()
        self._enter(AlarmSnapshot(changed_at=self._clock.now(), changed_by=by))

    def detect(self, cause: Cause, *, skip_delay: bool = False) -> None:
        """Begin the entry delay, or trigger without one, as a camera of this mode detects a label.

        A second detection prolongs neither the entry delay nor the triggered alarm.
        """
        self.advance()
        if not self.guarding or self.state is AlarmState.TRIGGERED:
            return
        entry_s = 0.0 if skip_delay else self._delays(self.mode).entry_s
        if self.state is AlarmState.PENDING:
            if skip_delay:
                self._trigger(cause)
        elif entry_s > 0:
            pending = AlarmState.PENDING
            self._enter(replace(self._snapshot, state=pending, lasts_s=entry_s, cause=cause))
        else:
            self._trigger(cause)

    def trigger(self, cause: Cause) -> None:
        """Trigger manually, whatever the state; a triggered alarm goes on unchanged."""
        self.advance()
        if self.state is not AlarmState.TRIGGERED:
            self._trigger(cause)

    def bypass(self, camera_ids: Iterable[str]) -> tuple[str, ...]:
        """Bypass cameras that turned out to be offline; return those that weren't bypassed yet."""
        if self.mode is AlarmMode.DISARMED:
            return ()
        bypassed = self._snapshot.bypassed
        new = tuple(each for each in dict.fromkeys(camera_ids) if each not in bypassed)
        self._snapshot = replace(self._snapshot, bypassed=bypassed + new)
        return new

    def end_bypass(self, camera_id: str) -> bool:
        """Count on a camera again; return whether it was bypassed."""
        bypassed = self._snapshot.bypassed
        rest = tuple(each for each in bypassed if each != camera_id)
        self._snapshot = replace(self._snapshot, bypassed=rest)
        return rest != bypassed

    def _trigger(self, cause: Cause, *, timed: bool = False) -> None:
        triggered, trigger_s = AlarmState.TRIGGERED, self._delays(self.mode).trigger_s
        snapshot = replace(self._snapshot, state=triggered, lasts_s=trigger_s, cause=cause)
        self._enter(snapshot, timed=timed)

    def _enter(self, snapshot: AlarmSnapshot, *, timed: bool = False) -> None:
        previous, self._snapshot = self._snapshot, snapshot
        self._phase = Span(self._clock)
        self._on_state(previous, timed)

"""An alarm whose time a test lets pass."""

from __future__ import annotations

from dataclasses import dataclass, field
import json

from alarm_fixtures import StubClock

from custom_components.homesec.alarm.machine import (
    Alarm,
    AlarmMode,
    AlarmSnapshot,
    AlarmState,
    Delays,
)


@dataclass
class SimulatedAlarm:
    """An alarm with a settable clock, its stored snapshot, and the states that it went through."""

    delays: dict[AlarmMode, Delays] = field(default_factory=dict)
    wall: float = 1_700_000_000.0
    steady: float = 50.0
    states: list[AlarmState] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.alarm = self._start(AlarmSnapshot())
        self.store()

    def _start(self, snapshot: AlarmSnapshot) -> Alarm:
        return Alarm(
            clock=StubClock(now=lambda: self.wall, monotonic=lambda: self.steady),
            delays=lambda mode: self.delays.get(mode, Delays()),
            on_state=self._on_state,
            snapshot=snapshot,
        )

    def _on_state(self, _was: AlarmSnapshot, _timed: bool) -> None:
        self.states.append(self.alarm.state)
        self.store()

    def store(self) -> None:
        """Store the snapshot, as at each change and at a clean stop."""
        self.disk = json.dumps(self.alarm.snapshot.as_dict())

    def wait(self, seconds: float) -> None:
        """Let time pass, and advance the alarm whenever a phase ends."""
        while (left := self.alarm.remaining_s) is not None and left <= seconds:
            self.pass_over(left)
            seconds -= left
            self.alarm.advance()
        self.pass_over(seconds)

    def pass_over(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    def restart(self, off_s: float) -> None:
        """Restart after a power cut, from the stored snapshot."""
        self.wall += off_s
        self.steady = 3.0
        self.alarm = self._start(AlarmSnapshot.from_dict(json.loads(self.disk)))
        self.alarm.advance()

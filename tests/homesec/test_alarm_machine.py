"""The alarm's state machine, against a panel that counts seconds one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
import json

from alarm_fixtures import StubClock
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
import pytest

from custom_components.homesec.alarm.machine import (
    ARMED_MODES,
    Alarm,
    AlarmMode,
    AlarmSnapshot,
    AlarmState,
    Cause,
    Delays,
)

DISARMED, ARMING, ARMED, PENDING, TRIGGERED = AlarmState
AWAY = AlarmMode.AWAY
DOOR = Cause(by="Front door", camera_id="door", label="person")


@dataclass
class House:
    """An alarm with a clock on the wall that can be set, and what it told."""

    delays: dict[AlarmMode, Delays] = field(default_factory=dict)
    wall: float = 1_700_000_000.0
    steady: float = 50.0
    told: list[AlarmState] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.alarm = self._start(AlarmSnapshot())
        self.store()

    def _start(self, facts: AlarmSnapshot) -> Alarm:
        return Alarm(
            clock=StubClock(now=lambda: self.wall, monotonic=lambda: self.steady),
            delays=lambda mode: self.delays.get(mode, Delays()),
            on_state=self._on_state,
            snapshot=facts,
        )

    def _on_state(self, _was: AlarmSnapshot, _timed: bool) -> None:
        self.told.append(self.alarm.state)
        self.store()

    def store(self) -> None:
        """Write to the disk, as at each change and at a clean stop."""
        self.disk = json.dumps(self.alarm.snapshot.as_dict())

    def wait(self, seconds: float) -> None:
        """Let time pass, and the timer fire whenever it is due."""
        while (left := self.alarm.remaining_s) is not None and left <= seconds:
            self.pass_over(left)
            seconds -= left
            self.alarm.advance()
        self.pass_over(seconds)

    def pass_over(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    def restart(self, off_s: float) -> None:
        """End as in a power cut, and start anew from what is on the disk."""
        self.wall += off_s
        self.steady = 3.0
        self.alarm = self._start(AlarmSnapshot.from_dict(json.loads(self.disk)))
        self.alarm.advance()


@pytest.fixture
def house() -> House:
    return House({AWAY: Delays(exit_s=30, entry_s=20, trigger_s=100)})


def test_new_alarm_is_disarmed(house: House) -> None:
    alarm = house.alarm
    assert (alarm.state, alarm.mode, alarm.guarding) == (DISARMED, AlarmMode.DISARMED, False)
    assert alarm.remaining_s is None


def test_alarm_passes_through_all_states(house: House) -> None:
    alarm = house.alarm
    alarm.arm(AWAY, by="Ann")
    assert (alarm.state, alarm.remaining_s, alarm.guarding) == (ARMING, 30, False)
    house.wait(29)
    alarm.detect(DOOR)
    assert alarm.state is ARMING
    house.wait(1)
    assert (alarm.state, alarm.remaining_s, alarm.guarding) == (ARMED, None, True)
    alarm.detect(DOOR)
    assert (alarm.state, alarm.remaining_s, alarm.snapshot.cause) == (PENDING, 20, DOOR)
    house.wait(20)
    assert (alarm.state, alarm.remaining_s, alarm.snapshot.triggered_by) == (
        TRIGGERED,
        100,
        "Front door",
    )
    house.wait(100)
    assert (alarm.state, alarm.mode, alarm.snapshot.changed_by) == (ARMED, AWAY, "Ann")
    assert alarm.snapshot.cause is None
    alarm.disarm(by="Bob")
    assert (alarm.state, alarm.snapshot.changed_by) == (DISARMED, "Bob")
    assert house.told == [ARMING, ARMED, PENDING, TRIGGERED, ARMED, DISARMED]


@pytest.mark.parametrize("mode", ARMED_MODES)
def test_mode_without_delays_arms_and_triggers_immediately(mode: AlarmMode) -> None:
    house = House()
    house.alarm.arm(mode)
    assert house.alarm.state is ARMED
    house.alarm.detect(DOOR)
    assert house.alarm.state is TRIGGERED


def test_detection_with_skipped_delay_triggers_immediately(house: House) -> None:
    house.alarm.arm(AWAY, skip_delay=True)
    assert house.alarm.state is ARMED
    house.alarm.detect(DOOR)
    house.wait(5)
    safe = Cause(by="Safe", camera_id="safe", label="person")
    house.alarm.detect(safe, skip_delay=True)
    assert (house.alarm.state, house.alarm.remaining_s) == (TRIGGERED, 100)
    assert house.alarm.snapshot.cause == safe


def test_second_detection_prolongs_no_delay(house: House) -> None:
    house.alarm.arm(AWAY, skip_delay=True)
    house.alarm.detect(DOOR)
    house.wait(5)
    house.alarm.detect(Cause(by="Garden"))
    assert (house.alarm.remaining_s, house.alarm.snapshot.triggered_by) == (15, "Front door")
    house.wait(25)
    house.alarm.detect(Cause(by="Garden"), skip_delay=True)
    house.alarm.trigger(Cause(by="Ann"))
    assert (house.alarm.remaining_s, house.alarm.snapshot.triggered_by) == (90, "Front door")


@pytest.mark.parametrize("before", list(AlarmState))
def test_manual_trigger_works_in_every_state(house: House, before: AlarmState) -> None:
    alarm = house.alarm
    if before is not DISARMED:
        alarm.arm(AWAY, skip_delay=before is not ARMING)
    if before in (PENDING, TRIGGERED):
        alarm.detect(DOOR, skip_delay=before is TRIGGERED)
    assert alarm.state is before
    alarm.trigger(Cause(by="Ann"))
    assert alarm.state is TRIGGERED
    house.wait(300)
    assert alarm.state is (DISARMED if before is DISARMED else ARMED)


def test_detection_while_disarmed_is_ignored(house: House) -> None:
    house.alarm.detect(DOOR, skip_delay=True)
    assert house.alarm.state is DISARMED


def test_changed_delays_do_not_affect_current_phase(house: House) -> None:
    house.alarm.arm(AWAY)
    house.delays[AWAY] = Delays(exit_s=500, entry_s=0, trigger_s=7)
    assert house.alarm.remaining_s == 30
    house.wait(30)
    house.alarm.detect(DOOR)
    assert (house.alarm.state, house.alarm.remaining_s) == (TRIGGERED, 7)


def test_removed_entry_delay_does_not_end_current_one(house: House) -> None:
    house.alarm.arm(AWAY, skip_delay=True)
    house.alarm.detect(DOOR)
    house.delays[AWAY] = Delays()
    house.alarm.detect(DOOR)
    assert (house.alarm.state, house.alarm.remaining_s) == (PENDING, 20)


@pytest.mark.parametrize("step_s", [-86_400, -5, 5, 86_400 * 365 * 20])
@pytest.mark.parametrize("state", [ARMING, PENDING, TRIGGERED])
def test_set_clock_changes_no_phase(house: House, state: AlarmState, step_s: float) -> None:
    alarm = house.alarm
    alarm.arm(AWAY, skip_delay=state is not ARMING)
    if state is not ARMING:
        alarm.detect(DOOR, skip_delay=state is TRIGGERED)
    house.pass_over(4)
    left = alarm.remaining_s
    house.wall += step_s
    assert (alarm.state, alarm.remaining_s) == (state, left)
    alarm.advance()
    assert (alarm.state, alarm.remaining_s) == (state, left)
    # A clean stop stores it by the clock as it is set now.
    house.store()
    house.restart(off_s=1)
    assert left is not None
    assert (house.alarm.state, house.alarm.remaining_s) == (state, left - 1)


@pytest.mark.parametrize(
    ("off_s", "expected", "left"), [(10, ARMING, 20), (30, ARMED, None), (9999, ARMED, None)]
)
def test_exit_delay_continues_during_power_cut(
    house: House, off_s: float, expected: AlarmState, left: float | None
) -> None:
    house.alarm.arm(AWAY)
    house.restart(off_s)
    assert (house.alarm.state, house.alarm.remaining_s) == (expected, left)


@pytest.mark.parametrize(
    ("off_s", "expected", "left"),
    [(10, PENDING, 10), (20, TRIGGERED, 100), (99_999, TRIGGERED, 100)],
)
def test_entry_delay_ended_by_power_cut_triggers_full_alarm(
    house: House, off_s: float, expected: AlarmState, left: float
) -> None:
    house.alarm.arm(AWAY, skip_delay=True)
    house.alarm.detect(DOOR)
    house.told.clear()
    house.restart(off_s)
    assert (house.alarm.state, house.alarm.remaining_s) == (expected, left)
    assert house.alarm.snapshot.cause == DOOR
    assert house.told == ([] if expected is PENDING else [TRIGGERED])


@pytest.mark.parametrize(("off_s", "expected"), [(99, TRIGGERED), (100, ARMED)])
def test_triggered_alarm_does_not_restart_after_power_cut(
    house: House, off_s: float, expected: AlarmState
) -> None:
    house.alarm.arm(AWAY, skip_delay=True)
    house.alarm.detect(DOOR, skip_delay=True)
    house.restart(off_s)
    assert house.alarm.state is expected


@pytest.mark.parametrize("state", [ARMING, PENDING, TRIGGERED])
def test_phase_from_the_future_begins_again(house: House, state: AlarmState) -> None:
    house.alarm.arm(AWAY, skip_delay=state is not ARMING)
    if state is not ARMING:
        house.alarm.detect(DOOR, skip_delay=state is TRIGGERED)
    whole = house.alarm.remaining_s
    house.pass_over(7)
    house.restart(off_s=-3600)
    assert (house.alarm.state, house.alarm.remaining_s) == (state, whole)


def test_recovered_camera_is_no_longer_bypassed(house: House) -> None:
    house.alarm.arm(AWAY, forced=True, bypassed=("door", "safe"))
    assert house.alarm.end_bypass("door")
    house.store()
    assert not house.alarm.end_bypass("door")
    assert (house.alarm.snapshot.bypassed, house.alarm.state) == (("safe",), ARMING)
    house.restart(0)
    assert (house.alarm.snapshot.bypassed, house.alarm.snapshot.forced) == (("safe",), True)


def test_missing_camera_is_bypassed_until_it_recovers(house: House) -> None:
    alarm = house.alarm
    assert alarm.bypass(["door"]) == ()  # disarmed: nothing relies on it
    alarm.arm(AWAY, forced=True, bypassed=("safe",))
    house.wait(30)
    assert alarm.bypass(["door", "safe", "door"]) == ("door",)
    house.store()
    house.restart(0)
    assert (house.alarm.state, house.alarm.snapshot.bypassed) == (ARMED, ("safe", "door"))
    assert house.alarm.end_bypass("door")
    assert house.alarm.bypass(["door"]) == ("door",)
    house.alarm.disarm()
    assert house.alarm.snapshot.bypassed == ()


# --- random histories against a panel on the wall ----------------------------------------------


@dataclass
class WallPanel:
    """What HomeSec should be: counts down second by second, and remembers nothing but that."""

    state: AlarmState = DISARMED
    mode: AlarmMode = AlarmMode.DISARMED
    left: int = 0
    whole: int = 0
    out: frozenset[str] = frozenset()

    def go(self, state: AlarmState, seconds: int = 0) -> None:
        self.state, self.left, self.whole = state, seconds, seconds

    def over(self, delays: Delays) -> None:
        match self.state:
            case AlarmState.ARMING:
                self.go(ARMED)
            case AlarmState.PENDING:
                self.go(TRIGGERED, int(delays.trigger_s))
            case AlarmState.TRIGGERED:
                self.go(DISARMED if self.mode is AlarmMode.DISARMED else ARMED)

    def seconds(self, count: int, delays: Delays) -> None:
        while self.left and count:
            step = min(self.left, count)
            self.left -= step
            count -= step
            if not self.left:
                self.over(delays)

    def off(self, gone: int, delays: Delays) -> None:
        """Be on again, by a clock that says how long ago the phase began; if it was over, go on."""
        if not self.left:
            return
        if gone < 0:
            self.left = self.whole
        elif gone >= self.whole:
            self.over(delays)
        else:
            self.left = self.whole - gone


some_delays = st.builds(
    Delays,
    exit_s=st.sampled_from([0, 1, 30]),
    entry_s=st.sampled_from([0, 1, 20]),
    trigger_s=st.sampled_from([1, 60]),
)
CAMERAS = ("door", "garden", "safe")
some_cameras = st.frozensets(st.sampled_from(CAMERAS))
seconds = st.one_of(st.integers(0, 70), st.integers(0, 400))


class Histories(RuleBasedStateMachine):
    """Drives both through the same days."""

    def __init__(self) -> None:
        super().__init__()
        self.house, self.panel = House(), WallPanel()

    @property
    def began_at(self) -> float:
        return float(json.loads(self.house.disk)["began_at"])

    @property
    def delays(self) -> Delays:
        return self.house.delays.get(self.house.alarm.mode, Delays())

    @rule(mode=st.sampled_from(list(AlarmMode)), delays=some_delays)
    def set_up(self, mode: AlarmMode, delays: Delays) -> None:
        self.house.delays[mode] = delays

    @rule(mode=st.sampled_from(ARMED_MODES), skip_delay=st.booleans(), out=some_cameras)
    def arm(self, mode: AlarmMode, *, skip_delay: bool, out: frozenset[str]) -> None:
        self.house.alarm.arm(mode, skip_delay=skip_delay, bypassed=tuple(out))
        self.panel.mode, self.panel.out = mode, out
        exit_s = 0 if skip_delay else int(self.house.delays.get(mode, Delays()).exit_s)
        self.panel.go(ARMING if exit_s else ARMED, exit_s)

    @rule(cameras=some_cameras)
    def lose(self, cameras: frozenset[str]) -> None:
        new = self.house.alarm.bypass(cameras)
        self.house.store()
        if self.panel.mode is AlarmMode.DISARMED:
            assert not new
        else:
            assert set(new) == cameras - self.panel.out
            self.panel.out |= cameras

    @rule(camera=st.sampled_from(CAMERAS))
    def find(self, camera: str) -> None:
        assert self.house.alarm.end_bypass(camera) is (camera in self.panel.out)
        self.house.store()
        self.panel.out -= {camera}

    @rule()
    def disarm(self) -> None:
        self.house.alarm.disarm()
        self.panel = WallPanel()

    @rule(skip_delay=st.booleans())
    def detect(self, *, skip_delay: bool) -> None:
        self.house.alarm.detect(DOOR, skip_delay=skip_delay)
        entry_s = int(self.delays.entry_s)
        if skip_delay and self.panel.state in (ARMED, PENDING):
            self.panel.go(TRIGGERED, int(self.delays.trigger_s))
        elif self.panel.state is ARMED and entry_s:
            self.panel.go(PENDING, entry_s)
        elif self.panel.state is ARMED:
            self.panel.go(TRIGGERED, int(self.delays.trigger_s))

    @rule()
    def trigger(self) -> None:
        self.house.alarm.trigger(Cause(by="Ann"))
        if self.panel.state is not TRIGGERED:
            self.panel.go(TRIGGERED, int(self.delays.trigger_s))

    @rule(count=seconds)
    def wait(self, count: int) -> None:
        self.house.wait(count)
        self.panel.seconds(count, self.delays)

    @rule(step=st.integers(-(10**8), 10**8))
    def set_clock(self, step: int) -> None:
        self.house.wall += step

    @rule(off_s=seconds)
    def restart(self, off_s: int) -> None:
        gone = self.panel.whole - self.panel.left + off_s
        self.house.store()
        self.house.restart(off_s)
        self.panel.off(gone, self.delays)

    @rule(off_s=st.one_of(seconds, st.integers(-(10**8), 10**8)))
    def power_cut(self, off_s: int) -> None:
        """What is on the disk goes by the clock as it was set when the phase began."""
        gone = int(self.house.wall - self.began_at) + off_s
        self.house.restart(off_s)
        self.panel.off(gone, self.delays)

    @invariant()
    def they_agree(self) -> None:
        alarm = self.house.alarm
        assert (alarm.state, alarm.mode) == (self.panel.state, self.panel.mode)
        assert alarm.remaining_s == (self.panel.left or None)
        assert set(alarm.snapshot.bypassed) == self.panel.out
        assert len(alarm.snapshot.bypassed) == len(self.panel.out)
        quiet = alarm.state not in (PENDING, TRIGGERED)
        assert quiet is (alarm.snapshot.cause is None)
        assert alarm.guarding is (
            alarm.state in (ARMED, PENDING)
            or (alarm.state is TRIGGERED and (alarm.mode is not AlarmMode.DISARMED))
        )


Histories.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestHistories = Histories.TestCase

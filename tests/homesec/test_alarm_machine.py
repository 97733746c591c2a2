"""The alarm's state machine, against a panel that counts seconds one by one."""

from __future__ import annotations

from dataclasses import dataclass
import json

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
import pytest
from simulated_alarm import SimulatedAlarm

from custom_components.homesec.alarm.cause import Cause
from custom_components.homesec.alarm.machine import (
    ARMED_MODES,
    AlarmMode,
    AlarmState,
    Delays,
)

DISARMED, ARMING, ARMED, PENDING, TRIGGERED = AlarmState
AWAY = AlarmMode.AWAY
DOOR = Cause(by="Front door", camera_id="door", label="person")


@pytest.fixture
def simulated() -> SimulatedAlarm:
    return SimulatedAlarm({AWAY: Delays(exit_s=30, entry_s=20, trigger_s=100)})


def test_new_alarm_is_disarmed(simulated: SimulatedAlarm) -> None:
    alarm = simulated.alarm
    assert (alarm.state, alarm.mode, alarm.guarding) == (DISARMED, AlarmMode.DISARMED, False)
    assert alarm.remaining_s is None


def test_alarm_passes_through_all_states(simulated: SimulatedAlarm) -> None:
    alarm = simulated.alarm
    alarm.arm(AWAY, by="Ann")
    assert (alarm.state, alarm.remaining_s, alarm.guarding) == (ARMING, 30, False)
    simulated.wait(29)
    alarm.detect(DOOR)
    assert alarm.state is ARMING
    simulated.wait(1)
    assert (alarm.state, alarm.remaining_s, alarm.guarding) == (ARMED, None, True)
    alarm.detect(DOOR)
    assert (alarm.state, alarm.remaining_s, alarm.snapshot.cause) == (PENDING, 20, DOOR)
    simulated.wait(20)
    assert (alarm.state, alarm.remaining_s, alarm.snapshot.triggered_by) == (
        TRIGGERED,
        100,
        "Front door",
    )
    simulated.wait(100)
    assert (alarm.state, alarm.mode, alarm.snapshot.changed_by) == (ARMED, AWAY, "Ann")
    assert alarm.snapshot.cause is None
    alarm.disarm(by="Bob")
    assert (alarm.state, alarm.snapshot.changed_by) == (DISARMED, "Bob")
    assert simulated.states == [ARMING, ARMED, PENDING, TRIGGERED, ARMED, DISARMED]


@pytest.mark.parametrize("mode", ARMED_MODES)
def test_mode_without_delays_arms_and_triggers_immediately(mode: AlarmMode) -> None:
    simulated = SimulatedAlarm()
    simulated.alarm.arm(mode)
    assert simulated.alarm.state is ARMED
    simulated.alarm.detect(DOOR)
    assert simulated.alarm.state is TRIGGERED


def test_detection_with_skipped_delay_triggers_immediately(simulated: SimulatedAlarm) -> None:
    simulated.alarm.arm(AWAY, skip_delay=True)
    assert simulated.alarm.state is ARMED
    simulated.alarm.detect(DOOR)
    simulated.wait(5)
    safe = Cause(by="Safe", camera_id="safe", label="person")
    simulated.alarm.detect(safe, skip_delay=True)
    assert (simulated.alarm.state, simulated.alarm.remaining_s) == (TRIGGERED, 100)
    assert simulated.alarm.snapshot.cause == safe


def test_second_detection_prolongs_no_delay(simulated: SimulatedAlarm) -> None:
    simulated.alarm.arm(AWAY, skip_delay=True)
    simulated.alarm.detect(DOOR)
    simulated.wait(5)
    simulated.alarm.detect(Cause(by="Garden"))
    assert (simulated.alarm.remaining_s, simulated.alarm.snapshot.triggered_by) == (
        15,
        "Front door",
    )
    simulated.wait(25)
    simulated.alarm.detect(Cause(by="Garden"), skip_delay=True)
    simulated.alarm.trigger(Cause(by="Ann"))
    assert (simulated.alarm.remaining_s, simulated.alarm.snapshot.triggered_by) == (
        90,
        "Front door",
    )


@pytest.mark.parametrize("before", list(AlarmState))
def test_manual_trigger_works_in_every_state(simulated: SimulatedAlarm, before: AlarmState) -> None:
    alarm = simulated.alarm
    if before is not DISARMED:
        alarm.arm(AWAY, skip_delay=before is not ARMING)
    if before in (PENDING, TRIGGERED):
        alarm.detect(DOOR, skip_delay=before is TRIGGERED)
    assert alarm.state is before
    alarm.trigger(Cause(by="Ann"))
    assert alarm.state is TRIGGERED
    simulated.wait(300)
    assert alarm.state is (DISARMED if before is DISARMED else ARMED)


def test_detection_while_disarmed_is_ignored(simulated: SimulatedAlarm) -> None:
    simulated.alarm.detect(DOOR, skip_delay=True)
    assert simulated.alarm.state is DISARMED


def test_changed_delays_do_not_affect_current_phase(simulated: SimulatedAlarm) -> None:
    simulated.alarm.arm(AWAY)
    simulated.delays[AWAY] = Delays(exit_s=500, entry_s=0, trigger_s=7)
    assert simulated.alarm.remaining_s == 30
    simulated.wait(30)
    simulated.alarm.detect(DOOR)
    assert (simulated.alarm.state, simulated.alarm.remaining_s) == (TRIGGERED, 7)


def test_removed_entry_delay_does_not_end_current_one(simulated: SimulatedAlarm) -> None:
    simulated.alarm.arm(AWAY, skip_delay=True)
    simulated.alarm.detect(DOOR)
    simulated.delays[AWAY] = Delays()
    simulated.alarm.detect(DOOR)
    assert (simulated.alarm.state, simulated.alarm.remaining_s) == (PENDING, 20)


@pytest.mark.parametrize("step_s", [-86_400, -5, 5, 86_400 * 365 * 20])
@pytest.mark.parametrize("state", [ARMING, PENDING, TRIGGERED])
def test_set_clock_changes_no_phase(
    simulated: SimulatedAlarm, state: AlarmState, step_s: float
) -> None:
    alarm = simulated.alarm
    alarm.arm(AWAY, skip_delay=state is not ARMING)
    if state is not ARMING:
        alarm.detect(DOOR, skip_delay=state is TRIGGERED)
    simulated.pass_over(4)
    left = alarm.remaining_s
    simulated.wall += step_s
    assert (alarm.state, alarm.remaining_s) == (state, left)
    alarm.advance()
    assert (alarm.state, alarm.remaining_s) == (state, left)
    # A clean stop stores the beginning by the clock as it is set now.
    simulated.store()
    simulated.restart(off_s=1)
    assert left is not None
    assert (simulated.alarm.state, simulated.alarm.remaining_s) == (state, left - 1)


@pytest.mark.parametrize(
    ("off_s", "expected", "left"), [(10, ARMING, 20), (30, ARMED, None), (9999, ARMED, None)]
)
def test_exit_delay_continues_during_power_cut(
    simulated: SimulatedAlarm, off_s: float, expected: AlarmState, left: float | None
) -> None:
    simulated.alarm.arm(AWAY)
    simulated.restart(off_s)
    assert (simulated.alarm.state, simulated.alarm.remaining_s) == (expected, left)


@pytest.mark.parametrize(
    ("off_s", "expected", "left"),
    [(10, PENDING, 10), (20, TRIGGERED, 100), (99_999, TRIGGERED, 100)],
)
def test_entry_delay_ended_by_power_cut_triggers_full_alarm(
    simulated: SimulatedAlarm, off_s: float, expected: AlarmState, left: float
) -> None:
    simulated.alarm.arm(AWAY, skip_delay=True)
    simulated.alarm.detect(DOOR)
    simulated.states.clear()
    simulated.restart(off_s)
    assert (simulated.alarm.state, simulated.alarm.remaining_s) == (expected, left)
    assert simulated.alarm.snapshot.cause == DOOR
    assert simulated.states == ([] if expected is PENDING else [TRIGGERED])


@pytest.mark.parametrize(("off_s", "expected"), [(99, TRIGGERED), (100, ARMED)])
def test_triggered_alarm_does_not_restart_after_power_cut(
    simulated: SimulatedAlarm, off_s: float, expected: AlarmState
) -> None:
    simulated.alarm.arm(AWAY, skip_delay=True)
    simulated.alarm.detect(DOOR, skip_delay=True)
    simulated.restart(off_s)
    assert simulated.alarm.state is expected


@pytest.mark.parametrize("state", [ARMING, PENDING, TRIGGERED])
def test_phase_from_the_future_begins_again(simulated: SimulatedAlarm, state: AlarmState) -> None:
    simulated.alarm.arm(AWAY, skip_delay=state is not ARMING)
    if state is not ARMING:
        simulated.alarm.detect(DOOR, skip_delay=state is TRIGGERED)
    whole = simulated.alarm.remaining_s
    simulated.pass_over(7)
    simulated.restart(off_s=-3600)
    assert (simulated.alarm.state, simulated.alarm.remaining_s) == (state, whole)


def test_recovered_camera_is_no_longer_bypassed(simulated: SimulatedAlarm) -> None:
    simulated.alarm.arm(AWAY, forced=True, bypassed=("door", "safe"))
    assert simulated.alarm.end_bypass("door")
    simulated.store()
    assert not simulated.alarm.end_bypass("door")
    assert (simulated.alarm.snapshot.bypassed, simulated.alarm.state) == (("safe",), ARMING)
    simulated.restart(0)
    assert (simulated.alarm.snapshot.bypassed, simulated.alarm.snapshot.forced) == (("safe",), True)


def test_missing_camera_is_bypassed_until_it_recovers(simulated: SimulatedAlarm) -> None:
    alarm = simulated.alarm
    assert alarm.bypass(["door"]) == ()  # disarmed
    alarm.arm(AWAY, forced=True, bypassed=("safe",))
    simulated.wait(30)
    assert alarm.bypass(["door", "safe", "door"]) == ("door",)
    simulated.store()
    simulated.restart(0)
    assert (simulated.alarm.state, simulated.alarm.snapshot.bypassed) == (ARMED, ("safe", "door"))
    assert simulated.alarm.end_bypass("door")
    assert simulated.alarm.bypass(["door"]) == ("door",)
    simulated.alarm.disarm()
    assert simulated.alarm.snapshot.bypassed == ()


# --- random histories against a panel on the wall ----------------------------------------------


@dataclass
class ReferencePanel:
    """A model of the alarm that counts down second by second."""

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

    def off(self, elapsed_s: int, delays: Delays) -> None:
        """Restart as if the phase had begun so long ago, and advance if it has ended."""
        if not self.left:
            return
        if elapsed_s < 0:
            self.left = self.whole
        elif elapsed_s >= self.whole:
            self.over(delays)
        else:
            self.left = self.whole - elapsed_s


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
    """Drives the alarm and the model through the same actions."""

    def __init__(self) -> None:
        super().__init__()
        self.simulated, self.panel = SimulatedAlarm(), ReferencePanel()

    @property
    def began_at(self) -> float:
        return float(json.loads(self.simulated.disk)["began_at"])

    @property
    def delays(self) -> Delays:
        return self.simulated.delays.get(self.simulated.alarm.mode, Delays())

    @rule(mode=st.sampled_from(list(AlarmMode)), delays=some_delays)
    def set_up(self, mode: AlarmMode, delays: Delays) -> None:
        self.simulated.delays[mode] = delays

    @rule(mode=st.sampled_from(ARMED_MODES), skip_delay=st.booleans(), out=some_cameras)
    def arm(self, mode: AlarmMode, *, skip_delay: bool, out: frozenset[str]) -> None:
        self.simulated.alarm.arm(mode, skip_delay=skip_delay, bypassed=tuple(out))
        empty = self.panel.state is ARMED and self.panel.mode in (AWAY, AlarmMode.VACATION)
        self.panel.mode, self.panel.out = mode, out
        at_once = skip_delay or empty
        exit_s = 0 if at_once else int(self.simulated.delays.get(mode, Delays()).exit_s)
        self.panel.go(ARMING if exit_s else ARMED, exit_s)

    @rule(cameras=some_cameras)
    def lose(self, cameras: frozenset[str]) -> None:
        new = self.simulated.alarm.bypass(cameras)
        self.simulated.store()
        if self.panel.mode is AlarmMode.DISARMED:
            assert not new
        else:
            assert set(new) == cameras - self.panel.out
            self.panel.out |= cameras

    @rule(camera=st.sampled_from(CAMERAS))
    def find(self, camera: str) -> None:
        assert self.simulated.alarm.end_bypass(camera) is (camera in self.panel.out)
        self.simulated.store()
        self.panel.out -= {camera}

    @rule()
    def disarm(self) -> None:
        self.simulated.alarm.disarm()
        self.panel = ReferencePanel()

    @rule(skip_delay=st.booleans())
    def detect(self, *, skip_delay: bool) -> None:
        self.simulated.alarm.detect(DOOR, skip_delay=skip_delay)
        entry_s = int(self.delays.entry_s)
        if skip_delay and self.panel.state in (ARMED, PENDING):
            self.panel.go(TRIGGERED, int(self.delays.trigger_s))
        elif self.panel.state is ARMED and entry_s:
            self.panel.go(PENDING, entry_s)
        elif self.panel.state is ARMED:
            self.panel.go(TRIGGERED, int(self.delays.trigger_s))

    @rule()
    def trigger(self) -> None:
        self.simulated.alarm.trigger(Cause(by="Ann"))
        if self.panel.state is not TRIGGERED:
            self.panel.go(TRIGGERED, int(self.delays.trigger_s))

    @rule(count=seconds)
    def wait(self, count: int) -> None:
        self.simulated.wait(count)
        self.panel.seconds(count, self.delays)

    @rule(step=st.integers(-(10**8), 10**8))
    def set_clock(self, step: int) -> None:
        self.simulated.wall += step

    @rule(off_s=seconds)
    def restart(self, off_s: int) -> None:
        elapsed_s = self.panel.whole - self.panel.left + off_s
        self.simulated.store()
        self.simulated.restart(off_s)
        self.panel.off(elapsed_s, self.delays)

    @rule(off_s=st.one_of(seconds, st.integers(-(10**8), 10**8)))
    def power_cut(self, off_s: int) -> None:
        """The stored beginning is by the clock as it was set then."""
        elapsed_s = int(self.simulated.wall - self.began_at) + off_s
        self.simulated.restart(off_s)
        self.panel.off(elapsed_s, self.delays)

    @invariant()
    def they_agree(self) -> None:
        alarm = self.simulated.alarm
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

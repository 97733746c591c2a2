"""The alarm's state machine, against a reference that counts seconds one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
import json

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.homesec.alarm import ARMED_MODES, Alarm, AlarmFacts, AlarmMode

TRIGGER_TIME_S = 180


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def alarm(clock: Clock) -> Alarm:
    return Alarm(clock=clock)


def test_a_new_alarm_is_disarmed(alarm: Alarm) -> None:
    assert alarm.mode is AlarmMode.DISARMED
    assert not alarm.armed
    assert not alarm.triggered


@pytest.mark.parametrize("mode", ARMED_MODES)
def test_a_triggered_alarm_is_armed_again_after_its_time(
    alarm: Alarm, clock: Clock, mode: AlarmMode
) -> None:
    alarm.set_mode(mode, by="Ann")
    assert alarm.trigger(by="Front door")
    clock.now += TRIGGER_TIME_S - 1
    assert alarm.triggered
    assert alarm.facts.triggered_by == "Front door"
    clock.now += 1
    assert not alarm.triggered
    assert alarm.mode is mode
    assert alarm.facts.changed_by == "Ann"


def test_a_second_person_does_not_prolong_the_first_ones_alarm(alarm: Alarm, clock: Clock) -> None:
    alarm.set_mode(AlarmMode.AWAY)
    alarm.trigger(by="Front door")
    clock.now += 100
    assert not alarm.trigger(by="Garden")
    assert alarm.remaining_s == TRIGGER_TIME_S - 100
    assert alarm.facts.triggered_by == "Front door"


def test_disarming_silences(alarm: Alarm) -> None:
    alarm.set_mode(AlarmMode.AWAY)
    alarm.trigger()
    alarm.set_mode(AlarmMode.DISARMED)
    assert not alarm.triggered


def test_a_panic_button_works_while_disarmed(alarm: Alarm, clock: Clock) -> None:
    alarm.trigger()
    assert alarm.triggered
    clock.now += TRIGGER_TIME_S
    assert not alarm.triggered
    assert alarm.mode is AlarmMode.DISARMED


def test_a_clock_set_back_neither_ends_nor_prolongs_much(alarm: Alarm, clock: Clock) -> None:
    alarm.set_mode(AlarmMode.AWAY)
    alarm.trigger()
    clock.now -= 3600
    assert alarm.remaining_s == TRIGGER_TIME_S
    clock.now += TRIGGER_TIME_S
    assert not alarm.triggered


# --- random histories, with restarts in between, against a model that counts seconds -----------


@dataclass
class Reference:
    """Counts down second by second, as a panel on the wall does."""

    mode: AlarmMode = AlarmMode.DISARMED
    left_s: int = 0

    def second(self) -> None:
        self.left_s = max(0, self.left_s - 1)


actions = st.one_of(
    st.tuples(st.just("mode"), st.sampled_from(AlarmMode)),
    st.tuples(st.just("trigger"), st.none()),
    st.tuples(st.just("wait"), st.integers(0, 400)),
    st.tuples(st.just("restart"), st.integers(0, 400)),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(actions, max_size=30))
def test_whatever_happens_it_is_in_the_state_a_counting_panel_is_in(
    history: list[tuple[str, AlarmMode | int | None]],
) -> None:
    clock, reference = Clock(), Reference()
    alarm = Alarm(clock=clock)
    for action, value in history:
        match action, value:
            case "mode", AlarmMode():
                alarm.set_mode(value)
                reference = Reference(value)
            case "trigger", _:
                assert alarm.trigger() is (reference.left_s == 0)
                reference = replace(reference, left_s=reference.left_s or TRIGGER_TIME_S)
            case (("wait" | "restart"), int()):
                clock.now += value
                for _ in range(value):
                    reference.second()
                if action == "restart":
                    stored = json.loads(json.dumps(alarm.facts.as_dict()))
                    alarm = Alarm(clock=clock, facts=AlarmFacts.from_dict(stored))
        assert alarm.mode is reference.mode
        assert alarm.triggered is (reference.left_s > 0)
        assert alarm.remaining_s == reference.left_s
        assert alarm.armed is (reference.mode is not AlarmMode.DISARMED)

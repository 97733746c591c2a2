"""Wrong PINs: who is locked out, for how long, and who never is."""

from __future__ import annotations

import json
from typing import Any

from alarm_fixtures import SettableClock
from hypothesis import given, settings, strategies as st
import pytest

from custom_components.homesec.alarm.codes import principal_of
from custom_components.homesec.alarm.lockout import (
    FORGET_S,
    FREE_TRIES,
    KNOWN_S,
    MAX_TRIES,
    SHARED_FORGET_S,
    SHARED_TRIES,
    Lockouts,
    Principal,
)

GUEST = Principal("user:guest", "Guest")
OWNER = Principal("user:owner/phone", "Owner", admin_id="owner")
TABLET = Principal("user:owner/tablet", "Owner", admin_id="owner")
KEYPAD = Principal("source:automation.keypad", "automation.keypad")
DAY_S = 24 * 3600.0


class House:
    """Lockouts with a clock."""

    def __init__(self) -> None:
        self.clock = SettableClock()
        self.lockouts = Lockouts(self.clock.clocks)

    def wrong(self, principal: Principal, tries: int = 1) -> int:
        """Try wrong PINs, and return how many of them were looked at."""
        looked_at = 0
        for _ in range(tries):
            if not self.lockouts.remaining_s(principal):
                self.lockouts.count(principal)
                looked_at += 1
        return looked_at

    def wait(self, principal: Principal) -> float:
        """Wait until a principal may try again, and return how long that took."""
        remaining_s = self.lockouts.remaining_s(principal)
        self.clock.wait(remaining_s)
        assert not self.lockouts.remaining_s(principal)
        return remaining_s

    def restart(self, step_s: float = 0.0) -> None:
        """Store and read everything; meanwhile, the clock is set by ``step_s``."""
        stored = json.loads(json.dumps(self.lockouts.as_dict(), allow_nan=False))
        self.clock.wall += step_s
        self.clock.steady = 1.0
        self.lockouts = Lockouts(self.clock.clocks)
        self.lockouts.load(stored)


def stranger(number: int) -> Principal:
    return Principal(f"user:{number}")


def test_first_wrong_tries_cause_no_lockout() -> None:
    house = House()
    assert house.wrong(GUEST, FREE_TRIES - 1) == FREE_TRIES - 1
    assert house.lockouts.remaining_s(GUEST) == 0


def test_lockout_doubles_up_to_an_hour() -> None:
    house = House()
    house.wrong(GUEST, FREE_TRIES - 1)
    waits = []
    for _ in range(9):
        assert house.wrong(GUEST) == 1
        waits.append(house.wait(GUEST))
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_one_wrong_try_is_forgotten_every_hour() -> None:
    house = House()
    house.wrong(GUEST, 3)
    house.clock.wait(FORGET_S - 1)
    assert house.lockouts.wrong_tries(GUEST) == 3
    house.clock.wait(1)
    assert house.lockouts.wrong_tries(GUEST) == 2
    house.clock.wait(2 * FORGET_S)
    assert house.lockouts.wrong_tries(GUEST) == 0
    assert house.wrong(GUEST, FREE_TRIES) == FREE_TRIES


def test_right_pin_forgives_only_its_own_principal() -> None:
    house = House()
    house.wrong(GUEST, FREE_TRIES)
    house.wrong(KEYPAD, FREE_TRIES - 1)
    assert house.lockouts.accept(KEYPAD, forgive=True, known=True)
    assert house.lockouts.wrong_tries(KEYPAD) == 0
    assert house.lockouts.wrong_tries(GUEST) == FREE_TRIES
    assert house.lockouts.remaining_s(GUEST)


def test_right_pin_of_lesser_kind_forgives_nothing() -> None:
    house = House()
    house.wrong(GUEST, FREE_TRIES - 1)
    house.lockouts.accept(GUEST, forgive=False, known=True)
    assert house.lockouts.wrong_tries(GUEST) == FREE_TRIES - 1


def test_guest_locked_out_leaves_everybody_else_alone() -> None:
    house = House()
    for _ in range(30):
        house.wrong(GUEST)
        house.wait(GUEST)
    for principal in (OWNER, TABLET, KEYPAD, stranger(1)):
        assert house.lockouts.remaining_s(principal) == 0


def test_tablet_with_the_owners_login_does_not_lock_the_owners_phone_out() -> None:
    house = House()
    for _ in range(50):
        house.wrong(TABLET)
        assert house.lockouts.remaining_s(OWNER) == 0
        house.wait(TABLET)


def test_many_sessions_of_an_administrator_share_a_bound() -> None:
    house = House()
    sessions = [Principal(f"user:owner/{number}", admin_id="owner") for number in range(100)]
    assert sum(house.wrong(session, 5) for session in sessions) == SHARED_TRIES
    other_admin = Principal("user:other", admin_id="other")
    assert house.wrong(other_admin, FREE_TRIES) == FREE_TRIES


def test_many_strangers_share_a_bound() -> None:
    house = House()
    assert sum(house.wrong(stranger(number), 5) for number in range(100)) == SHARED_TRIES
    assert house.lockouts.remaining_s(GUEST) == SHARED_FORGET_S
    house.wait(GUEST)
    assert house.wrong(GUEST, FREE_TRIES) == 1


def test_keypad_with_a_right_pin_lately_has_tries_that_strangers_cannot_use_up() -> None:
    house = House()
    house.lockouts.accept(KEYPAD, forgive=True, known=True)
    for number in range(100):
        house.wrong(stranger(number))
    assert house.wrong(KEYPAD, FREE_TRIES) == FREE_TRIES
    house.clock.wait(KNOWN_S)
    for number in range(100):
        house.wrong(stranger(number))
    assert house.wrong(KEYPAD) == 0


@pytest.mark.parametrize("step_s", [-1e7, 1e7])
def test_set_clock_does_not_end_lockout(step_s: float) -> None:
    house = House()
    house.wrong(GUEST, FREE_TRIES)
    house.clock.wall += step_s
    assert house.lockouts.remaining_s(GUEST) == 60


@pytest.mark.parametrize("step_s", [0, -1e7])
def test_restart_ends_neither_lockouts_nor_what_is_shared_or_known(step_s: float) -> None:
    house = House()
    house.lockouts.accept(KEYPAD, forgive=True, known=True)
    house.wrong(OWNER, FREE_TRIES)
    for number in range(7):
        house.wrong(stranger(number), FREE_TRIES)
    house.restart(step_s)
    assert house.lockouts.remaining_s(OWNER) == 60
    assert house.lockouts.wrong_tries(stranger(0)) == FREE_TRIES
    assert house.lockouts.remaining_s(GUEST) == SHARED_FORGET_S
    assert house.lockouts.remaining_s(KEYPAD) == 0
    house.clock.wait(59)
    assert house.lockouts.remaining_s(OWNER) == 1


def test_count_of_earlier_version_goes_on_for_strangers() -> None:
    house = House()
    house.lockouts.load({"wrong": 400_000, "last_at": house.clock.wall})
    assert house.lockouts.remaining_s(GUEST) == SHARED_FORGET_S
    assert house.lockouts.remaining_s(OWNER) == 0


def test_stored_counts_keep_what_an_earlier_version_reads() -> None:
    house = House()
    house.wrong(GUEST, 3)
    stored = house.lockouts.as_dict()
    assert (stored["wrong"], stored["last_at"]) == (3, house.clock.wall)


def test_forgotten_principals_are_not_stored() -> None:
    house = House()
    house.wrong(GUEST)
    house.lockouts.accept(KEYPAD, forgive=True, known=True)
    house.clock.wait(KNOWN_S)
    stored = house.lockouts.as_dict()
    assert (stored["wrong"], stored["principals"], stored["administrators"]) == (0, {}, {})


def test_principal_is_the_user_or_the_source() -> None:
    assert principal_of("ann") == "user:ann"
    assert principal_of("ann", "phone") == "user:ann/phone"
    assert principal_of(None, "automation.keypad") == "source:automation.keypad"
    assert principal_of(None) == "source:unknown"


# --- whatever is tried, in any order ---------------------------------------------------------

OTHERS = (GUEST, KEYPAD, TABLET, *map(stranger, range(40)))
TRIES = st.tuples(
    st.sampled_from(OTHERS),
    st.sampled_from(["wrong", "wrong", "wrong", "right", "lesser", "restart"]),
    st.integers(1, 12),
    st.sampled_from([0.0, 1.0, 59.0, 60.0, 600.0, 3600.0, 7200.0]),
)


def do(house: House, step: tuple[Principal, str, int, float]) -> int:
    """Do a step, and return how many wrong tries of it were looked at."""
    principal, what, times, wait_s = step
    looked_at = 0
    if what == "wrong":
        looked_at = house.wrong(principal, times)
    elif what == "restart":
        house.restart()
    elif not house.lockouts.remaining_s(principal):
        house.lockouts.accept(principal, forgive=what == "right", known=True)
    house.clock.wait(wait_s)
    return looked_at


@settings(deadline=None)
@given(st.lists(TRIES, max_size=60), st.integers(0, FREE_TRIES - 1))
def test_no_tries_of_others_lock_an_administrator_out(
    steps: list[tuple[Principal, str, int, float]], own: int
) -> None:
    house = House()
    house.wrong(OWNER, own)
    for step in steps:
        do(house, step)
        assert house.lockouts.remaining_s(OWNER) == 0
    assert house.wrong(OWNER, FREE_TRIES - own) == FREE_TRIES - own


@settings(deadline=None)
@given(st.lists(TRIES, max_size=80))
def test_no_principal_without_a_full_pin_gets_more_tries_than_the_bound(steps: list[Any]) -> None:
    house, looked_at, began = House(), dict.fromkeys(OTHERS, 0), 0.0
    began = house.clock.wall
    for step in steps:
        if step[1] != "right":
            looked_at[step[0]] += do(house, step)
    hours = (house.clock.wall - began) / FORGET_S
    assert max(looked_at.values()) <= MAX_TRIES + hours


@settings(deadline=None)
@given(st.lists(TRIES.filter(lambda step: step[1] in ("wrong", "restart")), max_size=80))
def test_all_strangers_together_get_no_more_tries_than_the_bound(steps: list[Any]) -> None:
    house = House()
    began = house.clock.wall
    looked_at = sum(do(house, step) for step in steps if step[0] is not TABLET)
    assert looked_at <= SHARED_TRIES + (house.clock.wall - began) / SHARED_FORGET_S


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 2 * FORGET_S), min_size=50, max_size=200))
def test_one_account_gets_some_forty_tries_a_day_at_most(pauses: list[float]) -> None:
    house, at = House(), []
    for pause in pauses:
        if house.wrong(GUEST):
            at.append(house.clock.wall)
        house.clock.wait(pause)
    for index, first in enumerate(at):
        in_a_day = sum(first <= each < first + DAY_S for each in at[index:])
        assert in_a_day <= MAX_TRIES + 24

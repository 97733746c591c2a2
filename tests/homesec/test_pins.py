"""PINs as hashes, and the lockout after wrong ones."""

from __future__ import annotations

import json
from unittest.mock import patch

from alarm_fixtures import StubClock
from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.alarm.codes import FREE_TRIES, Lockout
from custom_components.homesec.alarm.pins import Pin, PinKind, find_pin, is_pin


def pin(code: str, name: str = "Ann", kind: PinKind = PinKind.FULL) -> Pin:
    return Pin.make(code, name=name, kind=kind)


def test_stored_pin_matches() -> None:
    stored = json.loads(json.dumps(pin("2580", kind=PinKind.DURESS).as_dict()))
    read = Pin.from_dict(stored)
    assert read.matches("2580")
    assert not read.matches("2581")
    assert not read.matches("02580")
    assert (read.name, read.kind) == ("Ann", "duress")


def test_stored_and_printed_pin_does_not_reveal_code() -> None:
    made = pin("739154682037")
    assert "739154682037" not in json.dumps(made.as_dict()) + repr(made)
    assert made.salt.hex() not in repr(made)
    assert made.digest.hex() not in repr(made)


def test_same_code_has_different_hashes() -> None:
    one, two = pin("2580"), pin("2580")
    assert one.salt != two.salt
    assert one.digest != two.digest


def test_find_pin_compares_all_pins() -> None:
    pins = [pin(code, name=code) for code in ("1111", "2222", "3333")]
    tried: list[str] = []

    def matches(self: Pin, code: str) -> bool:
        tried.append(self.name)
        return code == self.name

    with patch.object(Pin, "matches", matches):
        for code, expected in (("1111", pins[0]), ("3333", pins[2]), ("9999", None)):
            tried.clear()
            assert find_pin(pins, code) is expected
            assert tried == ["1111", "2222", "3333"]


@given(st.text(max_size=14))
def test_pin_has_four_to_twelve_digits(text: str) -> None:
    expected = 4 <= len(text) <= 12 and all(letter in "0123456789" for letter in text)
    assert is_pin(text) is expected


@pytest.mark.parametrize(
    "text", ["\u0663" * 4, "\uff11\uff12\uff13\uff14", "1234\n", " 1234", "12 34", "-1234"]
)
def test_pin_rejects_other_scripts_and_spaces(text: str) -> None:
    assert not is_pin(text)
    assert find_pin([pin("1234")], text) is None


# --- after wrong ones --------------------------------------------------------------------------


class SettableClock:
    """A clock whose time of day can be set."""

    def __init__(self) -> None:
        self.wall, self.steady = 1_700_000_000.0, 10.0
        self.clocks = StubClock(now=lambda: self.wall, monotonic=lambda: self.steady)

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


def locked_out(clock: SettableClock, tries: int = FREE_TRIES) -> Lockout:
    lockout = Lockout(clock.clocks)
    for _ in range(tries):
        lockout.count()
    return lockout


def restarted(clock: SettableClock, lockout: Lockout, step_s: float) -> Lockout:
    """Return the lockout after a restart during which the clock was set."""
    stored = json.loads(json.dumps(lockout.as_dict()))
    clock.wall += step_s
    clock.steady = 1.0
    loaded = Lockout(clock.clocks)
    loaded.load(stored)
    return loaded


def test_first_wrong_tries_cause_no_lockout() -> None:
    lockout = locked_out(SettableClock(), FREE_TRIES - 1)
    assert lockout.remaining_s == 0
    assert lockout.ends_at is None


def test_lockout_doubles_up_to_an_hour() -> None:
    clock = SettableClock()
    lockout = locked_out(clock, FREE_TRIES - 1)
    waits = []
    for _ in range(9):
        lockout.count()
        waits.append(lockout.remaining_s)
        assert lockout.ends_at == clock.wall + waits[-1]
        clock.wait(waits[-1])
        assert lockout.remaining_s == 0
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert locked_out(clock, 100_000).remaining_s == 3600


def test_reset_forgets_wrong_tries() -> None:
    lockout = locked_out(SettableClock(), 9)
    assert lockout.reset()
    assert not lockout.reset()
    lockout.count()
    assert lockout.remaining_s == 0


@pytest.mark.parametrize("step_s", [-1e7, 1e7])
def test_set_clock_does_not_end_lockout(step_s: float) -> None:
    clock = SettableClock()
    lockout = locked_out(clock)
    clock.wall += step_s
    assert lockout.remaining_s == 60


@pytest.mark.parametrize("step_s", [0, -1e7])
def test_restart_does_not_end_lockout(step_s: float) -> None:
    clock = SettableClock()
    lockout = restarted(clock, locked_out(clock), step_s)
    assert lockout.remaining_s == 60
    clock.wait(59)
    assert lockout.remaining_s == 1
    assert lockout.wrong_tries == FREE_TRIES

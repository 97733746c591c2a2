"""PINs as hashes: what is stored of them, and what it reveals."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING
from unittest.mock import patch

from alarm_fixtures import CODES, LOW_COST, NAMES, PINS, SALT, WRONG, earlier_pin
from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.alarm import pins as pins_module
from custom_components.homesec.alarm.pins import (
    COST,
    MAX_PINS,
    HashCost,
    Pin,
    PinKind,
    find_pin,
    house_salt,
    is_pin,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from unittest.mock import Mock


@pytest.fixture
def hashes() -> Iterator[Mock]:
    """The calls of scrypt."""
    with patch.object(hashlib, "scrypt", wraps=hashlib.scrypt) as scrypt:
        yield scrypt


def read(stored: dict[str, object]) -> Pin:
    return Pin.from_dict(json.loads(json.dumps(stored)))


def house() -> dict[str, Pin]:
    """Return a PIN of each kind."""
    return {pin_id: read(stored) for pin_id, stored in PINS.items()}


@pytest.mark.parametrize("kind", list(PinKind))
def test_stored_pin_is_found_by_its_code_only(kind: PinKind) -> None:
    found = find_pin(house(), CODES[kind])
    assert found is not None
    assert (found.id, found.kind, found.pin.name) == (f"pin_{kind}", kind, NAMES[kind])
    assert found.renewed is None
    for code in (WRONG, f"0{CODES[kind]}", CODES[kind][:-1]):
        assert find_pin(house(), code) is None


def test_stored_and_printed_pin_does_not_reveal_code() -> None:
    made = Pin.make("739154682037", name="Ann", kind=PinKind.FULL, salt=SALT)
    assert "739154682037" not in json.dumps(made.as_dict()) + repr(made)
    for secret in (made.digest, made.mark):
        assert secret.hex() not in repr(made)
        assert repr(secret) not in repr(made)


def test_stored_duress_pin_looks_like_one_that_arms_and_disarms() -> None:
    full, duress = PINS["pin_full"], PINS["pin_duress"]
    of_each_pin = ("name", "digest", "mark", "revision")
    assert {k: v for k, v in duress.items() if k not in of_each_pin} == {
        k: v for k, v in full.items() if k not in of_each_pin
    }
    for key in ("digest", "mark", "revision"):
        assert len(duress[key]) == len(full[key]) > 0
    assert repr(read(duress)).replace(NAMES[PinKind.DURESS], "") == repr(read(full)).replace(
        NAMES[PinKind.FULL], ""
    )


def test_same_code_in_two_houses_has_different_hashes() -> None:
    one, two = (
        Pin.make("2580", name="Ann", kind=PinKind.FULL, salt=house_salt([])) for _ in range(2)
    )
    assert one.salt != two.salt
    assert one.digest != two.digest


def test_try_costs_one_hash_however_many_pins_there_are(hashes: Mock) -> None:
    pin = house()["pin_full"]
    assert find_pin({str(number): pin for number in range(MAX_PINS)}, WRONG) is None
    assert hashes.call_count == 1


def test_hash_cost_is_what_a_raspberry_pi_4_takes_a_quarter_of_a_second_for() -> None:
    assert HashCost(n=2**15, r=8, p=1) == COST


def test_all_pins_are_compared_whichever_matches() -> None:
    pins, compared = house(), []
    original = Pin.kind_for

    def kind_for(pin: Pin, hashed: object) -> PinKind | None:
        compared.append(pin.name)
        return original(pin, hashed)  # type: ignore[arg-type]

    with patch.object(Pin, "kind_for", kind_for):
        for code in (*CODES.values(), WRONG):
            compared.clear()
            find_pin(pins, code)
            assert compared == list(NAMES.values())


@pytest.mark.parametrize("kind", list(PinKind))
def test_pin_of_earlier_version_is_verified_as_stored_and_renewed(kind: PinKind) -> None:
    pins = {"old": read(earlier_pin("2580", name="Ann", kind=kind)), **house()}
    assert pins["old"].as_dict()["kind"] == kind.value
    assert find_pin(pins, "2581") is None
    found = find_pin(pins, "2580")
    assert found is not None
    assert (found.id, found.kind) == ("old", kind)
    renewed = found.renewed
    assert renewed is not None
    assert (renewed.name, renewed.salt, renewed.cost) == ("Ann", SALT, LOW_COST)
    assert "duress" not in json.dumps(renewed.as_dict())
    again = find_pin({**pins, "old": read(renewed.as_dict())}, "2580")
    assert again is not None
    assert (again.kind, again.renewed) == (kind, None)


def test_pin_whose_parameters_were_raised_is_verified_with_its_own() -> None:
    with patch.object(pins_module, "COST", HashCost(n=2**4, r=4, p=2)):
        old = Pin.make("2580", name="Ann", kind=PinKind.FULL, salt=SALT)
    stored = old.as_dict()
    assert (stored["cost"], stored["block_size"], stored["parallel"]) == (16, 4, 2)
    found = find_pin({"old": read(stored)}, "2580")
    assert found is not None
    assert found.renewed is not None
    assert found.renewed.cost == LOW_COST


@given(st.text(max_size=14))
def test_pin_has_four_to_twelve_digits(text: str) -> None:
    expected = 4 <= len(text) <= 12 and all(letter in "0123456789" for letter in text)
    assert is_pin(text) is expected


@pytest.mark.parametrize(
    "text", ["\u0663" * 4, "\uff11\uff12\uff13\uff14", "1234\n", " 1234", "12 34", "-1234"]
)
def test_pin_rejects_other_scripts_and_spaces(text: str) -> None:
    pin = Pin.make("1234", name="Ann", kind=PinKind.FULL, salt=SALT)
    assert not is_pin(text)
    assert find_pin({"1": pin}, text) is None

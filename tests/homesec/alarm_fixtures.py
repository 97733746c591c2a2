"""An alarm with PINs and delays."""

from __future__ import annotations

from functools import cache
import hashlib
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from homesec_fixtures import entity_id

from custom_components.homesec.alarm import pins as pins_module
from custom_components.homesec.alarm.pins import HashCost, Pin, PinKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

# Digits that are unlikely to appear anywhere else.
CODES = {
    PinKind.FULL: "730518",
    PinKind.ARM: "730519",
    PinKind.DISARM: "730520",
    PinKind.DURESS: "730521",
}
WRONG = "999111"
NAMES = {
    PinKind.FULL: "Ann",
    PinKind.ARM: "Cleaner",
    PinKind.DISARM: "Neighbour",
    PinKind.DURESS: "Ann at home",
}
DELAYS = {"away": {"exit_s": 30, "entry_s": 20, "trigger_s": 100}}

SALT = bytes(16)

LOW_COST = HashCost(n=2**4)
"""Of the hashes in tests, which take long on purpose otherwise."""

with patch.object(pins_module, "COST", LOW_COST):
    PINS = {
        f"pin_{kind}": Pin.make(code, name=NAMES[kind], kind=kind, salt=SALT).as_dict()
        for kind, code in CODES.items()
    }


@cache
def _earlier_digest(code: str) -> bytes:
    return hashlib.scrypt(code.encode(), salt=code.encode(), n=2**14, r=8, p=1, dklen=32)


def earlier_pin(code: str, *, name: str, kind: PinKind) -> dict[str, Any]:
    """Return a PIN as earlier versions stored it: cheaper, with a salt of its own, and openly."""
    salt = code.encode()
    return {
        "name": name,
        "kind": kind.value,
        "salt": salt.hex(),
        "digest": _earlier_digest(code).hex(),
        "cost": 2**14,
    }


def with_alarm(entry: MockConfigEntry, **data: Any) -> MockConfigEntry:
    """Give an entry that isn't set up yet settings of the alarm."""
    object.__setattr__(entry, "data", MappingProxyType({**entry.data, **data}))
    return entry


def panel(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Return the id of the alarm's entity."""
    return entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)


class StubClock:
    """A clock made of two functions."""

    def __init__(self, *, now: Callable[[], float], monotonic: Callable[[], float]) -> None:
        self.now = now
        self.monotonic = monotonic


class SettableClock:
    """A clock whose time of day can be set."""

    def __init__(self) -> None:
        self.wall, self.steady = 1_700_000_000.0, 10.0
        self.clocks = StubClock(now=lambda: self.wall, monotonic=lambda: self.steady)

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


class FastClock:
    """Skips time for the alarm only; creates its clocks."""

    def __init__(self) -> None:
        self.ahead_s = 0.0
        self.wall_ahead_s = 0.0

    def __call__(self) -> StubClock:
        return StubClock(
            now=lambda: time.time() + self.wall_ahead_s,
            monotonic=lambda: time.monotonic() + self.ahead_s,
        )

    async def skip(self, hass: HomeAssistant, entry: MockConfigEntry, seconds: float) -> None:
        self.ahead_s += seconds
        entry.runtime_data.alarm._stored.async_advance()
        await hass.async_block_till_done()

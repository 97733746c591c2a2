"""A home whose alarm is armed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alarm_fixtures import PINS, with_alarm
from homesec_fixtures import arm, set_up

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

ZONE = {
    "name": "Drive",
    "kind": "mask",
    "polygon": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]],
    "labels": [],
    "loiter_s": 0,
}


async def armed(hass: HomeAssistant, entry: MockConfigEntry, *, pins: bool = True) -> None:
    """Set up and arm, by default with a PIN of each kind."""
    await set_up(hass, with_alarm(entry, **({"pins": PINS} if pins else {})))
    await arm(hass, entry)

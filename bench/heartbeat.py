"""An integration for Home Assistant that measures how late its event loop is.

`bench/scale.py` copies this file as `custom_components/homesec_heartbeat/__init__.py`. It imports
nothing but Home Assistant.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from homeassistant.core import ServiceCall, SupportsResponse

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

DOMAIN = "homesec_heartbeat"
INTERVAL_S = 0.01


async def async_setup(hass: HomeAssistant, _config: dict[str, Any]) -> bool:
    """Add the action `homesec_heartbeat.measure`, which answers after `seconds`."""

    async def async_measure(call: ServiceCall) -> dict[str, float]:
        late: list[float] = []
        task = hass.async_create_background_task(_async_beat(hass, late), DOMAIN)
        await asyncio.sleep(float(call.data["seconds"]))
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        late.sort()
        return {
            "p50": _ms(late[len(late) // 2]),
            "p99": _ms(late[len(late) * 99 // 100]),
            "max": _ms(late[-1]),
        }

    hass.services.async_register(
        DOMAIN, "measure", async_measure, supports_response=SupportsResponse.ONLY
    )
    return True


async def _async_beat(hass: HomeAssistant, late: list[float]) -> None:
    """Append by how much each wait was longer than it should have been."""
    while True:
        due = hass.loop.time() + INTERVAL_S
        await asyncio.sleep(INTERVAL_S)
        late.append(hass.loop.time() - due)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)

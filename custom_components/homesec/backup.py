"""Home Assistant's backups hold the clip index as it was at one moment."""

import sqlite3
from typing import TYPE_CHECKING

from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

    from .runtime import HomeSecData


def _running(hass: HomeAssistant) -> list[HomeSecData]:
    """Return the houses whose index is open; there is one at most."""
    coordinators = (e.runtime_data for e in hass.config_entries.async_loaded_entries(DOMAIN))
    return [c for c in coordinators if c.ready]


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Keep the index's file as it is; clips are recorded all the same."""
    for runtime in _running(hass):
        try:
            await runtime.host.async_run(runtime.host.engine.library.hold_still)
        except sqlite3.Error as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="index_in_use"
            ) from err


async def async_post_backup(hass: HomeAssistant) -> None:
    """Let the index's file change again, whatever became of the backup."""
    for runtime in _running(hass):
        await runtime.host.async_run(runtime.host.engine.library.release)

"""Keeps the clip index consistent in Home Assistant's backups."""

import sqlite3
from typing import TYPE_CHECKING

from homeassistant.exceptions import HomeAssistantError

from .access import async_get_runtime
from .const import DOMAIN

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Freeze the index's file; recording goes on."""
    if (runtime := async_get_runtime(hass)) is None or not runtime.host.ready:
        return
    try:
        await runtime.host.async_run(runtime.host.engine.catalog.database.suspend_checkpoints)
    except sqlite3.Error as err:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="index_in_use") from err


async def async_post_backup(hass: HomeAssistant) -> None:
    """Release the index's file, even if the backup failed."""
    if (runtime := async_get_runtime(hass)) is not None and runtime.host.ready:
        await runtime.host.async_run(runtime.host.engine.catalog.database.resume_checkpoints)

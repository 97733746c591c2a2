"""Where the alarm's facts are kept.

Not ``RestoreEntity``: that is written every 15 minutes, and a power cut would disarm the house.
"""

from typing import TYPE_CHECKING, Any, override

from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from .facts import migrated

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

STORAGE_VERSION = 2
NEWEST_VERSION = 99
"""What a newer HomeSec wrote is read as far as possible: an older one must not disarm the house."""
STORAGE_KEY = f"{DOMAIN}.alarm"
NO_TRIES = {"wrong": 0, "last_at": 0.0}


class AlarmStore(Store[dict[str, Any]]):
    """One small file, replaced as a whole at each change."""

    def __init__(self, hass: HomeAssistant) -> None:
        super().__init__(
            hass,
            STORAGE_VERSION,
            STORAGE_KEY,
            atomic_writes=True,
            max_readable_version=NEWEST_VERSION,
        )

    @override
    async def _async_migrate_func(
        self, old_major_version: int, old_minor_version: int, old_data: dict[str, Any]
    ) -> dict[str, Any]:
        """Take over what was stored before there were delays; what is unreadable is told later."""
        if old_major_version >= STORAGE_VERSION:
            return old_data
        try:
            return {"facts": migrated(old_data), "tries": NO_TRIES}
        except AttributeError, KeyError, TypeError, ValueError:
            return {"facts": old_data, "tries": NO_TRIES}

"""Where the alarm's snapshot is stored.

Not with ``RestoreEntity``: that is written every 15 minutes, and a power cut would disarm the
alarm.
"""

from typing import TYPE_CHECKING, Any, override

from homeassistant.helpers.storage import Store

from ..const import DOMAIN, TRIGGER_TIME_S
from .machine import AlarmMode, AlarmSnapshot, AlarmState, Cause

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.core import HomeAssistant

STORAGE_VERSION = 2
NEWEST_VERSION = 99
"""What a newer version stored is read as far as possible: an older one must not disarm."""
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
        """Convert version 1; what can't be read is left as it is, and reported on load."""
        if old_major_version >= STORAGE_VERSION:
            return old_data
        try:
            return {"facts": _from_version_1(old_data).as_dict(), "tries": NO_TRIES}
        except AttributeError, KeyError, TypeError, ValueError:
            return {"facts": old_data, "tries": NO_TRIES}


def _from_version_1(stored: Mapping[str, Any]) -> AlarmSnapshot:
    """Return the snapshot of an alarm from before there were delays."""
    mode, at = AlarmMode(stored["mode"]), stored["triggered_at"]
    state = AlarmState.DISARMED if mode is AlarmMode.DISARMED else AlarmState.ARMED
    triggered = at is not None
    return AlarmSnapshot(
        mode=mode,
        state=AlarmState.TRIGGERED if triggered else state,
        began_at=at if triggered else stored["changed_at"],
        lasts_s=TRIGGER_TIME_S if triggered else None,
        changed_at=stored["changed_at"],
        changed_by=stored["changed_by"],
        cause=Cause(by=stored["triggered_by"]) if triggered else None,
    )

"""What alerts remember over a restart or reload, in one small file that is replaced as a whole."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from ..stored_data import UnreadableError, async_load_store

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry

    from .open_alerts import OpenAlerts
    from .rules import Cooldowns
    from .undelivered import Undelivered

STORAGE_VERSION: Final = 1
STORAGE_KEY: Final = f"{DOMAIN}.alerts"


def alert_store(hass: HomeAssistant) -> Store[dict[str, Any]]:
    """Return where alerts are stored."""
    return Store(hass, STORAGE_VERSION, STORAGE_KEY, atomic_writes=True)


class StoredAlerts:
    """Loads and saves open alerts, cooldowns, and what wasn't delivered."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        alerts: OpenAlerts,
        cooldowns: Cooldowns,
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._store = alert_store(hass)
        self._alerts = alerts
        self._cooldowns = cooldowns
        self._undelivered: Undelivered | None = None
        self._saving = False
        self._stopped = False

    async def async_load(self, undelivered: Undelivered) -> None:
        """Go on with the alerts of the last run, and with what it didn't deliver."""
        self._undelivered = undelivered
        now = dt_util.utcnow().timestamp()
        try:
            if (stored := await async_load_store(self._store)) is None:
                return
            undelivered.load(stored["undelivered"])
            self._cooldowns.load(stored["cooldowns"])
            self._alerts.load(stored["open"], now)
        except UnreadableError, LookupError, AttributeError, TypeError, ValueError:
            LOGGER.error("The stored alerts are unreadable; some may be sent again")

    async def _async_save(self) -> None:
        now = dt_util.utcnow().timestamp()
        undelivered = {} if self._undelivered is None else self._undelivered.as_dict()
        await self._store.async_save(
            {
                "open": self._alerts.as_dict(now),
                "cooldowns": self._cooldowns.as_list(now),
                "undelivered": undelivered,
            }
        )

    @callback
    def async_save_soon(self) -> None:
        """Save in the background; what changes until it begins is saved with it."""
        if not self._saving and not self._stopped:
            self._saving = True
            self._entry.async_create_task(
                self._hass, self._async_save_now(), "HomeSec alerts saved", eager_start=False
            )

    async def _async_save_now(self) -> None:
        self._saving = False
        if not self._stopped:
            await self._async_save()

    async def async_stop(self) -> None:
        """Save for the last time: what cameras that stop report isn't what they saw."""
        if not self._stopped:
            self._stopped = True
            await self._async_save()

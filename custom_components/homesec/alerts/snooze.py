"""Snoozed cameras: their alerts are held back, while recording and the alarm go on."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.storage import Store

from ..const import DOMAIN, LOGGER
from ..stored_data import UnreadableError, async_load_store, parse_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

STORAGE_VERSION: Final = 1
STORAGE_KEY: Final = f"{DOMAIN}.snooze"
MAX_SNOOZE: Final = timedelta(days=30)
CLOCK_SET_BACK: Final = timedelta(days=1)  # by this much, a snooze only lasts longer


def snooze_store(hass: HomeAssistant) -> Store[dict[str, Any]]:
    """Return where snoozes are stored, so that they outlast a restart."""
    return Store(hass, STORAGE_VERSION, STORAGE_KEY, atomic_writes=True)


class Snooze:
    """When the snooze of each camera ends, in UTC epoch seconds."""

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        clock: Callable[[], float],
        on_change: Callable[[str], None],
    ) -> None:
        """``on_change`` is called with each camera whose snooze begins or ends."""
        self._hass = hass
        self._clock = clock
        self._on_change = on_change
        self._store = snooze_store(hass)
        self._until: dict[str, float] = {}
        self._timers: dict[str, CALLBACK_TYPE] = {}

    async def async_load(self) -> None:
        """Go on with the snoozes of the last run."""
        try:
            if (stored := await async_load_store(self._store)) is None:
                return
            until = {str(key): parse_seconds(at) for key, at in stored["until"].items()}
        except UnreadableError, AttributeError, KeyError, TypeError, ValueError:
            LOGGER.error("The stored snoozes are unreadable; no camera is snoozed now")
            return
        self._until = {key: at for key, at in until.items() if self._lasts(at)}
        for camera_id in self._until:
            self._async_set_timer(camera_id)

    def until(self, camera_id: str) -> float | None:
        """Return when a camera's snooze ends; None if it isn't snoozed."""
        at = self._until.get(camera_id)
        return at if at is not None and self._lasts(at) else None

    def _lasts(self, until: float) -> bool:
        """Return whether a snooze lasts; never for years, after the clock was set back."""
        return 0 < until - self._clock() <= (MAX_SNOOZE + CLOCK_SET_BACK).total_seconds()

    async def async_set(self, camera_id: str, duration_s: float) -> float | None:
        """Snooze a camera from now on, 0: end that; return its end once that is saved."""
        if duration_s > 0:
            self._until[camera_id] = self._clock() + duration_s
        else:
            self._until.pop(camera_id, None)
        self._async_set_timer(camera_id)
        self._on_change(camera_id)
        await self._async_save()
        return self.until(camera_id)

    async def async_forget_all_but(self, camera_ids: set[str]) -> None:
        """Forget the snoozes of cameras that were removed."""
        if removed := self._until.keys() - camera_ids:
            for camera_id in removed:
                del self._until[camera_id]
                self._async_set_timer(camera_id)
            await self._async_save()

    async def _async_save(self) -> None:
        await self._store.async_save({"until": self._until})

    @callback
    def _async_set_timer(self, camera_id: str) -> None:
        if (cancel := self._timers.pop(camera_id, None)) is not None:
            cancel()
        if (until := self._until.get(camera_id)) is None:
            return

        @callback
        def end(_now: object) -> None:
            del self._timers[camera_id]
            if self.until(camera_id) is not None:
                self._async_set_timer(camera_id)  # the clock was set back meanwhile
                return
            self._until.pop(camera_id, None)
            self._on_change(camera_id)

        self._timers[camera_id] = async_call_later(
            self._hass,
            max(0.0, until - self._clock()),
            HassJob(end, "HomeSec snooze", cancel_on_shutdown=True),
        )

    @callback
    def async_stop(self) -> None:
        """Cancel the timers; the stored snoozes stay."""
        for cancel in self._timers.values():
            cancel()
        self._timers.clear()

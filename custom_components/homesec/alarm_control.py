"""The alarm of this Home Assistant: its facts on disk, its timer, who wants to know."""

from typing import TYPE_CHECKING, Any

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .alarm import Alarm, AlarmFacts, AlarmMode
from .const import DOMAIN, LOGGER

if TYPE_CHECKING:
    from collections.abc import Callable

STORAGE_VERSION = 1
STORAGE_KEY = f"{DOMAIN}.alarm"


def alarm_store(hass: HomeAssistant) -> Store[dict[str, Any]]:
    """Return where the alarm's facts are kept.

    Not ``RestoreEntity``: that is written every 15 minutes, and a power cut would disarm the house.
    """
    return Store(hass, STORAGE_VERSION, STORAGE_KEY, atomic_writes=True)


class AlarmControl:
    """Saves the facts at each change and asks again when a triggered alarm is due to calm down."""

    def __init__(self, hass: HomeAssistant, *, on_change: Callable[[], None]) -> None:
        self._hass = hass
        self._on_change = on_change
        self._store = alarm_store(hass)
        self._alarm = Alarm(clock=_now)
        self._cancel_timer: CALLBACK_TYPE | None = None

    async def async_load(self) -> None:
        """Take up where the last run ended, however it ended."""
        stored = await self._store.async_load()
        if stored is not None:
            try:
                self._alarm.facts = AlarmFacts.from_dict(stored)
            except KeyError, ValueError:
                LOGGER.error("The stored state of the alarm is unreadable; it starts disarmed")
        self._async_set_timer()

    @property
    def mode(self) -> AlarmMode:
        """What the owner set."""
        return self._alarm.mode

    @property
    def triggered(self) -> bool:
        """Whether somebody set it off a short while ago."""
        return self._alarm.triggered

    @property
    def facts(self) -> AlarmFacts:
        """Who did what when."""
        return self._alarm.facts

    async def async_set_mode(self, mode: AlarmMode, *, by: str | None = None) -> None:
        """Arm or disarm; returns when that is on disk."""
        self._alarm.set_mode(mode, by=by)
        self._async_changed()
        await self._async_save()

    async def async_trigger(self, *, by: str | None = None) -> None:
        """Set it off; returns when that is on disk."""
        if self._alarm.trigger(by=by):
            self._async_changed()
            await self._async_save()

    async def _async_save(self) -> None:
        await self._store.async_save(self._alarm.facts.as_dict())

    @callback
    def _async_changed(self) -> None:
        self._async_set_timer()
        self._on_change()

    @callback
    def _async_set_timer(self) -> None:
        self.async_stop()
        if remaining_s := self._alarm.remaining_s:
            self._cancel_timer = async_call_later(
                self._hass,
                remaining_s,
                HassJob(self._async_due, "HomeSec alarm calms down", cancel_on_shutdown=True),
            )

    @callback
    def _async_due(self, _now: object) -> None:
        self._cancel_timer = None
        self._async_changed()

    @callback
    def async_stop(self) -> None:
        """Cancel the timer; the facts stay."""
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None


def _now() -> float:
    return dt_util.utcnow().timestamp()

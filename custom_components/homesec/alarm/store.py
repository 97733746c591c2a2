"""The alarm's file, and the state machine that is saved in it.

Not with ``RestoreEntity``: that is written every 15 minutes, and a power cut would disarm the
alarm.
"""

from typing import TYPE_CHECKING, Any, override

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.storage import Store

from ..const import DOMAIN, LOGGER, TRIGGER_TIME_S
from ..stored_data import UnreadableError, async_load_store
from .cause import Cause
from .config import get_delays
from .lockout import Lockouts
from .machine import Alarm, AlarmMode, AlarmSnapshot, AlarmState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.config_entries import ConfigEntry

    from ..engine.core.clock import Clock
    from .machine import OnState

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


class StoredAlarm:
    """Saves the state machine and the lockouts, and advances the machine when a phase ends."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, *, clock: Clock, on_state: OnState
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._clock = clock
        self._on_state = on_state
        self._store = AlarmStore(hass)
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._unsaved = False
        self.started = False  # whether time passes; not before Home Assistant has started
        self.alarm = self._create(AlarmSnapshot())
        self.lockouts = Lockouts(clock)

    def _create(self, snapshot: AlarmSnapshot) -> Alarm:
        return Alarm(
            clock=self._clock,
            delays=lambda mode: get_delays(self._entry.data, mode),
            on_state=self._on_state,
            snapshot=snapshot,
        )

    async def async_load(self) -> bool:
        """Go on where the last run ended; return whether more than the mode could be read."""
        snapshot: Any = None
        try:
            if (stored := await async_load_store(self._store)) is None:
                return True
            snapshot = stored.get("facts")
            self.alarm = self._create(AlarmSnapshot.from_dict(snapshot))
        except UnreadableError, AttributeError, KeyError, TypeError, ValueError:
            self.alarm = self._create(AlarmSnapshot.from_mode(snapshot, now=self._clock.now()))
            self._unsaved = True
            mode = self.alarm.mode
            LOGGER.error("The stored state of the alarm is unreadable; it is %s now", mode)
            return False
        try:
            self.lockouts.load(stored["tries"])
        except AttributeError, KeyError, TypeError, ValueError:
            LOGGER.error("The stored number of wrong PINs is unreadable; it starts at 0")
        return True

    @callback
    def async_advance(self, _now: object = None) -> None:
        """Go on to the next phase if it is time."""
        self.alarm.advance()
        self.async_save_soon()
        self._async_set_timer()

    @callback
    def async_state_changed(self) -> None:
        """Have the new state saved, and advanced when it ends."""
        self._unsaved = True
        self._async_set_timer()

    @callback
    def _async_set_timer(self) -> None:
        self._async_cancel_timer()
        if self.started and (remaining_s := self.alarm.remaining_s) is not None:
            job = HassJob(self.async_advance, "HomeSec alarm", cancel_on_shutdown=True)
            self._cancel_timer = async_call_later(self._hass, remaining_s, job)

    @callback
    def _async_cancel_timer(self) -> None:
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None

    async def async_save(self) -> None:
        """Save; returns once that is done."""
        self._unsaved = False
        snapshot, tries = self.alarm.snapshot.as_dict(), self.lockouts.as_dict()
        await self._store.async_save({"facts": snapshot, "tries": tries})

    @callback
    def async_save_soon(self, *, changed: bool = False) -> None:
        """Save in the background if something changed."""
        if changed or self._unsaved:
            self._unsaved = True
            self._entry.async_create_task(self._hass, self.async_save(), "HomeSec alarm saved")

    async def async_stop(self) -> None:
        """Stop; a phase that lasts is saved again, with its beginning as the clock is set now."""
        self._async_cancel_timer()
        if self.started and self.alarm.remaining_s is not None:
            await self.async_save()
        self.started = False

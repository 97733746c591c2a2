"""The alarm of this Home Assistant: its facts on disk, its timer, what the cameras tell it."""

from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.start import async_at_started

from .alarm import Alarm, AlarmFacts, AlarmMode, AlarmState, Cause, Delays
from .alarm_announcements import alarm_announcement
from .alarm_cameras import in_view, intruder, offline
from .alarm_codes import AlarmCodes
from .alarm_config import delays
from .alarm_store import AlarmStore
from .camera_state import AlarmChanged, AlarmTriggered, Duress
from .const import EVENT_ALARM_DURESS, LOGGER
from .engine.models import CameraHealth, DetectionStarted, EngineEvent, HealthChanged
from .pins import ARMING_KINDS, DISARMING_KINDS, Pin, PinKind
from .span import system_clocks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .coordinator import HomeSecCoordinator

CLOCK_STEP_S = 1.0


class AlarmControl:
    """Saves the facts at each change, and asks again when a phase is due to end."""

    def __init__(self, coordinator: HomeSecCoordinator) -> None:
        self._coordinator = coordinator
        self._hass = coordinator.hass
        self._store = AlarmStore(coordinator.hass)
        self._clocks = system_clocks()
        self._alarm = self._make(AlarmFacts())
        self._codes = AlarmCodes(
            coordinator.hass,
            data=lambda: coordinator.entry.data,
            clocks=self._clocks,
            save=self._async_save,
        )
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._started = False
        self._unsaved = False
        self._ends_at: float | None = None

    def _make(self, facts: AlarmFacts) -> Alarm:
        return Alarm(
            clocks=self._clocks,
            delays=self._delays,
            on_state=self._async_on_state,
            facts=facts,
        )

    def _delays(self, mode: AlarmMode) -> Delays:
        return delays(self._coordinator.entry.data, mode)

    async def async_load(self) -> None:
        """Take up where the last run ended, however it ended."""
        stored = await self._store.async_load()
        if stored is not None:
            try:
                self._alarm = self._make(AlarmFacts.from_dict(stored["facts"]))
                self._codes.lockout.load(stored["tries"])
            except KeyError, TypeError, ValueError:
                LOGGER.error("The stored state of the alarm is unreadable; it starts disarmed")

    @callback
    def async_begin(self) -> CALLBACK_TYPE:
        """Let time pass, as soon as automations listen: what ran out meanwhile is told to them."""

        @callback
        def begin(_hass: HomeAssistant) -> None:
            self._started = True
            self._async_settle()

        return async_at_started(self._hass, begin)

    # --- what it is ---------------------------------------------------------------------------

    @property
    def mode(self) -> AlarmMode:
        """What the owner set."""
        return self._alarm.mode

    @property
    def state(self) -> AlarmState:
        """What it is at."""
        return self._alarm.state

    @property
    def armed(self) -> bool:
        """Whether the owner wants intruders reported, be it only after the exit delay."""
        return self.mode is not AlarmMode.DISARMED

    @property
    def guarding(self) -> bool:
        """Whether whom a camera of this mode sees is an intruder."""
        return self._alarm.guarding

    @property
    def arming(self) -> bool:
        """Whether people are given time to leave."""
        return self.state is AlarmState.ARMING

    @property
    def triggered(self) -> bool:
        """Whether it was set off a short while ago."""
        return self.state is AlarmState.TRIGGERED

    @property
    def facts(self) -> AlarmFacts:
        """Who did what when."""
        return self._alarm.facts

    @property
    def delay_ends_at(self) -> float | None:
        """When the exit or entry delay is over, in UTC epoch seconds."""
        remaining_s = self._alarm.remaining_s
        if remaining_s is None or self.triggered:
            return None
        ends_at = self._clocks.wall() + remaining_s
        if self._ends_at is None or abs(self._ends_at - ends_at) > CLOCK_STEP_S:
            self._ends_at = ends_at  # else as it was told before, to the millisecond
        return self._ends_at

    @property
    def bypassed(self) -> list[str]:
        """The names of cameras that were left out, and are still offline."""
        return self._names(self.facts.bypassed)

    def _names(self, camera_ids: Iterable[str]) -> list[str]:
        names = map(self._coordinator.camera_name, camera_ids)
        return [name for name in names if name is not None]

    @property
    def code_format(self) -> str | None:
        """What a code is made of; None as long as none is asked for."""
        return "number" if self._codes.asked else None

    @property
    def code_arm_required(self) -> bool:
        """Whether arming takes a code too: while armed always, since it disarms for a while."""
        return self._codes.asked_to_arm or (self._codes.asked and self.armed)

    # --- what people do -----------------------------------------------------------------------

    async def async_arm(
        self,
        mode: AlarmMode,
        *,
        code: str | None = None,
        by: str | None = None,
        force: bool = False,
        skip_delay: bool = False,
    ) -> None:
        """Arm; returns when that is on disk. ``force`` leaves out cameras that are offline."""
        # While armed it is to disarm too, be it for an exit delay only.
        kinds = ARMING_KINDS & DISARMING_KINDS if self.armed else ARMING_KINDS
        pin = await self._codes.async_check(code, kinds=kinds, needed=self.code_arm_required)
        away = offline(self._coordinator, mode)
        if away and not force:
            raise self._codes.refuse_cameras(self._names(away))
        self._alarm.arm(
            mode,
            by=by if pin is None else pin.name,
            skip_delay=skip_delay,
            forced=bool(away),
            bypassed=away,
        )
        self._async_call_for_help(pin)
        await self._async_save()

    async def async_disarm(self, *, code: str | None = None, by: str | None = None) -> None:
        """Disarm; returns when that is on disk."""
        pin = await self._codes.async_check(code, kinds=DISARMING_KINDS, needed=True)
        self._alarm.disarm(by=by if pin is None else pin.name)
        self._async_call_for_help(pin)
        await self._async_save()

    @callback
    def _async_call_for_help(self, pin: Pin | None) -> None:
        """Tell of a threat to those who listen for it; nothing that is shown here knows of it."""
        if pin is not None and pin.kind is PinKind.DURESS:
            self._hass.bus.async_fire(EVENT_ALARM_DURESS, {"changed_by": pin.name})
            self._coordinator.listeners.async_tell(Duress(by=pin.name))

    async def async_trigger(self, *, by: str | None = None) -> None:
        """Set it off; returns when that is on disk."""
        self._alarm.trigger(Cause(by=by))
        await self._async_save()

    # --- what cameras see ---------------------------------------------------------------------

    @callback
    def async_handle(self, event: EngineEvent) -> None:
        """Take in what the engine tells."""
        match event:
            case DetectionStarted():
                self._async_see(event.presence.camera_id, event.presence.label)
                self._async_save_soon()
            case HealthChanged(health=CameraHealth.RUNNING):
                if self._alarm.restore(event.camera_id):
                    self._unsaved = True
                    self._async_save_soon()
                    self._coordinator.listeners.async_tell(AlarmChanged())

    def _async_see(self, camera_id: str, label: str) -> None:
        if (seen := intruder(self._coordinator, self.mode, camera_id, label)) is not None:
            cause, at_once = seen
            self._alarm.see(cause, at_once=at_once)

    # --- what comes of it ---------------------------------------------------------------------

    @callback
    def _async_on_state(self, was: AlarmFacts, timed: bool) -> None:  # noqa: FBT001
        facts, coordinator = self._alarm.facts, self._coordinator
        self._unsaved = True
        self._ends_at = None
        self._async_set_timer()
        told = alarm_announcement(
            facts, was, timed=timed, bypassed=self.bypassed, ends_at=self.delay_ends_at
        )
        if told is not None:
            name, what = told
            camera = coordinator.camera_facts(facts.cause.camera_id if facts.cause else None)
            self._hass.bus.async_fire(name, what | camera)
        coordinator.async_alarm_changed()
        if facts.state is AlarmState.TRIGGERED:
            cause = facts.cause or Cause()
            coordinator.listeners.async_tell(
                AlarmTriggered(camera_id=cause.camera_id, label=cause.label)
            )
        elif facts.state is AlarmState.ARMED and not (timed and was.state is AlarmState.TRIGGERED):
            # Whoever is in view has not left.
            for camera_id, label in in_view(coordinator, facts.mode):
                self._async_see(camera_id, label)

    @callback
    def _async_settle(self) -> None:
        self._alarm.settle()
        self._async_save_soon()
        self._async_set_timer()

    @callback
    def _async_set_timer(self) -> None:
        self._async_cancel_timer()
        remaining_s = self._alarm.remaining_s
        if self._started and remaining_s is not None:
            self._cancel_timer = async_call_later(
                self._hass,
                remaining_s,
                HassJob(self._async_due, "HomeSec alarm", cancel_on_shutdown=True),
            )

    @callback
    def _async_due(self, _now: object) -> None:
        self._cancel_timer = None
        self._async_settle()

    @callback
    def _async_cancel_timer(self) -> None:
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None

    async def _async_save(self) -> None:
        self._unsaved = False
        await self._store.async_save(
            {"facts": self._alarm.facts.as_dict(), "tries": self._codes.lockout.as_dict()}
        )

    @callback
    def _async_save_soon(self) -> None:
        if self._unsaved:
            self._coordinator.entry.async_create_task(
                self._hass, self._async_save(), "HomeSec alarm saved"
            )

    async def async_stop(self) -> None:
        """End; a phase that lasts is stored once more, by the clock as it is set now."""
        self._async_cancel_timer()
        if self._started and self._alarm.remaining_s is not None:
            await self._async_save()
        self._started = False

"""The alarm of this Home Assistant: its facts on disk, its timer, what the cameras tell it."""

from typing import TYPE_CHECKING, Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.start import async_at_started

from ..const import EVENT_ALARM_DURESS, LOGGER, REACH_S
from ..engine.core.events import DetectionStarted, EngineEvent, HealthChanged
from ..engine.core.types import Activity, CameraHealth
from ..event_bus import AlarmChanged, AlarmTriggered, CamerasMissing, Duress
from ..exceptions import EngineNotRunningError
from ..stored_data import UnreadableError, async_load_store
from .announcements import alarm_announcement
from .cameras import in_view, intruder, offline
from .codes import AlarmCodes, overtaken
from .config import delays
from .machine import Alarm, AlarmMode, AlarmSnapshot, AlarmState, Cause, Delays
from .pins import ARMING_KINDS, DISARMING_KINDS, Pin, PinKind
from .roll_call import ArmingCheck
from .span import system_clocks
from .store import AlarmStore
from .timer import AlarmTimer
from .view import AlarmView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.config_entries import ConfigEntry

    from ..cameras.reconciler import CameraReconciler
    from ..cameras.registry import CameraRegistry
    from ..engine_host import EngineHost
    from ..event_bus import EventBus
    from ..issues import Issues


class AlarmController(AlarmView):
    """Saves the facts at each change, and asks again when a phase is due to end."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        host: EngineHost,
        bus: EventBus,
        cameras: CameraRegistry,
        issues: Issues,
        reconciler: CameraReconciler,
    ) -> None:
        super().__init__(cameras)
        self._hass = hass
        self._entry = entry
        self._host = host
        self._bus = bus
        self._issues = issues
        self._reconciler = reconciler
        self._store = AlarmStore(hass)
        self._clocks = system_clocks()
        self._alarm = self._make(AlarmSnapshot())
        self._codes = AlarmCodes(
            hass,
            data=lambda: entry.data,
            clocks=self._clocks,
            save=self._async_save,
        )
        self._roll_call = ArmingCheck(
            hass,
            entry,
            host=host,
            cameras=cameras,
            clocks=self._clocks,
            reconcile=self.async_reconcile,
            on_missing=self._async_leave_out,
        )
        self._timer = AlarmTimer(hass, due=self._async_settle)
        self._turn = 0
        """Counts what people and time do."""
        self._started = False
        self._early: dict[tuple[str, str], None] = {}
        """Whom cameras saw before automations listen: cameras and labels."""
        self._unsaved = False

    def _make(self, facts: AlarmSnapshot) -> Alarm:
        return Alarm(
            clocks=self._clocks,
            delays=self._delays,
            on_state=self._async_on_state,
            facts=facts,
        )

    def _delays(self, mode: AlarmMode) -> Delays:
        return delays(self._entry.data, mode)

    async def async_load(self) -> None:
        """Take up where the last run ended, however it ended."""
        facts: Any = None
        try:
            if (stored := await async_load_store(self._store)) is None:
                return
            facts = stored.get("facts")
            self._alarm = self._make(AlarmSnapshot.from_dict(facts))
        except UnreadableError, AttributeError, KeyError, TypeError, ValueError:
            self._alarm = self._make(AlarmSnapshot.from_mode(facts, now=self._clocks.wall()))
            self._unsaved = True
            LOGGER.error("The stored state of the alarm is unreadable; it is %s now", self.mode)
            self._issues.async_alarm_unreadable(armed=self.armed)
            return
        try:
            self._codes.lockout.load(stored["tries"])
        except KeyError, TypeError, ValueError:
            LOGGER.error("The stored number of wrong PINs is unreadable; it starts at 0")

    @callback
    def async_begin(self) -> CALLBACK_TYPE:
        """Let time pass, as soon as automations listen: they hear of what happened meanwhile."""

        @callback
        def begin(_hass: HomeAssistant) -> None:
            self._started = True
            early = list(self._early)
            self._async_settle()
            for camera_id, label in early:
                self._async_see(camera_id, label)
            self._async_save_soon()

        return async_at_started(self._hass, begin)

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
        self._async_call_for_help(pin)
        by = by if pin is None else pin.name
        if not skip_delay and self._delays(mode).exit_s >= REACH_S:
            # What is off has the exit delay to answer; who does not is told when it is over.
            self._async_arm(mode, offline(self._cameras, mode), by=by, force=force)
        else:
            self._turn = turn = self._turn + 1
            async with self._roll_call.async_called(mode) as away:
                if self._roll_call.stopped:
                    raise EngineNotRunningError
                if self._turn != turn:
                    raise overtaken()
                self._async_arm(mode, away, by=by, force=force, skip_delay=skip_delay)
        await self._async_save()

    @callback
    def _async_arm(
        self,
        mode: AlarmMode,
        away: tuple[str, ...],
        *,
        by: str | None,
        force: bool,
        skip_delay: bool = False,
    ) -> None:
        if away and not force:
            raise self._codes.refuse_cameras(self._cameras.names(away))
        self._alarm.arm(mode, by=by, skip_delay=skip_delay, forced=bool(away), bypassed=away)

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
            self._bus.async_dispatch(Duress(by=pin.name))

    async def async_trigger(self, *, by: str | None = None) -> None:
        """Set it off; returns when that is on disk."""
        self._alarm.trigger(Cause(by=by))
        await self._async_save()

    # --- cameras ---------------------------------------------------------------------

    def activity(self, camera: Mapping[str, Any]) -> Activity:
        """Return what a camera does now, by its settings."""
        return self._roll_call.activity(camera, self.mode, arming=self.arming)

    @callback
    def async_handle(self, event: EngineEvent) -> None:
        """Take in what the engine tells."""
        if isinstance(event, HealthChanged):
            self._roll_call.async_handle(event)
        match event:
            case DetectionStarted():
                self._async_see(event.presence.camera_id, event.presence.label)
                self._async_save_soon()
            case HealthChanged(health=CameraHealth.RUNNING):
                if self._alarm.restore(event.camera_id):
                    self._unsaved = True
                    self._async_save_soon()
                    self._bus.async_dispatch(AlarmChanged())

    def _async_see(self, camera_id: str, label: str) -> None:
        if (seen := intruder(self._cameras, self.mode, camera_id, label)) is None:
            return
        if self._started:
            cause, at_once = seen
            self._alarm.see(cause, at_once=at_once)
        elif self.guarding:
            self._early[camera_id, label] = None

    # --- what comes of it ---------------------------------------------------------------------

    @callback
    def _async_on_state(self, was: AlarmSnapshot, timed: bool) -> None:  # noqa: FBT001
        self._turn += 1
        self._unsaved = True
        self._ends_at = None
        self._early.clear()
        self._async_set_timer()
        away = self._async_call_roll(was)
        facts = self._alarm.facts
        told = alarm_announcement(
            facts,
            was,
            timed=timed,
            bypassed=self.bypassed,
            offline=self._cameras.names(away),
            ends_at=self.delay_ends_at,
        )
        if told is not None:
            name, what = told
            camera = self._cameras.event_data(facts.cause.camera_id if facts.cause else None)
            self._hass.bus.async_fire(name, what | camera)
        self._async_announce_change()
        self._async_tell_missing(away)
        if facts.state is AlarmState.TRIGGERED:
            cause = facts.cause or Cause()
            self._bus.async_dispatch(AlarmTriggered(camera_id=cause.camera_id, label=cause.label))
        elif facts.state is AlarmState.ARMED and not (timed and was.state is AlarmState.TRIGGERED):
            # Whoever is in view has not left.
            for camera_id, label in in_view(self._cameras, facts.mode):
                self._async_see(camera_id, label)

    @callback
    def _async_call_roll(self, was: AlarmSnapshot) -> tuple[str, ...]:
        """Leave out the cameras that cannot be reached when the exit delay is over."""
        if self.facts.changed_at != was.changed_at:
            self._roll_call.async_end_watch()
        if self.state is not AlarmState.ARMED or was.state is not AlarmState.ARMING:
            return ()
        away = self._roll_call.async_call(self.mode, but=self.facts.bypassed)
        return self._alarm.leave_out(away)

    @callback
    def _async_leave_out(self, camera_ids: tuple[str, ...]) -> None:
        """Armed as the house is, leave out cameras that have had all the time they get."""
        if away := self._alarm.leave_out(camera_ids):
            self._unsaved = True
            self._async_save_soon()
            self._bus.async_dispatch(AlarmChanged())
            self._async_tell_missing(away)

    @callback
    def _async_announce_change(self) -> None:
        """Show the new state, and have the cameras do what they do in it."""
        self._bus.async_dispatch(AlarmChanged())
        if not self._host.stopped:
            self._entry.async_create_task(self._hass, self.async_reconcile(), "HomeSec alarm mode")

    async def async_reconcile(self) -> None:
        """Have each camera do what follows from its settings and the alarm."""
        await self._reconciler.async_reconcile(self.activity)

    @callback
    def _async_tell_missing(self, camera_ids: tuple[str, ...]) -> None:
        """Raise an issue for each camera that the alarm is armed without, and send one alert."""
        if not camera_ids:
            return
        for camera_id in camera_ids:
            name, error = self._cameras.subentry(camera_id).title, self._cameras[camera_id].error
            self._issues.async_camera_missing(camera_id, name, error)
        self._bus.async_dispatch(CamerasMissing(camera_ids=camera_ids))

    @callback
    def _async_settle(self) -> None:
        self._alarm.settle()
        self._async_save_soon()
        self._async_set_timer()

    @callback
    def _async_set_timer(self) -> None:
        self._timer.async_set(self._alarm.remaining_s if self._started else None)

    async def _async_save(self) -> None:
        self._unsaved = False
        await self._store.async_save(
            {"facts": self._alarm.facts.as_dict(), "tries": self._codes.lockout.as_dict()}
        )

    @callback
    def _async_save_soon(self) -> None:
        if self._unsaved:
            self._entry.async_create_task(self._hass, self._async_save(), "HomeSec alarm saved")

    async def async_stop(self) -> None:
        """End; a phase that lasts is stored once more, by the clock as it is set now."""
        self._timer.async_cancel()
        self._roll_call.async_stop()
        if self._started and self._alarm.remaining_s is not None:
            await self._async_save()
        self._started = False

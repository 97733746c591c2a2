"""The alarm: connects its state machine to the disk, timer, PINs, cameras, and event buses."""

from typing import TYPE_CHECKING, Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.start import async_at_started

from ..bus_events import alarm_event
from ..const import DOMAIN, EVENT_ALARM_DURESS, LOGGER, REACH_S
from ..engine.core.clock import SystemClock
from ..engine.core.events import DetectionStarted, EngineEvent, HealthChanged
from ..engine.core.types import Activity, CameraHealth
from ..event_bus import AlarmChanged, AlarmTriggered, CamerasMissing, Duress
from ..exceptions import EngineNotRunningError
from ..stored_data import UnreadableError, async_load_store
from .camera_check import ArmingCheck, alarm_cause, offline, present_labels
from .clock import AlarmTimer
from .codes import AlarmCodes
from .config import delays
from .machine import Alarm, AlarmMode, AlarmSnapshot, AlarmState, Cause, Delays
from .pins import ARMING_KINDS, DISARMING_KINDS, Pin, PinKind
from .store import AlarmStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.config_entries import ConfigEntry

    from ..cameras.reconciler import CameraReconciler
    from ..cameras.registry import CameraRegistry
    from ..engine_host import EngineHost
    from ..event_bus import EventBus
    from ..issues import Issues

CLOCK_STEP_S = 1.0
"""A larger difference to the delay's end as first shown means that the clock was set."""


class AlarmController:
    """The one owner of the alarm: saves each change, and advances it when a phase ends."""

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
        self._hass = hass
        self._entry = entry
        self._host = host
        self._bus = bus
        self._cameras = cameras
        self._issues = issues
        self._reconciler = reconciler
        self._store = AlarmStore(hass)
        self._clock = SystemClock()
        self._alarm = self._create(AlarmSnapshot())
        self._codes = AlarmCodes(hass, entry, clock=self._clock, save=self._async_save)
        self._check = ArmingCheck(
            hass,
            entry,
            host=host,
            cameras=cameras,
            clock=self._clock,
            reconcile=self.async_reconcile,
            on_unavailable=self._async_bypass,
        )
        self._timer = AlarmTimer(hass, on_due=self._async_advance)
        self._version = 0
        """Counts what changes the alarm, or is about to."""
        self._started = False
        self._early: dict[tuple[str, str], None] = {}
        """Cameras and labels that were detected before Home Assistant had started."""
        self._unsaved = False
        self._ends_at: float | None = None

    def _create(self, snapshot: AlarmSnapshot) -> Alarm:
        return Alarm(
            clock=self._clock,
            delays=self._delays,
            on_state=self._async_on_state,
            snapshot=snapshot,
        )

    def _delays(self, mode: AlarmMode) -> Delays:
        return delays(self._entry.data, mode)

    # --- reading ------------------------------------------------------------------------------

    @property
    def mode(self) -> AlarmMode:
        """The mode that the user set."""
        return self._alarm.mode

    @property
    def state(self) -> AlarmState:
        """The current phase."""
        return self._alarm.state

    @property
    def armed(self) -> bool:
        """Whether a mode is set, even during its exit delay."""
        return self.mode is not AlarmMode.DISARMED

    @property
    def guarding(self) -> bool:
        """Whether what a camera of this mode detects triggers the alarm."""
        return self._alarm.guarding

    @property
    def arming(self) -> bool:
        """Whether the exit delay lasts."""
        return self.state is AlarmState.ARMING

    @property
    def snapshot(self) -> AlarmSnapshot:
        """Who did what, and when."""
        return self._alarm.snapshot

    @property
    def delay_ends_at(self) -> float | None:
        """When the exit or entry delay ends, in UTC epoch seconds; None without one."""
        remaining_s = self._alarm.remaining_s
        if remaining_s is None or self.state is AlarmState.TRIGGERED:
            return None
        ends_at = self._clock.now() + remaining_s
        if self._ends_at is None or abs(self._ends_at - ends_at) > CLOCK_STEP_S:
            self._ends_at = ends_at  # else the same as before, to the millisecond
        return self._ends_at

    @property
    def bypassed(self) -> list[str]:
        """The names of bypassed cameras."""
        return self._cameras.names(self.snapshot.bypassed)

    @property
    def code_format(self) -> str | None:
        """What a PIN is made of; None while there are no PINs."""
        return "number" if self._codes.has_pins else None

    @property
    def code_arm_required(self) -> bool:
        """Whether arming takes a PIN; always while armed, since it disarms for the exit delay."""
        return self._codes.needed_to_arm or (self._codes.has_pins and self.armed)

    # --- starting and stopping ----------------------------------------------------------------

    async def async_load(self) -> None:
        """Go on where the last run ended, however it ended."""
        snapshot: Any = None
        try:
            if (stored := await async_load_store(self._store)) is None:
                return
            snapshot = stored.get("facts")
            self._alarm = self._create(AlarmSnapshot.from_dict(snapshot))
        except UnreadableError, AttributeError, KeyError, TypeError, ValueError:
            self._alarm = self._create(AlarmSnapshot.from_mode(snapshot, now=self._clock.now()))
            self._unsaved = True
            LOGGER.error("The stored state of the alarm is unreadable; it is %s now", self.mode)
            self._issues.async_alarm_unreadable(armed=self.armed)
            return
        try:
            self._codes.lockout.load(stored["tries"])
        except KeyError, TypeError, ValueError:
            LOGGER.error("The stored number of wrong PINs is unreadable; it starts at 0")

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Let time pass once Home Assistant has started, so that automations miss nothing."""

        @callback
        def start(_hass: HomeAssistant) -> None:
            self._started = True
            early = list(self._early)
            self._async_advance()
            for camera_id, label in early:
                self._async_detect(camera_id, label)
            self._async_save_soon()

        return async_at_started(self._hass, start)

    async def async_stop(self) -> None:
        """Stop; a phase that lasts is saved again, with its beginning as the clock is set now."""
        self._timer.async_cancel()
        self._check.async_stop()
        if self._started and self._alarm.remaining_s is not None:
            await self._async_save()
        self._started = False

    # --- what users do ------------------------------------------------------------------------

    async def async_arm(
        self,
        mode: AlarmMode,
        *,
        code: str | None = None,
        by: str | None = None,
        force: bool = False,
        skip_delay: bool = False,
    ) -> None:
        """Arm; returns once that is saved. ``force`` bypasses cameras that are offline.

        Raises ``ServiceValidationError``.
        """
        # While armed, this also disarms, if only for the exit delay.
        kinds = ARMING_KINDS & DISARMING_KINDS if self.armed else ARMING_KINDS
        pin = await self._codes.async_check(code, kinds=kinds, needed=self.code_arm_required)
        self._async_announce_duress(pin)
        by = by if pin is None else pin.name
        if not skip_delay and self._delays(mode).exit_s >= REACH_S:
            # Cameras that are off have the exit delay to start, and are checked after it.
            self._async_arm(mode, offline(self._cameras, mode), by=by, force=force)
        else:
            self._version = version = self._version + 1
            async with self._check.async_check(mode) as unavailable:
                if self._check.stopped:
                    raise EngineNotRunningError
                if self._version != version:
                    raise ServiceValidationError(
                        translation_domain=DOMAIN, translation_key="arming_overtaken"
                    )
                self._async_arm(mode, unavailable, by=by, force=force, skip_delay=skip_delay)
        await self._async_save()

    @callback
    def _async_arm(
        self,
        mode: AlarmMode,
        unavailable: tuple[str, ...],
        *,
        by: str | None,
        force: bool,
        skip_delay: bool = False,
    ) -> None:
        if unavailable and not force:
            raise self._codes.refuse_to_arm(self._cameras.names(unavailable))
        forced = bool(unavailable)
        self._alarm.arm(mode, by=by, skip_delay=skip_delay, forced=forced, bypassed=unavailable)

    async def async_disarm(self, *, code: str | None = None, by: str | None = None) -> None:
        """Disarm; returns once that is saved. Raises ``ServiceValidationError``."""
        pin = await self._codes.async_check(code, kinds=DISARMING_KINDS, needed=True)
        self._alarm.disarm(by=by if pin is None else pin.name)
        self._async_announce_duress(pin)
        await self._async_save()

    async def async_trigger(self, *, by: str | None = None) -> None:
        """Trigger manually; returns once that is saved."""
        self._alarm.trigger(Cause(by=by))
        await self._async_save()

    @callback
    def _async_announce_duress(self, pin: Pin | None) -> None:
        """Announce that a duress PIN was used, but show it nowhere."""
        if pin is not None and pin.kind is PinKind.DURESS:
            self._hass.bus.async_fire(EVENT_ALARM_DURESS, {"changed_by": pin.name})
            self._bus.async_dispatch(Duress(by=pin.name))

    # --- cameras ------------------------------------------------------------------------------

    def activity(self, camera: Mapping[str, Any]) -> Activity:
        """Return what a camera with these settings does now."""
        return self._check.activity(camera, self.mode, arming=self.arming)

    async def async_reconcile(self) -> None:
        """Have each camera do what follows from its settings and the alarm."""
        await self._reconciler.async_reconcile(self.activity)

    @callback
    def async_handle_event(self, event: EngineEvent) -> None:
        """Handle detections, and cameras that run again."""
        match event:
            case DetectionStarted():
                self._async_detect(event.presence.camera_id, event.presence.label)
                self._async_save_soon()
            case HealthChanged():
                self._check.async_handle(event)
                running = event.health is CameraHealth.RUNNING
                if running and self._alarm.end_bypass(event.camera_id):
                    self._async_save_bypassed()

    def _async_detect(self, camera_id: str, label: str) -> None:
        if (found := alarm_cause(self._cameras, self.mode, camera_id, label)) is None:
            return
        if self._started:
            cause, skip_delay = found
            self._alarm.detect(cause, skip_delay=skip_delay)
        elif self.guarding:
            self._early[camera_id, label] = None

    # --- what follows from a change -----------------------------------------------------------

    @callback
    def _async_on_state(self, previous: AlarmSnapshot, timed: bool) -> None:  # noqa: FBT001
        self._version += 1
        self._unsaved = True
        self._ends_at = None
        self._early.clear()
        self._async_set_timer()
        missing = self._async_check_after_exit(previous)
        snapshot = self._alarm.snapshot
        cause = snapshot.cause or Cause()
        announced = alarm_event(
            snapshot,
            previous,
            timed=timed,
            bypassed=self.bypassed,
            offline=self._cameras.names(missing),
            ends_at=self.delay_ends_at,
        )
        if announced is not None:
            event_type, data = announced
            camera = self._cameras.event_data(cause.camera_id)
            self._hass.bus.async_fire(event_type, data | camera)
        self._bus.async_dispatch(AlarmChanged())
        if not self._host.stopped:
            self._entry.async_create_task(self._hass, self.async_reconcile(), "HomeSec alarm mode")
        self._async_report_missing(missing)
        alarm_over = timed and previous.state is AlarmState.TRIGGERED
        if snapshot.state is AlarmState.TRIGGERED:
            self._bus.async_dispatch(AlarmTriggered(camera_id=cause.camera_id, label=cause.label))
        elif snapshot.state is AlarmState.ARMED and not alarm_over:
            # Who is in view now hasn't left.
            for camera_id, label in present_labels(self._cameras, snapshot.mode):
                self._async_detect(camera_id, label)

    @callback
    def _async_check_after_exit(self, previous: AlarmSnapshot) -> tuple[str, ...]:
        """Bypass the cameras that don't run when the exit delay ends, and return them."""
        if self.snapshot.changed_at != previous.changed_at:
            self._check.async_cancel_recheck()
        if self.state is not AlarmState.ARMED or previous.state is not AlarmState.ARMING:
            return ()
        bypassed = self.snapshot.bypassed
        return self._alarm.bypass(self._check.async_unavailable(self.mode, bypassed=bypassed))

    @callback
    def _async_bypass(self, camera_ids: tuple[str, ...]) -> None:
        """Bypass cameras that don't run although they had enough time."""
        if missing := self._alarm.bypass(camera_ids):
            self._async_save_bypassed()
            self._async_report_missing(missing)

    @callback
    def _async_save_bypassed(self) -> None:
        self._unsaved = True
        self._async_save_soon()
        self._bus.async_dispatch(AlarmChanged())

    @callback
    def _async_report_missing(self, camera_ids: tuple[str, ...]) -> None:
        """Raise an issue for each camera that the alarm is armed without, and send one alert."""
        for camera_id in camera_ids:
            name, error = self._cameras.subentry(camera_id).title, self._cameras[camera_id].error
            self._issues.async_camera_missing(camera_id, name, error)
        if camera_ids:
            self._bus.async_dispatch(CamerasMissing(camera_ids=camera_ids))

    @callback
    def _async_advance(self) -> None:
        self._alarm.advance()
        self._async_save_soon()
        self._async_set_timer()

    @callback
    def _async_set_timer(self) -> None:
        self._timer.async_set(self._alarm.remaining_s if self._started else None)

    async def _async_save(self) -> None:
        self._unsaved = False
        await self._store.async_save(
            {"facts": self._alarm.snapshot.as_dict(), "tries": self._codes.lockout.as_dict()}
        )

    @callback
    def _async_save_soon(self) -> None:
        if self._unsaved:
            self._entry.async_create_task(self._hass, self._async_save(), "HomeSec alarm saved")

"""The alarm: connects its state machine to the disk, timer, PINs, cameras, and event buses."""

from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.start import async_at_started

from ..const import REACH_S
from ..engine.core.clock import SystemClock
from ..engine.core.events import ClipStarted, HealthChanged
from ..exceptions import EngineNotRunningError
from .announcer import AlarmAnnouncer
from .camera_check import ArmingCheck, alarm_cause, bypassed_names, offline, present_labels
from .cause import Cause, detected
from .clock import ShownEnd
from .codes import AlarmCodes, not_over_error, overtaken_error
from .machine import AlarmMode, AlarmState, Arming
from .pins import DISARMING_KINDS
from .store import StoredAlarm

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry, ConfigSubentry

    from ..cameras.reconciler import CameraReconciler
    from ..cameras.registry import CameraRegistry
    from ..engine.core.events import EngineEvent
    from ..engine.core.types import Activity, Clip
    from ..engine_host import EngineHost
    from ..event_bus import EventBus
    from ..issues import Issues
    from .machine import Alarm, AlarmSnapshot


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
        self._cameras = cameras
        self._reconciler = reconciler
        self.announcer = AlarmAnnouncer(hass, bus=bus, cameras=cameras, issues=issues)
        clock = SystemClock()
        self._stored = stored = StoredAlarm(hass, entry, clock=clock, on_state=self._async_on_state)
        self.codes = AlarmCodes(
            hass,
            entry,
            clock=clock,
            lockouts=stored.lockouts,
            save=stored.async_save,
            on_duress=self.announcer.async_duress,
        )
        self._check = ArmingCheck(
            hass,
            entry,
            host=host,
            cameras=cameras,
            clock=clock,
            reconcile=self.async_reconcile,
            on_unavailable=self.async_bypass,
        )
        self._version = 0  # counts what changes the alarm, or is about to
        self._early: dict[tuple[str, str | None], Cause] = {}
        """By camera and label, who was detected before Home Assistant had started."""
        self._shown_end = ShownEnd(clock)

    @property
    def _alarm(self) -> Alarm:
        return self._stored.alarm

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
    def snapshot(self) -> AlarmSnapshot:
        """Who did what, and when."""
        return self._alarm.snapshot

    @property
    def delay_ends_at(self) -> float | None:
        """When the exit or entry delay ends, in UTC epoch seconds; None without one."""
        triggered = self.state is AlarmState.TRIGGERED
        return None if triggered else self._shown_end.of(self._alarm.remaining_s)

    @property
    def bypassed(self) -> list[str]:
        """The names of the cameras that don't guard: offline when it was armed, or off now."""
        return bypassed_names(self._cameras, self.snapshot)

    @property
    def code_arm_required(self) -> bool:
        """Whether arming takes a PIN now; always while armed: another mode disarms this one."""
        return self.codes.needed_to_arm or (self.codes.has_pins and self.armed)

    async def async_load(self) -> None:
        """Go on where the last run ended, however it ended."""
        if not await self._stored.async_load():
            self.announcer.async_unreadable(armed=self.armed)

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Let time pass once Home Assistant has started, so that automations miss nothing."""

        @callback
        def start(_hass: HomeAssistant) -> None:
            self._stored.started = True
            early = list(self._early.items())
            self._stored.async_advance()
            for (camera_id, label), cause in early:
                self._async_detect(camera_id, label, seen=cause)
            self._stored.async_save_soon()

        return async_at_started(self._hass, start)

    async def async_stop(self) -> None:
        """Stop, and save a phase that lasts."""
        self._check.async_stop()
        await self._stored.async_stop()

    async def async_arm(
        self,
        mode: AlarmMode,
        *,
        principal: str,
        code: str | None = None,
        by: str | None = None,
        force: bool = False,
        skip_delay: bool = False,
    ) -> None:
        """Arm; returns once that is saved. ``force`` bypasses cameras that are offline.

        Wrong PINs are counted by ``principal``. Raises ``ServiceValidationError``.
        """
        arming = self._alarm.arming(mode, skip_delay=skip_delay)
        pin = await self.codes.async_check_arming(
            code, arming, changes=mode is not self.mode, principal=principal
        )
        now = self._alarm.arming(mode, skip_delay=skip_delay)
        if now is Arming.NOTHING:
            return
        if now is not arming:
            raise overtaken_error()
        if now is Arming.RESTART and pin is None:
            if mode is not self.mode:
                raise not_over_error()
            return  # as for an armed alarm: nothing new was asked for
        by = by if pin is None else pin.name
        if self._alarm.exit_s(mode, skip_delay=skip_delay) >= REACH_S:
            # Cameras that are off have the exit delay to start, and are checked after it.
            self._async_arm(mode, offline(self._cameras, mode), by=by, force=force)
        else:
            self._version = version = self._version + 1
            async with self._check.async_check(mode) as unavailable:
                if self._check.stopped:
                    raise EngineNotRunningError
                if self._version != version:
                    raise overtaken_error()
                self._async_arm(mode, unavailable, by=by, force=force, skip_delay=skip_delay)
        await self._stored.async_save()

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
            raise self.codes.refuse_to_arm(self._cameras, unavailable)
        forced = bool(unavailable)
        self._alarm.arm(mode, by=by, skip_delay=skip_delay, forced=forced, bypassed=unavailable)

    async def async_disarm(
        self, *, principal: str, code: str | None = None, by: str | None = None
    ) -> None:
        """Disarm; returns once that is saved. Raises ``ServiceValidationError``."""
        pin = await self.codes.async_check(
            code, kinds=DISARMING_KINDS, needed=True, principal=principal
        )
        self._alarm.disarm(by=by if pin is None else pin.name)
        await self._stored.async_save()

    async def async_trigger(self, *, by: str | None = None) -> None:
        """Trigger manually; returns once that is saved."""
        self._alarm.trigger(Cause(by=by))
        await self._stored.async_save()

    def activity(self, camera: ConfigSubentry) -> Activity:
        """Return what a camera does now."""
        return self._check.activity(camera, self.mode, arming=self.state is AlarmState.ARMING)

    async def async_reconcile(self) -> None:
        """Have each camera do what follows from its settings and the alarm."""
        await self._reconciler.async_reconcile(self.activity)

    @callback
    def async_handle_event(self, event: EngineEvent) -> None:
        """Handle detections, and cameras that run again."""
        if (found := detected(event)) is not None:
            self._async_detect(*found)
            self._stored.async_save_soon()
        match event:
            case ClipStarted():
                self._async_add_clip(event.clip)
            case HealthChanged(camera_id=camera_id):
                self._check.async_handle(event)
                if self._check.guards(self.mode, camera_id) and self._alarm.end_bypass(camera_id):
                    self._async_save_bypassed()

    def _async_detect(
        self, camera_id: str, label: str | None, *, seen: Cause | None = None, again: bool = False
    ) -> None:
        """Handle a detection; ``seen``: as it was earlier; ``again``: after an alarm."""
        if (found := alarm_cause(self._cameras, self.mode, camera_id, label)) is None:
            return
        if self._stored.started:
            self._alarm.detect(seen or found[0], skip_delay=found[1] or again)
        elif self.guarding:
            self._early[camera_id, label] = found[0]

    def _async_add_clip(self, clip: Clip) -> None:
        """Add a clip to the alarm's cause: a camera that only detected records once armed."""
        if not self._cameras.exists(clip.camera_id):  # it was removed in this moment
            return
        for label in self._cameras[clip.camera_id].presences:
            found = alarm_cause(self._cameras, self.mode, clip.camera_id, label)
            if found is not None and self._alarm.set_clip(found[0]):
                self._stored.async_save_soon(changed=True)

    @callback
    def _async_on_state(self, previous: AlarmSnapshot, timed: bool) -> None:  # noqa: FBT001
        self._version += 1
        self._shown_end.reset()
        self._early.clear()
        self._stored.async_state_changed()
        missing = self._async_check_after_exit(previous)
        snapshot, again = self.snapshot, timed and previous.state is AlarmState.TRIGGERED
        self.announcer.async_state(
            snapshot, previous, timed=timed, missing=missing, ends_at=self.delay_ends_at
        )
        if not self._host.stopped:
            self._entry.async_create_task(self._hass, self.async_reconcile(), "HomeSec alarm mode")
        if snapshot.state is AlarmState.ARMED:
            # Who is in view now hasn't left, after the exit delay or in spite of the alarm.
            for camera_id, label in present_labels(self._cameras, snapshot.mode):
                self._async_detect(camera_id, label, again=again)

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
    def async_bypass(self, camera_ids: tuple[str, ...], *, announce: bool = True) -> None:
        """Bypass cameras that don't run although they had enough time, or that were turned off."""
        if missing := self._alarm.bypass(camera_ids):
            self._async_save_bypassed()
            self.announcer.async_missing(missing if announce else ())

    def _async_save_bypassed(self) -> None:
        self._stored.async_save_soon(changed=True)
        self.announcer.async_change()

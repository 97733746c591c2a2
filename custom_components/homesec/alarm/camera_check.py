"""Which cameras of a mode can be reached: before the alarm is armed, and after the exit delay.

A camera that is off while the alarm is disarmed isn't known to be offline before it is tried.
"""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..cameras.config import active_in, activity, guards_in, skips_entry_delay, triggers_alarm
from ..cameras.tampering import TamperResponse, tamper_response
from ..const import REACH_S, REACH_STARTING_S
from ..engine.core.errors import DeviceMissing, FileMissing, LoginRefused
from ..engine.core.types import Activity, CameraHealth
from .cause import Cause

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Container, Coroutine, Iterator

    from homeassistant.config_entries import ConfigEntry, ConfigSubentry

    from ..cameras.registry import CameraRegistry
    from ..cameras.state import CameraState
    from ..engine.core.clock import Clock
    from ..engine.core.events import HealthChanged
    from ..engine_host import EngineHost
    from .machine import AlarmMode, AlarmSnapshot

PERMANENT_ERRORS = frozenset(error.key for error in (DeviceMissing, FileMissing, LoginRefused))
"""Those that don't pass within seconds."""


def _active(cameras: CameraRegistry, mode: AlarmMode) -> Iterator[tuple[str, CameraState]]:
    """Yield the cameras that are meant to guard in a mode."""
    for camera_id, state in cameras.items():
        if cameras.exists(camera_id) and active_in(cameras.subentry(camera_id).data, mode):
            yield camera_id, state


def _guarding(cameras: CameraRegistry, mode: AlarmMode) -> Iterator[tuple[str, CameraState]]:
    return (each for each in _active(cameras, mode) if not cameras.is_off(each[0]))


def turned_off(cameras: CameraRegistry, mode: AlarmMode) -> tuple[str, ...]:
    """Return the cameras that should guard in a mode, but are off."""
    return tuple(each for each, _ in _active(cameras, mode) if cameras.is_off(each))


def offline(cameras: CameraRegistry, mode: AlarmMode) -> tuple[str, ...]:
    """Return the cameras that should guard in a mode, and are off or known to be lost."""
    lost = CameraHealth.LOST
    return tuple(
        each
        for each, state in _active(cameras, mode)
        if state.health is lost or cameras.is_off(each)
    )


def unavailable(cameras: CameraRegistry, mode: AlarmMode) -> tuple[str, ...]:
    """Return the cameras that should guard in a mode and aren't running, perhaps not yet."""
    return tuple(
        each for each, state in _active(cameras, mode) if not state.watching or cameras.is_off(each)
    )


def bypassed_names(cameras: CameraRegistry, snapshot: AlarmSnapshot) -> list[str]:
    """Return the names of the cameras that don't guard: bypassed, or turned off now."""
    off = turned_off(cameras, snapshot.mode)
    return cameras.names(dict.fromkeys((*snapshot.bypassed, *off)))


def present_labels(cameras: CameraRegistry, mode: AlarmMode) -> list[tuple[str, str]]:
    """Return the cameras that guard in a mode, each with a label that it detects now.

    A sensor's word of some seconds ago doesn't say that who left is still there. What it reported
    in the exit delay counts once it reports again, or the picture shows it.
    """
    return [
        (camera_id, label)
        for camera_id, state in _guarding(cameras, mode)
        for label, presence in (state.presences.items() if state.watching else ())
        if presence.is_seen
    ]


def alarm_cause(
    cameras: CameraRegistry, mode: AlarmMode, camera_id: str, label: str | None
) -> tuple[Cause, bool] | None:
    """Return why a detection triggers the alarm and if without entry delay; None if it doesn't.

    Without a label, it's the camera itself that was tampered with.
    """
    if not cameras.exists(camera_id):
        return None
    camera = cameras.subentry(camera_id)
    guarding = guards_in(camera.data, mode) and not cameras.is_off(camera_id)
    state = cameras[camera_id]
    if label is None:
        triggers = state.tamper is not None
        triggers = triggers and tamper_response(camera.data) is TamperResponse.ALARM
    else:
        triggers = triggers_alarm(camera.data, label)
    if not (guarding and triggers):
        return None
    cause = Cause(by=camera.title, camera_id=camera_id, label=label)
    if label is not None and (presence := state.presences.get(label)) is not None:
        cause = replace(
            cause,
            clip_id=state.clips.get(label),
            seen_at=presence.first_seen_at,
            score=presence.seen_score,
            zones=presence.zones,
            sensor=presence.sensor,
        )
    return cause, skips_entry_delay(camera.data)


class ArmingCheck:
    """Starts the cameras of a mode, waits for them, and names those that don't run then."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        host: EngineHost,
        cameras: CameraRegistry,
        clock: Clock,
        reconcile: Callable[[], Coroutine[Any, Any, None]],
        on_unavailable: Callable[[tuple[str, ...]], None],
    ) -> None:
        """``on_unavailable`` is called with cameras that still don't run some time after arming."""
        self._hass = hass
        self._entry = entry
        self._host = host
        self._cameras = cameras
        self._clock = clock
        self._reconcile = reconcile
        self._on_unavailable = on_unavailable
        self._checking: list[AlarmMode] = []
        self._connecting: dict[str, float] = {}
        """By camera id, when it began to connect for the first time; monotonic seconds."""
        self._changed = asyncio.Event()
        self._cancel_recheck: CALLBACK_TYPE | None = None
        self.stopped = False

    def activity(self, camera: ConfigSubentry, mode: AlarmMode, *, arming: bool) -> Activity:
        """Return what a camera does in a mode; while it is checked, it isn't off."""
        data, camera_id = camera.data, camera.subentry_id
        if camera_id in self._cameras and self._cameras.is_off(camera_id):
            return Activity.OFF
        now = activity(data, mode, arming=arming)
        checked = now is Activity.OFF and any(guards_in(data, each) for each in self._checking)
        return Activity.DETECT if checked else now

    def guards(self, mode: AlarmMode, camera_id: str) -> bool:
        """Return whether a camera guards in a mode, and runs."""
        guarding = (each for each, state in _guarding(self._cameras, mode) if state.watching)
        return camera_id in guarding

    @asynccontextmanager
    async def async_check(self, mode: AlarmMode) -> AsyncIterator[tuple[str, ...]]:
        """Start a mode's cameras; yield those that don't run within ``REACH_S``.

        The cameras go on running until the context ends.
        """
        self._checking.append(mode)
        try:
            try:
                async with asyncio.timeout(REACH_S):
                    # Their health may be from the last time: they may still be stopping.
                    await asyncio.shield(self._async_start_reconcile())
                    while self._is_worth_waiting(mode):
                        self._changed.clear()
                        await self._changed.wait()
            except TimeoutError:
                pass
            yield unavailable(self._cameras, mode)
        finally:
            self._checking.remove(mode)
            self._async_start_reconcile()

    @callback
    def _async_start_reconcile(self) -> asyncio.Task[None]:
        return self._entry.async_create_task(self._hass, self._reconcile(), "HomeSec arming check")

    def _is_worth_waiting(self, mode: AlarmMode) -> bool:
        cameras = unavailable(self._cameras, mode)
        return not self.stopped and any(map(self._may_still_run, cameras))

    def _may_still_run(self, camera_id: str) -> bool:
        state = self._cameras[camera_id]
        if self._cameras.is_off(camera_id):
            return False
        if state.health is CameraHealth.LOST and state.error in PERMANENT_ERRORS:
            return False
        began = self._connecting.get(camera_id)
        if began is None:  # not tried yet; or it ran before and is lost
            return state.health is not CameraHealth.LOST
        return self._clock.monotonic() - began < REACH_S

    @callback
    def async_unavailable(self, mode: AlarmMode, *, bypassed: Container[str]) -> tuple[str, ...]:
        """Return the cameras of a mode that don't run; some get more time first.

        Those are cameras that had no time yet, since Home Assistant has only just started.
        """
        cameras = [each for each in unavailable(self._cameras, mode) if each not in bypassed]
        found = tuple(each for each in cameras if not self._may_still_run(each))
        if len(found) < len(cameras):
            self._async_recheck_later(mode)
        return found

    @callback
    def _async_recheck_later(self, mode: AlarmMode) -> None:
        @callback
        def recheck(_now: object) -> None:
            self._cancel_recheck = None
            if not self._host.ready:
                self._async_recheck_later(mode)  # an engine that doesn't start has its own issue
            elif found := unavailable(self._cameras, mode):
                self._on_unavailable(found)

        self.async_cancel_recheck()
        job = HassJob(recheck, "HomeSec arming check", cancel_on_shutdown=True)
        self._cancel_recheck = async_call_later(self._hass, REACH_STARTING_S, job)

    @callback
    def async_cancel_recheck(self) -> None:
        """Stop waiting for cameras."""
        if self._cancel_recheck is not None:
            self._cancel_recheck()
            self._cancel_recheck = None

    @callback
    def async_handle(self, event: HealthChanged) -> None:
        """Note when a camera connects, and whether it runs."""
        match event.health:
            case CameraHealth.CONNECTING:
                self._connecting.setdefault(event.camera_id, self._clock.monotonic())
            case CameraHealth.RUNNING | CameraHealth.OFF:
                self._connecting.pop(event.camera_id, None)
        self._changed.set()

    @callback
    def async_stop(self) -> None:
        """End all waiting."""
        self.stopped = True
        self._changed.set()
        self.async_cancel_recheck()

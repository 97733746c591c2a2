"""Whether the cameras that are to guard the house are there, before people rely on them.

A camera that is off while the house is disarmed is not known to be offline before it is tried.
"""

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..cameras.config import activity, is_live
from ..const import REACH_S, REACH_STARTING_S
from ..engine.core.errors import DeviceMissing, FileMissing, LoginRefused
from ..engine.core.types import Activity, CameraHealth
from .cameras import missing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping

    from homeassistant.config_entries import ConfigEntry

    from ..cameras.registry import CameraRegistry
    from ..engine.core.events import HealthChanged
    from ..engine_host import EngineHost
    from .machine import AlarmMode
    from .span import MonotonicClocks

HOPELESS = frozenset(error.key for error in (DeviceMissing, FileMissing, LoginRefused))
"""What does not heal within seconds."""

type OnMissing = Callable[[tuple[str, ...]], None]


class ArmingCheck:
    """Starts the cameras of a mode, gives each its time to answer, and names those that do not."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        host: EngineHost,
        cameras: CameraRegistry,
        clocks: MonotonicClocks,
        reconcile: Callable[[], Coroutine[Any, Any, None]],
        on_missing: OnMissing,
    ) -> None:
        """``on_missing`` is told of cameras that turn out to be missing while armed."""
        self._hass = hass
        self._entry = entry
        self._host = host
        self._cameras = cameras
        self._reconcile = reconcile
        self._clocks = clocks
        self._on_missing = on_missing
        self._called: list[AlarmMode] = []
        """The modes that somebody is about to arm in."""
        self._connecting: dict[str, float] = {}
        """By camera, since when it is being tried for the first time."""
        self._changed = asyncio.Event()
        self._cancel_watch: CALLBACK_TYPE | None = None
        self.stopped = False

    def activity(self, data: Mapping[str, Any], mode: AlarmMode, *, arming: bool) -> Activity:
        """Return what a camera does in a mode; one that is called for is not off."""
        now = activity(data, mode, arming=arming)
        called = now is Activity.OFF and any(is_live(data, each) for each in self._called)
        return Activity.DETECT if called else now

    # --- before the house is armed ------------------------------------------------------------

    @asynccontextmanager
    async def async_called(self, mode: AlarmMode) -> AsyncIterator[tuple[str, ...]]:
        """Have a mode's cameras run, and give those that do not after a few seconds.

        They go on running for as long as this lasts.
        """
        self._called.append(mode)
        try:
            try:
                async with asyncio.timeout(REACH_S):
                    # What is known of them may be from the last time: they may still be ending.
                    await asyncio.shield(self._async_call_cameras())
                    while self._is_worth_waiting(mode):
                        self._changed.clear()
                        await self._changed.wait()
            except TimeoutError:
                pass
            yield missing(self._cameras, mode)
        finally:
            self._called.remove(mode)
            self._async_call_cameras()

    @callback
    def _async_call_cameras(self) -> asyncio.Task[None]:
        return self._entry.async_create_task(self._hass, self._reconcile(), "HomeSec arming check")

    def _is_worth_waiting(self, mode: AlarmMode) -> bool:
        """Tell whether there are cameras that were not tried yet, or not for long enough."""
        return not self.stopped and any(
            self._may_still_come(each) for each in missing(self._cameras, mode)
        )

    def _may_still_come(self, camera_id: str) -> bool:
        camera = self._cameras[camera_id]
        if camera.health is CameraHealth.LOST and camera.error in HOPELESS:
            return False
        began = self._connecting.get(camera_id)
        if began is None:  # not tried yet, or it worked before and is lost
            return camera.health is not CameraHealth.LOST
        return self._clocks.steady() - began < REACH_S

    # --- when the exit delay is over ----------------------------------------------------------

    @callback
    def async_call(self, mode: AlarmMode, *, but: Iterable[str]) -> tuple[str, ...]:
        """Return the cameras of a mode that cannot be reached; others are given some more time.

        Those it did not have, since Home Assistant has started only just now.
        """
        left = [each for each in missing(self._cameras, mode) if each not in but]
        away = tuple(each for each in left if not self._may_still_come(each))
        if len(away) < len(left):
            self._async_watch(mode)
        return away

    @callback
    def _async_watch(self, mode: AlarmMode) -> None:
        @callback
        def over(_now: object) -> None:
            self._cancel_watch = None
            if not self._host.ready:
                self._async_watch(mode)  # the engine itself is late, and that is told elsewhere
            elif away := missing(self._cameras, mode):
                self._on_missing(away)

        self.async_end_watch()
        self._cancel_watch = async_call_later(
            self._hass,
            REACH_STARTING_S,
            HassJob(over, "HomeSec roll call", cancel_on_shutdown=True),
        )

    @callback
    def async_end_watch(self) -> None:
        """Wait for no camera any more."""
        if self._cancel_watch is not None:
            self._cancel_watch()
            self._cancel_watch = None

    # --- what cameras tell --------------------------------------------------------------------

    @callback
    def async_handle(self, event: HealthChanged) -> None:
        """Take in how a camera is doing."""
        match event.health:
            case CameraHealth.CONNECTING:
                self._connecting.setdefault(event.camera_id, self._clocks.steady())
            case CameraHealth.RUNNING | CameraHealth.OFF:
                self._connecting.pop(event.camera_id, None)
        self._changed.set()

    @callback
    def async_stop(self) -> None:
        """Keep nobody waiting."""
        self.stopped = True
        self._changed.set()
        self.async_end_watch()

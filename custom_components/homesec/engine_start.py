"""Start the engine, retry that with a back-off, and use the spare folder meanwhile."""

import random
from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, HassJob, callback
from homeassistant.helpers.event import async_call_later

from .cloud.retention_config import retention_rules
from .const import LOGGER, START_RETRY_S
from .engine.core.backoff import backoff_s
from .engine.core.errors import StartDiskFull, StartFailed
from .exceptions import EngineNotRunningError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

    from .detector.setup import ChosenDetector
    from .engine.cloud.object_store import CloudStore
    from .engine.core.events import EngineEvent
    from .engine_host import EngineHost


class EngineStart:
    """Start the engine, and retry with a back-off until it runs.

    A disk or a share may be there only later. Between two tries there's nothing but a timer.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        host: EngineHost,
        *,
        cloud: CloudStore | None,
        purge_held: Callable[[], bool],
        on_event: Callable[[EngineEvent], None],
        on_started: Callable[[], Awaitable[None]],
        on_failed: Callable[[StartFailed], None],
        on_spare: Callable[[StartFailed], Awaitable[None]],
    ) -> None:
        """``on_spare`` is called instead of ``on_failed`` if the spare folder is used meanwhile."""
        self._hass = hass
        self._entry = entry
        self._host = host
        self._cloud = cloud
        self._purge_held = purge_held
        self._on_event = on_event
        self._on_started = on_started
        self._on_failed = on_failed
        self._on_spare = on_spare
        self._failures = 0
        self._chosen: ChosenDetector | None = None
        self._rng = random.Random()  # noqa: S311 - spreads retries, keeps no secret
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._checking = False
        self.error: StartFailed | None = None
        """What the last try failed for; None before its end, and once the engine runs."""

    async def async_begin(self, chosen: ChosenDetector) -> None:
        """Try to start the engine with this detector; retries follow by themselves."""
        self._chosen = chosen
        if self._host.spare:
            if not await self._host.async_can_leave_spare():
                self._async_retry_later(chosen)
                return
            await self._host.async_leave_spare()
        try:
            await self._async_start(chosen)
        except EngineNotRunningError:  # stopped meanwhile
            return
        except Exception as err:  # noqa: BLE001 - shown to the user, whatever it is
            await self._async_failed(err, chosen)
            return
        if not self._host.ready:
            return
        if self._failures:
            LOGGER.warning("HomeSec's engine has started, after %s failures", self._failures)
        self._failures, self.error = 0, None
        await self._on_started()

    async def _async_start(self, chosen: ChosenDetector, *, spare: bool = False) -> None:
        await self._host.async_start(
            chosen,
            on_event=self._on_event,
            cloud=self._cloud,
            retention=retention_rules(self._entry.data),
            purge_held=self._purge_held,
            spare=spare,
        )

    async def async_check_folders(self, *, mount_only: bool = False) -> None:
        """Go on in the spare folder if the engine can't use its own anymore.

        On a full disk, that would be no help: old clips are removed there. ``mount_only``: the
        folders aren't tried, only the clip folder's disk has to be mounted.
        """
        if self._checking or self._chosen is None or self._host.spare or not self._host.ready:
            return
        self._checking = True  # a share that hangs takes one thread only
        try:
            error = await self._host.async_find_trouble(mount_only=mount_only)
            if error is None or isinstance(error, StartDiskFull):
                return
            LOGGER.error("HomeSec can't use its folder anymore (%s)", error)
            self.error = error
            await self._host.async_leave_folders()
            await self._async_failed(error, self._chosen)
        except EngineNotRunningError:  # stopped meanwhile
            return
        finally:
            self._checking = False

    @callback
    def async_retry(self) -> None:
        """Try again at once, if another try is planned."""
        if self._cancel_timer is not None and self._chosen is not None:
            self.async_stop()
            self._entry.async_create_background_task(
                self._hass, self.async_begin(self._chosen), "HomeSec engine start"
            )

    @callback
    def async_stop(self) -> None:
        """Cancel the next try."""
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None

    async def _async_failed(self, err: Exception, chosen: ChosenDetector) -> None:
        if self._host.stopped:
            return
        before, self.error = self.error, err if isinstance(err, StartFailed) else StartFailed()
        if before is None or before.key != self.error.key:
            # A subclass says all in its text; anything else is a defect and needs the traceback.
            defect = type(self.error) is StartFailed
            LOGGER.error(
                "HomeSec's engine could not start (%s); trying again", err, exc_info=defect and err
            )
        self._async_retry_later(chosen)
        try:
            await self._async_start(chosen, spare=True)
        except EngineNotRunningError:  # stopped meanwhile
            return
        except Exception as spare_err:  # noqa: BLE001 - what keeps it from its own folder is shown
            LOGGER.debug("Nor could it start in the spare folder (%s)", spare_err)
            self._on_failed(self.error)
            return
        if self._host.ready:
            await self._on_spare(self.error)

    @callback
    def _async_retry_later(self, chosen: ChosenDetector) -> None:
        self._failures += 1
        wait_s = backoff_s(self._failures, START_RETRY_S, self._rng)
        LOGGER.debug("The next try to start HomeSec's engine is in %.0f s", wait_s)

        @callback
        def retry(_now: datetime) -> None:
            self._cancel_timer = None
            self._entry.async_create_background_task(
                self._hass, self.async_begin(chosen), "HomeSec engine start"
            )

        self._cancel_timer = async_call_later(
            self._hass, wait_s, HassJob(retry, "HomeSec engine start", cancel_on_shutdown=True)
        )

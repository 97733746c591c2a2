"""Starts the engine, and tries again until it runs: a disk or a share may be there only later."""

from functools import partial
import random
from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, HassJob, callback
from homeassistant.helpers.event import async_call_later

from .cloud.retention_config import retention_rules
from .const import LOGGER, START_RETRY_S
from .engine.core.backoff import backoff_s
from .engine.core.errors import StartFailed
from .exceptions import EngineNotRunningError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

    from .detector_setup import ChosenDetector
    from .engine.cloud.object_store import CloudStore
    from .engine.core.events import EngineEvent
    from .engine_host import EngineHost


class EngineStart:
    """One start of the house's engine, however many tries that takes.

    Between two tries there is nothing but a timer, which ends with the house.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        host: EngineHost,
        *,
        cloud: CloudStore | None,
        on_event: Callable[[EngineEvent], None],
        on_started: Callable[[], Awaitable[None]],
        on_failed: Callable[[StartFailed], None],
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._host = host
        self._cloud = cloud
        self._on_event = on_event
        self._on_started = on_started
        self._on_failed = on_failed
        self._failures = 0
        self._rng = random.Random()  # noqa: S311 - spreads retries, keeps no secret
        self._cancel_timer: CALLBACK_TYPE | None = None
        self.error: StartFailed | None = None
        """What the last try failed for; None before the first has ended, and once it runs."""

    async def async_begin(self, chosen: ChosenDetector) -> None:
        """Try to start with this detector; what follows a failure happens by itself."""
        await self._async_try(chosen)

    @callback
    def async_stop(self) -> None:
        """Try no more."""
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None

    async def _async_try(self, chosen: ChosenDetector) -> None:
        try:
            await self._host.async_start(
                chosen.detector,
                chosen.model,
                on_event=self._on_event,
                cloud=self._cloud,
                retention=retention_rules(self._entry.data),
            )
        except EngineNotRunningError:  # it is to stop already
            return
        except Exception as err:  # noqa: BLE001 - whatever it is, the user has to hear of it
            self._async_failed(err, chosen)
            return
        if not self._host.ready:
            return
        if self._failures:
            LOGGER.warning("HomeSec's engine has started, after %s failures", self._failures)
        self._failures, self.error = 0, None
        await self._on_started()

    @callback
    def _async_failed(self, err: Exception, chosen: ChosenDetector) -> None:
        if self._host.stopped:
            return
        self._failures += 1
        wait_s = backoff_s(self._failures, START_RETRY_S, self._rng)
        before, self.error = self.error, err if isinstance(err, StartFailed) else StartFailed()
        if before is None or before.key != self.error.key:
            # Of what the system refuses the reason says all, of a defect the traceback does.
            defect = type(self.error) is StartFailed
            LOGGER.error(
                "HomeSec's engine could not start (%s); trying again", err, exc_info=defect and err
            )
        else:
            LOGGER.debug("HomeSec's engine could not start (%s); again in %.0f s", err, wait_s)
        self._cancel_timer = async_call_later(
            self._hass,
            wait_s,
            HassJob(
                partial(self._async_due, chosen), "HomeSec engine start", cancel_on_shutdown=True
            ),
        )
        self._on_failed(self.error)

    @callback
    def _async_due(self, chosen: ChosenDetector, _now: datetime) -> None:
        self._cancel_timer = None
        self._entry.async_create_background_task(
            self._hass, self._async_try(chosen), "HomeSec engine start"
        )

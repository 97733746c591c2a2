"""Run the engine in a thread pool of its own, from start to stop.

Home Assistant's pool and its event loop never wait for a camera, a file, or a model.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
import contextlib
from functools import partial
from pathlib import Path
import random
import threading
from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, HassJob, callback
from homeassistant.helpers.event import async_call_later

from .cloud.retention_config import retention_rules
from .const import DOMAIN, LOGGER, START_RETRY_S, STOP_TIMEOUT_S
from .detector.model_choice import models_dir
from .engine.core.backoff import backoff_s
from .engine.core.errors import HomeSecError, StartFailed
from .engine.engine import HomeSecEngine
from .exceptions import EngineNotRunningError, translated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

    from .detector.setup import ChosenDetector
    from .engine.cloud.object_store import CloudStore
    from .engine.core.events import EngineEvent
    from .engine.library.retention_policy import RetentionRules

MAX_THREADS = 32
"""For short jobs; they're only created when needed. Cameras have no thread in this process."""
START_WAIT_S = 30.0


def clips_dir(hass: HomeAssistant) -> Path:
    """Return the folder of clips, below Home Assistant's media folder."""
    media_dirs = hass.config.media_dirs
    media = media_dirs.get("local") or next(iter(media_dirs.values()), None)
    return Path(media or hass.config.path("media")) / DOMAIN


class EngineHost:
    """Start the engine, run what blocks in its pool, and end every thread."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._executor = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix=DOMAIN)
        self._engine: HomeSecEngine | None = None
        self._start_or_stop = threading.Lock()
        self._settled = asyncio.Event()  # it runs, or is stopped
        self.stopped = False

    @property
    def engine(self) -> HomeSecEngine:
        """The running engine. Raises ``EngineNotRunningError``."""
        if self._engine is None or self.stopped:
            raise EngineNotRunningError
        return self._engine

    async def async_wait_engine(self) -> HomeSecEngine:
        """Return the engine once it has started. Raises ``EngineNotRunningError`` after a while.

        A form may ask for it in the moment in which the integration was added.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_WAIT_S):
                await self._settled.wait()
        return self.engine

    @property
    def ready(self) -> bool:
        """Whether the engine runs."""
        return self._engine is not None and not self.stopped

    @property
    def starting(self) -> bool:
        """Whether the engine hasn't started yet; it's retried until it has."""
        return not (self.ready or self.stopped)

    @property
    def clips_dir(self) -> Path:
        """The folder of clips."""
        return clips_dir(self._hass)

    async def async_start(
        self,
        chosen: ChosenDetector,
        *,
        on_event: Callable[[EngineEvent], None],
        cloud: CloudStore | None,
        retention: RetentionRules,
        purge_held: Callable[[], bool],
    ) -> None:
        """Start the engine, or raise what keeps it from that. ``on_event``: in the event loop."""
        create = partial(
            HomeSecEngine,
            clips_dir=self.clips_dir,
            data_dir=Path(self._hass.config.path(DOMAIN)),
            models_dir=models_dir(self._hass),
            on_event=partial(self._forward, on_event),
            detector=chosen.detector,
            model=chosen.model,
            cloud=cloud,
            retention=retention,
            purge_held=purge_held,
        )
        await self.async_run_raw(self._start, create)
        self._settled.set()

    async def async_stop(self) -> None:
        """End every thread; idempotent."""
        if self.stopped:
            return
        self.stopped = True
        self._settled.set()
        await self.async_run_raw(self._stop)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._hass.async_add_executor_job(
                    partial(self._executor.shutdown, cancel_futures=True)
                )
        except TimeoutError:
            LOGGER.warning("Some threads of HomeSec did not end within %s s", STOP_TIMEOUT_S)

    def _start(self, create: Callable[[], HomeSecEngine]) -> None:
        """Start, unless stopped already; runs to its end even if its caller was canceled."""
        with self._start_or_stop:
            if not self.stopped:
                engine = create()
                engine.start()
                self._engine = engine

    def _stop(self) -> None:
        with self._start_or_stop:
            engine, self._engine = self._engine, None
            if engine is not None:
                engine.stop(STOP_TIMEOUT_S)

    def _forward(self, on_event: Callable[[EngineEvent], None], event: EngineEvent) -> None:
        """Bring an event from a thread of the engine into the event loop."""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._hass.loop.call_soon_threadsafe(on_event, event)

    async def async_run[*Ts, T](self, job: Callable[[*Ts], T], *args: *Ts) -> T:
        """Run what blocks in HomeSec's pool, and translate the engine's errors."""
        try:
            return await self.async_run_raw(job, *args)
        except HomeSecError as err:
            raise translated(err) from err

    async def async_run_raw[*Ts, T](self, job: Callable[[*Ts], T], *args: *Ts) -> T:
        """Run what blocks in HomeSec's pool. Raises ``EngineNotRunningError`` at its end."""
        try:
            running = self._hass.loop.run_in_executor(self._executor, job, *args)
        except RuntimeError as err:  # the pool is shut down
            raise EngineNotRunningError from err
        return await running


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
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._host = host
        self._cloud = cloud
        self._purge_held = purge_held
        self._on_event = on_event
        self._on_started = on_started
        self._on_failed = on_failed
        self._failures = 0
        self._rng = random.Random()  # noqa: S311 - spreads retries, keeps no secret
        self._cancel_timer: CALLBACK_TYPE | None = None
        self.error: StartFailed | None = None
        """What the last try failed for; None before its end, and once the engine runs."""

    async def async_begin(self, chosen: ChosenDetector) -> None:
        """Try to start the engine with this detector; retries follow by themselves."""
        try:
            await self._host.async_start(
                chosen,
                on_event=self._on_event,
                cloud=self._cloud,
                retention=retention_rules(self._entry.data),
                purge_held=self._purge_held,
            )
        except EngineNotRunningError:  # stopped meanwhile
            return
        except Exception as err:  # noqa: BLE001 - shown to the user, whatever it is
            self._async_failed(err, chosen)
            return
        if not self._host.ready:
            return
        if self._failures:
            LOGGER.warning("HomeSec's engine has started, after %s failures", self._failures)
        self._failures, self.error = 0, None
        await self._on_started()

    @callback
    def async_stop(self) -> None:
        """Cancel the next try."""
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None

    @callback
    def _async_failed(self, err: Exception, chosen: ChosenDetector) -> None:
        if self._host.stopped:
            return
        self._failures += 1
        wait_s = backoff_s(self._failures, START_RETRY_S, self._rng)
        before, self.error = self.error, err if isinstance(err, StartFailed) else StartFailed()
        if before is None or before.key != self.error.key:
            # A subclass says all in its text; anything else is a defect and needs the traceback.
            defect = type(self.error) is StartFailed
            LOGGER.error(
                "HomeSec's engine could not start (%s); trying again", err, exc_info=defect and err
            )
        else:
            LOGGER.debug("HomeSec's engine could not start (%s); again in %.0f s", err, wait_s)

        @callback
        def retry(_now: datetime) -> None:
            self._cancel_timer = None
            self._entry.async_create_background_task(
                self._hass, self.async_begin(chosen), "HomeSec engine start"
            )

        self._cancel_timer = async_call_later(
            self._hass, wait_s, HassJob(retry, "HomeSec engine start", cancel_on_shutdown=True)
        )
        self._on_failed(self.error)

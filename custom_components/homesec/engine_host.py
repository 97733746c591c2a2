"""The engine and the threads that it works in, from start to stop.

The pool belongs to this integration: Home Assistant's own pool and its event loop never wait for a
camera, a file or a model.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
import contextlib
from functools import partial
from pathlib import Path
import threading
from typing import TYPE_CHECKING

from .const import DOMAIN, LOGGER, STOP_TIMEOUT_S
from .engine.core.errors import HomeSecError
from .engine.engine import HomeSecEngine
from .exceptions import EngineNotRunningError, translated
from .model_choice import models_dir

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeassistant.core import HomeAssistant

    from .engine.cloud.object_store import CloudStore
    from .engine.core.events import EngineEvent
    from .engine.library.retention_policy import RetentionRules

MAX_THREADS = 512
"""One a camera for as long as it runs, besides short jobs. They are only created when needed; a
pool that is full would hold back a camera for ever."""


class EngineHost:
    """Starts the engine, runs what blocks in its pool, and ends every thread."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._executor = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix=DOMAIN)
        self._engine: HomeSecEngine | None = None
        self._start_or_stop = threading.Lock()
        self.stopped = False

    @property
    def engine(self) -> HomeSecEngine:
        """The running engine. Raises ``EngineNotRunningError``."""
        if self._engine is None or self.stopped:
            raise EngineNotRunningError
        return self._engine

    @property
    def ready(self) -> bool:
        """Whether the engine runs."""
        return self._engine is not None and not self.stopped

    @property
    def starting(self) -> bool:
        """Whether the engine hasn't started yet; it is tried again until it has."""
        return not (self.ready or self.stopped)

    @property
    def clips_dir(self) -> Path:
        """Where the clips are, below Home Assistant's media folder."""
        media_dirs = self._hass.config.media_dirs
        media = media_dirs.get("local") or next(iter(media_dirs.values()), None)
        return Path(media or self._hass.config.path("media")) / DOMAIN

    async def async_start(
        self,
        detector: str,
        model: str | None,
        *,
        on_event: Callable[[EngineEvent], None],
        cloud: CloudStore | None = None,
        retention: RetentionRules | None = None,
    ) -> None:
        """Start the engine; ``on_event`` is called in the event loop.

        Raises whatever keeps the engine from starting.
        """
        await self.async_run_raw(self._start, detector, model, on_event, cloud, retention)

    async def async_stop(self) -> None:
        """End every thread; the second call does nothing."""
        if self.stopped:
            return
        self.stopped = True
        await self.async_run_raw(self._stop)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._hass.async_add_executor_job(
                    partial(self._executor.shutdown, cancel_futures=True)
                )
        except TimeoutError:
            LOGGER.warning("Some threads of HomeSec did not end within %s s", STOP_TIMEOUT_S)

    def _start(
        self,
        detector: str,
        model: str | None,
        on_event: Callable[[EngineEvent], None],
        cloud: CloudStore | None = None,
        retention: RetentionRules | None = None,
    ) -> None:
        """Start, unless all is to stop already; runs to its end even if nobody waits any more."""
        data_dir = Path(self._hass.config.path(DOMAIN))
        with self._start_or_stop:
            if self.stopped:
                return
            engine = HomeSecEngine(
                clips_dir=self.clips_dir,
                data_dir=data_dir,
                models_dir=models_dir(self._hass),
                executor=self._executor,
                on_event=partial(self._forward, on_event),
                detector=detector,
                model=model,
                cloud=cloud,
                retention=retention,
            )
            engine.start()
            self._engine = engine

    def _stop(self) -> None:
        with self._start_or_stop:
            engine, self._engine = self._engine, None
            if engine is not None:
                engine.stop(STOP_TIMEOUT_S)

    def _forward(self, on_event: Callable[[EngineEvent], None], event: EngineEvent) -> None:
        """Bring an event from a thread of the engine into the event loop."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._hass.loop.call_soon_threadsafe(on_event, event)

    async def async_run[*Ts, T](self, job: Callable[[*Ts], T], *args: *Ts) -> T:
        """Run what blocks in HomeSec's own threads; its errors come back translated."""
        try:
            return await self.async_run_raw(job, *args)
        except HomeSecError as err:
            raise translated(err) from err

    async def async_run_raw[*Ts, T](self, job: Callable[[*Ts], T], *args: *Ts) -> T:
        """Run what blocks in HomeSec's own threads. Raises ``EngineNotRunningError`` at the end."""
        try:
            running = self._hass.loop.run_in_executor(self._executor, job, *args)
        except RuntimeError as err:  # the threads have ended, or are about to
            raise EngineNotRunningError from err
        return await running

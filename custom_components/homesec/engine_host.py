"""Run the engine in a thread pool of its own, from start to stop.

Home Assistant's pool and its event loop never wait for a camera, a file, or a model.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
import contextlib
from functools import partial
from pathlib import Path
import sqlite3
import threading
from typing import TYPE_CHECKING

from .const import DOMAIN, LOGGER, STOP_TIMEOUT_S
from .detector.model_choice import models_dir
from .engine.core.errors import (
    HomeSecError,
    StartFailed,
    StartFolderEmpty,
    StartFolderMissing,
)
from .engine.engine import CATALOG_NAME, HomeSecEngine
from .engine.library.start_errors import start_error
from .exceptions import EngineNotRunningError, translated
from .spare_folder import (
    Folders,
    can_be_used,
    choose_spare,
    find_trouble,
    is_emptied,
    is_mounted,
    mount_point,
    move_clips,
    remove_spare,
    used_spares,
)

if TYPE_CHECKING:
    from collections.abc import Callable

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
        self._spare: Folders | None = None  # the spare folders, while the engine uses them
        self._mount: Path | None = None  # where the disk of the clip folder was at the last start
        self.empty_accepted = False  # whether the clip folder may be empty
        self.starts = 0  # how many engines have been started

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
    def spare(self) -> bool:
        """Whether the engine uses a spare folder."""
        return self._spare is not None

    @property
    def clips_dir(self) -> Path:
        """The folder of clips, or the spare one in use."""
        return (self._spare or self.folders).clips

    @property
    def folders(self) -> Folders:
        """The folders to use if they can be used."""
        data = Path(self._hass.config.path(DOMAIN))
        return Folders(clips=clips_dir(self._hass), data=data)

    async def async_start(
        self,
        chosen: ChosenDetector,
        *,
        on_event: Callable[[EngineEvent], None],
        cloud: CloudStore | None,
        retention: RetentionRules,
        purge_held: Callable[[], bool],
        spare: bool = False,
    ) -> None:
        """Start the engine, or raise what keeps it from that. ``on_event``: in the event loop.

        ``spare``: in a spare folder. Without, what was recorded there is added.
        """
        create = partial(
            HomeSecEngine,
            models_dir=models_dir(self._hass),
            on_event=partial(self._forward, on_event),
            detector=chosen.detector,
            model=chosen.model,
            cloud=cloud,
            retention=retention,
            purge_held=purge_held,
        )
        await self.async_run_raw(partial(self._start, create, spare=spare))
        self._settled.set()

    async def async_can_leave_spare(self) -> bool:
        """Return whether the engine may be able to use its own folders now."""
        return await self.async_run_raw(self._can_leave_spare)

    async def async_leave_spare(self) -> None:
        """Stop the engine that uses the spare folder, so that it can be started in its own."""
        await self.async_run_raw(partial(self._leave, spare=True))

    async def async_find_trouble(self, *, mount_only: bool) -> StartFailed | None:
        """Return what would keep the engine from starting again in its own folders.

        ``mount_only``: nothing is written, only the clip folder's disk has to be mounted.
        """
        return await self.async_run_raw(partial(self._find_trouble, mount_only=mount_only))

    async def async_leave_folders(self) -> None:
        """Stop the engine that uses its own folders, so that it can be started in a spare one."""
        await self.async_run_raw(partial(self._leave, spare=False))

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

    def _start(self, create: Callable[..., HomeSecEngine], *, spare: bool = False) -> None:
        """Start, unless stopped already; runs to its end even if its caller was canceled."""
        with self._start_or_stop:
            if self.stopped:
                return
            if not (spare or self.empty_accepted) and is_emptied(self.folders, CATALOG_NAME):
                folder = str(self.folders.clips)
                raise StartFolderEmpty(f"{folder} is empty", folder=folder, reason="it is empty")
            folders = choose_spare(self.folders) if spare else self.folders
            if spare and self._is_unmounted():  # what was recorded below the mount point
                move_clips(self.folders.clips, folders)
            engine = create(clips_dir=folders.clips, data_dir=folders.data)
            used = [] if spare else used_spares(folders)
            for each in used:
                move_clips(each.clips, folders)
            engine.start()
            if used:
                engine.library.adopt_files()
            for each in used:
                remove_spare(each)
            self._engine, self._spare = engine, folders if spare else None
            if not spare:
                self._mount = mount_point(folders.clips)
            self.starts += 1

    def _can_leave_spare(self) -> bool:
        if self._is_unmounted():
            return False
        if not self.empty_accepted and is_emptied(self.folders, CATALOG_NAME):
            return False
        return can_be_used(self.folders, CATALOG_NAME)

    def _is_unmounted(self) -> bool:
        return self._mount is not None and not is_mounted(self._mount)

    def _find_trouble(self, *, mount_only: bool) -> StartFailed | None:
        folders = self.folders
        if self._is_unmounted():
            folder, reason = str(folders.clips), "its disk or share isn't connected"
            return StartFolderMissing(f"{folder}: {reason}", folder=folder, reason=reason)
        if mount_only:
            return None
        if (err := find_trouble(folders)) is None:
            return None
        return start_error(err, clips_dir=folders.clips, catalog=folders.data / CATALOG_NAME)

    def _leave(self, *, spare: bool) -> None:
        with self._start_or_stop:
            if self._engine is not None and self.spare is spare:
                self._engine.stop(STOP_TIMEOUT_S)
                self._engine, self._spare = None, None

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
        try:
            return await running
        except sqlite3.ProgrammingError as err:  # the index of an engine that was just replaced
            raise EngineNotRunningError from err

"""A camera that isn't saved yet, as Home Assistant has it: a moving picture, and a walk test."""

import asyncio
import contextlib
from functools import partial
import secrets
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_ENTITY_ID

from ..const import CONF_KIND, STOP_TIMEOUT_S, SUBENTRY_CAMERA
from ..engine.core.errors import HomeSecError
from ..engine.core.types import SourceKind
from ..exceptions import EngineNotRunningError
from .config import camera_config
from .source_feed import EntityFeed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from homeassistant.core import HomeAssistant

    from ..engine.core.camera_reports import WalkReport
    from ..engine.worker.interface import Tryout
    from ..engine_host import EngineHost

PICTURE_INTERVAL_S: Final = 0.3
"""Low, since a form isn't a live view; but it shows that the camera is alive."""
PICTURE_WIDTH: Final = 640
SHOWN_S: Final = 600.0
"""A form that's left open doesn't keep its camera open for longer."""
WALK_S: Final = 60.0


class CameraTryout:
    """A camera that runs while its form is open. ``async_stop`` has to be called."""

    def __init__(self, host: EngineHost, tryout: Tryout, still: bytes | None) -> None:
        """``still`` is shown until there's a newer picture."""
        self._host = host
        self._tryout = tryout
        self._still = still
        self._shown_until = 0.0  # monotonic seconds
        self._stopped = False
        self._engine_number = host.starts
        self.token = secrets.token_urlsafe(24)  # of the picture's address

    @property
    def is_current(self) -> bool:
        """Whether its engine still runs; with another one, for another folder, it has ended."""
        return self._host.ready and self._host.starts == self._engine_number

    def extend(self) -> None:
        """Show the moving picture from now on, for a while."""
        self._shown_until = time.monotonic() + SHOWN_S

    def pictures(self, is_watched: Callable[[], bool]) -> Callable[[], Awaitable[bytes | None]]:
        """Return what gives one viewer the next JPEG, and None at the end."""
        first = [] if self._still is None else [self._still]

        async def async_next() -> bytes | None:
            if first:
                return first.pop()
            while not self._stopped and is_watched() and time.monotonic() < self._shown_until:
                try:
                    jpeg = await self._run(partial(self._tryout.jpeg, PICTURE_WIDTH))
                except HomeSecError, EngineNotRunningError:
                    return None  # the test tells why
                if jpeg is not None:
                    return jpeg
                await asyncio.sleep(PICTURE_INTERVAL_S)
            return None

        return async_next

    async def async_walk(self) -> WalkReport:
        """Detect until something is seen. Raises ``HomeSecError`` or ``EngineNotRunningError``."""
        return await self._run(partial(self._tryout.walk, WALK_S))

    async def async_stop(self) -> None:
        """Close the source, so that the camera can be opened for good."""
        self._stopped = True
        with contextlib.suppress(EngineNotRunningError):  # it has ended with the engine
            await self._run(partial(self._tryout.stop, STOP_TIMEOUT_S))

    async def _run[T](self, job: Callable[[], T]) -> T:
        return await self._host.async_run_raw(job)


def create_tryout(
    hass: HomeAssistant,
    host: EngineHost,
    name: str,
    data: Mapping[str, Any],
    *,
    still: bytes | None,
) -> CameraTryout:
    """Return a tryout of a camera with these settings. Raises ``EngineNotRunningError``."""
    feed = None
    if data[CONF_KIND] == SourceKind.ENTITY:
        feed = EntityFeed(hass, data[CONF_ENTITY_ID])
    subentry = ConfigSubentry(
        data=MappingProxyType(dict(data)),
        subentry_type=SUBENTRY_CAMERA,
        title=name,
        unique_id=None,
    )
    tryout = host.engine.try_camera(camera_config(subentry), feed)
    return CameraTryout(host, tryout, still)

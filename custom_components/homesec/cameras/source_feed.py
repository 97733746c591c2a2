"""Another integration's camera entity as a source."""

import asyncio
from typing import TYPE_CHECKING, Any, override

from homeassistant.components import camera

from ..engine.core.errors import EntityUnavailable
from ..engine.core.source_feed import SourceFeed

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from homeassistant.core import HomeAssistant

STREAM_URL_TIMEOUT_S = 4.0
STILL_TIMEOUT_S = 4.0
"""Both are shorter than the engine's stall limit, and let a camera stop within 5 s."""


class EntityFeed(SourceFeed):
    """Gets an entity's stream URL or snapshots, called on the camera's own thread.

    The entity may appear long after HomeSec has started, and may come and go: each call looks it
    up, and the engine's back-off does the waiting.
    """

    def __init__(self, hass: HomeAssistant, entity_id: str) -> None:
        self._hass = hass
        self._entity_id = entity_id

    @override
    def stream_url(self) -> str | None:
        """Return the stream source, which may hold a password. Raises ``EntityUnavailable``."""
        return self._run(self._async_stream_source(), STREAM_URL_TIMEOUT_S)

    @override
    def snapshot(self) -> bytes:
        """Return a JPEG. Raises ``EntityUnavailable``."""
        return self._run(self._async_still(), STILL_TIMEOUT_S)

    async def _async_stream_source(self) -> str | None:
        return await camera.async_get_stream_source(self._hass, self._entity_id)

    async def _async_still(self) -> bytes:
        image = await camera.async_get_image(
            self._hass, self._entity_id, timeout=int(STILL_TIMEOUT_S)
        )
        return image.content

    def _run[T](self, coroutine: Coroutine[Any, Any, T], timeout_s: float) -> T:
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._hass.loop)
        except RuntimeError:
            # The loop is closed: Home Assistant stopped without waiting for this camera.
            coroutine.close()
            raise EntityUnavailable from None
        try:
            return future.result(timeout_s)
        except Exception:  # noqa: BLE001 - another integration's code may raise anything
            future.cancel()
            # Not chained: the message may hold a URL with a password.
            raise EntityUnavailable from None

"""Another integration's camera entity as a source."""

import asyncio
from typing import TYPE_CHECKING, Any, override

from homeassistant.components import camera

from ..engine.capture import SourceFeed
from ..engine.core.errors import EntityUnavailable

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from homeassistant.core import HomeAssistant

STREAM_URL_TIMEOUT_S = 4.0
STILL_TIMEOUT_S = 4.0
"""Shorter than the engine's stall limit, and short enough to stop a camera within 5 s."""


class EntityFeed(SourceFeed):
    """Asks the event loop, from the camera's own thread, for what the entity gives.

    The entity may appear long after HomeSec has started and may come and go: each call looks it up
    anew, and the engine's back-off does the waiting.
    """

    def __init__(self, hass: HomeAssistant, entity_id: str) -> None:
        self._hass = hass
        self._entity_id = entity_id

    @override
    def stream_url(self) -> str | None:
        """Return the entity's stream source; it may hold a password."""
        return self._ask(self._async_stream_source(), STREAM_URL_TIMEOUT_S)

    @override
    def snapshot(self) -> bytes:
        """Return one picture."""
        return self._ask(self._async_still(), STILL_TIMEOUT_S)

    async def _async_stream_source(self) -> str | None:
        return await camera.async_get_stream_source(self._hass, self._entity_id)

    async def _async_still(self) -> bytes:
        image = await camera.async_get_image(
            self._hass, self._entity_id, timeout=int(STILL_TIMEOUT_S)
        )
        return image.content

    def _ask[T](self, question: Coroutine[Any, Any, T], timeout_s: float) -> T:
        try:
            answer = asyncio.run_coroutine_threadsafe(question, self._hass.loop)
        except RuntimeError:
            # The loop is closed: Home Assistant has stopped without waiting for this camera.
            question.close()
            raise EntityUnavailable from None
        try:
            return answer.result(timeout_s)
        except Exception:  # noqa: BLE001 - another integration's code may raise anything
            answer.cancel()
            # Not chained: its text may hold a URL with a password.
            raise EntityUnavailable from None

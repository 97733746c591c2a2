"""Limits the texts that users send with Home Assistant's own action.

Texts cost money, and go out one after the other. So whoever sends thousands would keep an alert
waiting for hours. Automations and administrators may send as many as they like.
"""

from collections import deque
from typing import TYPE_CHECKING, Final

from homeassistant.exceptions import ServiceValidationError

from ..alarm.actor import async_actor
from ..const import DOMAIN

if TYPE_CHECKING:
    from homeassistant.core import Context, HomeAssistant

    from ..alarm.guard import Guard
    from ..alarm.sources import ContextSources

MAX_TEXTS: Final = 10
WITHIN_S: Final = 3600.0


class UserTexts:
    """Counts the texts of all users who aren't administrators."""

    def __init__(self, hass: HomeAssistant, *, guard: Guard, sources: ContextSources) -> None:
        self._hass = hass
        self._guard = guard
        self._sources = sources
        self._sent: deque[float] = deque(maxlen=MAX_TEXTS)  # of the event loop's clock

    async def async_check(self, context: Context | None) -> None:
        """Return if one more may be sent now. Raises ``ServiceValidationError``."""
        actor = await async_actor(self._hass, context, self._sources)
        if context is None or actor.user is None or actor.user.is_admin:
            return
        now = self._hass.loop.time()
        if len(self._sent) == MAX_TEXTS and now - self._sent[0] < WITHIN_S:
            await self._guard.async_trace_denied(context, "send_message")
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="too_many_texts",
                translation_placeholders={"limit": str(MAX_TEXTS)},
            )
        self._sent.append(now)

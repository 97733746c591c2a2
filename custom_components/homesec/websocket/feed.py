"""What goes to pages that stay open: gathered for a moment, since much happens at once."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.debounce import Debouncer

from ..const import LOGGER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from homeassistant.core import HomeAssistant

PAUSE_S: Final = 0.3
"""Between two messages; what happens meanwhile goes into the next."""


class Feed[T](ABC):
    """One for all pages; it does nothing while there is none."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._receivers: dict[object, Callable[[T], None]] = {}
        self._debouncer = Debouncer(
            hass,
            LOGGER,
            cooldown=PAUSE_S,
            immediate=True,
            function=self._async_gather_and_tell,
            background=True,
        )

    @callback
    def async_add(self, receiver: Callable[[T], None]) -> CALLBACK_TYPE:
        """Have ``receiver`` told from now on; returns what ends that."""
        key = object()
        self._receivers[key] = receiver

        @callback
        def remove() -> None:
            self._receivers.pop(key, None)

        return remove

    @callback
    def async_touch(self, _event: object = None) -> None:
        """Something has happened that may have to be told."""
        if self._receivers:
            self._debouncer.async_schedule_call()

    @callback
    def async_stop(self) -> None:
        """Tell nobody any more."""
        self._receivers.clear()
        self._debouncer.async_shutdown()

    async def _async_gather_and_tell(self) -> None:
        for news in await self.async_gather():
            for receiver in list(self._receivers.values()):
                receiver(news)

    @abstractmethod
    async def async_gather(self) -> Iterable[T]:
        """Return what there is to tell."""

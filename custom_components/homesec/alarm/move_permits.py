"""Who may move which camera for a while, although the alarm is armed.

The guard was asked once: nobody can hold a button and enter a PIN. A permit ends with its time, or
with the armed alarm that it was given in.
"""

from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback

from ..event_bus import AlarmChanged
from .machine import AlarmState

if TYPE_CHECKING:
    from ..engine.core.events import EngineEvent
    from ..event_bus import EventBus
    from .controller import AlarmController

PERMIT_S: Final = 120.0


class MovePermits:
    """Holds them in memory only."""

    def __init__(self, hass: HomeAssistant, *, bus: EventBus, alarm: AlarmController) -> None:
        self._hass = hass
        self._alarm = alarm
        self._until: dict[tuple[str, str], float] = {}  # of the event loop's clock
        bus.async_subscribe(self._async_handle, kinds=(AlarmChanged,))

    @callback
    def async_give(self, principal: str, camera_id: str) -> None:
        """Let someone move a camera for ``PERMIT_S``."""
        self._until[principal, camera_id] = self._hass.loop.time() + PERMIT_S

    def has(self, principal: str, camera_id: str) -> bool:
        """Return whether someone may move a camera now."""
        return self._until.get((principal, camera_id), 0.0) > self._hass.loop.time()

    @callback
    def _async_handle(self, _: EngineEvent) -> None:
        if self._alarm.state is AlarmState.DISARMED:
            self._until.clear()

"""Events on Home Assistant's bus that only those get who listen to exactly their type.

Home Assistant's recorder, its history, and whatever else listens to all events don't get them: an
intruder with a phone of the house could look there for who called for help.
"""

from typing import TYPE_CHECKING, Any

from homeassistant import core

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant


@core.callback
def async_fire_private(hass: HomeAssistant, event_type: str, data: dict[str, Any]) -> None:
    """Fire an event soon, on its own: during another one it would only be queued."""
    hass.loop.call_soon(_fire, hass, event_type, data)


def _fire(hass: HomeAssistant, event_type: str, data: dict[str, Any]) -> None:
    # Home Assistant has no other way to keep an event from those who listen to all; a test with
    # its recorder fails if this one no longer works.
    hidden = core.EVENTS_EXCLUDED_FROM_MATCH_ALL
    hidden.add(event_type)
    try:
        hass.bus.async_fire(event_type, data)
    finally:
        hidden.discard(event_type)

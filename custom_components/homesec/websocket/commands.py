"""Registers the page's commands, which ``docs/websocket.md`` describes."""

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback

from . import alarm, cameras, clips, deleted, movement, statistics, subscriptions, zones


@callback
def async_setup_websocket(hass: HomeAssistant) -> None:
    """Register all commands; once, however often the entry is set up."""
    for module in (alarm, cameras, clips, deleted, movement, statistics, subscriptions, zones):
        for command in module.COMMANDS:
            websocket_api.async_register_command(hass, command)

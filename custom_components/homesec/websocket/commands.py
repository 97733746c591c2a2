"""The websocket commands that the page stands on; ``docs/websocket.md`` describes each."""

from homeassistant.core import HomeAssistant, callback

from .clips import async_setup_clip_commands
from .statistics import async_setup_figure_commands
from .subscriptions import async_setup_live_commands
from .zones import async_setup_zone_commands


@callback
def async_setup_websocket(hass: HomeAssistant) -> None:
    """Register all of them; once, however often the entry is set up."""
    async_setup_clip_commands(hass)
    async_setup_live_commands(hass)
    async_setup_figure_commands(hass)
    async_setup_zone_commands(hass)

"""Where those who are not set up with the entry find it."""

from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN

if TYPE_CHECKING:
    from .coordinator import HomeSecCoordinator


@callback
def loaded_house(hass: HomeAssistant) -> HomeSecCoordinator | None:
    """Return the one entry's coordinator; None while it is not loaded."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        coordinator: HomeSecCoordinator = entry.runtime_data
        return coordinator
    return None

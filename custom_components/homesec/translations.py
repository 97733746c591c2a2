"""Translated texts that Home Assistant doesn't look up itself."""

from typing import TYPE_CHECKING

from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant


async def async_options(hass: HomeAssistant, key: str) -> dict[str, str]:
    """Return the texts of ``selector.<key>.options`` in Home Assistant's language."""
    texts = await async_get_translations(hass, hass.config.language, "selector", {DOMAIN})
    prefix = f"component.{DOMAIN}.selector.{key}.options."
    return {
        name.removeprefix(prefix): text for name, text in texts.items() if name.startswith(prefix)
    }

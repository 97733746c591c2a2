"""The panel in the sidebar: ES modules, built from `panel/` in the repository."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from homeassistant.components import frontend, panel_custom
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .urls import PANEL_FILES_URL

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

FOLDER: Final = Path(__file__).parent / "frontend"
MODULE: Final = "homesec-panel.js"
"""The module that is loaded first. It loads the others of the folder by their names."""
ICON: Final = "mdi:shield-home"
ELEMENT: Final = "homesec-panel"

_URL: HassKey[str] = HassKey(f"{DOMAIN}_panel_url")


async def async_serve_panel(hass: HomeAssistant) -> None:
    """Serve the modules. To be called once: a static path can't be removed."""
    url = await hass.async_add_executor_job(_url)
    # Browsers cache them for a month. Their URL changes with their content.
    await hass.http.async_register_static_paths([StaticPathConfig(url, str(FOLDER), True)])
    hass.data[_URL] = f"{url}/{MODULE}"


async def async_show_panel(hass: HomeAssistant) -> None:
    """Add the panel to the sidebar. It stays during a reload, for those who have it open."""
    if frontend.async_panel_exists(hass, DOMAIN):
        return
    await panel_custom.async_register_panel(
        hass,
        frontend_url_path=DOMAIN,
        webcomponent_name=ELEMENT,
        sidebar_title="HomeSec",
        sidebar_icon=ICON,
        module_url=hass.data[_URL],
    )


@callback
def async_hide_panel(hass: HomeAssistant) -> None:
    """Remove the panel from the sidebar."""
    if frontend.async_panel_exists(hass, DOMAIN):
        frontend.async_remove_panel(hass, DOMAIN)


def _url() -> str:
    digest = hashlib.sha256()
    for module in sorted(FOLDER.glob("*.js")):
        digest.update(hashlib.sha256(module.read_bytes()).digest())
    return PANEL_FILES_URL.format(digest=digest.hexdigest()[:16])

"""The line about HomeSec on Home Assistant's system page."""

from typing import TYPE_CHECKING, Any

from homeassistant.core import callback

from .const import DOMAIN
from .loaded import loaded_house

if TYPE_CHECKING:
    from homeassistant.components.system_health import SystemHealthRegistration
    from homeassistant.core import HomeAssistant


@callback
def async_register(_hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register what to ask."""
    register.async_register_info(
        async_system_health, manage_url=f"/config/integrations/integration/{DOMAIN}"
    )


async def async_system_health(hass: HomeAssistant) -> dict[str, Any]:
    """Return a few figures of the loaded entry."""
    if (house := loaded_house(hass)) is None:
        return {}
    cameras = house.cameras.values()
    storage = house.storage.state
    report = house.detector.report
    works = report if report is not None and report.ready else None
    error = house.start.error
    return {
        "engine": "running" if house.ready else error.key if error else "starting",
        "detector": works.detector if works else "-",
        "model": works.model if works else "-",
        "second_opinion": (works.second if works else None) or "-",
        "cameras": f"{sum(camera.watching for camera in cameras)} / {len(cameras)}",
        "clips": house.engine_stats.clips,
        "uploads_waiting": storage.uploads.backlog.jobs if storage.cloud else "-",
        "cloud_error": storage.error or "-",
    }

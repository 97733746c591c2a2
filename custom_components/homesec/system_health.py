"""HomeSec's section of Home Assistant's system information."""

from typing import TYPE_CHECKING, Any

from homeassistant.core import callback

from .access import async_get_runtime
from .const import DOMAIN

if TYPE_CHECKING:
    from homeassistant.components.system_health import SystemHealthRegistration
    from homeassistant.core import HomeAssistant


@callback
def async_register(_hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register the section."""
    register.async_register_info(
        async_system_health, manage_url=f"/config/integrations/integration/{DOMAIN}"
    )


async def async_system_health(hass: HomeAssistant) -> dict[str, Any]:
    """Return key figures of the loaded entry."""
    if (runtime := async_get_runtime(hass)) is None:
        return {}
    cameras = runtime.cameras.values()
    storage = runtime.storage.state
    report = runtime.detector.report
    detector = report if report is not None and report.ready else None
    error = runtime.coordinator.start_error
    worker = runtime.host.engine.worker_status if runtime.host.ready else None
    return {
        "engine": error.key if error else "running" if runtime.host.ready else "starting",
        "worker_restarts": worker.restarts if worker else "-",
        "worker_exit": (worker.last_exit if worker else None) or "-",
        "detector": detector.detector if detector else "-",
        "model": detector.model if detector else "-",
        "second_opinion": (detector.verifier if detector else None) or "-",
        "cameras": f"{sum(camera.watching for camera in cameras)} / {len(cameras)}",
        "clips": runtime.coordinator.engine_stats.clips,
        "uploads_waiting": storage.uploads.backlog.jobs if storage.cloud else "-",
        "cloud_error": storage.error or "-",
    }

"""The actions of HomeSec."""

from homeassistant.components.camera import DOMAIN as CAMERA_DOMAIN
from homeassistant.core import HomeAssistant, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_platform_entity_service
import probatio

from .alert_actions import async_setup_alert_actions
from .clip_actions import async_setup_clip_actions
from .const import ATTR_DURATION, DOMAIN, SERVICE_RECORD


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    async_register_platform_entity_service(
        hass,
        DOMAIN,
        SERVICE_RECORD,
        entity_domain=CAMERA_DOMAIN,
        func="async_record",
        schema={probatio.Optional(ATTR_DURATION): cv.positive_time_period},
        supports_response=SupportsResponse.OPTIONAL,
    )
    async_setup_clip_actions(hass)
    async_setup_alert_actions(hass)

"""Registers the actions."""

from homeassistant.components.alarm_control_panel import DOMAIN as ALARM_DOMAIN
from homeassistant.components.camera import DOMAIN as CAMERA_DOMAIN
from homeassistant.const import ATTR_CODE, ATTR_MODE
from homeassistant.core import HomeAssistant, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_platform_entity_service
import probatio

from .alarm.machine import ARMED_MODES
from .alerts.actions import async_setup_alert_actions
from .cameras.actions import async_setup_camera_actions
from .clips.actions import async_setup_clip_actions
from .const import ATTR_DURATION, ATTR_FORCE, ATTR_SKIP_DELAY, DOMAIN, SERVICE_ARM, SERVICE_RECORD


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register all actions; those of entities are implemented by their platforms."""
    async_register_platform_entity_service(
        hass,
        DOMAIN,
        SERVICE_RECORD,
        entity_domain=CAMERA_DOMAIN,
        func="async_record",
        schema={probatio.Optional(ATTR_DURATION): cv.positive_time_period},
        supports_response=SupportsResponse.OPTIONAL,
    )
    async_register_platform_entity_service(
        hass,
        DOMAIN,
        SERVICE_ARM,
        entity_domain=ALARM_DOMAIN,
        func="async_arm",
        schema={
            probatio.Required(ATTR_MODE): probatio.In(ARMED_MODES),
            probatio.Optional(ATTR_CODE): cv.string,
            probatio.Optional(ATTR_FORCE, default=False): cv.boolean,
            probatio.Optional(ATTR_SKIP_DELAY, default=False): cv.boolean,
        },
    )
    async_setup_clip_actions(hass)
    async_setup_alert_actions(hass)
    async_setup_camera_actions(hass)

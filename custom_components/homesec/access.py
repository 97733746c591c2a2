"""The loaded entry's parts for those that are set up without it, and who may use them."""

from enum import Enum
from typing import TYPE_CHECKING

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import Unauthorized, UnknownUser

from .alarm.actor import panel_entity_id
from .const import DOMAIN

if TYPE_CHECKING:
    from homeassistant.auth.models import User
    from homeassistant.core import ServiceCall

    from .runtime import HomeSecData


class Permission(Enum):
    """What a user has to be allowed."""

    READ = POLICY_READ  # to see the alarm panel
    CONTROL = POLICY_CONTROL  # to arm and disarm
    ADMIN = "admin"


@callback
def async_get_runtime(hass: HomeAssistant) -> HomeSecData | None:
    """Return the parts of the one entry; None while it isn't loaded."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        runtime: HomeSecData = entry.runtime_data
        return runtime
    return None


def alarm_entity_id(runtime: HomeSecData) -> str | None:
    """Return the id of the alarm panel's entity, which users may rename."""
    return panel_entity_id(runtime.hass, runtime.entry.entry_id)


@callback
def has_permission(user: User, runtime: HomeSecData, permission: Permission) -> bool:
    """Return whether a user has a permission."""
    if user.is_admin:
        return True
    entity_id = alarm_entity_id(runtime)
    if entity_id is None or permission is Permission.ADMIN:
        return False
    return user.permissions.check_entity(entity_id, permission.value)


@callback
def check_permission(user: User, runtime: HomeSecData, permission: Permission) -> None:
    """Raise ``Unauthorized`` if a user doesn't have a permission."""
    if not has_permission(user, runtime, permission):
        raise Unauthorized


async def async_check_call(call: ServiceCall, runtime: HomeSecData, permission: Permission) -> None:
    """Raise ``Unauthorized`` if the user who calls an action doesn't have a permission.

    An automation has all permissions, as everywhere in Home Assistant.
    """
    if (user_id := call.context.user_id) is None:
        return
    if (user := await call.hass.auth.async_get_user(user_id)) is None:
        raise UnknownUser(context=call.context)
    if not has_permission(user, runtime, permission):
        await runtime.guard.async_trace_denied(call.context, call.service)
        raise Unauthorized(context=call.context, entity_id=alarm_entity_id(runtime))

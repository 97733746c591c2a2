"""Who may look at the house, and who may change something in it: page, actions, automations."""

from enum import Enum
from typing import TYPE_CHECKING

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.components.alarm_control_panel import DOMAIN as ALARM_DOMAIN
from homeassistant.core import callback
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN

if TYPE_CHECKING:
    from homeassistant.auth.models import User
    from homeassistant.core import ServiceCall

    from .coordinator import HomeSecCoordinator


class Permission(Enum):
    """What something asks of whoever wants it."""

    LOOK = "look"
    """To be allowed to see the alarm panel."""
    CONTROL = "control"
    """To be allowed to arm and disarm."""
    ADMIN = "admin"


def alarm_entity_id(coordinator: HomeSecCoordinator) -> str | None:
    """Return the alarm panel's entity, whatever its owner calls it."""
    unique_id = f"{coordinator.entry.entry_id}_alarm"
    return er.async_get(coordinator.hass).async_get_entity_id(ALARM_DOMAIN, DOMAIN, unique_id)


@callback
def has(user: User, coordinator: HomeSecCoordinator, right: Permission) -> bool:
    """Tell whether a user has a right."""
    if user.is_admin:
        return True
    entity_id = alarm_entity_id(coordinator)
    if entity_id is None or right is Permission.ADMIN:
        return False
    policy = POLICY_CONTROL if right is Permission.CONTROL else POLICY_READ
    return user.permissions.check_entity(entity_id, policy)


async def async_check_call(
    call: ServiceCall, coordinator: HomeSecCoordinator, right: Permission
) -> None:
    """Raise ``Unauthorized`` if whoever calls an action has not that right.

    An automation has all of them, as everywhere in Home Assistant.
    """
    if (user_id := call.context.user_id) is None:
        return
    if (user := await call.hass.auth.async_get_user(user_id)) is None:
        raise UnknownUser(context=call.context)
    if not has(user, coordinator, right):
        raise Unauthorized(context=call.context, entity_id=alarm_entity_id(coordinator))

"""Repair issues of alerts that don't go out."""

from typing import TYPE_CHECKING

from homeassistant.core import callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .issues import async_raise_issue, recipient_issue_id

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant


@callback
def async_undelivered(
    hass: HomeAssistant, entry_id: str, route_id: str, name: str, *, recipient: bool, count: int
) -> None:
    """Raise an issue until alerts go out again, unless a recipient's own issue says more.

    ``route_id``: a recipient's id or an automation's entity id.
    """
    own = ir.async_get(hass).async_get_issue(DOMAIN, recipient_issue_id(route_id))
    if own is not None and own.active:
        async_delivered(hass, route_id)
        return
    key = "alerts_undelivered" if recipient else "alert_automation_failed"
    placeholders = {"name": name, "count": str(count)}
    async_raise_issue(hass, entry_id, _issue_id(route_id), key, placeholders)


@callback
def async_delivered(hass: HomeAssistant, route_id: str) -> None:
    """Withdraw that issue."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(route_id))


def _issue_id(route_id: str) -> str:
    return f"undelivered_{route_id}"

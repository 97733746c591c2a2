"""Tells which integrations send what a call of a notify action asks for."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.notify import (
    DOMAIN as NOTIFY_DOMAIN,
    SERVICE_SEND_MESSAGE,
)
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PACKAGES: Final = ("homeassistant.components.", "custom_components.")


def integration_of(module: str) -> str | None:
    """Return the integration that a module or a logger belongs to, if any."""
    for package in _PACKAGES:
        if module.startswith(package):
            return module.removeprefix(package).partition(".")[0]
    return None


@callback
def senders(hass: HomeAssistant, service: str, data: Mapping[str, Any]) -> set[str]:
    """Return the integrations behind a notify action that is called with this data.

    Of devices and areas as targets, none is known.
    """
    if service == SERVICE_SEND_MESSAGE:
        registry = er.async_get(hass)
        found = map(registry.async_get, _listed(data.get(ATTR_ENTITY_ID)))
        return {entry.platform for entry in found if entry is not None}
    handler = hass.services.async_services_for_domain(NOTIFY_DOMAIN).get(service)
    if handler is None:
        return set()
    target: Any = handler.job.target
    # Each integration has a class of its own, with methods that the base class brings.
    owner = getattr(target, "__self__", None)
    module = getattr(target, "__module__", "") if owner is None else type(owner).__module__
    name = integration_of(str(module))
    return set() if name in (None, NOTIFY_DOMAIN) else {str(name)}


def _listed(value: object) -> Iterator[str]:
    yield from map(str, value if isinstance(value, list) else [value])

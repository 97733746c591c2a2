"""Which sensors may wake a new camera: those of the same device in another integration.

That is the device of the entity that the camera gets its pictures from, or the one with the MAC
address or the host of its stream. A recorder's host has many cameras, so there nothing is
suggested.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.event import EventDeviceClass
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..const import DOMAIN
from .wake import SENSOR_DOMAINS

_PERSON: Final = re.compile("person|people|human|visitor|doorbell", re.IGNORECASE)
"""In the names that integrations give to sensors; they have no device class for people."""
_MOTION: Final = frozenset(
    {
        BinarySensorDeviceClass.MOTION,
        BinarySensorDeviceClass.OCCUPANCY,
        BinarySensorDeviceClass.MOVING,
        EventDeviceClass.DOORBELL,
        EventDeviceClass.MOTION,
    }
)


@callback
def async_suggest_sensors(
    hass: HomeAssistant, *, entity_id: str | None = None, url: str | None = None, mac: str = ""
) -> list[str]:
    """Return the sensors for people of a camera's device; without any, those for motion."""
    device_ids = async_device_ids(hass, entity_id=entity_id, url=url, mac=mac)
    found = [each for each in (_sensors(hass, device_id) for device_id in device_ids) if each]
    if len(found) != 1:
        return []
    people = [each for each in found[0] if _PERSON.search(_names(each))]
    return sorted(each.entity_id for each in people or found[0])


@callback
def async_device_ids(
    hass: HomeAssistant, *, entity_id: str | None = None, url: str | None = None, mac: str = ""
) -> list[str]:
    """Return the ids of the devices that other integrations have of a camera."""
    return _of_entity(hass, entity_id) if entity_id else _of_stream(hass, url or "", mac)


def _of_entity(hass: HomeAssistant, entity_id: str) -> list[str]:
    entry = er.async_get(hass).async_get(entity_id)
    return [] if entry is None or entry.device_id is None else [entry.device_id]


def _of_stream(hass: HomeAssistant, url: str, mac: str) -> list[str]:
    host = urlsplit(url).hostname
    entries = {
        entry.entry_id
        for entry in hass.config_entries.async_entries()
        if entry.domain != DOMAIN and host and entry.data.get(CONF_HOST) == host
    }
    return [
        device.id
        for device in dr.async_get(hass).devices
        if device.config_entry_id in entries
        or (mac and (dr.CONNECTION_NETWORK_MAC, mac) in device.connections)
    ]


def _sensors(hass: HomeAssistant, device_id: str) -> list[er.RegistryEntry]:
    """Return the device's sensors that may notice people."""
    return [
        each
        for each in er.async_entries_for_device(er.async_get(hass), device_id)
        if each.domain in SENSOR_DOMAINS
        and each.platform != DOMAIN
        and (
            (each.device_class or each.original_device_class) in _MOTION
            or _PERSON.search(_names(each))
        )
    ]


def _names(entity: er.RegistryEntry) -> str:
    return f"{entity.translation_key} {entity.unique_id} {entity.original_name}"

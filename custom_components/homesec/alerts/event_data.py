"""The data of ``homesec_alert`` and ``homesec_alert_updated``: all that a notification needs."""

from typing import TYPE_CHECKING, Any

from homeassistant.helpers import entity_registry as er

from ..bus_events import iso
from ..const import DOMAIN
from ..urls import ALERT_STILL_URL, CLIP_URL
from .texts import link_path

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

    from ..alarm.controller import AlarmController
    from ..devices import Devices
    from .rules import Alert
    from .texts import AlertTexts


def alert_data(
    hass: HomeAssistant,
    alert: Alert,
    texts: AlertTexts,
    *,
    alarm: AlarmController,
    devices: Devices,
    has_still: bool,
) -> dict[str, Any]:
    """Return an event's data."""
    first, cause = alert.first, alert.cause
    camera_id = cause.camera_id
    return {
        "alert_id": alert.id,
        "kind": alert.kind.value,
        "camera_id": camera_id,
        "camera": cause.camera,
        "device_id": None if camera_id is None else devices.id_of(camera_id),
        "camera_entity_id": _entity_id(hass, "camera", camera_id),
        "image_entity_id": _entity_id(hass, "image", camera_id, "snapshot"),
        "cameras": list(alert.cameras),
        "device_ids": _device_ids(devices, alert),
        "label": alert.label,
        "score": None if alert.score is None else round(alert.score, 2),
        "count": alert.count,
        "zones": list(alert.zones),
        "sensor": alert.sensor,
        "mode": alarm.mode.value,
        "alarm_state": alarm.state.value,
        "triggered_by": next((x.by for x in alert.sightings if x.by), None),
        "first_seen": iso(first.at),
        "time": iso(alert.sightings[-1].at),
        "clip_id": alert.clip_id,
        "clip_ids": list(alert.clip_ids),
        "link": link_path(alert),
        "still": ALERT_STILL_URL.format(alert_id=alert.id) if has_still else None,
        "clip": alert.clip_id and CLIP_URL.format(clip_id=alert.clip_id),
        "title": texts.title(alert),
        "message": texts.message(alert),
    }


def _device_ids(devices: Devices, alert: Alert) -> list[str]:
    """Return the ids of all cameras' devices, in the order of the sightings."""
    ids = (devices.id_of(x.camera_id) for x in alert.sightings if x.camera_id)
    return list(dict.fromkeys(device_id for device_id in ids if device_id))


def _entity_id(
    hass: HomeAssistant, domain: str, camera_id: str | None, key: str | None = None
) -> str | None:
    """Look an entity's id up, since users may rename it."""
    if camera_id is None:
        return None
    registry = er.async_get(hass)
    return registry.async_get_entity_id(domain, DOMAIN, f"{camera_id}_{key or domain}")

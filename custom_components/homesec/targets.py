"""The cameras of a target: entities, devices, areas, floors, labels."""

from typing import TYPE_CHECKING, Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from .const import DOMAIN

if TYPE_CHECKING:
    from collections.abc import Mapping


@callback
def async_target_devices(
    hass: HomeAssistant, target: Mapping[str, Any] | None
) -> frozenset[str] | None:
    """Return the ids of a target's devices; None if it means all.

    Any entity stands for its device, so ``binary_sensor.door_person`` is as good as
    ``camera.door``. Areas and labels may change at any time, so don't keep the result.
    """
    if not target:
        return None
    selected = async_extract_referenced_entity_ids(hass, TargetSelection(dict(target)))
    registry = er.async_get(hass)
    entries = map(registry.async_get, selected.referenced | selected.indirectly_referenced)
    of_entities = {entry.device_id for entry in entries if entry is not None and entry.device_id}
    return frozenset(of_entities | selected.referenced_devices)


@callback
def async_subentry_id(hass: HomeAssistant, text: str) -> str | None:
    """Return the id of the subentry that an entity's, device's, or subentry's id stands for.

    The last may be that of a camera that was removed and whose clips are still there.
    """
    if (entity := er.async_get(hass).async_get(text)) is not None:
        return entity.config_subentry_id if entity.platform == DOMAIN else None
    if (device := dr.async_get(hass).async_get(text)) is not None:
        return next((id_ for domain, id_ in device.identifiers if domain == DOMAIN), None)
    return text

"""Find out what moves a camera.

Cameras that the search found tell HomeSec how to move them. Of others, the device in Home Assistant
is looked for that has an entity of ONVIF's integration, or buttons that move it, such as Reolink's.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.button import DOMAIN as BUTTON_DOMAIN
from homeassistant.components.camera import DOMAIN as CAMERA_DOMAIN
from homeassistant.components.select import DOMAIN as SELECT_DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import CONF_MOVEMENT, DOMAIN
from ..engine.core.discovery import MovableDevice
from ..engine.core.errors import InvalidSource
from ..engine.core.source_url import device_url, parse_source_url
from .config import source_entity
from .discovery import ONVIF
from .known_device import source_mac
from .movers import PANS, ZOOMS, ButtonMover, Direction, OnvifEntityMover, OnvifMover
from .suggested_sensors import async_device_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..engine.core.discovery import StreamProfile
    from ..engine_host import EngineHost
    from .movers import Mover

STOP: Final = "ptz_stop"  # translation keys of entities
POSITIONS: Final = "ptz_preset"


def movement_data(address: str, profiles: Iterable[StreamProfile]) -> dict[str, Any]:
    """Return how to move a camera as its settings have it; {} if none of its profiles can."""
    for each in profiles:
        if each.pans or each.zooms:
            found = {"profile": each.token, "pans": each.pans, "zooms": each.zooms}
            return {CONF_MOVEMENT: {"address": address, **found}}
    return {}


def movable_device(data: Mapping[str, Any]) -> MovableDevice | None:
    """Return how to reach a camera that HomeSec itself moves; None of any other.

    Its host is always that of the stream, which may have got another address since.
    """
    stored = data.get(CONF_MOVEMENT)
    if not stored or CONF_URL not in data:
        return None
    try:
        url = device_url(stored["address"])
        address = replace(url, host=parse_source_url(data[CONF_URL]).host).without_login
    except InvalidSource, KeyError:
        return None
    return MovableDevice(
        address=address,
        profile=stored.get("profile", ""),
        username=data.get(CONF_USERNAME),
        password=data.get(CONF_PASSWORD),
    )


@callback
def async_find_mover(
    hass: HomeAssistant, host: EngineHost, data: Mapping[str, Any]
) -> Mover | None:
    """Return what moves a camera with these settings; None if nothing can."""
    if (device := movable_device(data)) is not None:
        stored = data[CONF_MOVEMENT]
        directions = (
            *(PANS if stored.get("pans") else ()),
            *(ZOOMS if stored.get("zooms") else ()),
        )
        return OnvifMover(hass=hass, host=host, device=device, directions=directions)
    entity_id = source_entity(data)
    if entity_id is None and CONF_URL not in data:
        return None
    device_ids = async_device_ids(
        hass, entity_id=entity_id, url=data.get(CONF_URL), mac=source_mac(data)
    )
    found = [
        mover
        for device_id in device_ids
        if (mover := _find_for_device(hass, device_id, entity_id)) is not None
    ]
    # A recorder's host has many cameras, and nothing tells which of them this is.
    return found[0] if len(found) == 1 else None


def _find_for_device(hass: HomeAssistant, device_id: str, entity_id: str | None) -> Mover | None:
    entities = [
        each
        for each in er.async_entries_for_device(er.async_get(hass), device_id)
        if each.platform != DOMAIN
    ]
    # The camera's own entity first: each of them moves its own profile.
    cameras = sorted(
        (each for each in entities if (each.domain, each.platform) == (CAMERA_DOMAIN, ONVIF)),
        key=lambda each: (each.entity_id != entity_id, each.entity_id),
    )
    for each in cameras:
        if (ptz := _ptz_of_profile(hass, each)) is not None:
            tokens = getattr(ptz, "presets", None) or ()
            positions = tuple(token for token in tokens if isinstance(token, str))
            return OnvifEntityMover(hass=hass, entity_id=each.entity_id, positions=positions)
    return _find_buttons(hass, entities)


def _ptz_of_profile(hass: HomeAssistant, entity: er.RegistryEntry) -> object | None:
    """Return what ONVIF's integration knows of a profile that can be moved; None otherwise.

    It shows that neither in a state nor elsewhere. So what it holds is looked at, carefully.
    """
    entry = hass.config_entries.async_get_entry(entity.config_entry_id or "")
    if entry is None or entry.state is not ConfigEntryState.LOADED:
        return None
    for profile in getattr(getattr(entry, "runtime_data", None), "profiles", None) or ():
        ptz = getattr(profile, "ptz", None)
        if entity.unique_id.endswith(f"#{getattr(profile, 'token', None)}") and getattr(
            ptz, "continuous", False
        ):
            return ptz
    return None


def _find_buttons(hass: HomeAssistant, entities: Iterable[er.RegistryEntry]) -> Mover | None:
    """Return what moves a camera with a device's buttons; None without one that stops it."""
    usable = {
        (each.domain, each.translation_key): each.entity_id
        for each in entities
        if each.disabled_by is None
    }
    buttons = {
        direction: entity_id
        for direction in Direction
        if (entity_id := usable.get((BUTTON_DOMAIN, f"ptz_{direction}"))) is not None
    }
    stop = usable.get((BUTTON_DOMAIN, STOP))
    if not buttons or stop is None:
        return None
    positions = usable.get((SELECT_DOMAIN, POSITIONS))
    return ButtonMover(hass=hass, buttons=buttons, stop=stop, positions=positions)

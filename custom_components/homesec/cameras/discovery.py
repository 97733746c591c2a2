"""Find cameras that can be added: in the network, among Home Assistant's own, and webcams.

The network is searched, and cameras are asked, in a process of the engine. What it needs for that
is installed when it's first used, in the versions that Home Assistant's own integration pins.
"""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from homeassistant.components.camera import DOMAIN as CAMERA_DOMAIN
from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.loader import IntegrationNotFound, async_get_integration
from homeassistant.requirements import (
    RequirementsNotFound,
    async_clear_install_history,
    async_process_requirements,
)

from ..const import DOMAIN, LOGGER
from ..engine.core.errors import DiscoveryError, DiscoveryMissing, HomeSecError
from ..exceptions import EngineNotRunningError
from .webcams import find_webcams

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

    from ..engine.core.discovery import DeviceDetails, OnvifDevice
    from ..engine_host import EngineHost
    from .webcams import Webcam

SEARCH_S: Final = 4.0
"""How long devices may take to answer: they wait up to half a second on purpose, and one that
sleeps misses the first question."""
INSTALL_S: Final = 120.0
"""How long a search waits for the first installation, which then goes on."""
ONVIF: Final = "onvif"
"""Home Assistant's integration, whose requirements are installed."""
LIBRARIES: Final = ("WSDiscovery==", "onvif-zeep-async==")


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherCamera:
    """A camera that another integration has."""

    entity_id: str
    name: str
    integration: str  # its domain, like "reolink"
    device_id: str | None = None  # in Home Assistant's device registry
    maker: str | None = None
    model: str | None = None
    mac: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCameras:
    """All cameras that a search found."""

    devices: tuple[OnvifDevice, ...] = ()  # each once, in the order of their names
    entities: tuple[OtherCamera, ...] = ()  # neither ours nor disabled, in the order of their names
    webcams: tuple[Webcam, ...] = ()
    error: str | None = None
    """Key of why the network couldn't be searched; what else was found is there all the same."""


async def async_search(hass: HomeAssistant, host: EngineHost) -> FoundCameras:
    """Search everywhere, which takes ``SEARCH_S``, and more the first time."""
    entities = async_find_entities(hass)
    webcams: list[Webcam] = []
    devices: list[OnvifDevice] = []
    error = None
    try:
        webcams = await host.async_run_raw(find_webcams)
        await async_install_libraries(hass)
        engine = await host.async_wait_engine()
        devices = await host.async_run_raw(engine.search, SEARCH_S)
    except EngineNotRunningError:
        error = DiscoveryError.key
    except HomeSecError as err:
        LOGGER.warning("The network couldn't be searched for cameras: %s", err.log_text)
        error = err.key
    return FoundCameras(
        devices=tuple(sorted(devices, key=lambda each: (each.name.casefold(), each.host))),
        entities=tuple(sorted(entities, key=lambda each: (each.name.casefold(), each.entity_id))),
        webcams=tuple(webcams),
        error=error,
    )


async def async_read_device(
    hass: HomeAssistant,
    host: EngineHost,
    address: str,
    username: str | None,
    password: str | None,
) -> DeviceDetails:
    """Log in to a device, and return what it offers.

    ``address``: that of an ``OnvifDevice``, or a host with or without port. Raises ``LoginRefused``
    and other kinds of ``SourceError``, ``OnvifMissing`` if it's no ONVIF device, and
    ``DiscoveryError`` if nothing can be asked at all.
    """
    await async_install_libraries(hass)
    engine = await host.async_wait_engine()
    return await host.async_run_raw(engine.read_device, address, username, password)


@callback
def async_find_entities(hass: HomeAssistant) -> list[OtherCamera]:
    """Return the cameras of other integrations, those without a registry entry among them."""
    entities, devices = er.async_get(hass), dr.async_get(hass)
    found = []
    for state in hass.states.async_all(CAMERA_DOMAIN):
        entry = entities.async_get(state.entity_id)
        if entry is not None and (entry.platform == DOMAIN or entry.hidden_by is not None):
            continue
        device_id = None if entry is None else entry.device_id
        known = None if device_id is None else devices.async_get(device_id)
        device = known if isinstance(known, dr.DeviceEntry) else None
        found.append(
            OtherCamera(
                entity_id=state.entity_id,
                name=state.name,
                integration="" if entry is None else entry.platform,
                device_id=device_id,
                maker=None if device is None else device.manufacturer,
                model=None if device is None else device.model,
                mac=None if device is None else _mac(device),
            )
        )
    return found


def _mac(device: dr.DeviceEntry) -> str | None:
    """Return the address of a device's network card."""
    return next(
        (mac for kind, mac in device.connections if kind == dr.CONNECTION_NETWORK_MAC), None
    )


async def async_install_libraries(hass: HomeAssistant) -> None:
    """Install what the process needs, unless it's there. Raises ``DiscoveryMissing``.

    The installation goes on if it takes too long, so that the next search finds it.
    """
    installing = hass.async_create_background_task(
        _async_process_requirements(hass), f"{DOMAIN} ONVIF libraries"
    )
    await asyncio.wait({installing}, timeout=INSTALL_S)
    if not installing.done():
        raise DiscoveryMissing
    await installing


async def _async_process_requirements(hass: HomeAssistant) -> None:
    try:
        integration = await async_get_integration(hass, ONVIF)
        needed = [each for each in integration.requirements if each.startswith(LIBRARIES)]
        # Home Assistant remembers a failure until its restart, but a person asks again.
        async_clear_install_history(hass)
        await async_process_requirements(hass, DOMAIN, needed, False)
    except (IntegrationNotFound, RequirementsNotFound) as err:
        raise DiscoveryMissing from err

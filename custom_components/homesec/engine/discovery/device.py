"""Ask one ONVIF device for what it is, its streams, and its events."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from ..core.discovery import DeviceDetails, OfferedEvent
from ..core.errors import HomeSecError, OnvifMissing, SourceTimeout
from ..core.source_url import DEFAULT_PORTS, device_url
from .answers import clean_mac, clean_text, dig, own_url
from .media import read_profiles
from .search import find_address
from .soap import DEVICE, EVENTS, MEDIA, MEDIA2, PTZ, Soap, Unsupported
from .topics import offered_events

if TYPE_CHECKING:
    from ..core.source_url import SourceUrl

_LOGGER = logging.getLogger(__name__)

READ_S = 45.0
"""For all questions to a device; a small computer needs some seconds to read their definitions."""
WEB = ("http", "https")
SERVICES = {
    "http://www.onvif.org/ver10/media/wsdl": MEDIA,
    "http://www.onvif.org/ver20/media/wsdl": MEDIA2,
    "http://www.onvif.org/ver10/events/wsdl": EVENTS,
    "http://www.onvif.org/ver20/ptz/wsdl": PTZ,
}
CAPABILITIES = {"Media": MEDIA, "Events": EVENTS, "PTZ": PTZ}
"""The services as devices name them that only know the older way to list them."""


def read_device(address: str, username: str | None, password: str | None) -> DeviceDetails:
    """Log in to a device, and return what it offers.

    ``address`` is the URL of its service, or a host with or without port. Raises ``LoginRefused``
    and other kinds of ``SourceError``, and ``DiscoveryError``.
    """
    url = device_url(address)
    if "://" not in address and url.port == DEFAULT_PORTS[url.scheme]:
        # Some makers have ONVIF at another port, and the host itself knows.
        url = device_url(find_address(url.host) or address)
    return asyncio.run(_read(url, username, password))


async def read_addresses(soap: Soap) -> None:
    """Find out how far the device's clock is off, and the addresses of its services."""
    await soap.sync_clock()
    soap.addresses |= await _find_services(soap)


async def _read(url: SourceUrl, username: str | None, password: str | None) -> DeviceDetails:
    try:
        async with asyncio.timeout(READ_S), Soap(url, username, password) as soap:
            await read_addresses(soap)
            if soap.addresses.keys().isdisjoint((MEDIA, MEDIA2)):
                raise OnvifMissing("it has no streams")
            return await _read_details(soap)
    except TimeoutError:
        raise SourceTimeout from None


async def _find_services(soap: Soap) -> dict[str, str]:
    """Return the addresses of the services that are of use, on the device itself."""
    found: dict[str, object] = {}
    try:
        services = await soap.call(DEVICE, "GetServices", IncludeCapability=False)
        for each in _entries(services):
            found.setdefault(SERVICES.get(str(dig(each, "Namespace")), ""), dig(each, "XAddr"))
    except Unsupported, OnvifMissing:
        _LOGGER.debug("The device doesn't answer GetServices")
    if found.keys().isdisjoint((MEDIA, MEDIA2)):
        answer = await _optional(soap, DEVICE, "GetCapabilities", Category="All")
        for key, name in CAPABILITIES.items():
            found.setdefault(name, dig(answer, key, "XAddr"))
    urls = {name: own_url(each, soap.url.host, schemes=WEB) for name, each in found.items()}
    return {name: url for name, url in urls.items() if name and url is not None}


async def _read_details(soap: Soap) -> DeviceDetails:
    profiles = await read_profiles(soap)
    if not profiles:
        raise OnvifMissing("it has no streams")
    about = await _optional(soap, DEVICE, "GetDeviceInformation")
    return DeviceDetails(
        maker=clean_text(dig(about, "Manufacturer")),
        model=clean_text(dig(about, "Model")),
        firmware=clean_text(dig(about, "FirmwareVersion")),
        serial=clean_text(dig(about, "SerialNumber")),
        mac=await _read_mac(soap),
        profiles=tuple(profiles),
        events=await _read_events(soap),
        address=soap.url.without_login,
        ptz=any(each.pans or each.zooms for each in profiles),
    )


async def _read_mac(soap: Soap) -> str | None:
    """Return the address of the last network card in use, as Home Assistant's integration does.

    Some cameras list one before it that has the same address in every unit.
    """
    answer = await _optional(soap, DEVICE, "GetNetworkInterfaces")
    found = [
        clean_mac(dig(each, "Info", "HwAddress"))
        for each in _entries(answer)
        if dig(each, "Enabled")
    ]
    return next((each for each in reversed(found) if each is not None), None)


async def _read_events(soap: Soap) -> tuple[OfferedEvent, ...]:
    if EVENTS not in soap.addresses:
        return ()
    answer = await _optional(soap, EVENTS, "GetEventProperties")
    return offered_events(_entries(dig(answer, "TopicSet", "_value_1")))


async def _optional(soap: Soap, service: str, operation: str, **params: object) -> object:
    """Return an answer; None if the device can't give it, which many can't."""
    try:
        return await soap.call(service, operation, **params)
    except (HomeSecError, Unsupported) as err:
        _LOGGER.debug("The device doesn't answer %s: %s", operation, type(err).__name__)
        return None


def _entries(answer: object) -> list[Any]:
    """Return a list of an answer; empty for anything else."""
    return answer if isinstance(answer, list) else []

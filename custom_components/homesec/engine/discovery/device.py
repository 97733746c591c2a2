"""Ask one ONVIF device for what it is, its streams, and its events."""

import asyncio
from dataclasses import replace
import logging
from typing import TYPE_CHECKING, Any

from ..core.discovery import DeviceDetails, OfferedEvent, StreamProfile
from ..core.errors import HomeSecError, OnvifMissing, SourceTimeout
from ..core.source_url import DEFAULT_PORTS, device_url
from .answers import clean_mac, clean_number, clean_text, dig, own_url
from .search import find_address
from .soap import DEVICE, EVENTS, MEDIA, PTZ, Soap, Unsupported
from .topics import offered_events

if TYPE_CHECKING:
    from ..core.source_url import SourceUrl

_LOGGER = logging.getLogger(__name__)

READ_S = 45.0
"""For all questions to a device; a small computer needs some seconds to read their definitions."""
MAX_PROFILES = 64
MAX_TOKEN = 128
MAX_SIDE = 16_384
MAX_FPS = 240
WEB = ("http", "https")
RTSP = ("rtsp", "rtsps")
SERVICES = {
    "http://www.onvif.org/ver10/media/wsdl": MEDIA,
    "http://www.onvif.org/ver10/events/wsdl": EVENTS,
    "http://www.onvif.org/ver20/ptz/wsdl": PTZ,
}
CAPABILITIES = {"Media": MEDIA, "Events": EVENTS, "PTZ": PTZ}
"""The services as devices name them that only know the older way to list them."""
VIDEO_CODECS = {"H264": "h264", "H265": "hevc", "JPEG": "mjpeg", "MPEG4": "mpeg4"}
AUDIO_CODECS = {"G711": "pcm_mulaw", "G726": "adpcm_g726", "AAC": "aac"}
STREAM_SETUP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}


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
            if MEDIA not in soap.addresses:
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
    if MEDIA not in found:
        answer = await _optional(soap, DEVICE, "GetCapabilities", Category="All")
        for key, name in CAPABILITIES.items():
            found.setdefault(name, dig(answer, key, "XAddr"))
    urls = {name: own_url(each, soap.url.host, schemes=WEB) for name, each in found.items()}
    return {name: url for name, url in urls.items() if name and url is not None}


async def _read_details(soap: Soap) -> DeviceDetails:
    answer = await soap.call(MEDIA, "GetProfiles")
    raw = _entries(answer)[:MAX_PROFILES]
    profiles = [profile for each in raw if (profile := await _read_profile(soap, each)) is not None]
    if not profiles:
        raise OnvifMissing("it has no streams")
    about = await _optional(soap, DEVICE, "GetDeviceInformation")
    details = DeviceDetails(
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
    return await _with_snapshot(soap, details)


async def _read_profile(soap: Soap, raw: object) -> StreamProfile | None:
    """Return a profile with the address of its stream; None without one."""
    token = dig(raw, "token")
    if not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN:
        return None
    answer = await _optional(
        soap, MEDIA, "GetStreamUri", StreamSetup=STREAM_SETUP, ProfileToken=token
    )
    url = own_url(dig(answer, "Uri"), soap.url.host, schemes=RTSP)
    if url is None:
        return None
    video = dig(raw, "VideoEncoderConfiguration")
    audio = dig(raw, "AudioEncoderConfiguration", "Encoding")
    pans, zooms = _movements(dig(raw, "PTZConfiguration") if PTZ in soap.addresses else None)
    return StreamProfile(
        token=token,
        name=clean_text(dig(raw, "Name")),
        url=url,
        codec=VIDEO_CODECS.get(clean_text(dig(video, "Encoding")).upper(), ""),
        width=int(clean_number(dig(video, "Resolution", "Width"), MAX_SIDE) or 0),
        height=int(clean_number(dig(video, "Resolution", "Height"), MAX_SIDE) or 0),
        fps=clean_number(dig(video, "RateControl", "FrameRateLimit"), MAX_FPS),
        audio_codec=AUDIO_CODECS.get(clean_text(audio).upper()),
        source=clean_text(dig(raw, "VideoSourceConfiguration", "SourceToken")),
        pans=pans,
        zooms=zooms,
    )


def _movements(configuration: object) -> tuple[bool, bool]:
    """Return whether a profile can be turned, and whether it can be zoomed.

    One that names neither space of velocities may do both.
    """
    if not configuration:
        return False, False
    pans = dig(configuration, "DefaultContinuousPanTiltVelocitySpace") is not None
    zooms = dig(configuration, "DefaultContinuousZoomVelocitySpace") is not None
    return (pans, zooms) if pans or zooms else (True, True)


async def _with_snapshot(soap: Soap, details: DeviceDetails) -> DeviceDetails:
    """Add the address of single pictures of the main stream."""
    if (main := details.main) is None:
        return details
    answer = await _optional(soap, MEDIA, "GetSnapshotUri", ProfileToken=main.token)
    url = own_url(dig(answer, "Uri"), soap.url.host, schemes=WEB)
    return replace(details, snapshot_url=url)


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

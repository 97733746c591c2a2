"""Ask an ONVIF device for its streams, by either of the two media services (ONVIF Media, Media 2).

Nearly all devices have the first one. The second is the only one of some that conform to Profile T.
"""

import logging
from typing import Any

from ..core.discovery import StreamProfile
from ..core.errors import HomeSecError
from .answers import clean_number, clean_text, dig, own_url, read_element
from .soap import MEDIA, MEDIA2, PTZ, Soap, Unsupported

_LOGGER = logging.getLogger(__name__)

MAX_PROFILES = 64
MAX_TOKEN = 128
MAX_SIDE = 16_384
MAX_FPS = 240
RTSP = ("rtsp", "rtsps")
VIDEO_CODECS = {
    "H264": "h264",
    "H265": "hevc",
    "JPEG": "mjpeg",
    "MPEG4": "mpeg4",
    "MPV4-ES": "mpeg4",
}
AUDIO_CODECS = {
    "G711": "pcm_mulaw",
    "PCMU": "pcm_mulaw",
    "G726": "adpcm_g726",
    "AAC": "aac",
    "MP4A-LATM": "aac",
}
"""By the names of the first service, and those of the second, which are media subtypes."""
STREAM_SETUP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
PROTOCOLS = ("RTSP", "RtspUnicast")  # over the connection, and over UDP; the address is the same
CONFIGURATIONS = ("VideoSource", "VideoEncoder", "AudioEncoder", "PTZ")


async def read_profiles(soap: Soap) -> list[StreamProfile]:
    """Return the streams of a device; empty without any. Raises as ``Soap.call``."""
    for service, read, find_url in (
        (MEDIA, _read_first, _find_first_url),
        (MEDIA2, _read_second, _find_second_url),
    ):
        if service not in soap.addresses:
            continue
        try:
            raw = (await read(soap))[:MAX_PROFILES]
        except Unsupported:
            _LOGGER.debug("The device has no profiles in its service %s", service)
            continue
        found = []
        for each in raw:
            token = dig(each, "token")
            if not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN:
                continue
            url = own_url(await find_url(soap, token), soap.url.host, schemes=RTSP)
            if url is not None:
                found.append(_profile(soap, each, token, url))
        if found:
            return found
    return []


def _profile(soap: Soap, raw: object, token: str, url: str) -> StreamProfile:
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


async def _read_first(soap: Soap) -> list[Any]:
    answer = await soap.call(MEDIA, "GetProfiles")
    return answer if isinstance(answer, list) else []


async def _find_first_url(soap: Soap, token: str) -> object:
    try:
        answer = await soap.call(
            MEDIA, "GetStreamUri", StreamSetup=STREAM_SETUP, ProfileToken=token
        )
    except HomeSecError, Unsupported:
        return None
    return dig(answer, "Uri")


async def _read_second(soap: Soap) -> list[Any]:
    """Return profiles as the first service has them."""
    answer = await soap.call(MEDIA2, "GetProfiles", Type=["All"])
    profiles = [read_element(each) for each in answer] if isinstance(answer, list) else []
    return [
        {"token": dig(each, "token"), "Name": dig(each, "Name")}
        | {f"{key}Configuration": dig(each, "Configurations", key) for key in CONFIGURATIONS}
        for each in profiles
    ]


async def _find_second_url(soap: Soap, token: str) -> object:
    for protocol in PROTOCOLS:
        try:
            answer = await soap.call(MEDIA2, "GetStreamUri", Protocol=protocol, ProfileToken=token)
        except HomeSecError, Unsupported:
            continue
        for each in answer if isinstance(answer, list) else []:
            if isinstance(url := read_element(each), str):
                return url.strip()
    return None

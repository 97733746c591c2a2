"""Follows cameras to new IP addresses, which routers give to devices when they like.

A camera's MAC address is learned when it's added, or when it connects. Home Assistant tells of a
device with a known MAC address whenever it appears on the network. Only a camera that is lost is
followed: otherwise, a mere claim on the network could lead HomeSec away from a camera. Like any
other change of a source, an armed alarm reports it.

Anyone on the network can claim a MAC address, too. So what is at the new address gets no password
that it could read, unless its certificate shows that it's the camera.
"""

from dataclasses import replace
from functools import partial
from ipaddress import ip_address
import re
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant, callback

from ..const import (
    CONF_ALLOW_BASIC,
    CONF_DETECT_URL,
    CONF_DEVICE_INFO,
    CONF_DIGEST_ONLY,
    CONF_FINGERPRINT,
    CONF_VERIFY_TLS,
    LOGGER,
    SUBENTRY_CAMERA,
)
from ..engine.core.errors import InvalidSource
from ..engine.core.events import HealthChanged
from ..engine.core.source_url import parse_source_url
from ..engine.core.types import CameraHealth
from .config import source_unique_id
from .known_device import KnownDevice, find_mac, normal_mac, source_mac

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.config_entries import ConfigEntry, ConfigSubentry

    from ..engine.core.events import EngineEvent
    from ..event_bus import EventBus
    from .registry import CameraRegistry

PAUSE_S: Final = 600.0
"""Between two moves of a camera: each is an alert while armed, and anyone can claim many."""
_URLS: Final = (CONF_URL, CONF_DETECT_URL)
"""The settings with URLs of a camera."""
_SECRET: Final = re.compile("(?i)pass|pwd|psw|user|usr|login|auth|token|secret|key|sign")
"""What stands in the path or query of a URL that holds a login or the like."""


class AddressFollower:
    """Changes the addresses of cameras that are lost."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, *, bus: EventBus, cameras: CameraRegistry
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._cameras = cameras
        self._waiting: dict[str, tuple[str, object]] = {}
        """Of cameras that aren't lost, where one was seen, and its URL at that time."""
        self._moved: dict[str, float] = {}
        """By camera, when it was last followed or should have been, of the event loop's clock."""
        bus.async_subscribe(self._async_handle, kinds=(HealthChanged,))

    @callback
    def async_seen(self, mac: str, address: str) -> None:
        """Take over the IP address at which a device was seen."""
        if not (known := normal_mac(mac)):
            return
        for camera in self._entry.get_subentries_of_type(SUBENTRY_CAMERA):
            if source_mac(camera.data) != known:
                continue
            state = self._cameras.get(camera.subentry_id)
            if state is not None and state.health is CameraHealth.LOST:
                self._async_follow(camera, address)
            else:
                self._waiting[camera.subentry_id] = address, camera.data[CONF_URL]

    @callback
    def _async_handle(self, event: EngineEvent) -> None:
        """Learn the MAC address of a camera that connects, or follow one that is lost."""
        camera = self._entry.subentries.get(getattr(event, "camera_id", ""))
        if not isinstance(event, HealthChanged) or camera is None:
            return
        if event.health not in (CameraHealth.RUNNING, CameraHealth.LOST):
            return
        url = camera.data.get(CONF_URL)
        # It was seen elsewhere while it was off, or before its connection was known to be lost. If
        # it still connects at its old address, that meant nothing.
        address, url_then = self._waiting.pop(camera.subentry_id, ("", None))
        if event.health is CameraHealth.LOST:
            if address and url == url_then:  # a URL that was changed since then is right
                self._async_follow(camera, address)
        elif url is not None and not source_mac(camera.data):
            learning = self._async_learn(camera.subentry_id, url)
            self._entry.async_create_task(self._hass, learning, "HomeSec MAC address")

    async def _async_learn(self, camera_id: str, url: str) -> None:
        """Store the MAC address of a camera that an earlier version added."""
        mac = await self._hass.async_add_executor_job(find_mac, url)
        camera = self._entry.subentries.get(camera_id)
        if not mac or camera is None or camera.data.get(CONF_URL) != url:
            return
        info = replace(KnownDevice.of(camera.data), mac=mac).as_stored()
        self._hass.config_entries.async_update_subentry(
            self._entry, camera, data={**camera.data, CONF_DEVICE_INFO: info}
        )

    @callback
    def _async_follow(self, camera: ConfigSubentry, address: str) -> None:
        changed = moved_urls(camera.data, address)
        if not changed:
            return
        now = self._hass.loop.time()
        if now - self._moved.get(camera.subentry_id, -PAUSE_S) < PAUSE_S:
            self._waiting[camera.subentry_id] = address, camera.data[CONF_URL]
            return
        self._moved[camera.subentry_id] = now
        proves_itself = all(map(partial(_proves_itself, camera.data), changed.values()))
        if not proves_itself and any(map(_holds_secret, changed.values())):
            LOGGER.warning(
                "The camera %s may have a new address on the network. Since its URL holds a login,"
                " which anything at that address could read, please enter the address yourself",
                camera.title,
            )
            return
        LOGGER.info("The camera %s has a new address on the network", camera.title)
        data = {**camera.data, **changed}
        if not proves_itself:
            data.pop(CONF_ALLOW_BASIC, None)
            data[CONF_DIGEST_ONLY] = True
        unique_id: str | None = source_unique_id(self._entry.entry_id, data)
        if any(other.unique_id == unique_id for other in self._entry.subentries.values()):
            # Two cameras that swap their addresses: the other one follows later.
            unique_id = camera.unique_id
        self._hass.config_entries.async_update_subentry(
            self._entry, camera, data=data, unique_id=unique_id
        )


def _proves_itself(data: Mapping[str, Any], url: str) -> bool:
    """Return whether a camera's certificate is checked before anything secret is sent."""
    return parse_source_url(url).tls and bool(
        data.get(CONF_VERIFY_TLS) or data.get(CONF_FINGERPRINT)
    )


def _holds_secret(url: str) -> bool:
    return _SECRET.search(parse_source_url(url).target) is not None


def moved_urls(data: Mapping[str, Any], address: str) -> dict[str, str]:
    """Return the URLs of a camera that change with its IP address, by their settings."""
    urls = {key: data[key] for key in _URLS if key in data}
    found = {key: moved(url, address) for key, url in urls.items()}
    return {key: url for key, url in found.items() if url != urls[key]}


def moved(url: str, address: str) -> str:
    """Return a URL with another IP address.

    It stays as it is with a name, which follows the camera by itself, or with an address of the
    other version.
    """
    try:
        parsed = parse_source_url(url)
        old, new = ip_address(parsed.host), ip_address(address)
    except InvalidSource, ValueError:
        return url
    if old == new or old.version != new.version:
        return url
    return replace(parsed, host=new.compressed).without_login

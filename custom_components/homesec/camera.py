"""Live video and pictures of a camera, from its running session: it's opened only once.

A camera that is off is opened while someone watches.
"""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, override

from homeassistant.components.camera import Camera, CameraEntityFeature
from homeassistant.core import callback

from .engine.core.events import ClipFailed, ClipSaved, ClipStarted, HealthChanged
from .engine.core.types import CameraHealth
from .entity import HomeSecCameraEntity, add_camera_entities
from .event_bus import CameraChanged
from .exceptions import EngineNotRunningError

if TYPE_CHECKING:
    from datetime import timedelta

    from homeassistant.core import HomeAssistant
    from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

    from .engine.core.events import EngineEvent
    from .runtime import HomeSecConfigEntry, HomeSecData

PARALLEL_UPDATES = 0

MJPEG_INTERVAL_S = 0.2
"""Each picture is encoded to a JPEG for each viewer, which small systems can't do much faster."""
OPENING_S = 7.0
"""A camera that is off has so long to send a picture; Home Assistant waits for 10 s."""
POLL_S = 0.2


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: HomeSecConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the camera entities."""
    add_camera_entities(entry, async_add_entities, lambda *camera: [HomeSecCamera(*camera)])


class HomeSecCamera(HomeSecCameraEntity, Camera):
    """A camera."""

    key = "camera"
    _attr_name = None
    _attr_frame_interval = MJPEG_INTERVAL_S
    _attr_supported_features = CameraEntityFeature.STREAM
    listens_to = (HealthChanged, CameraChanged, ClipStarted, ClipSaved, ClipFailed)

    def __init__(self, runtime: HomeSecData, camera_id: str) -> None:
        Camera.__init__(self)
        HomeSecCameraEntity.__init__(self, runtime, camera_id)
        self._url: str | None = None  # of the live video, with a password
        self._is_streamed = False  # whether anything has asked for the live video

    @callback
    @override
    def async_handle_event(self, event: EngineEvent) -> None:
        super().async_handle_event(event)
        if not self._is_streamed:
            return
        before = self._url
        self._async_follow_url()
        if before is None and self._url is not None:  # the engine didn't run when it was asked for
            self.hass.async_create_task(self.async_refresh_providers())

    @override
    async def async_will_remove_from_hass(self) -> None:
        """End the stream, which would go on trying to connect."""
        await super().async_will_remove_from_hass()
        if (stream := self.stream) is not None:
            stream.dynamic_stream_settings.preload_stream = False
            for output in stream.outputs().values():
                await stream.remove_provider(output)
            await stream.stop()

    @property
    @override
    def is_recording(self) -> bool:
        return self.camera_state.recording

    @property
    @override
    def is_streaming(self) -> bool:
        return self.camera_state.watching

    @override
    async def stream_source(self) -> str | None:
        """Return the address of the live video, from which Home Assistant makes all others.

        Whoever has it open watches.
        """
        self._is_streamed = True
        self._async_follow_url()
        return self._url

    @callback
    def _async_follow_url(self) -> None:
        """Take over the address if it has changed: the camera may have got another worker."""
        host = self.runtime.host
        url = host.engine.live_url(self.camera_id) if host.ready else None
        if url is None or url == self._url:
            return
        self._url = url
        if self.stream is not None:
            self.stream.update_source(url)

    @override
    async def async_camera_image(
        self, width: int | None = None, height: int | None = None
    ) -> bytes | None:
        """Return a picture; of a camera that is off and can't be opened, the last one.

        A lost camera has none: an old picture would hide that.
        """
        try:
            picture = await self._async_live_picture(width)
        except EngineNotRunningError:
            picture = None
        is_off = self.camera_state.health is CameraHealth.OFF
        if picture is not None:
            self.runtime.pictures.async_remember(self.camera_id, picture, store=is_off)
            return picture
        if not is_off:
            return None
        last = await self.runtime.pictures.async_find(self.camera_id)
        return None if last is None else last.jpeg

    async def _async_live_picture(self, width: int | None) -> bytes | None:
        """Return a picture, and wait for that of a camera that has to be opened first."""
        deadline = self.hass.loop.time() + OPENING_S
        while True:
            host = self.runtime.host
            jpeg = partial(host.engine.jpeg, self.camera_id, width=width, opens=True)
            picture = await host.async_run(jpeg)
            if picture is not None or self.camera_state.health is not CameraHealth.OFF:
                return picture
            if self.hass.loop.time() > deadline:
                return None
            await asyncio.sleep(POLL_S)

    async def async_record(self, duration: timedelta | None = None) -> dict[str, str]:
        """Record now, for a time or up to the longest clip (action ``homesec.record``)."""
        duration_s = None if duration is None else duration.total_seconds()
        return {
            "clip_id": await self.runtime.coordinator.async_start_recording(
                self.camera_id, duration_s
            )
        }

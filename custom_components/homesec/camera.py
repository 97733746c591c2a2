"""The live picture of a camera, from its running session: the camera is opened only once."""

from functools import partial
from typing import TYPE_CHECKING, override

from homeassistant.components.camera import Camera

from .engine.core.events import ClipFailed, ClipSaved, ClipStarted, HealthChanged
from .engine.core.types import CameraHealth
from .entity import HomeSecCameraEntity, add_camera_entities
from .event_bus import CameraChanged

if TYPE_CHECKING:
    from datetime import timedelta

    from homeassistant.core import HomeAssistant
    from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

    from .runtime import HomeSecConfigEntry, HomeSecData

PARALLEL_UPDATES = 0

MJPEG_INTERVAL_S = 0.2
"""Each picture is encoded to a JPEG for each viewer, which small systems can't do much faster."""


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
    listens_to = (HealthChanged, CameraChanged, ClipStarted, ClipSaved, ClipFailed)

    def __init__(self, runtime: HomeSecData, camera_id: str) -> None:
        Camera.__init__(self)
        HomeSecCameraEntity.__init__(self, runtime, camera_id)

    @property
    @override
    def is_on(self) -> bool:
        return self.camera_state.health is not CameraHealth.OFF

    @property
    @override
    def is_recording(self) -> bool:
        return self.camera_state.recording

    @property
    @override
    def is_streaming(self) -> bool:
        return self.camera_state.watching

    @override
    async def async_camera_image(
        self, width: int | None = None, height: int | None = None
    ) -> bytes | None:
        jpeg = partial(self.runtime.host.engine.jpeg, self.camera_id, width=width)
        picture = await self.runtime.host.async_run(jpeg)
        if picture is not None:
            self.runtime.pictures.async_remember(self.camera_id, picture)
        return picture

    async def async_record(self, duration: timedelta | None = None) -> dict[str, str]:
        """Record now, for a time or up to the longest clip (action ``homesec.record``)."""
        duration_s = None if duration is None else duration.total_seconds()
        return {
            "clip_id": await self.runtime.coordinator.async_start_recording(
                self.camera_id, duration_s
            )
        }

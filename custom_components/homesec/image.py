"""The best picture of a camera's last detection, with its boxes drawn."""

from typing import TYPE_CHECKING, override

from homeassistant.components.image import ImageEntity
from homeassistant.util import dt as dt_util

from .engine.core.events import SnapshotTaken
from .entity import HomeSecCameraEntity, add_camera_entities

if TYPE_CHECKING:
    from datetime import datetime

    from homeassistant.core import HomeAssistant
    from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

    from .runtime import HomeSecConfigEntry, HomeSecData

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: HomeSecConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the image of each camera."""
    add_camera_entities(entry, async_add_entities, lambda *camera: [Snapshot(*camera)])


class Snapshot(HomeSecCameraEntity, ImageEntity):
    """The last detection; available even while the camera is off or lost."""

    _attr_content_type = "image/jpeg"
    key = "snapshot"
    _attr_translation_key = "snapshot"
    available_when_lost = True
    listens_to = (SnapshotTaken,)

    def __init__(self, runtime: HomeSecData, camera_id: str) -> None:
        ImageEntity.__init__(self, runtime.hass)
        HomeSecCameraEntity.__init__(self, runtime, camera_id)

    @property
    @override
    def image_last_updated(self) -> datetime | None:
        snapshot = self.camera_state.snapshot
        return None if snapshot is None else dt_util.utc_from_timestamp(snapshot.at)

    @property
    @override
    def entity_picture(self) -> str | None:
        return None if self.camera_state.snapshot is None else super().entity_picture

    @override
    async def async_image(self) -> bytes | None:
        snapshot = self.camera_state.snapshot
        return None if snapshot is None else snapshot.jpeg

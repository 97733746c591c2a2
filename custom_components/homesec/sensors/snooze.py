"""Until when a camera is left out of alerts."""

from typing import TYPE_CHECKING, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.const import EntityCategory
from homeassistant.util import dt as dt_util

from ..entity import HomeSecCameraEntity
from ..event_bus import CameraChanged

if TYPE_CHECKING:
    from datetime import datetime

    from ..runtime import HomeSecData


class SnoozeSensor(HomeSecCameraEntity, SensorEntity):
    """Unknown while the camera is awake."""

    _attr_device_class = SensorDeviceClass.TIMESTAMP
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_translation_key = "snoozed_until"
    available_when_lost = True
    listens_to = (CameraChanged,)

    def __init__(self, *, runtime: HomeSecData, camera_id: str) -> None:
        super().__init__(runtime=runtime, key="snoozed_until", camera_id=camera_id)

    @property
    @override
    def native_value(self) -> datetime | None:
        """When alerts begin again."""
        until = self.runtime.alerts.snoozed_until(self.camera_id)
        return None if until is None else dt_util.utc_from_timestamp(until)

"""Whether there is a person, a cat, a car … before a camera."""

from typing import TYPE_CHECKING, override

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity

from .camera_config import camera_labels
from .engine.models import DetectionEnded, DetectionStarted, HealthChanged
from .entity import HomeSecCameraEntity, add_camera_entities

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homeassistant.core import HomeAssistant
    from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

    from .coordinator import HomeSecConfigEntry, HomeSecCoordinator

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: HomeSecConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add an occupancy sensor for each label of each camera."""

    def make(coordinator: HomeSecCoordinator, camera_id: str) -> Iterable[LabelSensor]:
        for label in camera_labels(coordinator.subentry(camera_id).data):
            yield LabelSensor(coordinator=coordinator, camera_id=camera_id, label=label)

    add_camera_entities(entry, async_add_entities, make)


class LabelSensor(HomeSecCameraEntity, BinarySensorEntity):
    """On from the look that confirmed the label to the end of its grace period."""

    _attr_device_class = BinarySensorDeviceClass.OCCUPANCY
    listens_to = (HealthChanged, DetectionStarted, DetectionEnded)

    def __init__(self, *, coordinator: HomeSecCoordinator, camera_id: str, label: str) -> None:
        super().__init__(coordinator=coordinator, key=f"{label}_present", camera_id=camera_id)
        self._label = label
        self._attr_translation_key = label

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether one is here; unknown while the camera does not look."""
        state = self.camera_state
        return self._label in state.presences if state.watching else None

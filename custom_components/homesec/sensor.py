"""How many are here, and the figures by which to judge whether all is well."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfInformation, UnitOfTime

from .cameras.config import camera_labels
from .detector.state import DetectorStatus
from .engine.core.events import (
    DetectionEnded,
    DetectionStarted,
    DetectionUpdated,
    DetectorChanged,
    HealthChanged,
    ModelProgress,
)
from .entity import HomeSecCameraEntity, HomeSecEntity, add_camera_entities, label_key
from .event_bus import StatsUpdated
from .sensors.cloud import CLOUD_SENSORS, CloudSensor, async_forget_cloud
from .sensors.snooze import SnoozeSensor
from .sensors.visits import LastVisitSensor, VisitsSensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from homeassistant.core import HomeAssistant
    from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
    from homeassistant.helpers.typing import StateType

    from .cameras.state import CameraState
    from .engine.core.types import EngineStats
    from .runtime import HomeSecConfigEntry, HomeSecData

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class CameraSensorDescription(SensorEntityDescription):
    """A figure of one camera."""

    value_fn: Callable[[CameraState], StateType]


@dataclass(frozen=True, kw_only=True)
class HouseSensorDescription(SensorEntityDescription):
    """A figure of the whole engine."""

    value_fn: Callable[[EngineStats], StateType]


CAMERA_SENSORS = (
    CameraSensorDescription(
        key="fps",
        translation_key="fps",
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement="fps",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        # Zero is what is known before the first second has passed.
        value_fn=lambda camera: round(camera.stats.fps, 1) or None if camera.watching else None,
    ),
)

HOUSE_SENSORS = (
    HouseSensorDescription(
        key="inference_time",
        translation_key="inference_time",
        device_class=SensorDeviceClass.DURATION,
        entity_category=EntityCategory.DIAGNOSTIC,
        # Another value every time: for those who want to compare models.
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfTime.MILLISECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda stats: stats.inference_ms,
    ),
    HouseSensorDescription(
        key="storage_used",
        translation_key="storage_used",
        device_class=SensorDeviceClass.DATA_SIZE,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.MEGABYTES,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda stats: stats.clip_bytes,
    ),
    HouseSensorDescription(
        key="clips",
        translation_key="clips",
        entity_category=EntityCategory.DIAGNOSTIC,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda stats: stats.clips,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HomeSecConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the figures of the house and of each camera."""
    async_add_entities(
        HouseSensor(runtime=entry.runtime_data, description=description)
        for description in HOUSE_SENSORS
    )
    async_add_entities([DetectorSensor(runtime=entry.runtime_data)])
    if entry.runtime_data.storage.state.cloud:
        async_add_entities(
            CloudSensor(runtime=entry.runtime_data, description=description)
            for description in CLOUD_SENSORS
        )
    else:
        async_forget_cloud(hass, entry)

    def make(runtime: HomeSecData, camera_id: str) -> Iterable[HomeSecCameraEntity]:
        for label in camera_labels(runtime.cameras.subentry(camera_id).data):
            for sensor in (CountSensor, VisitsSensor, LastVisitSensor):
                yield sensor(runtime=runtime, camera_id=camera_id, label=label)
        for description in CAMERA_SENSORS:
            yield CameraSensor(runtime=runtime, camera_id=camera_id, description=description)
        yield SnoozeSensor(runtime=runtime, camera_id=camera_id)

    add_camera_entities(entry, async_add_entities, make)


class CountSensor(HomeSecCameraEntity, SensorEntity):
    """How many of one label are in the picture."""

    _attr_state_class = SensorStateClass.MEASUREMENT
    listens_to = (HealthChanged, DetectionStarted, DetectionUpdated, DetectionEnded)

    def __init__(self, *, runtime: HomeSecData, camera_id: str, label: str) -> None:
        super().__init__(runtime=runtime, key=f"{label}_count", camera_id=camera_id)
        self._label = label
        self._attr_translation_key = f"{label_key(label)}_count"
        self._attr_translation_placeholders = {"label": label.capitalize()}

    @property
    @override
    def native_value(self) -> int | None:
        """The newest count; unknown while the camera does not look."""
        state = self.camera_state
        if not state.watching:
            return None
        presence = state.presences.get(self._label)
        return 0 if presence is None else presence.count


class CameraSensor(HomeSecCameraEntity, SensorEntity):
    """A diagnostic figure of a camera."""

    entity_description: CameraSensorDescription
    listens_to = (HealthChanged, StatsUpdated)

    def __init__(
        self,
        *,
        runtime: HomeSecData,
        camera_id: str,
        description: CameraSensorDescription,
    ) -> None:
        super().__init__(runtime=runtime, key=description.key, camera_id=camera_id)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> StateType:
        """The figure when it was last read."""
        return self.entity_description.value_fn(self.camera_state)


class HouseSensor(HomeSecEntity, SensorEntity):
    """A diagnostic figure of the engine."""

    entity_description: HouseSensorDescription
    listens_to = (StatsUpdated,)

    def __init__(self, *, runtime: HomeSecData, description: HouseSensorDescription) -> None:
        super().__init__(runtime=runtime, key=description.key)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> StateType:
        """The figure when it was last read; unknown until the engine is up."""
        if not self.runtime.host.ready:
            return None
        return self.entity_description.value_fn(self.runtime.coordinator.engine_stats)


class DetectorSensor(HomeSecEntity, SensorEntity):
    """Whether people can be told from what else moves."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_translation_key = "detector"
    # Changes with every percent of a download.
    _unrecorded_attributes = frozenset({"progress"})
    listens_to = (DetectorChanged, ModelProgress, StatsUpdated)

    def __init__(self, *, runtime: HomeSecData) -> None:
        super().__init__(runtime=runtime, key="detector")
        self._attr_options = [status.value for status in DetectorStatus]

    @property
    @override
    def native_value(self) -> StateType:
        """Its status."""
        return self.runtime.detector.status

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """What works, or is about to."""
        detector = self.runtime.detector
        return {
            "model": detector.model,
            "second_opinion": detector.verifier,
            "detector": detector.detector,
            "progress": detector.progress,
        }

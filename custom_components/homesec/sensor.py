"""Sensors: how many objects are here, visits, and diagnostics of cameras, engine, and storage."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.sensor import (
    DOMAIN as SENSOR_DOMAIN,
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfInformation, UnitOfTime
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .alert_sensor import UndeliveredSensor
from .cameras.config import camera_labels
from .const import DOMAIN
from .detector.state import DetectorStatus
from .engine.core.events import (
    DetectionEnded,
    DetectionStarted,
    DetectionUpdated,
    DetectorChanged,
    HealthChanged,
    ModelProgress,
    OutboxChanged,
)
from .engine.core.types import PERSON
from .entity import HomeSecCameraEntity, HomeSecEntity, add_camera_entities, label_key
from .event_bus import CameraChanged, StatsUpdated, VisitsUpdated
from .stream_sensor import StreamSensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from homeassistant.core import HomeAssistant
    from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
    from homeassistant.helpers.typing import StateType

    from .engine.core.events import EngineEvent
    from .runtime import HomeSecConfigEntry, HomeSecData
    from .visit_statistics import LabelVisits

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class CameraSensorDescription(SensorEntityDescription):
    """A sensor of a camera, or of one label in its picture."""

    value_fn: Callable[[CameraSensor], StateType | datetime]
    listens_to: tuple[type[EngineEvent], ...]
    available_when_lost: bool = False
    enabled_for_person: bool = True


@dataclass(frozen=True, kw_only=True)
class SystemSensorDescription(SensorEntityDescription):
    """A diagnostic sensor of the whole system."""

    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT
    value_fn: Callable[[HomeSecData], StateType]


def _size_sensor(
    key: str, value_fn: Callable[[HomeSecData], int], *, enabled: bool = True
) -> SystemSensorDescription:
    return SystemSensorDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.DATA_SIZE,
        entity_registry_enabled_default=enabled,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.MEGABYTES,
        suggested_display_precision=0,
        value_fn=value_fn,
    )


def _count(sensor: CameraSensor) -> int | None:
    state = sensor.camera_state
    if not state.watching:
        return None
    presence = state.presences.get(sensor.label)
    return 0 if presence is None else presence.count


def _visits(sensor: CameraSensor) -> LabelVisits | None:
    return sensor.runtime.visits.by_label.get((sensor.camera_id, sensor.label))


def _as_datetime(at: float | None) -> datetime | None:
    return None if at is None else dt_util.utc_from_timestamp(at)


LABEL_SENSORS = (
    CameraSensorDescription(
        key="count",
        state_class=SensorStateClass.MEASUREMENT,
        listens_to=(HealthChanged, DetectionStarted, DetectionUpdated, DetectionEnded),
        value_fn=_count,
    ),
    CameraSensorDescription(
        key="visits",
        state_class=SensorStateClass.TOTAL_INCREASING,
        # Counting is for pets and cars rather than for intruders.
        enabled_for_person=False,
        available_when_lost=True,
        listens_to=(VisitsUpdated,),
        value_fn=lambda sensor: (visits := _visits(sensor)) and visits.today,
    ),
    CameraSensorDescription(
        key="last_visit",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_registry_enabled_default=False,
        available_when_lost=True,
        listens_to=(VisitsUpdated,),
        value_fn=lambda sensor: _as_datetime((visits := _visits(sensor)) and visits.last_at),
    ),
)

CAMERA_SENSORS = (
    CameraSensorDescription(
        key="fps",
        translation_key="fps",
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement="fps",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        listens_to=(HealthChanged, StatsUpdated),
        # Zero during the first second means that it isn't known yet.
        value_fn=lambda sensor: (
            (sensor.camera_state.watching and round(sensor.camera_state.stats.fps, 1)) or None
        ),
    ),
    CameraSensorDescription(
        key="snoozed_until",
        translation_key="snoozed_until",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        available_when_lost=True,
        listens_to=(CameraChanged,),
        value_fn=lambda sensor: _as_datetime(sensor.runtime.alerts.snoozed_until(sensor.camera_id)),
    ),
)

SYSTEM_SENSORS = (
    SystemSensorDescription(
        key="inference_time",
        translation_key="inference_time",
        device_class=SensorDeviceClass.DURATION,
        # Changes with every inference; only useful to compare models.
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfTime.MILLISECONDS,
        suggested_display_precision=0,
        value_fn=lambda runtime: runtime.coordinator.engine_stats.inference_ms,
    ),
    _size_sensor("storage_used", lambda runtime: runtime.coordinator.engine_stats.clip_bytes),
    SystemSensorDescription(
        key="clips",
        translation_key="clips",
        value_fn=lambda runtime: runtime.coordinator.engine_stats.clips,
    ),
)

CLOUD_SENSORS = (
    SystemSensorDescription(
        key="uploads_waiting",
        translation_key="uploads_waiting",
        value_fn=lambda runtime: runtime.storage.state.uploads.backlog.jobs,
    ),
    _size_sensor(
        "uploads_size", lambda runtime: runtime.storage.state.uploads.backlog.bytes, enabled=False
    ),
    SystemSensorDescription(
        key="uploads_age",
        translation_key="uploads_age",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=0,
        # Whole minutes, since the recorder stores each new value.
        value_fn=lambda runtime: (
            runtime.storage.state.waiting_s(dt_util.utcnow().timestamp()) // 60
        ),
    ),
    _size_sensor("cloud_used", lambda runtime: runtime.coordinator.engine_stats.cloud_bytes),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HomeSecConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of the system and of each camera."""
    runtime = entry.runtime_data
    has_cloud = runtime.storage.state.cloud
    async_add_entities([DetectorSensor(runtime), UndeliveredSensor(runtime)])
    async_add_entities(
        SystemSensor(runtime, description)
        for description in (*SYSTEM_SENSORS, *(CLOUD_SENSORS if has_cloud else ()))
    )
    if not has_cloud:
        registry = er.async_get(hass)
        for description in CLOUD_SENSORS:
            unique_id = f"{entry.entry_id}_{description.key}"
            if entity_id := registry.async_get_entity_id(SENSOR_DOMAIN, DOMAIN, unique_id):
                registry.async_remove(entity_id)

    def make(runtime: HomeSecData, camera_id: str) -> Iterable[HomeSecCameraEntity]:
        yield StreamSensor(runtime, camera_id)
        for description in CAMERA_SENSORS:
            yield CameraSensor(runtime, camera_id, description)
        for label in camera_labels(runtime.cameras.subentry(camera_id).data):
            for description in LABEL_SENSORS:
                yield CameraSensor(runtime, camera_id, description, label)

    add_camera_entities(entry, async_add_entities, make)


class CameraSensor(HomeSecCameraEntity, SensorEntity):
    """A sensor of a camera, or of one label in its picture."""

    entity_description: CameraSensorDescription

    def __init__(
        self,
        runtime: HomeSecData,
        camera_id: str,
        description: CameraSensorDescription,
        label: str = "",
    ) -> None:
        key = f"{label}_{description.key}" if label else description.key
        super().__init__(runtime, camera_id, key=key)
        self.entity_description = description
        self.listens_to = description.listens_to
        self.available_when_lost = description.available_when_lost
        self.label = label
        if label:
            self._attr_translation_key = f"{label_key(label)}_{description.key}"
            self._attr_translation_placeholders = {"label": label.capitalize()}
        if label == PERSON and not description.enabled_for_person:
            self._attr_entity_registry_enabled_default = False

    @property
    @override
    def native_value(self) -> StateType | datetime:
        return self.entity_description.value_fn(self)


class SystemSensor(HomeSecEntity, SensorEntity):
    """A diagnostic sensor of the whole system; unknown until the engine runs."""

    entity_description: SystemSensorDescription
    listens_to = (StatsUpdated, OutboxChanged)

    def __init__(self, runtime: HomeSecData, description: SystemSensorDescription) -> None:
        super().__init__(runtime=runtime, key=description.key)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> StateType:
        return self.entity_description.value_fn(self.runtime) if self.runtime.host.ready else None


class DetectorSensor(HomeSecEntity, SensorEntity):
    """The state of the detector."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_translation_key = "detector"
    # Changes with every percent of a download.
    _unrecorded_attributes = frozenset({"progress"})
    listens_to = (DetectorChanged, ModelProgress, StatsUpdated)

    def __init__(self, runtime: HomeSecData) -> None:
        super().__init__(runtime=runtime, key="detector")
        self._attr_options = [status.value for status in DetectorStatus]

    @property
    @override
    def native_value(self) -> StateType:
        return self.runtime.detector.status

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        detector = self.runtime.detector
        return {
            "model": detector.model,
            "second_opinion": detector.verifier,
            "detector": detector.detector,
            "progress": detector.progress,
        }

"""The figures of the cloud storage: what waits for it, and what is there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, override

from homeassistant.components.sensor import (
    DOMAIN as SENSOR_DOMAIN,
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfInformation, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..engine.core.events import OutboxChanged
from ..entity import HomeSecEntity
from ..event_bus import StatsUpdated

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeassistant.helpers.typing import StateType

    from ..runtime import HomeSecConfigEntry, HomeSecData


@dataclass(frozen=True, kw_only=True)
class CloudSensorDescription(SensorEntityDescription):
    """A figure of the cloud storage, if there is one."""

    value_fn: Callable[[HomeSecData], StateType]


CLOUD_SENSORS = (
    CloudSensorDescription(
        key="uploads_waiting",
        translation_key="uploads_waiting",
        entity_category=EntityCategory.DIAGNOSTIC,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda runtime: runtime.storage.state.uploads.backlog.jobs,
    ),
    CloudSensorDescription(
        key="uploads_size",
        translation_key="uploads_size",
        device_class=SensorDeviceClass.DATA_SIZE,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.MEGABYTES,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda runtime: runtime.storage.state.uploads.backlog.bytes,
    ),
    CloudSensorDescription(
        key="uploads_age",
        translation_key="uploads_age",
        device_class=SensorDeviceClass.DURATION,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfTime.MINUTES,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        # Whole minutes: each other value would be one more line in the database.
        value_fn=lambda runtime: (
            runtime.storage.state.waiting_s(dt_util.utcnow().timestamp()) // 60
        ),
    ),
    CloudSensorDescription(
        key="cloud_used",
        translation_key="cloud_used",
        device_class=SensorDeviceClass.DATA_SIZE,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.MEGABYTES,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda runtime: runtime.coordinator.engine_stats.cloud_bytes,
    ),
)


class CloudSensor(HomeSecEntity, SensorEntity):
    """A diagnostic figure of the cloud storage."""

    entity_description: CloudSensorDescription
    listens_to = (StatsUpdated, OutboxChanged)

    def __init__(self, *, runtime: HomeSecData, description: CloudSensorDescription) -> None:
        super().__init__(runtime=runtime, key=description.key)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> StateType:
        """The figure when it was last read; unknown until the engine is up."""
        if not self.runtime.host.ready:
            return None
        return self.entity_description.value_fn(self.runtime)


@callback
def async_forget_cloud(hass: HomeAssistant, entry: HomeSecConfigEntry) -> None:
    """Remove the figures of a cloud storage that was switched off."""
    registry = er.async_get(hass)
    for description in CLOUD_SENSORS:
        unique_id = f"{entry.entry_id}_{description.key}"
        if entity_id := registry.async_get_entity_id(SENSOR_DOMAIN, DOMAIN, unique_id):
            registry.async_remove(entity_id)

"""How often each label came today, for graphs and long-term statistics, and when it came last."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass

from ..engine.core.types import PERSON
from ..entity import HomeSecCameraEntity, label_key
from ..event_bus import VisitsUpdated

if TYPE_CHECKING:
    from ..engine.core.events import EngineEvent
    from ..runtime import HomeSecData
    from ..visit_statistics import LabelVisits


class _VisitSensor(HomeSecCameraEntity, SensorEntity):
    """Of one label before one camera; it tells of the past, so a lost camera does not matter."""

    available_when_lost = True
    listens_to: ClassVar[tuple[type[EngineEvent], ...]] = (VisitsUpdated,)

    def __init__(self, *, runtime: HomeSecData, camera_id: str, label: str, key: str) -> None:
        super().__init__(runtime=runtime, key=f"{label}_{key}", camera_id=camera_id)
        self._label = label
        self._attr_translation_key = f"{label_key(label)}_{key}"
        self._attr_translation_placeholders = {"label": label.capitalize()}

    @property
    def _visited(self) -> LabelVisits | None:
        return self.runtime.visits.by_label.get((self.camera_id, self._label))


class VisitsSensor(_VisitSensor):
    """How often it came since midnight."""

    _attr_state_class = SensorStateClass.TOTAL_INCREASING

    def __init__(self, *, runtime: HomeSecData, camera_id: str, label: str) -> None:
        super().__init__(runtime=runtime, camera_id=camera_id, label=label, key="visits")
        # Whoever watches for burglars seldom counts them; the cat is another matter.
        self._attr_entity_registry_enabled_default = label != PERSON

    @property
    @override
    def native_value(self) -> int | None:
        """The count; unknown until the catalogue was read."""
        visited = self._visited
        return None if visited is None else visited.today


class LastVisitSensor(_VisitSensor):
    """When it last came."""

    _attr_device_class = SensorDeviceClass.TIMESTAMP
    _attr_entity_registry_enabled_default = False

    def __init__(self, *, runtime: HomeSecData, camera_id: str, label: str) -> None:
        super().__init__(runtime=runtime, camera_id=camera_id, label=label, key="last_visit")

    @property
    @override
    def native_value(self) -> datetime | None:
        """The beginning of the newest visit."""
        visited = self._visited
        if visited is None or visited.last_at is None:
            return None
        return datetime.fromtimestamp(visited.last_at, UTC)

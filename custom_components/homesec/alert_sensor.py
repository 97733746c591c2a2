"""The sensor of alerts that didn't go out."""

from typing import TYPE_CHECKING, Any, override

from homeassistant.components.sensor import SensorEntity, SensorStateClass
from homeassistant.const import EntityCategory

from .entity import HomeSecEntity
from .event_bus import UndeliveredChanged

if TYPE_CHECKING:
    from homeassistant.helpers.typing import StateType

    from .runtime import HomeSecData


class UndeliveredSensor(HomeSecEntity, SensorEntity):
    """How many alerts didn't go out, and to whom none goes out now."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_state_class = SensorStateClass.TOTAL_INCREASING
    _attr_translation_key = "alerts_undelivered"
    listens_to = (UndeliveredChanged,)

    def __init__(self, runtime: HomeSecData) -> None:
        super().__init__(runtime=runtime, key="alerts_undelivered")

    @property
    @override
    def native_value(self) -> StateType:
        return self.runtime.alerts.undelivered.total

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        routes = self.runtime.alerts.undelivered.routes.values()
        return {"failing": [route.name for route in routes]}

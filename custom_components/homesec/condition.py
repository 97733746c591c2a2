"""Conditions of automations."""

from typing import TYPE_CHECKING, Any, ClassVar, Unpack, cast, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConditionErrorMessage
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import (
    ATTR_BEHAVIOR,
    BEHAVIOR_ALL,
    BEHAVIOR_ANY,
    Condition,
    ConditionCheckParams,
    ConditionConfig,
)
import probatio

from .access import async_get_runtime
from .alarm.machine import ARMED_MODES
from .cameras.config import zones_meant
from .const import CONF_LABEL, DOMAIN
from .targets import async_target_devices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homeassistant.helpers.typing import ConfigType, VolDictType

    from .runtime import HomeSecData

OPTION_MODE = "mode"
OPTION_ZONE = "zone"

_TEXTS = probatio.All(cv.ensure_list, [cv.string])
_TARGET = {probatio.Optional(CONF_TARGET): cv.TARGET_FIELDS}
_BEHAVIORS = probatio.In([BEHAVIOR_ANY, BEHAVIOR_ALL])
_BEHAVIOR: VolDictType = {probatio.Optional(ATTR_BEHAVIOR, default=BEHAVIOR_ANY): _BEHAVIORS}
_FILTERS: VolDictType = {
    probatio.Optional(CONF_LABEL): _TEXTS,
    probatio.Optional(OPTION_ZONE): _TEXTS,
}
_MODES = probatio.All(cv.ensure_list, [probatio.In([mode.value for mode in ARMED_MODES])])


def _options(options: VolDictType) -> VolDictType:
    return {probatio.Optional(CONF_OPTIONS, default=dict): options}


class HomeSecCondition(Condition):
    """A condition on the state of the loaded entry."""

    schema: ClassVar[probatio.Schema]

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check target and options."""
        return cast("ConfigType", cls.schema(config))

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        super().__init__(hass, config)
        self._target = config.target
        self._options: dict[str, Any] = config.options or {}

    @callback
    def _async_runtime(self) -> HomeSecData:
        if (runtime := async_get_runtime(self._hass)) is None:
            raise ConditionErrorMessage(DOMAIN, "HomeSec is not set up")
        return runtime


class IsArmed(HomeSecCondition):
    """Whether the alarm is armed, in one of the modes if any are given.

    As with core's conditions, it isn't armed yet during the exit delay.
    """

    schema = probatio.Schema(_options({probatio.Optional(OPTION_MODE): _MODES}))

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        modes = self._options.get(OPTION_MODE) or ARMED_MODES
        alarm = self._async_runtime().alarm
        return alarm.guarding and alarm.mode in modes


class CameraCondition(HomeSecCondition):
    """A condition on any or all of the target cameras."""

    schema = probatio.Schema({**_TARGET, **_options(_BEHAVIOR)})

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        runtime = self._async_runtime()
        devices = async_target_devices(self._hass, self._target)
        results = [
            self._is_met(runtime, camera_id)
            for camera_id in runtime.cameras
            if devices is None or runtime.devices.id_of(camera_id) in devices
        ]
        if self._options.get(ATTR_BEHAVIOR) == BEHAVIOR_ALL:
            # Not met without any camera: a removed target must not let everything pass.
            return bool(results) and all(results)
        return any(results)

    def _is_met(self, runtime: HomeSecData, camera_id: str) -> bool:
        """Return whether one camera meets the condition."""
        raise NotImplementedError


class IsPresent(CameraCondition):
    """Whether a label is present, optionally in a zone."""

    schema = probatio.Schema({**_TARGET, **_options({**_BEHAVIOR, **_FILTERS})})

    @override
    def _is_met(self, runtime: HomeSecData, camera_id: str) -> bool:
        camera = runtime.cameras[camera_id]
        present: Iterable[str] = camera.presences
        if zones := self._options.get(OPTION_ZONE):
            meant = zones_meant(runtime.cameras.subentry(camera_id).data, zones)
            present = [label for zone in meant for label in camera.zones.get(zone, ())]
        wanted = self._options.get(CONF_LABEL)
        return any(not wanted or label in wanted for label in present)


class IsRecording(CameraCondition):
    """Whether a clip is being recorded."""

    @override
    def _is_met(self, runtime: HomeSecData, camera_id: str) -> bool:
        return runtime.cameras[camera_id].recording


class IsSnoozed(CameraCondition):
    """Whether alerts are snoozed."""

    @override
    def _is_met(self, runtime: HomeSecData, camera_id: str) -> bool:
        return runtime.alerts.snoozed_until(camera_id) is not None


CONDITIONS: dict[str, type[Condition]] = {
    "is_armed": IsArmed,
    "is_present": IsPresent,
    "is_recording": IsRecording,
    "is_snoozed": IsSnoozed,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:  # noqa: ARG001
    """Return the conditions."""
    return CONDITIONS

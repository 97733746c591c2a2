"""Where a new camera is, and what it therefore starts with."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from ..alarm.machine import AlarmMode
from ..const import CONF_ARMED_MODES, CONF_DISARMED
from ..engine.core.types import Activity

if TYPE_CHECKING:
    from collections.abc import Mapping


class CameraPreset(StrEnum):
    """Where a new camera is, from which the modes follow in which it's active."""

    INDOOR = "indoor"
    OUTDOOR = "outdoor"


PRESET_MODES: Final[Mapping[CameraPreset, tuple[AlarmMode, ...]]] = {
    CameraPreset.INDOOR: (AlarmMode.AWAY, AlarmMode.VACATION),
    CameraPreset.OUTDOOR: (AlarmMode.AWAY, AlarmMode.NIGHT, AlarmMode.VACATION),
}
"""None is active in *home*, where it would take everyone who lives there for an intruder."""


def new_camera_settings(preset: CameraPreset) -> dict[str, Any]:
    """Return what a new camera starts with, as far as it differs from ``DEFAULTS``."""
    return {
        CONF_DISARMED: Activity.DETECT.value,
        CONF_ARMED_MODES: [mode.value for mode in PRESET_MODES[preset]],
    }

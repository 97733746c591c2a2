"""The sensor that tells what is odd about a camera's stream."""

from typing import TYPE_CHECKING, Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.const import EntityCategory

from .cameras.config import stream_use
from .engine.core.events import HealthChanged
from .engine.core.stream_report import StreamReport
from .engine.core.stream_verdict import StreamUse, StreamVerdict, findings, verdict
from .entity import HomeSecCameraEntity
from .event_bus import StatsUpdated

if TYPE_CHECKING:
    from homeassistant.helpers.typing import StateType

    from .runtime import HomeSecData


class StreamSensor(HomeSecCameraEntity, SensorEntity):
    """What is odd about a camera's stream, and which of its settings helps."""

    key = "stream"
    _attr_device_class = SensorDeviceClass.ENUM
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_translation_key = "stream"
    # Measured anew every few seconds.
    _unrecorded_attributes = frozenset({"fps", "bit_rate_kbit", "keyframe_interval_s"})
    listens_to = (HealthChanged, StatsUpdated)

    def __init__(self, runtime: HomeSecData, camera_id: str) -> None:
        super().__init__(runtime, camera_id)
        self._attr_options = [each.value for each in StreamVerdict]

    @property
    @override
    def native_value(self) -> StateType:
        return verdict(self._report, self._use)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        report = self._report
        return {
            "advice": verdict(report, self._use),
            "findings": [each.value for each in findings(report, self._use)],
            "codec": report.codec or None,
            "profile": report.profile or None,
            "size": f"{report.width} x {report.height}" if report.width else None,
            "fps": _rounded(report.fps, 1),
            "bit_rate_kbit": _rounded(report.bit_rate and report.bit_rate / 1000, -2),
            "keyframe_interval_s": _rounded(report.keyframe_interval_s, 1),
            "b_frames": report.b_frames,
            "clock": report.clock.value,
            "audio_codec": report.audio_codec,
            "audio_left_out": report.audio_left_out,
            "decodes_alone": report.decodes_alone,
            "starts_player": report.starts_player,
            "plays_in_browsers": report.plays_in_browsers,
        }

    @property
    def _use(self) -> StreamUse:
        return stream_use(self.runtime.cameras.subentry(self.camera_id).data)

    @property
    def _report(self) -> StreamReport:
        state = self.camera_state
        return state.stats.stream if state.watching else StreamReport()


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)

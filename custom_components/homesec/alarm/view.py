"""What the rest of HomeSec may know of the alarm."""

from typing import TYPE_CHECKING

from .machine import AlarmMode, AlarmState

if TYPE_CHECKING:
    from ..cameras.registry import CameraRegistry
    from .codes import AlarmCodes
    from .machine import Alarm, AlarmSnapshot
    from .span import MonotonicClocks

CLOCK_STEP_S = 1.0


class AlarmView:
    """What the alarm is at, for those who only look."""

    _alarm: Alarm
    _clocks: MonotonicClocks
    _codes: AlarmCodes

    def __init__(self, cameras: CameraRegistry) -> None:
        self._cameras = cameras
        self._ends_at: float | None = None

    @property
    def mode(self) -> AlarmMode:
        """What the owner set."""
        return self._alarm.mode

    @property
    def state(self) -> AlarmState:
        """What it is at."""
        return self._alarm.state

    @property
    def armed(self) -> bool:
        """Whether the owner wants intruders reported, be it only after the exit delay."""
        return self.mode is not AlarmMode.DISARMED

    @property
    def guarding(self) -> bool:
        """Whether whom a camera of this mode sees is an intruder."""
        return self._alarm.guarding

    @property
    def arming(self) -> bool:
        """Whether people are given time to leave."""
        return self.state is AlarmState.ARMING

    @property
    def triggered(self) -> bool:
        """Whether it was set off a short while ago."""
        return self.state is AlarmState.TRIGGERED

    @property
    def facts(self) -> AlarmSnapshot:
        """Who did what when."""
        return self._alarm.facts

    @property
    def delay_ends_at(self) -> float | None:
        """When the exit or entry delay is over, in UTC epoch seconds."""
        remaining_s = self._alarm.remaining_s
        if remaining_s is None or self.triggered:
            return None
        ends_at = self._clocks.wall() + remaining_s
        if self._ends_at is None or abs(self._ends_at - ends_at) > CLOCK_STEP_S:
            self._ends_at = ends_at  # else as it was told before, to the millisecond
        return self._ends_at

    @property
    def bypassed(self) -> list[str]:
        """The names of cameras that were left out, and are still offline."""
        return self._cameras.names(self.facts.bypassed)

    @property
    def code_format(self) -> str | None:
        """What a code is made of; None as long as none is asked for."""
        return "number" if self._codes.asked else None

    @property
    def code_arm_required(self) -> bool:
        """Whether arming takes a code too: while armed always, since it disarms for a while."""
        return self._codes.asked_to_arm or (self._codes.asked and self.armed)

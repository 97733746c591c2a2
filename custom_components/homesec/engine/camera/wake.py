"""A sensor outside of the engine wakes a camera: someone may be in its view.

What the pre-roll buffer holds is replayed, and every frame that is due is detected in for
``WAKE_S``. The sensor's word is a hint that the networks judge. A trusted sensor's word counts as a
person at once; any sensor's does while no detector works.
"""

from typing import TYPE_CHECKING

from ..core.types import WAKE_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.clock import Clock
    from .camera_sampler import CameraSampler
    from .command_queue import CommandQueue
    from .detection_loop import DetectionLoop

BUDGET_S = 120.0  # a sensor that reports all the time keeps a camera awake for this long…
REFILL = 0.5  # …and then for this share of the time


class WakeBudget:
    """How long sensors may keep a camera awake, so that a broken one costs no more than half."""

    def __init__(self) -> None:
        self._left_s = BUDGET_S
        self._last: float | None = None

    def spend(self, now: float) -> bool:
        """Return whether a camera may be awake for ``WAKE_S`` from ``now`` on, and count that."""
        passed_s = WAKE_S if self._last is None else max(0.0, now - self._last)
        left_s = min(BUDGET_S, self._left_s + passed_s * REFILL)
        cost_s = min(WAKE_S, passed_s)  # of the rest, it's awake already
        if cost_s > left_s:
            return False
        self._left_s, self._last = left_s - cost_s, now
        return True


class Waker:
    """Wakes one camera; ``submit`` may be called from any thread, nothing else may."""

    def __init__(
        self,
        commands: CommandQueue,
        sampler: CameraSampler,
        detection: DetectionLoop,
        clock: Clock,
    ) -> None:
        self._commands = commands
        self._sampler = sampler
        self._detection = detection
        self._clock = clock
        self._budget = WakeBudget()

    def submit(self, sensor: str, *, trusted: bool, now: Callable[[], tuple[float, float]]) -> None:
        """Have the camera's thread wake the camera, unless it takes longer than ``WAKE_S``.

        ``now`` returns the present ``t`` and ``at``.
        """
        too_late_s = self._clock.monotonic() + WAKE_S

        def wake() -> None:
            if self._clock.monotonic() <= too_late_s:
                self._wake(sensor, *now(), trusted=trusted)

        self._commands.post(wake)

    def _wake(self, sensor: str, t: float, at: float, *, trusted: bool) -> None:
        if self._budget.spend(self._clock.monotonic()):
            self._sampler.wake()
        if trusted or not self._detection.works:
            self._detection.trust(sensor, t, at, hold_s=WAKE_S)

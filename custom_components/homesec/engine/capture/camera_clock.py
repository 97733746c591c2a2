"""Hold a live camera's time stamps against the arrival of its packets, and replace those that lie.

A camera's clock can stand still, run at another rate, or step; its network can deliver late, in
clumps, or, when a relay begins, many seconds at once. What tells them apart:

- Late stamps are the network's fault if a pause came before, and they catch up soon.
- Early stamps are a relay's if they come in the first seconds of a connection.
- Pictures that arrive one after the other, but say that no time passed, are the clock's fault.

After a fault, time follows the arrival, smoothed, until the stamps were right for a while.
"""

from collections import deque
import math

from ..core.stream_report import ClockQuality

LATE_S = 0.6  # stamps that are later than that without a pause in the arrival are wrong
EARLY_S = 1.0  # so are stamps that run ahead by more than that…
BURST_S = 3.0  # …except in the first seconds of a connection…
FIRST_STEP_S = 5.0  # …in which pictures may also be this far from each other…
AT_ONCE_S, _AT_ONCE = 0.04, 0.25  # …if they come this soon, and in this part of their interval
PAUSE_S = 0.5  # no packet for this long, and for several times the usual interval, is a pause
CATCH_UP_S = 10.0  # what a pause held up has arrived this long after it
STANDING_PICTURES = 3  # so many in a row without progress are no coincidence
_PROGRESS = 0.1  # of the time that passed: less is none
_LEAST_WAIT_S = 0.005  # pictures that come closer together were delivered together
DRIFT = 0.02  # difference of the rates that is followed instead of corrected
_FORGET = 0.03  # of each second: how fast early stamps are forgotten
PROBATION_S = 10.0  # stamps have to be right for this long before they count again
_FOLLOW_S = 2.0  # how fast time follows the arrival
_SLOWEST = 0.25  # of the usual interval: pictures that were delivered together keep this distance
_WINDOW_S = 10.0  # over which intervals are averaged
_FAULTS, _FAULTS_S = 3, 60.0  # so many in this time, and the clock is reported as unusable…
_FAULT_GAP_S = 2.0  # …where those that follow each other at once are one
RECOVERY_S = 600.0  # without a fault, after which it isn't anymore
_STRETCH_AFTER_S = 2.0
_MOST_STRETCH = 100.0  # the camera counts milliseconds; beyond that, its clock stands still
DEFAULT_INTERVAL_S = 0.04
LONGEST_INTERVAL_S = 1.0


class CameraClock:
    """Gives the pictures of one live camera their times, over all of its connections.

    All times are seconds: ``stamp`` by the camera, ``elapsed`` by our clock as the picture arrived.
    """

    def __init__(self) -> None:
        self._offset: float | None = None  # from stamps to the timeline
        self._base = 0.0  # from ``elapsed`` to the timeline, for a picture that isn't late
        self._arrival_base = 0.0  # the same, as it was before the last fault
        self._last_stamp = 0.0
        self._last_elapsed = 0.0
        self._last_t = 0.0
        self._connected = 0.0
        self._excuse_s = 0.0  # how late stamps may be, since nothing arrived for so long…
        self._excused_until = 0.0  # …and until when
        self._early_s = 0.0
        self._standing = 0
        self._trusted_from = -math.inf
        self._intervals = _Intervals()
        self._faults: deque[float] = deque(maxlen=_FAULTS)
        self._unusable_until = -math.inf

    @property
    def trusted(self) -> bool:
        """Whether times come from the stamps at present."""
        return self._last_elapsed >= self._trusted_from

    @property
    def offset(self) -> float | None:
        """What to add to a stamp; None while they can't be used."""
        return self._offset if self.trusted else None

    @property
    def stretch(self) -> float:
        """By how much the camera's seconds have to be stretched; 0 if its clock stands still."""
        return 1.0 if self.trusted else self._intervals.stretch

    @property
    def quality(self) -> ClockQuality:
        """What to say about the clock."""
        if self._last_elapsed < self._unusable_until:
            return ClockQuality.UNUSABLE
        long_enough = self._last_elapsed - self._connected > PROBATION_S
        return ClockQuality.GOOD if long_enough and self.trusted else ClockQuality.UNKNOWN

    def reconnect(self) -> None:
        """Expect stamps that count from elsewhere."""
        self._offset = None

    def pass_over(self, t: float) -> None:
        """Note the time of a picture without a stamp."""
        self._last_t = t

    def time_of(self, stamp: float, elapsed: float, next_t: float) -> float:
        """Return a picture's time; ``next_t`` is where a new connection begins."""
        if self._offset is None:
            self._begin(stamp, elapsed, next_t)
            return next_t
        passed_s = elapsed - self._last_elapsed
        was_trusted = self.trusted
        usual_s = min(self._intervals.arrival_s, LONGEST_INTERVAL_S)
        self._intervals.add(stamp, elapsed)
        if self._is_wrong(stamp, elapsed, passed_s, usual_s):
            self._distrust(stamp, elapsed)
        self._last_stamp, self._last_elapsed = stamp, elapsed
        if not self.trusted:
            t = self._last_t + self._step(elapsed, passed_s, usual_s)
        else:
            if not was_trusted:  # goes on from where the arrival has led
                self._offset = self._last_t + usual_s - stamp
                self._base = self._arrival_base
            t = stamp + self._offset
        self._last_t = max(t, self._last_t)
        return t

    def _begin(self, stamp: float, elapsed: float, t: float) -> None:
        self._offset, self._base = t - stamp, t - elapsed
        self._arrival_base = self._base
        self._last_stamp, self._last_t = stamp, t
        self._last_elapsed = self._connected = elapsed
        self._early_s = self._excuse_s = 0.0
        self._standing = 0
        self._intervals = _Intervals()
        if elapsed < self._unusable_until:  # it was before, and most likely is again
            self._trusted_from = elapsed + PROBATION_S

    def _is_wrong(self, stamp: float, elapsed: float, passed_s: float, usual_s: float) -> bool:
        """Return whether a stamp can't be explained by the network."""
        late_s = elapsed + self._base - (stamp + (self._offset or 0.0))
        if passed_s > max(PAUSE_S, 3 * usual_s):
            self._excuse_s += passed_s
            self._excused_until = elapsed + CATCH_UP_S
        elif elapsed > self._excused_until:
            self._excuse_s = 0.0
        stands = passed_s > _LEAST_WAIT_S and stamp - self._last_stamp <= _PROGRESS * passed_s
        self._standing = self._standing + 1 if stands else 0
        self._early_s *= math.exp(-_FORGET * passed_s)
        if late_s >= 0:
            self._base -= min(late_s, DRIFT * passed_s)
            return self._standing >= STANDING_PICTURES or late_s - self._excuse_s > LATE_S
        step_s = stamp - self._last_stamp
        at_once = passed_s < min(AT_ONCE_S, _AT_ONCE * step_s)
        is_relay = at_once and elapsed - self._connected < BURST_S
        if step_s - passed_s > (FIRST_STEP_S if is_relay else EARLY_S):
            return True  # a step, not a delivery
        self._base -= late_s
        if not is_relay:
            self._early_s -= late_s
        return self._early_s > EARLY_S

    def _distrust(self, stamp: float, elapsed: float) -> None:
        """Follow the arrival from now on; begin to judge the stamps anew."""
        if self.trusted:
            self._arrival_base = self._base
        self._base = self._arrival_base
        self._offset = elapsed + self._base - stamp
        self._early_s = self._excuse_s = 0.0
        self._standing = 0
        self._trusted_from = elapsed + PROBATION_S
        if self._faults and elapsed - self._faults[-1] < _FAULT_GAP_S:
            return
        self._faults.append(elapsed)
        if len(self._faults) == _FAULTS and elapsed - self._faults[0] < _FAULTS_S:
            self._unusable_until = elapsed + RECOVERY_S

    def _step(self, elapsed: float, passed_s: float, usual_s: float) -> float:
        """Return the time from the last picture to this one by the arrival, smoothed."""
        behind_s = elapsed + self._arrival_base - (self._last_t + usual_s)
        step_s = usual_s + behind_s * (1 - math.exp(-passed_s / _FOLLOW_S))
        return max(step_s, _SLOWEST * usual_s)


class _Intervals:
    """The average interval of pictures over the last seconds, by both clocks."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, float, int]] = deque()  # elapsed, stamp, pictures so far
        self._count = 0
        self.arrival_s = DEFAULT_INTERVAL_S
        self.stretch = 1.0

    def add(self, stamp: float, elapsed: float) -> None:
        """Add a picture."""
        self._count += 1
        if not self._marks or elapsed - self._marks[-1][0] >= 0.2:
            self._marks.append((elapsed, stamp, self._count))
            while elapsed - self._marks[0][0] > _WINDOW_S and len(self._marks) > 2:
                self._marks.popleft()
        since, first, before = self._marks[0]
        if self._count > before and elapsed - since > 0.1:
            self.arrival_s = (elapsed - since) / (self._count - before)
            if elapsed - since > _STRETCH_AFTER_S:
                stamped_s = stamp - first
                usable = stamped_s * _MOST_STRETCH > elapsed - since
                self.stretch = (elapsed - since) / stamped_s if usable else 0.0

"""Choose which packets of a camera are decoded, and which frames are detected in.

In decode mode *keyframes*, only keyframes are decoded, and each is compared with a running
background. Motion changes the mode to *all*: the packets since the previous keyframe are replayed
from the pre-roll buffer, so that what came in between is sampled from its first frame on. Then
every packet is decoded, and a few frames per second are sampled during motion or a presence. When
neither was there for a while, the mode changes back.

With keyframes more than two seconds apart, *keyframes* would miss what happens in between, so
``DecodePolicy.AUTO`` keeps such a camera in *all* (decoding, not detecting). ``PROMPT`` does so for
any camera, ``ECONOMY`` only where keyframes don't come at all. A camera whose GOP is about to
exceed the buffer is kept in *all*, too, since a decoder couldn't start anymore.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum
import math
from typing import TYPE_CHECKING

from ..core.types import WAKE_S, DecodePolicy
from ..media.convert import small_luma
from ..media.decoder import FrameDecoder
from ..media.motion import Change, MotionGate, MotionResult
from ..tracking.zones import motion_mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from ..core.types import CameraConfig
    from ..media.decoder import Frame
    from ..media.packet_buffer import PreRollBuffer
    from ..media.packets import MediaPacket

type OnCompared = Callable[[Frame, NDArray[np.uint8], int | None], None]
"""Gets a frame, its small luma picture, and how many keyframes its stream has sent so far; None for
a stream of nothing else."""

MAX_KEYFRAME_GAP_S = 2.0
"""Longest time between keyframes at which ``DecodePolicy.AUTO`` decodes only these."""
_GAP_TOLERANCE_S = 0.25
ECONOMY_GAP_S = 30.0
"""After so long without a keyframe, ``DecodePolicy.ECONOMY`` decodes all: it would be blind."""
LINGER_S = 4.0  # frames are sampled for this long after the last motion
STATIONARY_INTERVAL_S = 1.0
"""Without motion, a frame is sampled this often during a presence, and at least twice per
grace period."""
REPEATED_INTERVAL_S = 10.0
"""While the only motion is one that repeats in place, a frame is sampled this often."""
MIN_REPLAY_S, MAX_REPLAY_S = 2.0, 8.0
"""Limits of how much of the pre-roll is replayed at a wake: a sensor reports with a delay, but the
newest frames mustn't wait too long."""
MAX_DECODE_S = 15.0  # without a keyframe in this time before it, what was decoded isn't replayed
_JITTER_S = 0.01  # a frame this early is sampled; the next would be late
REFRESH_S = 10.0
"""While another stream is looked at, a keyframe is decoded this often, for the last picture."""
KEYFRAME_INTERVAL_S = 0.45
"""Sources of nothing but keyframes (MJPEG) aren't decoded more often in mode *keyframes*."""


class DecodeMode(Enum):
    """Which packets are decoded."""

    KEYFRAMES = "keyframes"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class SampledFrame:
    """A frame to detect in."""

    frame: Frame
    motion: MotionResult
    replayed: bool
    """From the pre-roll buffer: it's late already, and must not be dropped for a newer one."""


class FrameSampler:
    """The decoder, the motion gate, and the decode mode of one camera."""

    def __init__(
        self,
        config: CameraConfig,
        buffer: PreRollBuffer,
        *,
        on_compared: OnCompared | None = None,
    ) -> None:
        """Call ``on_compared`` with each frame in which motion is looked for."""
        self._buffer = buffer
        self._on_compared = on_compared
        self._decoder = FrameDecoder()
        self._keyframes: int | None = 0  # received so far; None of a source of nothing else
        self.compared = 0  # frames in which motion was looked for
        self._shape = (0, 0)  # rows and columns of the gray picture that the gate gets
        self._gate: MotionGate | None = None
        self.reset()
        self.reconfigure(config)
        self._next_sample_t = 0.0
        self._stationary_sample_t = 0.0
        self._active_until = 0.0
        self._repeated_sample_t = 0.0
        self._checked_t = -KEYFRAME_INTERVAL_S
        """What came before was sampled, or compared with the background."""
        self._intervals: deque[float] = deque(maxlen=4)
        self._woken = False
        self._yielded_t = -math.inf  # of the newest frame that was sampled

    def reconfigure(self, config: CameraConfig) -> None:
        """Use another configuration of the same source."""
        self._config = config
        self._sample_interval_s = 1 / config.detect_fps
        self._stationary_interval_s = min(STATIONARY_INTERVAL_S, config.grace_s / 2)
        if self._gate is not None:
            self._gate.set_mask(motion_mask(config.zones, *self._shape))

    @property
    def decoded(self) -> int:
        """Frames decoded so far."""
        return self._decoder.decoded

    @property
    def keyframe_interval_s(self) -> float | None:
        """The longest of the last few."""
        return max(self._intervals) if self._intervals else None

    def reset(self) -> None:
        """Start over after a gap in the video."""
        self.latest: Frame | None = None  # the newest decoded frame
        self.newest: list[Frame] = []  # what was decoded of the newest packet
        self.mode = DecodeMode.KEYFRAMES
        self._decoder.reset()
        if self._gate is not None:
            self._gate.reset()  # what repeats in place is still there after the gap
        self._last_keyframe_t: float | None = None
        self._first_t: float | None = None
        self._missed_since_t: float | None = None  # from when on no frame has been looked at

    def wake(self) -> None:
        """Sample the last seconds at the next packet, and all frames for ``WAKE_S`` from it on."""
        self._woken = True

    def feed(self, packet: MediaPacket, *, present: bool, watched: bool) -> Iterator[SampledFrame]:
        """Process the newest packet, which is in the buffer; ``watched``: as a live picture."""
        for sampled in self._feed(packet, present=present, watched=watched):
            self._yielded_t = sampled.frame.t
            yield sampled

    def _feed(self, packet: MediaPacket, *, present: bool, watched: bool) -> Iterator[SampledFrame]:
        self.newest = []
        if self._first_t is None:
            self._first_t = packet.t
        previous_t = self._last_keyframe_t
        if packet.keyframe:
            self._measure_interval(packet.t)
            self._keyframes = None if packet.format.intra_only else (self._keyframes or 0) + 1
        if self._missed_since_t is not None:
            yield from self._catch_up(packet, self._missed_since_t, present=present)
            return
        if self._woken:
            self._woken = False
            since = self._replay_since(packet)
            self._active_until = max(self._active_until, packet.t + WAKE_S)
            if since is not None:
                yield from self._replay(packet, since)
                return
        if self.mode is DecodeMode.KEYFRAMES:
            if present or watched or self._needs_all(packet.t):
                yield from self._wake(packet, moving=False, present=present)
            elif packet.keyframe and self._must_check(packet.t, previous_t):
                yield from self._check_keyframe(packet, present=present)
            return
        yield from self._sample(packet, moving=False, present=present, watched=watched)
        keep = present or watched or self._needs_all(packet.t)
        if packet.t > self._active_until and not keep:
            self.mode = DecodeMode.KEYFRAMES
            self._decoder.reset()
            self._checked_t = packet.t

    def show(self, packet: MediaPacket, *, watched: bool) -> None:
        """Process the newest packet while another stream is looked at: no frames are compared.

        It's decoded while it's ``watched`` as a live picture, or may have to be recorded from
        frames; otherwise only a keyframe now and then.
        """
        self.newest = []
        if packet.keyframe:
            self._measure_interval(packet.t)
        if not watched and not self._buffer.is_crowded:
            if self.mode is DecodeMode.ALL:
                self.mode = DecodeMode.KEYFRAMES
                self._decoder.reset()
            shown_t = -REFRESH_S if self.latest is None else self.latest.t
            if packet.keyframe and packet.t - shown_t >= REFRESH_S:
                frame = self._decoder.decode_keyframe(packet)
                self.latest = frame or self.latest
        elif self.mode is DecodeMode.KEYFRAMES:
            self.mode = DecodeMode.ALL
            for past in self._buffer.packets_since(packet.t):
                if past.is_video:
                    self._decode(past, watched=True)
        else:
            self._decode(packet, watched=True)

    def take_over(self, since_t: float) -> None:
        """Sample what came since then at the next packet, in place of another stream."""
        self.mode = DecodeMode.KEYFRAMES
        self._decoder.reset()
        if self._gate is not None:
            self._gate.reset()  # much may have changed since the last comparison
        self._missed_since_t = since_t
        self._yielded_t = max(self._yielded_t, since_t)

    def _catch_up(
        self, packet: MediaPacket, since: float, *, present: bool
    ) -> Iterator[SampledFrame]:
        """Sample all frames from ``since`` up to ``packet``."""
        self._missed_since_t = None
        self._next_sample_t = since
        self._active_until = packet.t + LINGER_S
        yield from self._wake(packet, moving=True, present=present, since=since)

    def _must_check(self, t: float, previous_t: float | None) -> bool:
        """Whether to look at a keyframe; only those that come in quick succession are left out."""
        rare = previous_t is None or t - previous_t >= KEYFRAME_INTERVAL_S
        return rare or t - self._checked_t >= KEYFRAME_INTERVAL_S

    def _check_keyframe(self, packet: MediaPacket, *, present: bool) -> Iterator[SampledFrame]:
        """Compare one keyframe with the background."""
        before = self._checked_t
        self._checked_t = packet.t
        frame = self._decoder.decode_keyframe(packet)
        if frame is None:
            return
        self.latest, self.newest = frame, [frame]
        motion = self._compare(frame, present=present)
        if motion.change is not Change.NONE:
            self._active_until = packet.t + LINGER_S
            yield from self._wake(packet, moving=True, present=present, since=before)
        elif self._is_repeated_due(frame, motion):
            yield SampledFrame(frame, motion, replayed=False)

    def _wake(
        self, packet: MediaPacket, *, moving: bool, present: bool, since: float | None = None
    ) -> Iterator[SampledFrame]:
        """Decode from the buffer up to ``packet``, and everything from then on."""
        self.mode = DecodeMode.ALL
        for past in self._buffer.packets_since(packet.t if since is None else since):
            if past.is_video:
                yield from self._sample(
                    past, moving=moving, present=present, replayed=moving or past is not packet
                )

    def _replay_since(self, packet: MediaPacket) -> float | None:
        """Return the time from which a wake replays; None if there's nothing to gain."""
        replay_s = min(max(self._config.pre_roll_s, MIN_REPLAY_S), MAX_REPLAY_S)
        since = max(packet.t - replay_s, self._yielded_t + self._sample_interval_s)
        since = min(since, packet.t)
        if self.mode is DecodeMode.KEYFRAMES:
            return since
        if packet.t <= self._active_until:  # they are sampled already
            return None
        start = next(iter(self._buffer.packets_since(since)), None)
        return None if start is None or start.t < since - MAX_DECODE_S else since

    def _replay(self, packet: MediaPacket, since: float) -> Iterator[SampledFrame]:
        """Sample all frames up to ``packet`` that weren't, with or without motion in them."""
        self._next_sample_t = since
        self._decoder.reset()
        # As if somebody were there: what was compared before must not be learned as repeated.
        yield from self._wake(packet, moving=True, present=True, since=since)

    def _sample(
        self,
        packet: MediaPacket,
        *,
        moving: bool,
        present: bool,
        watched: bool = False,
        replayed: bool = False,
    ) -> Iterator[SampledFrame]:
        """Decode a packet, and yield its frames that are due and matter: all if ``moving``."""
        for frame in self._decode(packet, watched=watched):
            if not self._is_due(frame):
                continue
            motion = self._compare(frame, present=present)
            if moving or self._matters(frame, motion, present=present):
                yield SampledFrame(frame, motion, replayed=replayed)

    def _decode(self, packet: MediaPacket, *, watched: bool) -> list[Frame]:
        """Decode the next packet, unless neither its frame nor a later one needs that."""
        due = packet.shown_t >= self._next_sample_t - _JITTER_S
        if packet.format.intra_only and not watched and not due:
            return []
        self.newest = self._decoder.decode(packet, needed=watched or due)
        if self.newest:
            self.latest = self.newest[-1]
        return self.newest

    def _is_due(self, frame: Frame) -> bool:
        if frame.t < self._next_sample_t - _JITTER_S:
            return False
        late = frame.t - self._next_sample_t > self._sample_interval_s
        self._next_sample_t = (frame.t if late else self._next_sample_t) + self._sample_interval_s
        return True

    def _compare(self, frame: Frame, *, present: bool) -> MotionResult:
        """Find motion outside the masks; what repeats in place is learned while nobody is there."""
        self.compared += 1
        small = small_luma(frame)
        if self._on_compared is not None:
            self._on_compared(frame, small, self._keyframes)
        if self._gate is None or self._shape != small.shape:
            self._shape = small.shape
            self._gate = MotionGate(mask=motion_mask(self._config.zones, *self._shape))
        return self._gate.update(small, frame.t, learns=not present)

    def _matters(self, frame: Frame, motion: MotionResult, *, present: bool) -> bool:
        if motion.change is not Change.NONE:
            self._active_until = frame.t + LINGER_S
        if frame.t <= self._active_until:
            return True
        if present and frame.t - self._stationary_sample_t >= self._stationary_interval_s:
            self._stationary_sample_t = frame.t
            return True
        return self._is_repeated_due(frame, motion)

    def _is_repeated_due(self, frame: Frame, motion: MotionResult) -> bool:
        """Whether to detect in a frame although all motion in it repeats in place.

        Somebody may stand behind a flag, in its colors.
        """
        if not motion.repeated or frame.t - self._repeated_sample_t < REPEATED_INTERVAL_S:
            return False
        self._repeated_sample_t = frame.t
        return True

    def _measure_interval(self, t: float) -> None:
        if self._last_keyframe_t is not None:
            self._intervals.append(t - self._last_keyframe_t)
        self._last_keyframe_t = t

    def _needs_all(self, t: float) -> bool:
        """Whether decoding only keyframes leaves too long a gap."""
        if self._config.decode_policy is DecodePolicy.PROMPT or self._buffer.is_crowded:
            return True
        since = self._first_t if self._last_keyframe_t is None else self._last_keyframe_t
        waiting = 0.0 if since is None else t - since
        if self._config.decode_policy is DecodePolicy.ECONOMY:
            return waiting > ECONOMY_GAP_S
        limit = MAX_KEYFRAME_GAP_S + _GAP_TOLERANCE_S
        return waiting > limit or (self.keyframe_interval_s or 0.0) > limit

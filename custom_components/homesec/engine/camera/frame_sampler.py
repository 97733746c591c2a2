"""Which pictures are worth a look by the detector: the two gears.

*Idle* decodes keyframes only and compares each with a running background. Motion wakes it: the
packets since the keyframe before are replayed from the ring, so that whoever came in between the
two is seen from the first frame on. *Awake* decodes everything and hands on a few pictures a second
while something moves or somebody is here; when neither was so for a while it idles again.

A camera whose keyframes are further apart than two seconds would leave its watcher blind for that
long, so ``DecodePolicy.AUTO`` keeps such a camera awake (decoding, not detecting). ``PROMPT`` does
so for any camera, ``ECONOMY`` for none.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from ..core.types import DecodePolicy
from ..media.decoder import FrameDecoder, small_luma
from ..media.motion import Change, MotionGate, MotionResult
from ..tracking.zones import motion_mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..core.types import CameraConfig
    from ..media.decoder import Frame
    from ..media.packet_buffer import PreRollBuffer
    from ..media.packets import MediaPacket

BLIND_S = 2.0
"""Longest time between keyframes at which idling is allowed by ``DecodePolicy.AUTO``."""
_BLIND_SLACK_S = 0.25
LINGER_S = 4.0
"""Looking goes on for this long after the last motion."""
STILL_LOOK_S = 1.0
"""Somebody who does not move is looked at this often, to know that they are still there: at least
twice in the grace period."""
_JITTER_S = 0.01
"""A picture that comes so much before its time is taken; the next would be late."""
IDLE_INTERVAL_S = 0.45
"""Idle: sources that consist of nothing but keyframes (MJPEG) are not decoded more often."""


class DecodeMode(Enum):
    """How much is decoded."""

    IDLE = "idle"
    AWAKE = "awake"


@dataclass(frozen=True, slots=True)
class SampledFrame:
    """A picture for the detector."""

    frame: Frame
    movement: MotionResult
    replayed: bool
    """From the ring: it is late already, and must not be dropped for a newer one."""


class FrameSampler:
    """The decoder, the motion gate and the gears of one camera."""

    def __init__(self, config: CameraConfig, ring: PreRollBuffer) -> None:
        self._ring = ring
        self._decoder = FrameDecoder()
        self._gate: MotionGate | None = None
        self._shape = (0, 0)
        """Rows and columns of the pictures that the gate gets."""
        self._gear = DecodeMode.IDLE
        self.adopt(config)
        self._next_look_t = 0.0
        self._last_still_look_t = 0.0
        self._active_until = 0.0
        self._last_keyframe_t: float | None = None
        self._seen_t = -IDLE_INTERVAL_S
        """Whatever came before was looked at, or compared with the background."""
        self._intervals: deque[float] = deque(maxlen=4)
        self.latest: Frame | None = None
        """The newest decoded picture."""

    def adopt(self, config: CameraConfig) -> None:
        """Go by another configuration from now on."""
        self._config = config
        self._look_interval_s = 1 / config.detect_fps
        self._still_look_s = min(STILL_LOOK_S, config.grace_s / 2)
        if self._gate is not None:
            self._gate.set_mask(motion_mask(config.zones, *self._shape))

    @property
    def gear(self) -> DecodeMode:
        """How much is decoded at the moment."""
        return self._gear

    @property
    def decoded(self) -> int:
        """Pictures decoded so far."""
        return self._decoder.decoded

    @property
    def keyframe_interval_s(self) -> float | None:
        """The longest of the last few."""
        return max(self._intervals) if self._intervals else None

    def reconnected(self) -> None:
        """Begin anew behind a gap in the film."""
        self.latest = None
        self._gear = DecodeMode.IDLE
        self._decoder.reset()
        self._gate = None
        self._last_keyframe_t = None

    def feed(self, packet: MediaPacket, *, present: bool, watched: bool) -> Iterator[SampledFrame]:
        """Take the newest video packet, which is in the ring already.

        ``present``: somebody is here. ``watched``: somebody looks at the live picture.
        """
        if packet.keyframe:
            self._note_keyframe(packet.t)
        if self._gear is DecodeMode.IDLE:
            if present or watched or self._would_be_blind(packet.t):
                yield from self._shift_up(packet, eager=False, present=present)
            elif packet.keyframe and packet.t - self._seen_t >= IDLE_INTERVAL_S:
                yield from self._glance(packet, present=present)
            return
        yield from self._watch(packet, present=present, watched=watched)
        if (
            packet.t > self._active_until
            and not present
            and not watched
            and not self._would_be_blind(packet.t)
        ):
            self._gear = DecodeMode.IDLE
            self._decoder.reset()
            self._seen_t = packet.t

    # --- gears --------------------------------------------------------------------------------

    def _glance(self, packet: MediaPacket, *, present: bool) -> Iterator[SampledFrame]:
        """Idle: compare one keyframe with the background."""
        before = self._seen_t
        self._seen_t = packet.t
        frame = self._decoder.decode_keyframe(packet)
        if frame is None:
            return
        self.latest = frame
        if self._compare(frame).change is not Change.NONE:
            self._active_until = packet.t + LINGER_S
            yield from self._shift_up(packet, eager=True, present=present, since=before)

    def _shift_up(
        self, packet: MediaPacket, *, eager: bool, present: bool, since: float | None = None
    ) -> Iterator[SampledFrame]:
        """Decode from a keyframe in the ring up to ``packet``, and everything from then on.

        ``eager``: something moved, so each sampled picture on the way is worth a look.
        """
        self._gear = DecodeMode.AWAKE
        for past in self._ring.packets_since(packet.t if since is None else since):
            if not past.is_video:
                continue
            for frame in self._decode(past):
                if not self._due(frame):
                    continue
                movement = self._compare(frame)
                if eager or self._worth_a_look(frame, movement, present=present):
                    yield SampledFrame(frame, movement, replayed=eager or past is not packet)

    def _watch(
        self, packet: MediaPacket, *, present: bool, watched: bool
    ) -> Iterator[SampledFrame]:
        """Awake: decode everything, hand on the sampled pictures while it matters."""
        for frame in self._decode(packet, watched=watched):
            if not self._due(frame):
                continue
            movement = self._compare(frame)
            if self._worth_a_look(frame, movement, present=present):
                yield SampledFrame(frame, movement, replayed=False)

    def _decode(self, packet: MediaPacket, *, watched: bool = False) -> list[Frame]:
        """Decode the next packet, unless nobody wants its picture and none after it needs it."""
        due = packet.t >= self._next_look_t - _JITTER_S
        if packet.format.intra_only and not watched and not due:
            return []
        frames = self._decoder.decode(packet)
        if frames:
            self.latest = frames[-1]
        return frames

    def _due(self, frame: Frame) -> bool:
        """Sample: a few pictures a second."""
        if frame.t < self._next_look_t - _JITTER_S:
            return False
        late = frame.t - self._next_look_t > self._look_interval_s
        self._next_look_t = (frame.t if late else self._next_look_t) + self._look_interval_s
        return True

    def _compare(self, frame: Frame) -> MotionResult:
        """Look for what moves, outside the masks."""
        small = small_luma(frame)
        if self._gate is None:
            self._shape = small.shape
            self._gate = MotionGate(mask=motion_mask(self._config.zones, *self._shape))
        return self._gate.update(small)

    def _worth_a_look(self, frame: Frame, movement: MotionResult, *, present: bool) -> bool:
        if movement.change is not Change.NONE:
            self._active_until = frame.t + LINGER_S
        if frame.t <= self._active_until:
            return True
        if present and frame.t - self._last_still_look_t >= self._still_look_s:
            self._last_still_look_t = frame.t
            return True
        return False

    # --- keyframes ----------------------------------------------------------------------------

    def _note_keyframe(self, t: float) -> None:
        if self._last_keyframe_t is not None:
            self._intervals.append(t - self._last_keyframe_t)
        self._last_keyframe_t = t

    def _would_be_blind(self, t: float) -> bool:
        """Whether decoding keyframes only leaves too long a gap."""
        match self._config.decode_policy:
            case DecodePolicy.PROMPT:
                return True
            case DecodePolicy.ECONOMY:
                return False
        limit = BLIND_S + _BLIND_SLACK_S
        waiting = 0.0 if self._last_keyframe_t is None else t - self._last_keyframe_t
        return waiting > limit or (self.keyframe_interval_s or 0.0) > limit

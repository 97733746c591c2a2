"""A camera's detect stream: pictures to look at in place of those that are recorded and shown.

Its connection, buffer, and sampler are its own, and so is the thread that reads it. What that has
read is looked at on the camera's thread. Boxes are fractions of the picture, and frames get the
time at which the main stream showed the same, so tracks, presences, and clips don't know the
difference.

As long as no frames come, the camera's main stream is looked at.
"""

from dataclasses import replace
import logging
import math
from threading import Event
from typing import TYPE_CHECKING

from ..capture.reconnecting_source import CameraSource
from ..capture.source_reader import HealthReport, Idle, SourceReader
from ..core.errors import HomeSecError, NotDecoded, SourceError, SourceTimeout
from ..core.events import DetectStreamChanged
from ..core.types import CameraHealth, DecodePolicy, SourceKind
from ..media.packet_buffer import PreRollBuffer
from ..media.packets import MediaPacket
from .frame_sampler import FrameSampler

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from random import Random

    from ..capture.source_reader import Item
    from ..capture.timeline import Timeline
    from ..core.clock import Clock
    from ..core.types import CameraConfig, SourceConfig
    from ..media.decoder import Frame
    from .frame_sampler import OnCompared, SampledFrame

_LOGGER = logging.getLogger(__name__)

LIMIT_BYTES = 4 * 1024 * 1024  # of packets that wait, and of those that are kept
BUFFER_S = 8.0
BLIND_S = 3.0  # without a frame for longer, the main stream is looked at
BEHIND_S = 4.0  # a thread that is further behind the stream skips pictures
REPORT_S = 20.0  # a stream that is lost for longer is reported…
STEADY_S = 10.0  # …and that it's back, once it has worked for this long
TURN_S = 0.1  # after so long it's the main stream's turn
RESTART_S = 60.0  # wait after a defect
JUMP_S = 1.0  # a larger difference of the two timelines isn't smoothed
_FOLLOW = 0.02  # of the difference, with each packet of the camera
STEP_S = 1e-3  # least time between two frames


class DetectStream:
    """Reads a detect stream and samples its frames, with a connection that comes and goes.

    All calls come from the camera's thread.
    """

    def __init__(
        self,
        config: CameraConfig,
        source: SourceConfig,
        *,
        main: Timeline,
        clock: Clock,
        rng: Random,
        stop: Event,
        wake: Callable[[], None],
        main_waits: Callable[[], bool],
        on_compared: OnCompared,
    ) -> None:
        """Take ``main``, the timeline of the main stream, which was just created.

        ``main_waits``: whether packets of the main stream wait, whose turn it is then. ``wake`` is
        called on another thread when ``frames`` has something to do. A file that isn't paced is
        read along with the main stream, packet by packet.
        """
        self._name = config.name
        self._main = main
        self._clock = clock
        self._stop = stop
        self._main_waits = main_waits
        self._closing = Event()  # ends whatever the connection waits for
        self._paced = source.kind is not SourceKind.FILE or source.paced
        self._reader = SourceReader(
            config.id,
            is_file=not self._paced,
            limit_bytes=LIMIT_BYTES,
            idle_s=0.0 if self._paced else 0.01,
            on_item=wake,
        )
        self._source = CameraSource(
            source,
            feed=None,
            clock=clock,
            rng=rng,
            stop=self._closing,
            on_health=self._reader.report_health,
        )
        self._items: Generator[Item] | None = None
        self._waiting: MediaPacket | None = None  # of a file, until the main stream gets there
        self._buffer = PreRollBuffer(BUFFER_S, limit_bytes=LIMIT_BYTES)
        self._sampler = FrameSampler(_sampled(config), self._buffer, on_compared=on_compared)
        self._time = MainTime()
        self._is_connected = False
        self._is_lost = False  # a file is waited for unless it is
        self._is_behind = False
        self._error: HomeSecError = SourceTimeout()
        self._compared_s = -math.inf  # when the last frame was looked at
        self._restart_s = -math.inf
        self._report = LossReport(config.id, clock.monotonic())

    def reconfigure(self, config: CameraConfig) -> None:
        """Use another configuration with the same sources."""
        self._sampler.reconfigure(_sampled(config))

    def wake(self) -> None:
        """Sample the last seconds at the next picture, and all frames for some seconds after it."""
        self._sampler.wake()

    @property
    def works(self) -> bool:
        """Whether it's connected, and frames of it were looked at lately."""
        return self._is_connected and self._blind_s <= self._limit_s

    @property
    def _blind_s(self) -> float:
        return self._clock.monotonic() - self._compared_s

    @property
    def _limit_s(self) -> float:
        return max(BLIND_S, 2 * (self._sampler.keyframe_interval_s or 0.0))

    @property
    def keyframe_interval_s(self) -> float | None:
        """The longest of the last few; None before it's measured."""
        return self._sampler.keyframe_interval_s

    @property
    def looked_at_t(self) -> float:
        """Up to when its frames were looked at, on the main stream's timeline."""
        return self._time.newest_t

    @property
    def latest(self) -> Frame | None:
        """The newest decoded frame, in the main stream's time."""
        frame = self._sampler.latest
        return None if frame is None else self._time.shift(frame)

    @property
    def decoded(self) -> int:
        """Frames decoded so far."""
        return self._sampler.decoded

    @property
    def compared(self) -> int:
        """Frames in which motion was looked for so far."""
        return self._sampler.compared

    def frames(self, main_t: float, *, present: bool) -> Iterator[SampledFrame]:
        """Look at what has come since the last call; yield the frames to detect in.

        ``main_t``: time of the camera's newest packet.
        """
        if self._paced:
            self._time.follow(self._main.now, self._source.timeline.now)
        for item in self._new_items(main_t):
            match item:
                case HealthReport():
                    self._handle_connection(item)
                case MediaPacket() if item.is_video:
                    yield from self._sample(item, present=present)

    def close(self) -> None:
        """End the connection, and forget its pictures; ``frames`` begins another."""
        self._closing.set()
        if self._items is not None:
            self._items.close()
        self._items = self._waiting = None
        self._is_connected = self._is_lost = False
        self._buffer.clear()
        self._sampler.reset()
        self._report.restart(self._clock.monotonic())

    def change(self, *, main_works: bool) -> DetectStreamChanged | None:
        """Return what has to be reported now: a loss that lasts, or its end.

        A camera that is lost as a whole has no other problem.
        """
        error = NotDecoded() if self._is_connected else self._error
        event = self._report.update(
            self._clock.monotonic(), error=None if self.works else error, main_works=main_works
        )
        if event is not None and event.error is None:
            _LOGGER.info("The detect stream of %s is back", self._name)
        elif event is not None:
            _LOGGER.info("The detect stream of %s is lost: %s", self._name, error)
        return event

    def _new_items(self, main_t: float) -> Iterator[Item]:
        """Yield what was read and not handled yet."""
        if self._items is None:
            if self._clock.monotonic() < self._restart_s:
                return
            self._closing.clear()
            self._items = self._reader.items(self._source.packets())
        if self._waiting is not None:
            if self._waiting.t > main_t:
                return
            packet, self._waiting = self._waiting, None
            yield packet
        until_s = self._clock.monotonic() + TURN_S
        while (item := self._next_item()) is not None:
            if isinstance(item, Idle):
                return
            if not self._paced and isinstance(item, MediaPacket) and item.t > main_t:
                self._waiting = item
                return
            yield item
            if self._paced and (self._main_waits() or self._clock.monotonic() >= until_s):
                return

    def _next_item(self) -> Item | None:
        """Return what was read next; None at the end, or after a defect, which must not spread."""
        if self._items is None:
            return None
        try:
            item = next(self._items, None)
            while item is Idle.WAITING and self._waits:
                item = next(self._items, None)
        except Exception as err:
            _LOGGER.error("Reading the detect stream of %s failed", self._name, exc_info=err)
            item, self._error = None, HomeSecError()
        if item is None:
            self._items = None
            self._is_connected = False
            self._restart_s = self._clock.monotonic() + RESTART_S
        return item

    @property
    def _waits(self) -> bool:
        return not self._paced and not self._is_lost and not self._stop.is_set()

    def _handle_connection(self, report: HealthReport) -> None:
        self._is_connected = report.health is CameraHealth.RUNNING
        self._is_lost = not self._is_connected
        if report.error is not None:
            self._error = report.error
        self._compared_s = -math.inf  # it takes a frame of this connection to look at
        self._is_behind = False
        self._buffer.clear()
        self._sampler.reset()

    def _sample(self, packet: MediaPacket, *, present: bool) -> Iterator[SampledFrame]:
        self._buffer.push(packet)
        if self._skips(packet):
            return
        before = self._sampler.compared
        try:
            for sampled in self._sampler.feed(packet, present=present, watched=False):
                yield replace(sampled, frame=self._time.shift_next(sampled.frame))
        except SourceError as err:  # a decoded picture is one that no camera sends
            self._source.refuse(err)
            self._reader.refuse()
        if self._sampler.compared != before:
            self._compared_s = self._clock.monotonic()
            self._time.pass_over(packet.t)

    def _skips(self, packet: MediaPacket) -> bool:
        """Return whether a picture isn't decoded, since newer ones have waited for too long."""
        if packet.random_access:
            self._is_behind = False
        elif self._reader.newest_keyframe_t - packet.t > BEHIND_S and self._paced:
            self._is_behind = True
        return self._is_behind


class MainTime:
    """Turns times of one stream's timeline into those of another one, the main stream's."""

    def __init__(self) -> None:
        self._offset_s = 0.0
        self._shifted_t = 0.0  # of the last frame that was passed on
        self.newest_t = 0.0  # of the frames so far, in main's time

    def follow(self, main_now: float, now: float) -> None:
        """Adjust the offset to both timelines' present, slowly: packets are late now and then."""
        difference_s = main_now - now - self._offset_s
        weight = 1.0 if abs(difference_s) > JUMP_S else _FOLLOW
        self._offset_s += weight * difference_s

    def shift(self, frame: Frame) -> Frame:
        """Return a frame in main's time."""
        return replace(frame, t=frame.t + self._offset_s, of_detect_stream=True)

    def shift_next(self, frame: Frame) -> Frame:
        """Return the next frame in main's time, which is after all that this returned.

        One that was passed over before, and is looked at after all, keeps its time.
        """
        shifted = self.shift(frame)
        shifted = replace(shifted, t=max(shifted.t, self._shifted_t + STEP_S))
        self._shifted_t = shifted.t
        self.newest_t = max(self.newest_t, shifted.t)
        return shifted

    def pass_over(self, t: float) -> None:
        """Note a frame that isn't passed on."""
        self.newest_t = max(self.newest_t, t + self._offset_s)


class LossReport:
    """Decides when a lost detect stream is reported, and when that it's back."""

    def __init__(self, camera_id: str, now: float) -> None:
        self._camera_id = camera_id
        self._changed_s = now  # when it began to work, or ceased to
        self._works = False
        self._reported: bool | None = False
        """Whether it's reported as lost; None if it was, before a new start."""

    def restart(self, now: float) -> None:
        """Start over: nothing is known of the stream, and what was reported may be forgotten."""
        self._works, self._changed_s = False, now
        self._reported = False if self._reported is False else None

    def update(
        self, now: float, *, error: HomeSecError | None, main_works: bool
    ) -> DetectStreamChanged | None:
        """Return what has to be reported now.

        ``error``: why it doesn't work; None if it does. A camera that is lost as a whole has no
        other problem.
        """
        works = error is None
        if works is not self._works or not (works or main_works):
            self._works, self._changed_s = works, now
        lasted_s = now - self._changed_s
        is_news = self._reported in (works, None)
        if not is_news or lasted_s < (STEADY_S if works else REPORT_S):
            return None
        self._reported = not works
        return DetectStreamChanged(
            camera_id=self._camera_id, error=None if error is None else error.key
        )


def _sampled(config: CameraConfig) -> CameraConfig:
    """Return how frames of the detect stream are sampled: small pictures are all decoded."""
    if config.decode_policy is DecodePolicy.AUTO:
        return replace(config, decode_policy=DecodePolicy.PROMPT)
    return config

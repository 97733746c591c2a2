"""The frame samplers of a camera: of its main stream, and of its detect stream if there is one.

Frames of the detect stream are looked at as long as it works, and frames of the main stream without
it. Then the main stream is decoded for pictures only: live ones, the last one, and stills.
"""

import logging
from typing import TYPE_CHECKING

from ..core.errors import SourceError
from ..media.decoder import FrameDecoder
from .detect_stream import DetectStream
from .frame_sampler import FrameSampler
from .tamper_check import TamperCheck

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random
    from threading import Event

    import numpy as np
    from numpy.typing import NDArray

    from ..capture.source_reader import SourceReader
    from ..capture.timeline import Timeline
    from ..core.clock import Clock
    from ..core.events import EventSink
    from ..core.types import CameraConfig
    from ..media.decoder import Frame
    from ..media.packet_buffer import PreRollBuffer
    from ..media.packets import MediaPacket
    from .frame_sampler import SampledFrame

_LOGGER = logging.getLogger(__name__)

MOST_PICTURES, MOST_PIXELS = 100, 200_000_000
"""So much of the main stream is decoded at most for one picture: half a second's work."""
REORDERED = 4  # with B-frames, a picture comes out of the decoder this many packets later
SAME_S = 0.02  # pictures this close show the same
LATE_S = 1.0  # pictures further apart don't
SAME_SHAPE = 0.02  # ratios of width to height that differ by less are the same


class CameraSampler:
    """Chooses which of a camera's streams is looked at. All calls come from the camera's thread."""

    def __init__(
        self,
        config: CameraConfig,
        buffer: PreRollBuffer,
        *,
        reader: SourceReader,
        timeline: Timeline,
        on_event: EventSink,
        clock: Clock,
        rng: Random,
        stop: Event,
    ) -> None:
        """``buffer``, ``reader``, and ``timeline`` are the main stream's."""
        self._buffer = buffer
        self._on_event = on_event
        self._tamper = TamperCheck(config)
        # Two streams differ in sharpness, and often in what they show: one is compared with itself.
        checks_main = config.detect_source is None
        self._main = FrameSampler(
            config, buffer, on_compared=self._check_tamper if checks_main else None
        )
        self._detect: DetectStream | None = None
        if config.detect_source is not None:
            self._detect = DetectStream(
                config,
                config.detect_source,
                main=timeline,
                clock=clock,
                rng=rng,
                stop=stop,
                wake=reader.wake,
                main_waits=lambda: reader.has_packets,
                on_compared=self._check_tamper,
            )
        self._looks_at_main = True
        self._main_t = 0.0  # of the newest packet

    def reconfigure(self, config: CameraConfig) -> None:
        """Use another configuration of the same sources."""
        self._tamper.reconfigure(config)
        self._main.reconfigure(config)
        if self._detect is not None:
            self._detect.reconfigure(config)

    @property
    def decoded(self) -> int:
        """Frames decoded so far."""
        return self._main.decoded + (self._detect.decoded if self._detect else 0)

    @property
    def compared(self) -> int:
        """Frames in which motion was looked for so far."""
        return self._main.compared + (self._detect.compared if self._detect else 0)

    @property
    def keyframe_interval_s(self) -> float | None:
        """The longest of the main stream's last few."""
        return self._main.keyframe_interval_s

    @property
    def looked_at_interval_s(self) -> float | None:
        """The longest of the last few of the stream that is looked at."""
        if self._detect is None or self._looks_at_main:
            return self.keyframe_interval_s
        return self._detect.keyframe_interval_s

    @property
    def shown(self) -> Frame | None:
        """The newest decoded frame of the main stream."""
        return self._main.latest

    @property
    def latest(self) -> Frame | None:
        """The newest decoded frame; the main stream's, if that isn't much older."""
        shown = self._main.latest
        other = None if self._detect is None else self._detect.latest
        if other is None or (shown is not None and other.t - shown.t <= LATE_S):
            return shown
        return other

    def small_frame(self, width: int | None) -> Frame | None:
        """Return the detect stream's newest frame for a picture of ``width`` pixels.

        None if it's too small, too old, or of another shape than the main stream's.
        """
        if self._looks_at_main or width is None or self._detect is None:
            return None
        frame, shown = self._detect.latest, self._main.latest
        if frame is None or shown is None or frame.width < width:
            return None
        is_new = self._main_t - frame.t <= LATE_S
        stretch = frame.width * shown.height / (frame.height * shown.width)
        return frame if is_new and abs(stretch - 1) <= SAME_SHAPE else None

    @property
    def newest(self) -> list[Frame]:
        """What was decoded of the newest packet of the main stream."""
        return self._main.newest

    def reset(self) -> None:
        """Start over after a gap in the main stream."""
        self._tamper.restart()
        self._main.reset()

    def learn_scene(self) -> None:
        """Learn the scene anew, since the camera is moved on purpose."""
        self._tamper.learn_scene()

    def wake(self) -> None:
        """Sample the last seconds of the stream that is looked at, and all frames for a while."""
        if self._detect is None or self._looks_at_main:
            self._main.wake()
        else:
            self._detect.wake()

    def close(self) -> None:
        """End the detect stream's connection; the next packet begins another."""
        if self._detect is not None:
            self._detect.close()
        self._looks_at_main = True

    def feed(self, packet: MediaPacket, *, present: bool, watched: bool) -> Iterator[SampledFrame]:
        """Process the newest packet of the main stream, which is in the buffer.

        ``watched``: as a live picture.
        """
        self._main_t = packet.t
        if self._looks_at_main:
            yield from self._main.feed(packet, present=present, watched=watched)
        else:
            self._main.show(packet, watched=watched)

    def show(self, packet: MediaPacket, *, watched: bool) -> None:
        """Process the newest packet of a camera that is off: its pictures are shown at most."""
        self._main_t = packet.t
        self._main.show(packet, watched=watched)

    def feed_detect_stream(
        self, main_t: float, *, present: bool, main_works: bool
    ) -> Iterator[SampledFrame]:
        """Look at what has come of the detect stream since the last call.

        ``main_t``: time of the main stream's newest packet.
        """
        if (stream := self._detect) is None:
            return
        yield from stream.frames(main_t, present=present)
        if stream.works is self._looks_at_main:
            self._looks_at_main = not stream.works
            if self._looks_at_main:
                self._main.take_over(stream.looked_at_t)
        if (change := stream.change(main_works=main_works)) is not None:
            self._on_event(change)

    def _check_tamper(self, frame: Frame, small: NDArray[np.uint8], keyframes: int | None) -> None:
        if (change := self._tamper.observe(frame, small, keyframes)) is not None:
            self._on_event(change)

    def best_picture(self, frame: Frame) -> Frame:
        """Return the main stream's picture at the time of a frame, else the frame itself."""
        if not frame.of_detect_stream:
            return frame
        shown = self._main.latest
        pixels = 1 if shown is None else shown.width * shown.height
        most = min(MOST_PICTURES, MOST_PIXELS // max(1, pixels))
        try:
            return picture_at(self._buffer, frame.t, most=most) or frame
        except SourceError as err:
            _LOGGER.debug("A picture of the main stream is refused: %s", err)
            return frame


def picture_at(buffer: PreRollBuffer, t: float, *, most: int = MOST_PICTURES) -> Frame | None:
    """Decode the picture that was shown at ``t``.

    None if it isn't in the buffer, or more than ``most`` pictures have to be decoded for it. Raises
    ``SourceError`` for one that is refused.
    """
    packets = [each for each in buffer.packets_since(t) if each.is_video]
    if packets and packets[0].shown_t > t + SAME_S:  # with B-frames, it's decoded before it's shown
        packets = [each for each in buffer.packets_since(t - LATE_S) if each.is_video]
    count = sum(packet.shown_t <= t + SAME_S for packet in packets)
    if not 0 < count <= most:
        return None
    decoder = FrameDecoder()
    best = None
    for packet in packets[: count + REORDERED]:
        for frame in decoder.decode(packet, needed=packet.shown_t >= t - LATE_S / 2):
            if frame.t <= t + SAME_S:
                best = frame
    return best if best is not None and t - best.t <= LATE_S else None

"""What is measured of a camera's video."""

from typing import TYPE_CHECKING

from ..core.types import CameraStats
from ..media.rate_meter import RateMeter
from ..media.stream_meter import StreamMeter

if TYPE_CHECKING:
    from ..capture.reconnecting_source import CameraSource
    from ..media.packets import MediaPacket
    from .camera_sampler import CameraSampler


class CameraMeters:
    """The meters of one camera; ``stats`` may be called from any thread."""

    def __init__(self, source: CameraSource, sampler: CameraSampler) -> None:
        self._source = source
        self._sampler = sampler
        self._video_codec = ""
        self._received = RateMeter()
        self._decoded = RateMeter()
        self._stream = StreamMeter()

    def feed(self, packet: MediaPacket) -> None:
        """Measure the newest packet."""
        self._stream.feed(packet)
        if packet.is_video:
            self._video_codec = packet.format.codec
            self._received.count(packet.t)

    def count_decoded(self, t: float) -> None:
        """Count what was decoded up to now."""
        self._decoded.set_total(t, self._sampler.decoded)

    def restart(self) -> None:
        """Start over after a gap in the video."""
        self._stream.restart()

    def stats(self, *, running: bool) -> CameraStats:
        """Return the current statistics; ``running``: packets come."""
        audio = self._source.audio_status
        frame = self._sampler.shown
        return CameraStats(
            fps=self._received.rate() if running else 0.0,
            decoded_fps=self._decoded.rate() if running else 0.0,
            keyframe_interval_s=self._sampler.keyframe_interval_s,
            width=frame.width if frame else 0,
            height=frame.height if frame else 0,
            video_codec=self._video_codec,
            reconnects=max(0, self._source.connections - 1),
            stream=self._stream.report(
                clock=self._source.timeline.clock_quality, audio_left_out=audio.left_out
            ),
            audio=audio,
        )

"""Decode packets: single keyframes, or all packets in a row."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .packets import TICKS, decode_packet, decode_single

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

    from .packets import MediaFormat, MediaPacket


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A decoded picture on a camera's timeline."""

    t: float
    at: float
    picture: VideoFrame
    keyframe: bool = False
    of_detect_stream: bool = False
    """Whether the camera's main stream shows the same at this time, in more pixels."""

    @property
    def width(self) -> int:
        """Pixels."""
        return self.picture.width

    @property
    def height(self) -> int:
        """Pixels."""
        return self.picture.height


class FrameDecoder:
    """Decodes one camera's video, across changes of its format.

    Both ways to decode raise ``SourceError`` for pictures that are refused.
    """

    def __init__(self) -> None:
        self._format: MediaFormat | None = None
        self._context: VideoCodecContext | None = None
        self._running = False  # whether every packet since a random access point was decoded
        self.decoded = 0  # frames so far

    @property
    def running(self) -> bool:
        """Whether the next packet can be any, not only a random access point."""
        return self._running

    def decode_keyframe(self, packet: MediaPacket) -> Frame | None:
        """Decode a keyframe by itself; return None if it's broken."""
        self._running = False
        context = self._context_for(packet.format)
        context.flush_buffers()
        picture = decode_single(context, packet.data)
        return None if picture is None else self._frame(picture, packet)

    def decode(self, packet: MediaPacket, *, needed: bool = True) -> list[Frame]:
        """Decode the next packet in a row, from a random access point on.

        Returns no frames before it, and at an intra refresh none that aren't complete. One that
        isn't ``needed`` is left out if no other refers to it, as to most B-frames.
        """
        if packet.format is not self._format:
            self._running = False
        if not self._running:
            if not packet.random_access:
                return []
            self._context_for(packet.format).flush_buffers()
            self._running = True
        context = self._context_for(packet.format)
        context.skip_frame = "DEFAULT" if needed else "NONREF"
        return [self._frame(frame, packet) for frame in decode_packet(context, packet.data)]

    def reset(self) -> None:
        """Start again at the next random access point, with a decoder that is new.

        One that has decoded packets in a row keeps the memory of all pictures that these referred
        to: 18 MB for 1080p.
        """
        self._running = False
        self._context = None

    def _context_for(self, media: MediaFormat) -> VideoCodecContext:
        if self._context is None or media is not self._format:
            self._format = media
            self._context = media.video_decoder()
        return self._context

    def _frame(self, picture: VideoFrame, packet: MediaPacket) -> Frame:
        self.decoded += 1
        t = packet.t if picture.pts is None else picture.pts / TICKS
        return Frame(t=t, at=packet.at + t - packet.t, picture=picture, keyframe=picture.key_frame)

"""Packets to pictures, in two ways: one keyframe by itself, or all of them in a row."""

from __future__ import annotations

from dataclasses import dataclass
import logging
from typing import TYPE_CHECKING, cast

import av.error
import numpy as np

from .packets import TICKS

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

    from .packets import MediaFormat, MediaPacket

_LOGGER = logging.getLogger(__name__)

GREY_WIDTH = 160
_PLANAR_LUMA = ("yuv", "nv", "gray")
"""Pixel formats (by how their names begin) whose first plane is 8-bit luma."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A decoded picture on a camera's timeline."""

    t: float
    at: float
    picture: VideoFrame
    keyframe: bool = False

    @property
    def width(self) -> int:
        """Pixels."""
        return self.picture.width

    @property
    def height(self) -> int:
        """Pixels."""
        return self.picture.height


class FrameDecoder:
    """Decodes one camera's video; follows its changes of format."""

    def __init__(self) -> None:
        self._format: MediaFormat | None = None
        self._context: VideoCodecContext | None = None
        self._running = False
        """A keyframe was decoded and every packet since then."""
        self.decoded = 0
        """Pictures so far, for the camera's figures."""

    @property
    def running(self) -> bool:
        """Whether the next packet may be any, not only a keyframe."""
        return self._running

    def decode_keyframe(self, packet: MediaPacket) -> Frame | None:
        """Decode a keyframe by itself; None if it is broken.

        The decoder is drained at once, since one that reorders would keep the picture back until
        more packets come.
        """
        self._running = False
        context = self._context_for(packet.format)
        context.flush_buffers()
        try:
            frames = [*context.decode(packet.data), *context.decode()]
        except av.error.FFmpegError as err:
            _LOGGER.debug("A keyframe could not be decoded: %s", err.strerror)
            return None
        return self._frame(frames[0], packet) if frames else None

    def decode(self, packet: MediaPacket) -> list[Frame]:
        """Decode the next packet in a row; gives nothing until a keyframe comes."""
        if packet.format is not self._format:
            self._running = False
        if not self._running:
            if not packet.keyframe:
                return []
            self._context_for(packet.format).flush_buffers()
            self._running = True
        context = self._context_for(packet.format)
        try:
            frames = context.decode(packet.data)
        except av.error.FFmpegError as err:
            _LOGGER.debug("A picture could not be decoded: %s", err.strerror)
            return []
        return [self._frame(frame, packet) for frame in frames]

    def reset(self) -> None:
        """Forget what a run has built up; the next one begins at a keyframe."""
        self._running = False

    def _context_for(self, media: MediaFormat) -> VideoCodecContext:
        if self._context is None or media is not self._format:
            self._format = media
            self._context = media.video_decoder()
        return self._context

    def _frame(self, picture: VideoFrame, packet: MediaPacket) -> Frame:
        self.decoded += 1
        t = packet.t if picture.pts is None else picture.pts / TICKS
        at = packet.at + (t - packet.t)
        return Frame(t=t, at=at, picture=picture, keyframe=picture.key_frame)


def small_luma(frame: Frame, width: int = GREY_WIDTH) -> NDArray[np.uint8]:
    """Return a small ``(H, W) uint8`` luma picture, about ``width`` wide.

    Takes every n-th pixel of the luma plane, then means of 2 x 2: a thousandth of what scaling the
    picture would cost.
    """
    picture = frame.picture
    if not picture.format.name.startswith(_PLANAR_LUMA) or picture.format.components[0].bits != 8:
        picture = picture.reformat(format="gray", threads=1)
    plane = picture.planes[0]
    luma = np.frombuffer(cast("bytes", plane), np.uint8).reshape(-1, plane.line_size)
    luma = luma[: picture.height, : picture.width]
    step = max(1, round(picture.width / (2 * width)))
    fine = luma[::step, ::step]
    fine = fine[: fine.shape[0] // 2 * 2, : fine.shape[1] // 2 * 2].astype(np.uint16)
    means = fine[::2, ::2] + fine[1::2, ::2] + fine[::2, 1::2] + fine[1::2, 1::2]
    return (means >> 2).astype(np.uint8)

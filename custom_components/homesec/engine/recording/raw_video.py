"""Decoded frames as packets of raw video, for a clip that no packet of the camera can begin."""

from typing import TYPE_CHECKING

import av
from av.video.reformatter import ColorRange

from ..media.jpeg import fit_width
from ..media.packets import TICKS, TIME_BASE, MediaFormat, MediaKind, MediaPacket

if TYPE_CHECKING:
    from ..media.decoder import Frame

MAX_WIDTH = 1920  # encoding takes time, and a waiting frame memory: 3 MB at this size
_PIX_FMT = "yuv420p"


def raw_format(frame: Frame) -> MediaFormat:
    """Return the format of a clip that begins with a frame."""
    width, height = fit_width(frame.width, frame.height, MAX_WIDTH)
    return MediaFormat(
        kind=MediaKind.VIDEO, codec="rawvideo", width=width, height=height, pix_fmt=_PIX_FMT
    )


def raw_packet(frame: Frame, video: MediaFormat) -> MediaPacket:
    """Return a frame as a packet of this format."""
    picture = frame.picture.reformat(
        width=video.width,
        height=video.height,
        format=_PIX_FMT,
        dst_color_range=ColorRange.MPEG,
        threads=1,
    )
    pixels = picture.to_ndarray().tobytes()
    data = av.Packet(len(pixels))
    data.update(pixels)
    data.time_base = TIME_BASE
    data.pts = data.dts = round(frame.t * TICKS)
    data.is_keyframe = True
    return MediaPacket(format=video, data=data, t=frame.t, at=frame.at, keyframe=True)

"""Stills as JPEGs, with boxes drawn in."""

from fractions import Fraction
import logging
import math
from typing import TYPE_CHECKING

import av
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
import numpy as np

from .convert import to_bgr
from .limits import check_codec, check_parameters, max_pixels
from .packets import decode_packet, open_video
from .parameter_sets import parameters_in_box, parameters_in_sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from av.container import InputContainer
    from numpy.typing import NDArray

    from ..core.types import Box, Track
    from .decoder import Frame

_LOGGER = logging.getLogger(__name__)

STILL_WIDTH = 1280
_QSCALE = 4  # FFmpeg's MJPEG quality, 2 (best) to 31; 4 is about quality 85 in libjpeg
_EDGE = 0.01  # a box this close to the picture's edge is probably cut off by it
_CUT_OFF_FACTOR = 0.7
_LARGE = 0.25  # area beyond which a box isn't better
_SAME_TIME_S = 0.02  # pictures this close show the same
_ACCENT = (40, 160, 255)  # B, G, R


def fit_width(width: int, height: int, limit: int | None) -> tuple[int, int]:
    """Return a size scaled to at most ``limit`` wide, both sides even."""
    if limit is not None and width > limit:
        width, height = limit, round(height * limit / width)
    return max(2, width - width % 2), max(2, height - height % 2)


def encode_jpeg(picture: VideoFrame, *, width: int | None = None) -> bytes:
    """Return the picture as a JPEG, at most ``width`` pixels wide."""
    columns, rows = fit_width(picture.width, picture.height, width)
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = columns, rows
    encoder.pix_fmt = "yuv420p"
    # JPEG is full range; since FFmpeg 7 that is set here instead of by a yuvj format.
    encoder.color_range = ColorRange.JPEG
    encoder.time_base = Fraction(1, 25)
    encoder.thread_count = 1  # starting threads for one picture costs as much as encoding it
    encoder.qmin = encoder.qmax = _QSCALE
    encoder.options = {"strict": "unofficial"}
    scaled = picture.reformat(
        width=columns,
        height=rows,
        format="yuv420p",
        dst_color_range=ColorRange.JPEG,
        interpolation="AREA",
        threads=1,
    )
    scaled.pts = 0
    packets = [*encoder.encode(scaled), *encoder.encode(None)]
    return b"".join(bytes(packet) for packet in packets)


def still_quality(track: Track) -> float:
    """Return how well a frame shows a track, 0..1: by confidence, size, and the edge."""
    box = track.box
    cut = min(box.x1, box.y1, 1 - box.x2, 1 - box.y2) < _EDGE
    return track.score * math.sqrt(min(1.0, box.area / _LARGE)) * (_CUT_OFF_FACTOR if cut else 1.0)


def read_keyframe(path: Path, at_s: float) -> VideoFrame | None:
    """Return a video's last keyframe up to ``at_s`` seconds; None if there is none."""
    try:
        with open_video(path) as video:
            video.seek(round(at_s * av.time_base))
            return _first_picture(video)
    except Exception as err:  # noqa: BLE001 - whatever a damaged file makes FFmpeg raise
        _LOGGER.debug("No picture in %s: %s", path.name, err)
        return None


def read_picture(path: Path, at_s: float) -> VideoFrame | None:
    """Return a video's picture at ``at_s`` seconds, or its last; None if there is none."""
    found = None
    try:
        with open_video(path) as video:
            video.seek(round(at_s * av.time_base))
            for picture in _pictures(video):
                found = picture
                if picture.time is None or picture.time >= at_s - _SAME_TIME_S:
                    break
    except Exception as err:  # noqa: BLE001 - whatever a damaged file makes FFmpeg raise
        _LOGGER.debug("No picture in %s: %s", path.name, err)
    return found


def _first_picture(video: InputContainer) -> VideoFrame | None:
    """Decode up to the first picture. Raises ``SourceError`` for one that is refused."""
    return next(_pictures(video), None)


def _pictures(video: InputContainer) -> Iterator[VideoFrame]:
    """Decode pictures one by one. Raises ``SourceError`` for one that is refused."""
    stream = video.streams.video[0]
    decoder = stream.codec_context
    codec = decoder.codec.canonical_name
    check_codec(codec)
    decoder.thread_count = 1
    decoder.options = {"max_pixels": str(max_pixels(codec))}
    for found in parameters_in_box(decoder.extradata or b"", codec):
        check_parameters(found, codec)
    for packet in video.demux(stream):
        for found in parameters_in_sample(memoryview(packet), codec):
            check_parameters(found, codec)
        yield from decode_packet(decoder, packet)


def draw_boxes(frame: Frame, boxes: Iterable[Box], *, width: int = STILL_WIDTH) -> VideoFrame:
    """Return a picture, at most ``width`` wide, with the boxes drawn in."""
    columns, rows = fit_width(frame.width, frame.height, width)
    pixels = to_bgr(frame.picture, columns, rows)
    for box in boxes:
        _draw(pixels, box)
    return VideoFrame.from_ndarray(pixels, format="bgr24")


def _draw(pixels: NDArray[np.uint8], box: Box) -> None:
    rows, columns = pixels.shape[:2]
    line = max(2, columns // 400)
    x1, x2 = (round(np.clip(x, 0, 1) * (columns - 1)) for x in (box.x1, box.x2))
    y1, y2 = (round(np.clip(y, 0, 1) * (rows - 1)) for y in (box.y1, box.y2))
    for color, grow in (((0, 0, 0), line // 2 + 1), (_ACCENT, 0)):
        top, left = max(0, y1 - grow), max(0, x1 - grow)
        bottom, right = min(rows, y2 + grow + 1), min(columns, x2 + grow + 1)
        thick = line + 2 * grow
        pixels[top : top + thick, left:right] = color
        pixels[max(top, bottom - thick) : bottom, left:right] = color
        pixels[top:bottom, left : left + thick] = color
        pixels[top:bottom, max(left, right - thick) : right] = color

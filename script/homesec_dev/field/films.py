"""What the cameras show: a street in which nothing moves, and then people for ten seconds."""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO
from typing import TYPE_CHECKING, cast

import av
from av.video.frame import PictureType

from .. import footage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from av.video.stream import VideoStream

FPS = 10
QUIET_S, PEOPLE_S = 30, 10
ROUND_S = QUIET_S + PEOPLE_S
SEEN_S = (QUIET_S + 4.2, QUIET_S + 5.4)
"""From when to when people are certainly in the picture, in seconds of a round."""
_QUIET_AT_S = 1.0  # seconds into the sample: a street without people


def write_film(path: Path, encoding: Mapping[str, object], encoder: str = "libx264") -> Path:
    """Write a round with these parameters of x264 or x265; return its path."""
    settings = {"bframes": 0, "scenecut": 0, **encoding}
    parameters = ":".join(f"{name}={value}" for name, value in settings.items())
    with av.open(str(path), "w") as output:
        stream = cast("VideoStream", output.add_stream(encoder, rate=FPS))
        first = next(_pictures())
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, FPS)
        stream.codec_context.thread_count = 1  # otherwise each thread makes a slice
        name = f"{encoder.removeprefix('lib')}-params"
        stream.options = {"preset": "veryfast", "crf": "25", name: parameters}
        for frame in _pictures():
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def jpegs() -> list[bytes]:
    """Return the pictures of a round as JPEGs."""
    found = []
    for frame in _pictures():
        target = BytesIO()
        with av.open(target, "w", format="mjpeg") as output:
            stream = output.add_stream("mjpeg", rate=FPS)
            stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuvj420p"
            stream.options = {"qmin": "4", "qmax": "4"}
            output.mux(stream.encode(frame.reformat(format="yuvj420p")))
            output.mux(stream.encode(None))
        found.append(target.getvalue())
    return found


def _pictures() -> Iterator[av.VideoFrame]:
    sample = _sampled()
    quiet = sample[round(_QUIET_AT_S * FPS)]
    shown = [quiet] * (QUIET_S * FPS) + sample[: PEOPLE_S * FPS]
    for number, picture in enumerate(shown):
        frame = picture.reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        frame.pict_type = PictureType.NONE  # not the sample's
        yield frame


def _sampled() -> list[av.VideoFrame]:
    """Return the sample's pictures at the film's rate."""
    found: list[av.VideoFrame] = []
    with av.open(str(footage.sample("bikes"))) as source:
        for frame in source.decode(video=0):
            if frame.time is not None and frame.time >= len(found) / FPS:
                found.append(frame)
    return found

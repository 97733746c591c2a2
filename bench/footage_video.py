"""A minute of surveillance video in which nothing happens."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.video.frame import PictureType
import numpy as np

from homesec_dev import footage
from homesec_dev.bootstrap import paths
from homesec_dev.bootstrap.console import step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.container import OutputContainer
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

SECONDS, FPS, KEYFRAME_EVERY_S = 60, 20, 2
WIDTH, HEIGHT = 1920, 1080
BIT_RATE = 3_000_000
"""The bit rate most such cameras are set to."""
LOW_SIZE, LOW_FPS, LOW_BIT_RATE = (640, 360), 10, 400_000
NOISE = 2.5
"""Standard deviation of a sensor's noise in gray levels, as at dusk."""
SCENE_AT_S = 1.0
"""Seconds into `bikes`: a street without people."""
EDITION = 2


def quiet_street() -> Path:
    """Return 60 s of 1080p20 H.264 with a keyframe every 2 s: a still street under sensor noise.

    Noise is what keeps an encoder, and so a decoder, busy when nothing moves.
    """
    path = paths.footage() / f"quiet-street-{EDITION}.mp4"
    if not path.exists():
        step("Making 60 s of 1080p20 film")
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new.mp4")
        _write(fresh)
        fresh.replace(path)
    return path


def _write(path: Path) -> None:
    # Luma and chroma planes below each other.
    planes = _scene().to_ndarray(width=WIDTH, height=HEIGHT, format="yuv420p")
    scene = planes.astype(np.float32)
    rng = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        stream = _stream(container)
        # Reuse a few seconds of noise in varying order: it looks the same and is quick.
        noises = [rng.normal(0, NOISE, (HEIGHT, WIDTH)).astype(np.float32) for _ in range(2 * FPS)]
        for index in range(SECONDS * FPS):
            picture = scene.copy()
            picture[:HEIGHT] += noises[rng.integers(len(noises))]
            frame = av.VideoFrame.from_ndarray(
                np.clip(picture, 0, 255).astype(np.uint8), format="yuv420p"
            )
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def busy_street() -> Path:
    """Return 60 s of 1080p20 H.264 with a keyframe every 2 s: people who pass now and then."""
    path = paths.footage() / f"busy-street-{EDITION}.mp4"
    if not path.exists():
        step("Making 60 s of 1080p20 film with people")
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new.mp4")
        pictures = _pictures()
        with av.open(str(fresh), "w") as container:
            stream = _stream(container)
            for index in range(SECONDS * FPS):
                frame = next(pictures).reformat(WIDTH, HEIGHT, "yuv420p")
                frame.pts, frame.time_base = index, Fraction(1, FPS)
                frame.pict_type = PictureType.NONE
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        fresh.replace(path)
    return path


def low_resolution(video: Path) -> Path:
    """Return a video of 20 fps as a camera's second stream sends it: 640x360 at 10 fps."""
    path = paths.footage() / f"{video.stem}-low.mp4"
    if not path.exists():
        step(f"Making {video.name} smaller")
        fresh = path.with_suffix(".new.mp4")
        with av.open(str(video)) as source, av.open(str(fresh), "w") as container:
            stream = container.add_stream("libx264", rate=LOW_FPS, options={"preset": "veryfast"})
            stream.width, stream.height, stream.pix_fmt = *LOW_SIZE, "yuv420p"
            stream.codec_context.gop_size = LOW_FPS * KEYFRAME_EVERY_S
            stream.bit_rate = LOW_BIT_RATE
            for index, frame in enumerate(source.decode(video=0)):
                if index % (FPS // LOW_FPS):
                    continue
                small = frame.reformat(*LOW_SIZE, "yuv420p")
                small.pts, small.time_base = index // (FPS // LOW_FPS), Fraction(1, LOW_FPS)
                small.pict_type = PictureType.NONE
                container.mux(stream.encode(small))
            container.mux(stream.encode(None))
        fresh.replace(path)
    return path


def as_h264(video: Path) -> Path:
    """Return a video as cameras send it: in H.264, nearly without loss, a keyframe a second."""
    path = paths.footage() / f"{video.stem}-h264-{EDITION}.mp4"
    if not path.exists():
        step(f"Encoding {video.name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new.mp4")
        with av.open(str(video)) as source, av.open(str(fresh), "w") as container:
            given = source.streams.video[0]
            rate = Fraction(given.average_rate or FPS)
            stream = container.add_stream("libx264", rate=rate, options={"crf": "8"})
            stream.width, stream.height, stream.pix_fmt = given.width, given.height, "yuv420p"
            stream.gop_size = round(rate)
            for frame in source.decode(given):
                frame.pict_type = PictureType.NONE
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        fresh.replace(path)
    return path


def _pictures() -> Iterator[av.VideoFrame]:
    """Yield the sample's pictures over and over."""
    while True:
        with av.open(str(footage.sample("bikes"))) as container:
            yield from container.decode(video=0)


def _stream(container: OutputContainer) -> VideoStream:
    stream = container.add_stream("libx264", rate=FPS)
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    stream.codec_context.gop_size = FPS * KEYFRAME_EVERY_S
    stream.bit_rate = BIT_RATE
    stream.options = {
        "preset": "veryfast",
        "sc_threshold": "0",
        "maxrate": str(BIT_RATE),
        "bufsize": str(2 * BIT_RATE),
    }
    return stream


def street() -> NDArray[np.uint8]:
    """Return a street without people, ``(h, w, 3) uint8`` BGR."""
    return _scene().to_ndarray(format="bgr24")


def _scene() -> av.VideoFrame:
    with av.open(str(footage.sample("bikes"))) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= SCENE_AT_S:
                return frame
    raise ValueError("the sample footage is too short")

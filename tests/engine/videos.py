"""Make test videos: a gray street, and a bright figure that walks through it.

Each frame has its number in faint blocks at the top, too faint to be motion, so that a test can
check which frames a clip has.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from hashlib import sha256
import os
from pathlib import Path

import av
from av.video.reformatter import ColorRange
import numpy as np

from custom_components.homesec.engine.core.types import Box, Detection
from custom_components.homesec.engine.detection.detector import Detector

GROUND = 90
FIGURE = 235
_BLOCK = 16
_BITS = 12
_FAINT = 6
_LIMITED_RANGE = (16 + np.arange(256) * 219 // 255).astype(np.uint8)
"""Levels as video has them: 16 is black, 235 is white."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a video shows, and how it's encoded."""

    seconds: float = 12.0
    walks: tuple[tuple[float, float], ...] = ((5.0, 7.0),)
    """Start and end of each walk of the figure, in seconds."""
    fps: int = 10
    gop_s: float = 1.0
    size: tuple[int, int] = (320, 192)
    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    bframes: int = 0
    audio: str | None = None
    audio_rate: int = 48_000
    container: str | None = None
    options: dict = field(default_factory=dict, hash=False)
    first_number: int = 0
    begins_at_s: float = 0.0
    """First time stamp."""
    slices: int = 1
    """Slices per picture (H.264)."""


def picture(number, *, figure_at=None, size=(320, 192)):
    """Return the ``(H, W) uint8`` luma of one frame; ``figure_at``: 0..1 of the way."""
    width, height = size
    luma = np.full((height, width), GROUND, np.uint8)
    for bit in range(_BITS):
        shade = GROUND + (_FAINT if number >> bit & 1 else -_FAINT)
        luma[:_BLOCK, bit * _BLOCK : (bit + 1) * _BLOCK] = shade
    if figure_at is not None:
        left = round(figure_at * (width - width // 8))
        luma[height // 3 : height * 5 // 6, left : left + width // 8] = FIGURE
    return luma


def number_of(frame):
    """Read the number of a decoded frame (``av.VideoFrame``)."""
    limit = GROUND
    if frame.format.name == "yuv420p" and frame.color_range != ColorRange.JPEG:
        limit = _LIMITED_RANGE[GROUND]
    elif not frame.format.name.startswith("yuvj"):
        frame = frame.reformat(format="gray", threads=1)
    plane = frame.planes[0]
    luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    scale = frame.width / (round(frame.width / 16) * 16)
    lefts = np.rint((np.arange(_BITS) * _BLOCK + 4) * scale).astype(int)
    columns = luma[4 : _BLOCK - 4].mean(axis=0)
    bits = columns[lefts[:, None] + np.arange(_BLOCK - 8)].mean(axis=1) > limit
    return int(bits @ (1 << np.arange(_BITS)))


def frame_of(luma, pix_fmt="yuv420p"):
    """Return luma as a gray ``av.VideoFrame``."""
    height, width = luma.shape
    if height % 2 or width % 2:
        gray = av.VideoFrame.from_ndarray(np.repeat(luma[:, :, None], 3, axis=2), format="bgr24")
        return gray.reformat(format=pix_fmt, threads=1)
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    _LIMITED_RANGE.take(luma, mode="clip", out=planes[:height])
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    return frame if pix_fmt == "yuv420p" else frame.reformat(format=pix_fmt, threads=1)


def pictures(recipe):
    """Yield the number and luma of each frame."""
    for index in range(round(recipe.seconds * recipe.fps)):
        t = index / recipe.fps
        at = next(((t - a) / (b - a) for a, b in recipe.walks if a <= t < b), None)
        yield index, picture(index + recipe.first_number, figure_at=at, size=recipe.size)


def _options(recipe):
    gop = round(recipe.gop_s * recipe.fps)
    params = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={recipe.bframes}"
    match recipe.codec:
        case "libx264":
            params += f":slices={recipe.slices}"
            return {"preset": "ultrafast", "crf": "18", "x264-params": params}
        case "libx265":
            params += ":log-level=none:pools=1:frame-threads=1:open-gop=0"
            return {"preset": "ultrafast", "x265-params": params}
        case "mjpeg":
            return {"qmin": "3", "qmax": "3", "strict": "unofficial"}
        case _:
            return {"g": str(gop), "qmin": "1", "qmax": "2"}


def write(path, recipe):
    """Write a video; return its path."""
    with av.open(str(path), "w", format=recipe.container) as output:
        video = output.add_stream(
            recipe.codec,
            rate=recipe.fps,
            width=recipe.size[0],
            height=recipe.size[1],
            pix_fmt=recipe.pix_fmt,
            options={**_options(recipe), **recipe.options},
        )
        video.codec_context.time_base = Fraction(1, recipe.fps)
        video.codec_context.thread_count = 1  # otherwise each thread makes a slice
        audio = recipe.audio and output.add_stream(
            recipe.audio, rate=recipe.audio_rate, layout="mono"
        )
        samples = 0
        for index, luma in pictures(recipe):
            frame = frame_of(luma, recipe.pix_fmt)
            frame.pts = index + round(recipe.begins_at_s * recipe.fps)
            frame.time_base = Fraction(1, recipe.fps)
            output.mux(video.encode(frame))
            while audio and samples < (index + 1) * recipe.audio_rate / recipe.fps:
                output.mux(audio.encode(tone(samples, recipe.audio_rate)))
                samples += 1024
        output.mux(video.encode(None))
        if audio:
            output.mux(audio.encode(None))
    return Path(path)


def tone(first_sample, rate, length=1024):
    """Return some samples of a 440 Hz tone."""
    phase = (np.arange(length) + first_sample) * (2 * np.pi * 440 / rate)
    wave = (np.sin(phase) * 8000).astype(np.int16)[None, :]
    frame = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, first_sample, Fraction(1, rate)
    return frame


@dataclass(frozen=True, kw_only=True)
class Content:
    """The decoded content of a video file."""

    numbers: list
    """Numbers of its frames, in the order shown."""
    times: list
    """Presentation times in seconds."""
    duration_s: float
    codec: str
    tag: str
    audio: str | None
    size: tuple[int, int]
    first_is_key: bool
    audio_s: float = 0.0
    errors: int = 0


def content(path):
    """Decode a whole file; raise on any error."""
    with av.open(str(path)) as video_file:
        video = video_file.streams.video[0]
        video.codec_context.options = {"err_detect": "explode"}
        video.codec_context.thread_count = 1
        numbers, times, first_is_key = [], [], None
        for packet in video_file.demux(video):
            if first_is_key is None:
                first_is_key = packet.is_keyframe
            for frame in packet.decode():
                numbers.append(number_of(frame))
                times.append(float(frame.pts * frame.time_base))
        audio_stream, audio_s = next(iter(video_file.streams.audio), None), 0.0
        if audio_stream is not None:
            video_file.seek(0)
            audio_s = sum(f.samples / f.sample_rate for f in video_file.decode(audio_stream))
        return Content(
            numbers=numbers,
            times=times,
            duration_s=video_file.duration / av.time_base,
            codec=video.codec_context.codec.canonical_name,
            tag=video.codec_context.codec_tag,
            audio=audio_stream and audio_stream.codec_context.codec.canonical_name,
            size=(video.width, video.height),
            first_is_key=first_is_key,
            audio_s=audio_s,
        )


def atoms(path):
    """Return the names of an MP4 file's top-level boxes, in their order."""
    data, names, at = Path(path).read_bytes(), [], 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4])
        names.append(data[at + 4 : at + 8].decode("latin-1"))
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
        at += size or len(data)
    return names


class FigureDetector(Detector):
    """Detects the figure: anything that is bright enough."""

    name, model, threshold, labels = "figure", "bright", 0.5, ("person", "cat")
    crop_px = 320

    def __init__(self):
        self.frame_count = 0

    def fit(self, width, height):
        return width * 4 // 5, height * 4 // 5

    def detect(self, picture):
        self.frame_count += 1
        bright = picture[:, :, 1] > 200  # also after contrast stretching
        if np.count_nonzero(bright) < 100:
            return []
        rows, columns = (np.flatnonzero(bright.any(axis=axis)) for axis in (1, 0))
        height, width = bright.shape
        x1, x2 = columns[0] / width, (columns[-1] + 1) / width
        y1, y2 = rows[0] / height, (rows[-1] + 1) / height
        return [Detection("person", 0.9, Box(*map(float, (x1, y1, x2, y2))))]

    def close(self):
        pass


@cache
def cached(folder, recipe):
    """Return the video of a recipe, written once, by whichever process needs it first."""
    suffix = {"mpegts": "ts", "avi": "avi", "h264": "h264", "matroska": "mkv"}
    name = f"{sha256(repr(recipe).encode()).hexdigest()}.{suffix.get(recipe.container, 'mp4')}"
    path = folder / name
    if not path.exists():
        write(folder / f"{os.getpid()}-{name}", recipe).rename(path)
    return path

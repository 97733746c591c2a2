"""A minute in which a cat comes, eats, and leaves repeatedly, with no person in view."""

from __future__ import annotations

from fractions import Fraction
import json
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np

from homesec_dev.bootstrap.console import SetupError, step

from .footage_video import street
from .photos import ANNOTATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    type Picture = NDArray[np.uint8]

WIDTH, HEIGHT, FPS = 1280, 720, 10
VISIT_S, PAUSE_S = 8.0, 2.0
"""Each cat walks in, stays at the bowl in the middle, and walks on; then there is none."""
STAY = (0.35, 0.65)
"""Of a visit: from when to when the cat stays."""
HEIGHTS_PX = (90, 260)
"""Of the cats, in pixels: from the one far away to the one close by."""
MIN_PX = 100
"""A smaller cat in a photo would be a blur here."""
NOISE = 2.0


def cat_minute(folder: Path, target: Path) -> int:
    """Write a minute with the cats of a folder of photos; return how many visits it holds.

    Raises SetupError if there is no cat in them.
    """
    cats = list(_cats(folder))
    if not cats:
        raise SetupError("There is no cat in these photos.", advice="Give others with --data.")
    step(f"Letting {len(cats)} cats walk through a street")
    scene = cv2.resize(street(), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    visits = round(60 / (VISIT_S + PAUSE_S))
    rng = np.random.default_rng(7)
    with av.open(str(target), "w") as output:
        stream = output.add_stream(
            "libx264",
            rate=FPS,
            width=WIDTH,
            height=HEIGHT,
            pix_fmt="yuv420p",
            options={"preset": "veryfast", "x264-params": f"keyint={2 * FPS}:bframes=0"},
        )
        stream.codec_context.time_base = Fraction(1, FPS)
        for index in range(60 * FPS):
            pixels = scene.astype(np.float32)
            visit, at_s = divmod(index / FPS, VISIT_S + PAUSE_S)
            if at_s < VISIT_S:
                _walk(pixels, cats[int(visit) % len(cats)], int(visit), at_s / VISIT_S)
            pixels += rng.normal(0, NOISE, (HEIGHT, WIDTH, 1)).astype(np.float32)
            frame = av.VideoFrame.from_ndarray(
                np.clip(pixels, 0, 255).astype(np.uint8), format="bgr24"
            ).reformat(format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return visits


def repeat_video(video: Path, target: Path, times: int) -> None:
    """Write a film several times in a row into one, without encoding it again."""
    with av.open(str(target), "w") as output:
        copy = None
        begin = 0
        for _ in range(times):
            with av.open(str(video)) as source:
                stream = source.streams.video[0]
                copy = copy or output.add_stream_from_template(stream)
                end = begin
                for packet in source.demux(stream):
                    if packet.dts is None:
                        continue
                    packet.stream = copy
                    packet.pts, packet.dts = packet.pts + begin, packet.dts + begin
                    end = packet.dts + packet.duration
                    output.mux(packet)
                begin = end


def _cats(folder: Path) -> Iterator[Picture]:
    """Yield every cat of the photos that is large enough, with what is right around it."""
    raw = json.loads((folder / ANNOTATIONS).read_text("utf-8"))
    names = {each["id"]: each["name"] for each in raw["categories"]}
    files = {each["id"]: each["file_name"] for each in raw["images"]}
    for each in raw["annotations"]:
        left, top, width, height = map(round, each["bbox"])
        if names[each["category_id"]] != "cat" or min(width, height) < MIN_PX:
            continue
        with av.open(str(folder / files[each["image_id"]])) as container:
            photo = next(container.decode(video=0)).to_ndarray(format="bgr24")
        yield photo[top : top + height, left : left + width]


def _walk(pixels: NDArray[np.float32], cat: Picture, visit: int, way: float) -> None:
    """Draw a cat at ``way``, 0 to 1, of its visit; soft-edged, every other one the other way."""
    high = HEIGHTS_PX[0] + (HEIGHTS_PX[1] - HEIGHTS_PX[0]) * (visit * 0.37 % 1)
    scale = high / cat.shape[0]
    sprite = cv2.resize(cat, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    sprite = sprite[:, ::-1] if visit % 2 else sprite
    rows, columns = sprite.shape[:2]
    begin, end = STAY
    if way < begin:
        paste = way / begin / 2
    elif way < end:
        paste = 0.5
    else:
        paste = 0.5 + (way - end) / (1 - end) / 2
    paste = 1 - paste if visit % 2 else paste
    left = round(paste * (WIDTH + columns)) - columns
    # Steps and a nodding head: a cat that eats is not a photo.
    top = round(HEIGHT * 0.92 - rows + 4 * np.sin(way * 60))
    first, last = max(0, -left), min(columns, WIDTH - left)
    if first >= last:
        return
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    alpha = np.clip((1 - np.sqrt(x * x + y * y)) * 4, 0, 1)[..., None].astype(np.float32)
    area = pixels[top : top + rows, left + first : left + last]
    area += alpha[:, first:last] * (sprite[:, first:last] - area)

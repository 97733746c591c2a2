"""The cases: what is damaged, and how, determined by a seed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice
import random
import re
from typing import TYPE_CHECKING

from .parts import Recipe, damaged_database, damaged_video, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 3.0
WALK = ((0.3, 2.5),)
TS_PACKET = 188

VIDEOS = {
    "h264.mp4": Recipe(seconds=SECONDS, walks=WALK, audio="aac"),
    "h265.mp4": Recipe(seconds=SECONDS, walks=WALK, codec="libx265", size=(640, 384)),
    "h264.ts": Recipe(seconds=SECONDS, walks=WALK, audio="mp2", container="mpegts"),
    "h265.ts": Recipe(seconds=SECONDS, walks=WALK, codec="libx265", container="mpegts"),
    "h264.h264": Recipe(seconds=SECONDS, walks=WALK, bframes=2, container="h264"),
    "mjpeg.avi": Recipe(seconds=SECONDS, walks=WALK, codec="mjpeg", pix_fmt="yuvj420p"),
    "sound.mkv": Recipe(seconds=SECONDS, walks=WALK, audio="libopus"),
}
"""Originals, by file name."""

MULTIPART = "mjpeg.multipart"
JPEG_BEGIN, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"

CAMERA, HTTP, RTP, PROBE, CLIP, START, MODEL = (
    *("camera", "http", "rtp", "probe", "clip", "start", "model"),
)
_ROUND = (
    *(CAMERA, HTTP, CAMERA, RTP, PROBE, CAMERA, CLIP, HTTP, RTP, MODEL),
    *(CAMERA, PROBE, HTTP, CLIP, RTP, CAMERA, CLIP, MODEL, HTTP, START),
)
MULTIPART_SHARE = 0.4
CLIPS_A_START = 4
"""Damaged clips beside the damaged database of one start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case."""

    number: int
    kind: str
    original: str  # a file name
    seed: int


def cases(rng: random.Random, count: int) -> Iterator[Case]:
    """Yield the cases of a campaign."""
    names = cycle(rng.sample(list(VIDEOS), k=len(VIDEOS)))
    for number, kind in enumerate(islice(cycle(_ROUND), count)):
        name = next(names)
        if kind == HTTP and rng.random() < MULTIPART_SHARE:
            name = MULTIPART
        yield Case(number=number, kind=kind, original=name, seed=rng.randrange(2**32))


def make_originals(folder: Path) -> dict[str, bytes]:
    """Write all originals; return their bytes."""
    folder.mkdir(exist_ok=True)
    made = {name: write(folder / name, VIDEOS[name]).read_bytes() for name in VIDEOS}
    return made | {MULTIPART: _multipart(made["mjpeg.avi"])}


def _multipart(avi: bytes) -> bytes:
    """Return the pictures of a file as a camera sends them over HTTP."""
    found, at = [], avi.find(JPEG_BEGIN)
    while at >= 0:
        end = avi.find(JPEG_END, at) + 2
        found.append(avi[at:end])
        at = avi.find(JPEG_BEGIN, end)
    head = "--camera\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n"
    return b"".join(head.format(len(each)).encode() + each + b"\r\n" for each in found)


def damaged(original: bytes, name: str, seed: int) -> bytes:
    """Return a damaged stream or file."""
    rng = random.Random(f"how {seed}")
    if name.endswith(".ts") and rng.random() < 0.5:
        return _shuffled(original, TS_PACKET, rng)
    if name.endswith(".h264") and rng.random() < 0.7:
        return _damaged_units(original, rng)
    if name.endswith((".avi", ".multipart")) and rng.random() < 0.5:
        return _damaged_pictures(original, rng)
    found: bytes = damaged_video(original, seed)
    return found


def damaged_catalog(original: bytes, seed: int) -> bytes:
    """Return a damaged database."""
    found: bytes = damaged_database(original, seed)
    return found


def damaged_network(text: str, weights: bytes, seed: int) -> tuple[str, bytes]:
    """Return a network for ncnn with other numbers in its layers, other weights, or both."""
    rng = random.Random(seed)
    lines = text.splitlines()
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        at = rng.randrange(2, len(lines))
        numbers = list(re.finditer(r"(?<==)-?[0-9]+", lines[at]))
        if numbers:
            found = rng.choice(numbers)
            value = rng.choice(("0", "-1", "1", "2", "7", "65536", "2147483647"))
            lines[at] = lines[at][: found.start()] + value + lines[at][found.end() :]
    if rng.random() < 0.6:
        weights = flipped(weights, rng, 1000)
    return "\n".join(lines) + "\n", weights


def flipped(original: bytes, rng: random.Random, most: int = 64) -> bytes:
    """Return bytes with some flipped bits, or another length."""
    data = bytearray(original)
    for _ in range(rng.randint(1, most)):
        if data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    if rng.random() < 0.2:
        del data[rng.randrange(len(data) + 1) :]
    return bytes(data)


def _shuffled(data: bytes, size: int, rng: random.Random) -> bytes:
    """Drop, repeat, swap, and damage packets of a fixed size."""
    packets = [data[at : at + size] for at in range(0, len(data), size)]
    for _ in range(rng.randint(1, 12)):
        at, other = rng.randrange(len(packets)), rng.randrange(len(packets))
        match rng.randrange(4):
            case 0:
                packets[at : at + rng.randint(1, 8)] = []
            case 1:
                packets.insert(other, packets[at])
            case 2:
                packets[at], packets[other] = packets[other], packets[at]
            case _:
                packets[at] = flipped(packets[at], rng, 8).ljust(size, b"\xff")
        if not packets:
            break
    return b"".join(packets)


def units(data: bytes) -> list[bytes]:
    """Return the units of an Annex B bitstream, without their start codes."""
    return [unit for unit in data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit]


def _damaged_units(data: bytes, rng: random.Random) -> bytes:
    """Damage parameter sets and slices of an H.264 stream where it's parsed first."""
    found = units(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(found))
        if rng.random() < 0.5:  # a parameter set
            sets = [n for n, unit in enumerate(found) if unit[0] & 0x1F in (6, 7, 8)]
            at = rng.choice(sets or [at])
        head, rest = found[at][:40], found[at][40:]
        found[at] = (flipped(head, rng, 6) or b"\x67") + rest
    return b"".join(b"\0\0\0\1" + unit for unit in found)


def _damaged_pictures(data: bytes, rng: random.Random) -> bytes:
    """Change the size that JPEG pictures claim to have, or other numbers in their headers."""
    found = bytearray(data)
    for marker in (b"\xff\xc0", b"\xff\xc4", b"\xff\xda"):
        at = found.find(marker)
        while at >= 0:
            if rng.random() < 0.3:
                where = at + rng.randint(2, 12)
                found[where : where + 2] = rng.choice((b"\xff\xff", b"\0\0", rng.randbytes(2)))
            at = found.find(marker, at + 2)
    return bytes(found)

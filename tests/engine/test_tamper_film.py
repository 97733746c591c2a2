"""Tampering in encoded video, through the whole engine."""

from fractions import Fraction

import av
from engine_rig import EngineRig, file_camera
import numpy as np
import pytest
from tamper_stage import BLACK, HEIGHT, NOISE, WIDTH, covering, street

from custom_components.homesec.engine.core.events import TamperChanged
from custom_components.homesec.engine.core.types import Activity, TamperKind

FPS, GOP_S = 5, 1
KNOWN_S = 75


def write_film(path, pictures):
    """Encode pictures of luma, with some color, and the quality of a cheap camera."""
    rng = np.random.default_rng(5)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=FPS, width=WIDTH, height=HEIGHT)
        stream.options = {"preset": "ultrafast", "crf": "32", "g": str(FPS * GOP_S)}
        stream.codec_context.time_base = Fraction(1, FPS)
        planes = np.full((HEIGHT * 3 // 2, WIDTH), 120, np.uint8)
        for index, (levels, noise) in enumerate(pictures):
            seen = levels + noise * NOISE[rng.integers(len(NOISE))]
            planes[:HEIGHT] = np.clip(seen, 16, 235)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts = index
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def still(seconds, noise=2.0):
    return [(street(), noise)] * (seconds * FPS)


def cover():
    hide = covering(1.2)
    return [(hide(street(), n / FPS), 2.0) for n in range(6)]


FILMS = {
    "nothing": (still(60), []),
    "noiseless, but not frozen": (still(20, noise=0.4) + still(20), []),
    "covered": ([*cover(), *[(np.full((HEIGHT, WIDTH), BLACK), 1.0)] * (40 * FPS)], ["covered"]),
    "frozen": (still(45, noise=0), ["frozen"]),
}


@pytest.mark.parametrize("name", FILMS)
def test_film_of_a_camera_is_judged(tmp_path, name):
    film, expected = FILMS[name]
    write_film(tmp_path / "film.mp4", [*still(KNOWN_S), *film])
    with EngineRig(tmp_path) as rig:
        rig.play(file_camera(tmp_path / "film.mp4"), Activity.DETECT)
        changes = rig.of(TamperChanged)
    assert [change.kind for change in changes] == [None, *map(TamperKind, expected)]

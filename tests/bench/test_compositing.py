"""Pasted photos keep the positions of their people."""

from pathlib import Path

import av
import numpy as np
import pytest

from bench.compositing import HEIGHT, WIDTH, paste
from bench.photos import Photo

WHITE_FROM = (40, 20, 60, 100)


@pytest.fixture
def photo(tmp_path):
    """Return a black photo with a white person."""
    pixels = np.zeros((120, 160, 3), np.uint8)
    x1, y1, x2, y2 = WHITE_FROM
    pixels[y1:y2, x1:x2] = 255
    return save(tmp_path / "person.png", pixels, people=[WHITE_FROM])


def save(path, pixels, people=()):
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.height, stream.width = pixels.shape[:2]
        stream.pix_fmt = "rgb24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return Photo(
        path=Path(path),
        width=pixels.shape[1],
        height=pixels.shape[0],
        subset="",
        people=np.array(people, np.float64).reshape(-1, 4),
        crowds=np.empty((0, 4)),
        ambiguous=False,
        video=False,
    )


def test_scene_box_matches_person(photo):
    scene = paste(photo, [], high=40, number=3)
    (box,) = scene.photo.people.round().astype(int)
    x1, y1, x2, y2 = box
    assert y2 - y1 == 40
    assert scene.pixels[y1 + 2 : y2 - 2, x1 + 2 : x2 - 2].mean() > 240
    assert scene.pixels[y1 + 2 : y2 - 2, x1 - 6 : x1 - 2].mean() < 15


def test_scene_is_reproducible(photo):
    one, again = (paste(photo, [photo], high=40, number=3) for _ in range(2))
    assert one.pixels.shape == (HEIGHT, WIDTH, 3)
    assert np.array_equal(one.pixels, again.pixels)


def test_moving_region_is_slightly_larger_than_person(photo):
    scene = paste(photo, [], high=40, number=3)
    (x1, y1, x2, y2), (moving,) = scene.photo.people[0], scene.moving()
    assert moving.x1 * WIDTH == pytest.approx(max(0, x1 - 8))
    assert moving.y2 * HEIGHT == pytest.approx(min(HEIGHT, y2 + 10))
    assert moving.y1 * HEIGHT == pytest.approx(max(0, y1 - 10))
    assert moving.x2 * WIDTH == pytest.approx(min(WIDTH, x2 + 8))


def test_photo_is_never_enlarged(photo):
    assert paste(photo, [], high=81, number=3) is None


def test_tiny_person_is_ignored(tmp_path):
    pixels = np.zeros((120, 160, 3), np.uint8)
    people = [(0, 0, 40, 100), (50, 0, 99, 100), (0, 0, 9, 9)]
    photo = save(tmp_path / "two.png", pixels, people=people)
    scene = paste(photo, [], high=40, number=3)
    assert (len(scene.photo.people), len(scene.photo.crowds)) == (2, 1)

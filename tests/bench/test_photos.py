"""Reading folders of annotated photos."""

import json

import numpy as np
import pytest

from bench import photos
from homesec_dev.bootstrap.console import SetupError

CATEGORIES = [{"id": 3, "name": "cat"}, {"id": 7, "name": "person"}]


def write(folder, images, annotations=(), categories=CATEGORIES):
    raw = {"images": images, "annotations": list(annotations), "categories": categories}
    (folder / photos.ANNOTATIONS).write_text(json.dumps(raw))
    return folder


def image(id=1, **more):  # noqa: A002
    return {"id": id, "file_name": f"images/{id}.jpg", "width": 64, "height": 48, **more}


def box(category, corner, *, image_id=1, crowd=0):
    return {"image_id": image_id, "category_id": category, "bbox": corner, "iscrowd": crowd}


def test_people_come_from_person_category(tmp_path):
    boxes = [box(3, [0, 0, 9, 9]), box(7, [1, 2, 3, 4])]
    (photo,) = photos.read(write(tmp_path, [image()], boxes))
    assert np.array_equal(photo.people, [[1, 2, 4, 6]])
    assert photo.path == tmp_path / "images/1.jpg"
    assert photo.subset == ""


def test_crowd_is_not_a_person_but_not_empty(tmp_path):
    (photo,) = photos.read(write(tmp_path, [image()], [box(7, [1, 2, 3, 4], crowd=1)]))
    assert len(photo.people) == 0
    assert np.array_equal(photo.crowds, [[1, 2, 4, 6]])
    assert not photo.has_no_people


def test_ambiguous_photo_is_not_empty(tmp_path):
    folder = write(tmp_path, [image(1), image(2, ambiguous=True)])
    assert [photo.has_no_people for photo in photos.read(folder)] == [True, False]


def test_photos_are_ordered_by_id(tmp_path):
    folder = write(tmp_path, [image(2, subset="b", video_frame=0), image(1, subset="a")])
    assert [(each.subset, each.video) for each in photos.read(folder)] == [
        ("a", False),
        ("b", True),
    ]


@pytest.mark.parametrize(
    "categories", [[], [{"id": 1, "name": "cat"}], [{"id": 1}]], ids=["none", "cats", "nameless"]
)
def test_folder_without_person_category_is_refused(tmp_path, categories):
    with pytest.raises(SetupError, match=photos.ANNOTATIONS):
        photos.read(write(tmp_path, [image()], categories=categories))


def test_folder_without_annotations_is_refused(tmp_path):
    with pytest.raises(SetupError, match=photos.ANNOTATIONS):
        photos.read(tmp_path)


def test_missing_default_folder_raises_setup_error(monkeypatch):
    monkeypatch.setattr(photos.paths, "shared", lambda _: None)
    with pytest.raises(SetupError) as caught:
        photos.photos_to_use(None)
    assert "--data" in caught.value.advice

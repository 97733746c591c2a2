"""A folder of photos with annotated people, in COCO's format."""

from __future__ import annotations

from dataclasses import dataclass
import json
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from custom_components.homesec.engine.media.decoder import Frame
from homesec_dev.bootstrap import paths
from homesec_dev.bootstrap.console import SetupError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

PERSON = "person"
ANNOTATIONS = "annotations.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A picture and the people in it; boxes are x1, y1, x2, y2 in pixels."""

    path: Path
    width: int
    height: int
    subset: str
    people: NDArray[np.float64]
    """``(n, 4)``."""
    crowds: NDArray[np.float64]
    """``(k, 4)``: crowd regions, in which people are not annotated one by one."""
    ambiguous: bool
    """A person is in it without a box."""
    video: bool
    """A frame of a video, similar to its neighbors."""

    @property
    def has_no_people(self) -> bool:
        """Whether the photo is known to contain no people."""
        return not (len(self.people) or len(self.crowds) or self.ambiguous)

    def frame(self) -> Frame:
        """Decode it."""
        with av.open(str(self.path)) as container:
            return Frame(t=0.0, at=0.0, picture=next(container.decode(video=0)))


def photos_to_use(chosen: Path | None) -> list[Photo]:
    """Read the given folder or the one beside the repository; raises SetupError."""
    folder = chosen or paths.shared("media/persons")
    if folder is None:
        raise SetupError(
            "There are no test photos beside the repository.",
            advice=f"Give a folder of photos with COCO's {ANNOTATIONS}: --data FOLDER",
        )
    return read(folder)


def read(folder: Path) -> list[Photo]:
    """Read a folder's annotations in the order of the picture ids; raises SetupError."""
    try:
        raw = json.loads((folder / ANNOTATIONS).read_text("utf-8"))
        return _photos(folder, raw)
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise SetupError(
            f"{folder / ANNOTATIONS} cannot be used: {type(err).__name__}: {err}",
            advice="It must be as COCO's: images, annotations and categories, one named person.",
        ) from err


def _photos(folder: Path, raw: dict[str, Any]) -> list[Photo]:
    person = next((each["id"] for each in raw["categories"] if each["name"] == PERSON), None)
    if person is None:
        raise ValueError(f"no category is named {PERSON}")
    people: dict[int, list[list[float]]] = {image["id"]: [] for image in raw["images"]}
    crowds: dict[int, list[list[float]]] = {image["id"]: [] for image in raw["images"]}
    for each in raw["annotations"]:
        if each["category_id"] == person:
            boxes = crowds if each.get("iscrowd") else people
            boxes[each["image_id"]].append(each["bbox"])
    return [
        Photo(
            path=folder / image["file_name"],
            width=image["width"],
            height=image["height"],
            subset=image.get("subset", ""),
            people=_corners(people[image["id"]]),
            crowds=_corners(crowds[image["id"]]),
            ambiguous=bool(image.get("ambiguous")),
            video="video_frame" in image,
        )
        for image in sorted(raw["images"], key=lambda image: image["id"])
    ]


def _corners(boxes: list[list[float]]) -> NDArray[np.float64]:
    """Convert COCO's left, top, width, height into corners."""
    corners = np.array(boxes, np.float64).reshape(-1, 4)
    corners[:, 2:] += corners[:, :2]
    return corners

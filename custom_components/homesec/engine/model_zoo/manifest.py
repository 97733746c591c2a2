"""The catalogue: which models there are, for which detector, and where their files come from."""

from __future__ import annotations

from dataclasses import dataclass
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import ModelUnknown

if TYPE_CHECKING:
    from collections.abc import Mapping

NETWORKS = Path(__file__).parent / "networks"
"""The networks that come with HomeSec; its ``NOTICE`` says where they are from."""


HEADS = ("yolox", "nanodet", "yolov8", "ssd")
"""The families of networks whose outputs can be decoded; see ``detection/heads.py``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file of the catalogue."""

    name: str
    bytes: int | None
    """None: known by its hash only."""
    sha256: str
    urls: tuple[str, ...]
    """Tried in this order; none: it comes with HomeSec, or is put there by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One set of files of a model for one detector."""

    files: tuple[ModelFile, ...]
    flexible: bool = False
    """It is given inputs in the shape of the picture, of any size in multiples of 32 pixels.

    Only where every detector's files of the model allow that, so that all see the same."""
    folded_input: str | None = None
    """The blob after a first layer that does nothing but fold 2 x 2 pixels into channels.

    The picture is folded as it is prepared and goes in there; see ``Letterbox.fold``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One network with its weights, in the file formats of one or more detectors."""

    name: str
    title: str
    licence: str
    labels: tuple[str, ...]
    input: tuple[int, int]
    """Width and height in pixels."""
    threshold: float
    head: str
    """The decoding in ``detectors/heads.py``."""
    variants: Mapping[str, tuple[Variant, ...]]
    """By detector: equivalent sets of files, best source first."""
    default_for: frozenset[str]
    second: str | None = None
    """Name of the model whose opinion is asked about what this one sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """A model whose files are here: all that a detector needs to know."""

    name: str
    title: str
    paths: tuple[Path, ...]
    head: str
    input: tuple[int, int]
    labels: tuple[str, ...]
    threshold: float
    flexible: bool = False
    """See ``Variant``."""
    folded_input: str | None = None
    """See ``Variant``."""


def read_catalogue(text: str) -> dict[str, Model]:
    """Read ``models.json``; raises ValueError for addresses or names that must never be used."""
    raw = json.loads(text)
    return {each["name"]: _model(each, raw["labels"]) for each in raw["models"]}


def _model(raw: dict[str, Any], labels: dict[str, list[str]]) -> Model:
    engines = raw["engines"]
    return Model(
        name=raw["name"],
        title=raw["title"],
        licence=raw["licence"],
        labels=tuple(labels[raw["labels"]]),
        input=(raw["input"][0], raw["input"][1]),
        threshold=raw["threshold"],
        head=raw["head"],
        variants={
            detector: tuple(map(_variant, engine["variants"]))
            for detector, engine in engines.items()
        },
        default_for=frozenset(name for name, engine in engines.items() if engine.get("default")),
        second=raw.get("second"),
    )


def _variant(raw: dict[str, Any]) -> Variant:
    return Variant(
        files=tuple(map(_file, raw["files"])),
        flexible=raw["flexible"],
        folded_input=raw.get("folded_input"),
    )


def _file(raw: dict[str, Any]) -> ModelFile:
    name, urls = raw["name"], tuple(raw["urls"])
    if Path(name).name != name or not all(url.startswith("https://") for url in urls):
        raise ValueError(f"{name} is not a plain file name with https addresses")
    return ModelFile(name=name, bytes=raw["bytes"], sha256=raw["sha256"], urls=urls)


# Read on import, which Home Assistant does in a thread, so that no lookup ever touches the disk.
CATALOGUE = read_catalogue((Path(__file__).parent / "models.json").read_text("utf-8"))


def models_for(detector: str) -> tuple[Model, ...]:
    """Give all models that a detector can use, in the catalogue's order."""
    return tuple(model for model in CATALOGUE.values() if detector in model.variants)


def default_model(detector: str) -> str:
    """Return the name of the model that a detector uses if nobody chose; raises ModelUnknown."""
    for model in CATALOGUE.values():
        if detector in model.default_for:
            return model.name
    raise ModelUnknown(f"There is no model for {detector}", model="", detector=detector)

"""The catalogue: which models there are, for which detector, and where their files come from."""

from __future__ import annotations

from dataclasses import dataclass
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ModelUnknown

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file of the catalogue."""

    name: str
    bytes: int | None
    """None: known by its hash only."""
    sha256: str
    urls: tuple[str, ...]
    """Tried in this order; none: it can only be put into the folder by hand."""


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
    variants: Mapping[str, tuple[tuple[ModelFile, ...], ...]]
    """By detector: equivalent sets of files, best source first."""
    default_for: frozenset[str]


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
            detector: tuple(tuple(_file(each) for each in files) for files in engine["variants"])
            for detector, engine in engines.items()
        },
        default_for=frozenset(name for name, engine in engines.items() if engine.get("default")),
    )


def _file(raw: dict[str, Any]) -> ModelFile:
    name, urls = raw["name"], tuple(raw["urls"])
    if Path(name).name != name or not all(url.startswith("https://") for url in urls):
        raise ValueError(f"{name} is not a plain file name with https addresses")
    return ModelFile(name=name, bytes=raw["bytes"], sha256=raw["sha256"], urls=urls)


# Read on import, which Home Assistant does in a thread, so that no lookup ever touches the disk.
CATALOGUE = read_catalogue((Path(__file__).parents[1] / "models.json").read_text("utf-8"))


def models_for(detector: str) -> tuple[Model, ...]:
    """Give all models that a detector can use, in the catalogue's order."""
    return tuple(model for model in CATALOGUE.values() if detector in model.variants)


def default_model(detector: str) -> str:
    """Return the name of the model that a detector uses if nobody chose; raises ModelUnknown."""
    for model in CATALOGUE.values():
        if detector in model.default_for:
            return model.name
    raise ModelUnknown(f"There is no model for {detector}", model="", detector=detector)

"""Which models there are, for which detector, and where their files come from."""

from dataclasses import dataclass
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import ModelUnknown

if TYPE_CHECKING:
    from collections.abc import Mapping

BUNDLED_FOLDER = Path(__file__).parent / "networks"  # its ``NOTICE`` says where they are from

HEADS = ("yolox", "nanodet", "yolov8", "ssd")  # families that ``detection/heads.py`` decodes


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file of the manifest."""

    name: str
    bytes: int | None  # None if only the hash is known
    sha256: str
    urls: tuple[str, ...]  # tried in this order; empty if bundled or added by the user


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One set of files of a model for one detector."""

    files: tuple[ModelFile, ...]
    flexible: bool = False
    """Takes inputs in the shape of the frame, of any size in multiples of 32 pixels.

    Only set if every detector's files of the model allow it, so that all give the same result."""
    folded_input: str | None = None
    """The blob after a first layer that only folds 2 x 2 pixels into channels.

    The picture is folded while it is prepared and passed in there; see ``Letterbox.fold``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec:
    """What a detector must know of a network, whatever its files are."""

    name: str
    title: str
    labels: tuple[str, ...]
    input: tuple[int, int]  # width and height in pixels
    threshold: float
    head: str  # one of ``HEADS``


@dataclass(frozen=True, slots=True, kw_only=True)
class Model(NetworkSpec):
    """A network for one or more detectors."""

    license: str
    variants: Mapping[str, tuple[Variant, ...]]
    """By detector: equivalent sets of files, best source first."""
    default_for: frozenset[str]
    verifier: str | None = None  # name of the model that verifies candidates of this one


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles(NetworkSpec):
    """A model whose files are on this system; see ``Variant``."""

    paths: tuple[Path, ...]
    flexible: bool = False
    folded_input: str | None = None


def parse_manifest(text: str) -> dict[str, Model]:
    """Parse ``models.json``; raises ValueError for unsafe file names or addresses."""
    raw = json.loads(text)
    return {each["name"]: _parse_model(each, raw["labels"]) for each in raw["models"]}


def _parse_model(raw: dict[str, Any], labels: dict[str, list[str]]) -> Model:
    detectors = raw["detectors"]
    return Model(
        name=raw["name"],
        title=raw["title"],
        license=raw["license"],
        labels=tuple(labels[raw["labels"]]),
        input=(raw["input"][0], raw["input"][1]),
        threshold=raw["threshold"],
        head=raw["head"],
        variants={
            name: tuple(map(_parse_variant, each["variants"])) for name, each in detectors.items()
        },
        default_for=frozenset(name for name, each in detectors.items() if each.get("default")),
        verifier=raw.get("verifier"),
    )


def _parse_variant(raw: dict[str, Any]) -> Variant:
    return Variant(**raw | {"files": tuple(map(_parse_file, raw["files"]))})


def _parse_file(raw: dict[str, Any]) -> ModelFile:
    file = ModelFile(**raw | {"urls": tuple(raw["urls"])})
    if Path(file.name).name != file.name or not all(x.startswith("https://") for x in file.urls):
        raise ValueError(f"{file.name} is not a plain file name with https addresses")
    return file


# Read on import, which Home Assistant does in a thread, so that no lookup blocks the event loop.
MANIFEST = parse_manifest((Path(__file__).parent / "models.json").read_text("utf-8"))


def models_for(detector: str) -> tuple[Model, ...]:
    """Return all models of a detector, in the manifest's order."""
    return tuple(model for model in MANIFEST.values() if detector in model.variants)


def default_model(detector: str) -> str:
    """Return the name of a detector's default model; raises ModelUnknown."""
    for model in MANIFEST.values():
        if detector in model.default_for:
            return model.name
    raise ModelUnknown(f"There is no model for {detector}", model="", detector=detector)

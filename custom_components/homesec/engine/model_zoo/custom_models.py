"""Networks that the user brings: checked, kept in folders of their own, read back.

Each lies in ``own/<slug>/`` of the model folder, with its facts in ``model.json``. Nothing of it is
named after what the user's files are called.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
import json
import re
import shutil
import tempfile
from threading import Lock
from typing import TYPE_CHECKING, Any
import unicodedata

from ..core.damaged_files import is_regular
from ..core.errors import CustomModelRefused
from .file_store import digest
from .manifest import HEADS, Model, ModelFile, Variant
from .ncnn_reader import check_param
from .onnx_reader import read_onnx

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PREFIX = "own:"
FOLDER = "own"
FACTS = "model.json"
KINDS = {
    "opencv": {".onnx": "model.onnx"},
    "ncnn": {".param": "model.param", ".bin": "model.bin"},
}
"""By detector: the endings of the files that it needs, and the names that they get."""
LIMIT_BYTES = 128 * 2**20
"""Largest file: what is larger is no network that a camera can be watched with on a CPU."""
FACTS_LIMIT_BYTES = 2**20
LONGEST_TITLE = 60
LONGEST_LABEL = 40
MOST_LABELS = 1000
INPUT_RANGE = range(64, 1281)
GRID = 32
"""Pixels: the coarsest stride that every head but the SSD's has."""

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_changing = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomModel:
    """A network of the user's own, as far as it can be read back."""

    name: str
    """``own:`` and its slug."""
    title: str
    model: Model | None
    """None: it is broken."""
    problem: str = ""
    """What is wrong with a broken one."""


def import_own(
    folder: Path,
    *,
    title: str,
    head: str,
    input: tuple[int, int],  # noqa: A002 - called so in the catalogue too
    labels: Sequence[str],
    threshold: float,
    files: Sequence[Path],
) -> CustomModel:
    """Copy a network into the model folder: one ``.onnx``, or ncnn's ``.param`` and ``.bin``.

    ``input`` is width and height in pixels, ``labels`` are in the network's order. Whether it runs
    shows only when a detector is created with it. Raises CustomModelRefused.
    """
    detector, named = _sorted_out(files)
    facts: dict[str, Any] = {
        "title": _cleaned(title, "title", LONGEST_TITLE),
        "detector": detector,
        "head": head,
        "input": list(input),
        "labels": _labels(labels),
        "threshold": threshold,
        "flexible": False,
        "files": [],
    }
    _check(facts)
    home = folder / FOLDER
    with _changing:
        try:
            home.mkdir(parents=True, exist_ok=True)
            _sweep(home)
            with tempfile.TemporaryDirectory(dir=home, prefix=".") as name:
                new = home / name / "new"
                new.mkdir()
                for source, target in named:
                    facts["files"].append(_copied(source, new / target))
                (new / FACTS).write_text(json.dumps(facts, indent=2), "utf-8")
                slug = _free_slug(home, facts["title"])
                new.rename(home / slug)
        except OSError as err:
            raise _refused("files", f"they cannot be stored: {err.strerror or err}") from err
    return _read(home / slug)


def own_models(folder: Path) -> list[CustomModel]:
    """Give the user's own networks, by title; those that cannot be read are among them."""
    try:
        homes = [path for path in (folder / FOLDER).iterdir() if _SLUG.fullmatch(path.name)]
    except OSError:
        return []
    return sorted(map(_read, homes), key=lambda each: (each.title.lower(), each.name))


def own_model(folder: Path, name: str) -> CustomModel | None:
    """Give the network of a name with its ``own:``, or None."""
    home = _home(folder, name)
    return _read(home) if home else None


def remove_own(folder: Path, name: str) -> bool:
    """Delete a network and its files; False if there was none. Raises OSError."""
    with _changing:
        home = _home(folder, name)
        if home:
            shutil.rmtree(home)
    return home is not None


def _home(folder: Path, name: str) -> Path | None:
    slug = name.removeprefix(PREFIX)
    if not name.startswith(PREFIX) or not _SLUG.fullmatch(slug):
        return None
    home = folder / FOLDER / slug
    return home if home.is_dir() else None


def _read(home: Path) -> CustomModel:
    name, title = PREFIX + home.name, home.name
    try:
        if (home / FACTS).exists() and not is_regular(home / FACTS):
            raise ValueError("not a file")
        with (home / FACTS).open("rb") as stream:
            facts = json.loads(stream.read(FACTS_LIMIT_BYTES))
        title = _cleaned(facts["title"], "title", LONGEST_TITLE)
        facts["labels"] = _labels(facts["labels"])
        _check(facts)
        model = _model(name, home, facts)
    except CustomModelRefused as err:
        return CustomModel(name=name, title=title, model=None, problem=err.placeholders["reason"])
    except OSError as err:
        return CustomModel(name=name, title=title, model=None, problem=str(err.strerror or err))
    except LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError:
        problem = f"{FACTS} is damaged"
        return CustomModel(name=name, title=title, model=None, problem=problem)
    return CustomModel(name=name, title=title, model=model)


def _model(name: str, home: Path, facts: dict[str, Any]) -> Model:
    files = tuple(
        ModelFile(
            name=f"{FOLDER}/{home.name}/{each['name']}",
            bytes=int(each["bytes"]),
            sha256=str(each["sha256"]),
            urls=(),
        )
        for each in facts["files"]
    )
    detector = facts["detector"]
    if [each["name"] for each in facts["files"]] != list(KINDS[detector].values()):
        raise _refused("files", f"they are not those of a network for {detector}")
    for file in files:
        path = home.parent.parent / file.name
        if path.stat().st_size != file.bytes:
            raise _refused("files", f"{path.name} is damaged")
    return Model(
        name=name,
        title=facts["title"],
        licence="",
        labels=tuple(facts["labels"]),
        input=(facts["input"][0], facts["input"][1]),
        threshold=facts["threshold"],
        head=facts["head"],
        variants={detector: (Variant(files=files, flexible=facts["flexible"] is True),)},
        default_for=frozenset(),
    )


def _check(facts: dict[str, Any]) -> None:
    """Check all that does not depend on files; raises CustomModelRefused."""
    head, labels, threshold = facts["head"], facts["labels"], facts["threshold"]
    if head not in frozenset(HEADS):
        raise _refused("head", f"there is none named {head}")
    step = 1 if head == "ssd" else GRID
    if len(facts["input"]) != 2 or not all(
        isinstance(side, int) and side in INPUT_RANGE and side % step == 0
        for side in facts["input"]
    ):
        span = f"{INPUT_RANGE.start} to {INPUT_RANGE.stop - 1} pixels"
        raise _refused("input", f"it has to be {span} a side, in multiples of {step}")
    if not isinstance(threshold, (int, float)) or not 0 < threshold < 1:
        raise _refused("threshold", "it has to be between 0 and 1")
    if not 0 < len(labels) <= MOST_LABELS:
        raise _refused("labels", f"there have to be 1 to {MOST_LABELS}")
    if twice := [label for label, times in Counter(labels).items() if times > 1]:
        raise _refused("labels", f"{twice[0]} is there twice")


def _sorted_out(files: Sequence[Path]) -> tuple[str, list[tuple[Path, str]]]:
    """Tell which detector the files are for, and what each is to be called."""
    endings = {path.suffix.lower(): path for path in files}
    for detector, kinds in KINDS.items():
        if endings.keys() == kinds.keys() and len(files) == len(kinds):
            return detector, [(endings[ending], name) for ending, name in kinds.items()]
    raise _refused("files", "it has to be one .onnx file, or a .param file and its .bin file")


def _copied(source: Path, target: Path) -> dict[str, Any]:
    """Copy one file, look into the copy, and describe it."""
    size = source.stat().st_size
    if not 0 < size <= LIMIT_BYTES:
        limit = f"{LIMIT_BYTES // 2**20} MB"
        raise _refused("files", f"the {target.suffix} file is empty or larger than {limit}")
    shutil.copyfile(source, target)
    try:
        if target.suffix == ".onnx":
            read_onnx(target.read_bytes())
        elif target.suffix == ".param":
            check_param(target.read_text("utf-8"))
    except ValueError as err:
        reason = "it is not a text" if isinstance(err, UnicodeDecodeError) else str(err)
        raise _refused("files", f"the {target.suffix} file cannot be read: {reason}") from err
    return {"name": target.name, "bytes": size, "sha256": digest(target)}


def _cleaned(text: str, name: str, longest: int) -> str:
    """Give a text without control characters and repeated spaces; raises CustomModelRefused."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(
        " " if each.isspace() else each
        for each in text
        if each.isspace() or not unicodedata.category(each).startswith("C")
    )
    text = " ".join(text.split())
    if not 0 < len(text) <= longest:
        raise _refused(name, f"each has to be 1 to {longest} characters long")
    return text


def _labels(labels: Sequence[str]) -> list[str]:
    if isinstance(labels, str):
        raise TypeError("one text is not a list of labels")
    return [_cleaned(label, "labels", LONGEST_LABEL).lower() for label in labels]


def _free_slug(home: Path, title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub("[^a-z0-9]+", "-", plain)[:40].strip("-") or "model"
    taken, number, free = {path.name for path in home.iterdir()}, 1, slug
    while free in taken:
        number += 1
        free = f"{slug}-{number}"
    return free


def _sweep(home: Path) -> None:
    """Remove what an import left that the power cut."""
    for path in home.glob(".*"):
        with suppress(OSError):
            shutil.rmtree(path)


def _refused(name: str, reason: str) -> CustomModelRefused:
    return CustomModelRefused(f"The own model's {name}: {reason}", field=name, reason=reason)

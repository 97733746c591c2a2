"""Check, store, and read models that the user brings as files.

Each one has the folder ``own/<slug>/`` below the model folder, with its metadata in ``model.json``.
The names of the user's files are not used.
"""

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

from ..core.damaged_files import is_regular_file
from ..core.errors import CustomModelRefused
from .download import digest
from .manifest import HEADS, Model, ModelFile, Variant
from .onnx_check import check_onnx

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PREFIX = "own:"
FOLDER = "own"
METADATA_FILE = "model.json"
FILE_NAMES = {
    "opencv": {".onnx": "model.onnx"},
    "ncnn": {".param": "model.param", ".bin": "model.bin"},
}
"""By detector: the suffixes of the files that it needs, and the names under which they are kept."""
MAX_FILE_BYTES = 128 * 2**20  # larger networks are too slow for a camera on a CPU
MAX_METADATA_BYTES = 2**20
MAX_TITLE_LENGTH = 60
MAX_LABEL_LENGTH = 40
MAX_LABELS = 1000
INPUT_RANGE = range(64, 1281)
GRID = 32  # pixels: the largest stride of every head but the SSD's
NCNN_MAGIC = "7767517"  # the first line of every ``.param`` file

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_write_lock = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomModel:
    """A custom model, as far as it can be read."""

    name: str  # ``own:`` and its slug
    title: str
    model: Model | None  # None if it is broken
    problem: str = ""  # what is wrong with a broken one


def import_custom_model(
    folder: Path,
    *,
    title: str,
    head: str,
    input: tuple[int, int],  # noqa: A002 - called so in the manifest too
    labels: Sequence[str],
    threshold: float,
    files: Sequence[Path],
) -> CustomModel:
    """Copy a network into the model folder: one ``.onnx``, or ncnn's ``.param`` and ``.bin``.

    ``input`` is width and height in pixels, ``labels`` are in the network's order. Whether the
    network runs is only known after a detector has loaded it. Raises CustomModelRefused.
    """
    detector, sources = _detector_files(files)
    metadata: dict[str, Any] = {
        "title": _clean(title, "title", MAX_TITLE_LENGTH),
        "detector": detector,
        "head": head,
        "input": list(input),
        "labels": _clean_labels(labels),
        "threshold": threshold,
        "flexible": False,
        "files": [],
    }
    _check(metadata)
    root = folder / FOLDER
    with _write_lock:
        try:
            root.mkdir(parents=True, exist_ok=True)
            for leftover in root.glob(".*"):  # of an import that a power cut interrupted
                with suppress(OSError):
                    shutil.rmtree(leftover)
            with tempfile.TemporaryDirectory(dir=root, prefix=".") as name:
                new = root / name / "new"
                new.mkdir()
                for source, target in sources:
                    metadata["files"].append(_copy(source, new / target))
                (new / METADATA_FILE).write_text(json.dumps(metadata, indent=2), "utf-8")
                slug = _free_slug(root, metadata["title"])
                new.rename(root / slug)
        except OSError as err:
            raise _refused("files", f"they cannot be stored: {err.strerror or err}") from err
    return _read(root / slug)


def list_custom_models(folder: Path) -> list[CustomModel]:
    """Return all custom models by title, broken ones included."""
    try:
        paths = [path for path in (folder / FOLDER).iterdir() if _SLUG.fullmatch(path.name)]
    except OSError:
        return []
    return sorted(map(_read, paths), key=lambda each: (each.title.lower(), each.name))


def find_custom_model(folder: Path, name: str) -> CustomModel | None:
    """Return the custom model of a name that begins with ``own:``."""
    path = _path(folder, name)
    return _read(path) if path else None


def remove_custom_model(folder: Path, name: str) -> bool:
    """Delete a custom model and its files; False if there was none. Raises OSError."""
    with _write_lock:
        path = _path(folder, name)
        if path:
            shutil.rmtree(path)
    return path is not None


def check_param(text: str) -> None:
    """Raise ValueError unless the text is an ncnn graph: a layer a line, each with its blobs.

    A line has a type, a name, the numbers of inputs and outputs, their names, and parameters.
    """
    lines = [words for line in text.splitlines() if (words := line.split())]
    if len(lines) < 3 or lines[0] != [NCNN_MAGIC]:
        raise ValueError("It is not an ncnn graph")
    for words in lines[2:]:  # the second line has the numbers of layers and blobs
        try:
            name, inputs, outputs = words[1], int(words[2]), int(words[3])
        except IndexError, ValueError:
            raise ValueError("It is not an ncnn graph") from None
        blobs = words[4 : 4 + max(0, inputs) + max(0, outputs)]
        if min(inputs, outputs) < 0 or len(blobs) != inputs + outputs:
            raise ValueError(f"The layer {name} has not the blobs that it names")


def _path(folder: Path, name: str) -> Path | None:
    slug = name.removeprefix(PREFIX)
    if not name.startswith(PREFIX) or not _SLUG.fullmatch(slug):
        return None
    path = folder / FOLDER / slug
    return path if path.is_dir() else None


def _read(path: Path) -> CustomModel:
    name, title, model = PREFIX + path.name, path.name, None
    try:
        if (path / METADATA_FILE).exists() and not is_regular_file(path / METADATA_FILE):
            raise ValueError("not a file")
        with (path / METADATA_FILE).open("rb") as stream:
            metadata = json.loads(stream.read(MAX_METADATA_BYTES))
        title = _clean(metadata["title"], "title", MAX_TITLE_LENGTH)
        metadata["labels"] = _clean_labels(metadata["labels"])
        _check(metadata)
        model, problem = _model(name, path, metadata), ""
    except CustomModelRefused as err:
        problem = err.placeholders["reason"]
    except OSError as err:
        problem = str(err.strerror or err)
    except LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError:
        problem = f"{METADATA_FILE} is damaged"
    return CustomModel(name=name, title=title, model=model, problem=problem)


def _model(name: str, path: Path, metadata: dict[str, Any]) -> Model:
    detector = metadata["detector"]
    files = tuple(
        ModelFile(
            name=f"{FOLDER}/{path.name}/{each['name']}",
            bytes=int(each["bytes"]),
            sha256=str(each["sha256"]),
            urls=(),
        )
        for each in metadata["files"]
    )
    if [each["name"] for each in metadata["files"]] != list(FILE_NAMES[detector].values()):
        raise _refused("files", f"they are not those of a network for {detector}")
    for file, each in zip(files, metadata["files"], strict=True):
        if (path / each["name"]).stat().st_size != file.bytes:
            raise _refused("files", f"{each['name']} is damaged")
    return Model(
        name=name,
        title=metadata["title"],
        license="",
        labels=tuple(metadata["labels"]),
        input=(metadata["input"][0], metadata["input"][1]),
        threshold=metadata["threshold"],
        head=metadata["head"],
        variants={detector: (Variant(files=files, flexible=metadata["flexible"] is True),)},
        default_for=frozenset(),
    )


def _check(metadata: dict[str, Any]) -> None:
    """Raise CustomModelRefused for metadata that cannot be right, whatever the files are."""
    head, labels, threshold = metadata["head"], metadata["labels"], metadata["threshold"]
    if head not in frozenset(HEADS):
        raise _refused("head", f"there is none named {head}")
    step = 1 if head == "ssd" else GRID
    if len(metadata["input"]) != 2 or not all(
        isinstance(side, int) and side in INPUT_RANGE and side % step == 0
        for side in metadata["input"]
    ):
        span = f"{INPUT_RANGE.start} to {INPUT_RANGE.stop - 1} pixels"
        raise _refused("input", f"it has to be {span} a side, in multiples of {step}")
    if not isinstance(threshold, (int, float)) or not 0 < threshold < 1:
        raise _refused("threshold", "it has to be between 0 and 1")
    if not 0 < len(labels) <= MAX_LABELS:
        raise _refused("labels", f"there have to be 1 to {MAX_LABELS}")
    if repeated := [label for label, times in Counter(labels).items() if times > 1]:
        raise _refused("labels", f"{repeated[0]} is there twice")


def _detector_files(files: Sequence[Path]) -> tuple[str, list[tuple[Path, str]]]:
    """Return the detector that the files are for, and each file with the name to keep it under."""
    by_suffix = {path.suffix.lower(): path for path in files}
    for detector, names in FILE_NAMES.items():
        if by_suffix.keys() == names.keys() and len(files) == len(names):
            return detector, [(by_suffix[suffix], name) for suffix, name in names.items()]
    raise _refused("files", "it has to be one .onnx file, or a .param file and its .bin file")


def _copy(source: Path, target: Path) -> dict[str, Any]:
    """Copy one file, check the copy, and return its metadata."""
    size = source.stat().st_size
    if not 0 < size <= MAX_FILE_BYTES:
        limit = f"{MAX_FILE_BYTES // 2**20} MB"
        raise _refused("files", f"the {target.suffix} file is empty or larger than {limit}")
    shutil.copyfile(source, target)
    try:
        if target.suffix == ".onnx":
            check_onnx(target.read_bytes())
        elif target.suffix == ".param":
            check_param(target.read_text("utf-8"))
    except ValueError as err:
        reason = "it is not a text" if isinstance(err, UnicodeDecodeError) else str(err)
        raise _refused("files", f"the {target.suffix} file cannot be read: {reason}") from err
    return {"name": target.name, "bytes": size, "sha256": digest(target)}


def _clean(text: str, name: str, max_length: int) -> str:
    """Return a text without control characters and repeated spaces; raises CustomModelRefused."""
    text = "".join(
        " " if char.isspace() else char
        for char in unicodedata.normalize("NFC", text)
        if char.isspace() or not unicodedata.category(char).startswith("C")
    )
    text = " ".join(text.split())
    if not 0 < len(text) <= max_length:
        raise _refused(name, f"each has to be 1 to {max_length} characters long")
    return text


def _clean_labels(labels: Sequence[str]) -> list[str]:
    if isinstance(labels, str):
        raise TypeError("one text is not a list of labels")
    return [_clean(label, "labels", MAX_LABEL_LENGTH).lower() for label in labels]


def _free_slug(root: Path, title: str) -> str:
    ascii_title = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub("[^a-z0-9]+", "-", ascii_title)[:40].strip("-") or "model"
    used, number, free = {path.name for path in root.iterdir()}, 1, slug
    while free in used:
        number += 1
        free = f"{slug}-{number}"
    return free


def _refused(name: str, reason: str) -> CustomModelRefused:
    return CustomModelRefused(f"The custom model's {name}: {reason}", field=name, reason=reason)

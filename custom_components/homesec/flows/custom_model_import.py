"""Stores and tries the uploaded files of a custom model.

Everything here reads and writes files, and a trial takes a second or more: call it in an executor.
"""

from pathlib import Path
import shutil
import tempfile
from threading import Event
from typing import TYPE_CHECKING, Any

from homeassistant.components.file_upload import process_uploaded_file

from ..const import DOMAIN
from ..engine.model_zoo.custom_models import FILE_NAMES, import_custom_model
from ..engine.model_zoo.store import ModelStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from homeassistant.core import HomeAssistant

    from ..engine.model_zoo.custom_models import CustomModel
    from ..engine.model_zoo.manifest import ModelFiles


def save_uploads(hass: HomeAssistant, upload_ids: Iterable[str]) -> tuple[Path, list[Path]]:
    """Move uploads into a new folder, which the caller deletes; returns it and the files.

    Raises ValueError if an upload doesn't exist any more, and OSError.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{DOMAIN}-"))
    files: list[Path] = []
    try:
        for number, upload_id in enumerate(upload_ids):
            # Each in a folder of its own: two may have the same name.
            target = folder / str(number)
            target.mkdir()
            with process_uploaded_file(hass, upload_id) as path:
                files.append(Path(shutil.move(path, target / path.name)))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder, files


def read_upload(hass: HomeAssistant, upload_id: str) -> str:
    """Return the text of an uploaded file. Raises ValueError if there is none, and OSError."""
    with process_uploaded_file(hass, upload_id) as path:
        return path.read_text("utf-8-sig")


def store_known_files(models_dir: Path, files: Iterable[Path]) -> list[str]:
    """Copy files of built-in models into the models folder; return their names there.

    Raises OSError and ``ModelUnavailable``.
    """
    store = ModelStore(folder=models_dir)
    return [file.name for file in map(store.add_file, files) if file is not None]


def find_detector(files: Sequence[Path]) -> str | None:
    """Return the detector for files with these suffixes."""
    endings = sorted(path.suffix.lower() for path in files)
    return next((name for name, kinds in FILE_NAMES.items() if sorted(kinds) == endings), None)


def try_and_import(
    models_dir: Path,
    files: Sequence[Path],
    detector: str,
    description: Mapping[str, Any],
    try_model: Callable[[str, ModelFiles], None],
) -> CustomModel:
    """Have the worker process load a model from a temporary folder and run it, then import it.

    Raises ``DetectorError``, and imports nothing then.
    """
    with tempfile.TemporaryDirectory(prefix=f"{DOMAIN}-") as name:
        trial = import_custom_model(Path(name), files=files, **description)
        found = ModelStore(folder=Path(name)).obtain(trial.name, detector, stop=Event())
        try_model(detector, found)
    return import_custom_model(models_dir, files=files, **description)

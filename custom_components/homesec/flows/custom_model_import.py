"""What happens to the files of a model that were brought by hand: recognised, tried, kept.

Everything here reads and writes files, and a trial takes a second or more: to be called in an
executor.
"""

from pathlib import Path
import shutil
import tempfile
from threading import Event
from typing import TYPE_CHECKING, Any

from homeassistant.components.file_upload import process_uploaded_file

from ..const import DOMAIN
from ..engine.detection import create_detector
from ..engine.model_zoo.custom_models import FILE_NAMES, import_custom_model
from ..engine.model_zoo.store import ModelStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from homeassistant.core import HomeAssistant

    from ..engine.model_zoo.custom_models import CustomModel


def take_uploads(hass: HomeAssistant, upload_ids: Iterable[str]) -> tuple[Path, list[Path]]:
    """Move uploads into a folder that the caller removes; they would vanish otherwise.

    Raises ValueError if one is gone already, and OSError.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{DOMAIN}-"))
    files: list[Path] = []
    try:
        for number, upload_id in enumerate(upload_ids):
            # Each in a folder of its own: two may have the same name.
            place = folder / str(number)
            place.mkdir()
            with process_uploaded_file(hass, upload_id) as path:
                files.append(Path(shutil.move(path, place / path.name)))
    except BaseException:
        discard(folder)
        raise
    return folder, files


def read_upload(hass: HomeAssistant, upload_id: str) -> str:
    """Return the text of an uploaded file. Raises ValueError if there is none, and OSError."""
    with process_uploaded_file(hass, upload_id) as path:
        return path.read_text("utf-8-sig")


def discard(folder: Path) -> None:
    """Remove what was uploaded."""
    shutil.rmtree(folder, ignore_errors=True)


def adopt(models_dir: Path, files: Iterable[Path]) -> list[str]:
    """Put the catalogue's files among these into the model folder; return their names there.

    Raises OSError and ``ModelUnavailable``.
    """
    store = ModelStore(folder=models_dir)
    adopted = map(store.add_file, files)
    return [file.name for file in adopted if file is not None]


def detector_for(files: Sequence[Path]) -> str | None:
    """Return the detector that files of these endings are for."""
    endings = sorted(path.suffix.lower() for path in files)
    return next((name for name, kinds in FILE_NAMES.items() if sorted(kinds) == endings), None)


def try_and_keep(
    models_dir: Path, files: Sequence[Path], detector: str, facts: Mapping[str, Any]
) -> CustomModel:
    """Load a network and let it look once, away from all others; only then keep it.

    Raises ``DetectorError`` and leaves nothing behind then.
    """
    with tempfile.TemporaryDirectory(prefix=f"{DOMAIN}-") as name:
        trial = import_custom_model(Path(name), files=files, **facts)
        found = ModelStore(folder=Path(name)).obtain(trial.name, detector, stop=Event())
        create_detector(detector, found).close()
    return import_custom_model(models_dir, files=files, **facts)

"""The files of detection models: found, verified, or downloaded."""

from __future__ import annotations

import hashlib
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .detectors.catalogue import CATALOGUE, Model, ModelFile, ModelFiles, default_model
from .detectors.download import Download, DownloadFailed, fetch_https
from .errors import ModelBroken, ModelUnavailable, ModelUnknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from .detectors.download import Fetch

    type Progress = Callable[[int, int], None]
    """Told the bytes that are here and the bytes of the whole model (0: not known)."""

__all__ = ["ModelFiles", "ModelStore", "default_model"]


class ModelStore:
    """The model files in one folder. Every method may block: not for the event loop."""

    def __init__(
        self,
        *,
        folder: Path,
        also: Sequence[Path] = (),
        fetch: Fetch | None = None,
        catalogue: Mapping[str, Model] = CATALOGUE,
        pause_s: float = 1.0,
    ) -> None:
        """Download into ``folder``; look into it, then into the folders ``also``."""
        self._folder = folder
        self._folders = (folder, *also)
        self._fetch = fetch or fetch_https
        self._catalogue = catalogue
        self._pause_s = pause_s
        self._hashes: dict[tuple[Path, int, int], str] = {}
        self._downloading = Lock()

    def find(self, name: str, detector: str) -> ModelFiles | None:
        """Give the first variant of a model whose files are all here and intact.

        A file is read once and then remembered by its size and time. Raises ModelUnknown.
        """
        model = self._model(name, detector)
        for variant in model.variants[detector]:
            paths = tuple(path for path in map(self._path, variant) if path)
            if len(paths) == len(variant):
                return ModelFiles(
                    name=model.name,
                    title=model.title,
                    paths=paths,
                    head=model.head,
                    input=model.input,
                    labels=model.labels,
                    threshold=model.threshold,
                )
        return None

    def obtain(
        self, name: str, detector: str, *, stop: Event, progress: Progress | None = None
    ) -> ModelFiles:
        """Find a model or download it; what a broken-off download brought is kept for the next.

        Raises ModelUnknown, ModelUnavailable and, if all that was offered is not what the catalogue
        names, ModelBroken.
        """
        model = self._model(name, detector)
        while not self._downloading.acquire(timeout=0.2):
            if stop.is_set():
                raise self._unavailable(model, detector, ["stopped"])
        try:
            return self._obtain(model, detector, stop, progress)
        finally:
            self._downloading.release()

    def _obtain(
        self, model: Model, detector: str, stop: Event, progress: Progress | None
    ) -> ModelFiles:
        reasons: list[str] = []
        wrong = False
        for variant in model.variants[detector]:
            if found := self.find(model.name, detector):
                return found
            if stop.is_set():
                reasons.append("stopped")
                break
            missing = [file for file in variant if self._path(file) is None]
            if not all(file.urls for file in missing):
                continue
            try:
                for file in missing:
                    Download(
                        file,
                        self._folder,
                        fetch=self._fetch,
                        stop=stop,
                        pause_s=self._pause_s,
                        tell=_meter(variant, file, progress),
                    ).run()
            except DownloadFailed as err:
                reasons += err.reasons
                wrong = wrong or err.wrong
        if found := self.find(model.name, detector):
            return found
        unavailable = self._unavailable(model, detector, reasons)
        if wrong:
            raise ModelBroken(str(unavailable), **unavailable.placeholders)
        raise unavailable

    def _unavailable(self, model: Model, detector: str, reasons: list[str]) -> ModelUnavailable:
        variants = model.variants[detector]
        urls = [url for files in variants for file in files for url in file.urls]
        hosts = sorted({urlsplit(url).hostname or "" for url in urls})
        names = " or ".join(" + ".join(file.name for file in files) for files in variants)
        reason = "; ".join(reasons) or "they have no public address"
        return ModelUnavailable(
            f"The files of {model.title} are not in {self._folder.name} and cannot be downloaded: "
            f"{reason}. To put them there by hand: {names}",
            model=model.title,
            detector=detector,
            host=", ".join(hosts),
            files=names,
            folder=str(self._folder),
            reason=reason,
        )

    def _model(self, name: str, detector: str) -> Model:
        model = self._catalogue.get(name)
        if model is None or detector not in model.variants:
            raise ModelUnknown(
                f"{detector} has no model named {name}", model=name, detector=detector
            )
        return model

    def _path(self, file: ModelFile) -> Path | None:
        """Return where an intact copy of a file lies."""
        for folder in self._folders:
            path = folder / file.name
            try:
                stat = path.stat()
                if file.bytes not in (None, stat.st_size):
                    continue
                known = (path, stat.st_size, stat.st_mtime_ns)
                if known not in self._hashes:
                    with path.open("rb") as stream:
                        self._hashes[known] = hashlib.file_digest(stream, "sha256").hexdigest()
            except OSError:
                continue
            if self._hashes[known] == file.sha256:
                return path
        return None


def _meter(
    variant: Sequence[ModelFile], file: ModelFile, progress: Progress | None
) -> Callable[[int], None]:
    """Turn the bytes of one file into those of all, in the order in which they are fetched."""
    sizes = [each.bytes or 0 for each in variant]
    total = 0 if 0 in sizes else sum(sizes)
    before = sum(sizes[: list(variant).index(file)])

    def tell(have: int) -> None:
        if progress:
            progress(before + have, total)

    return tell

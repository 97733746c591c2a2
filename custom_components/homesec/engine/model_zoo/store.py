"""The files of detection models: those on board, and those that are downloaded and verified."""

from __future__ import annotations

from functools import partial
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..core.errors import ModelBroken, ModelUnavailable, ModelUnknown
from .custom_models import PREFIX, own_model
from .download import LIMIT_BYTES, Download, DownloadFailed, fetch_https
from .file_store import ModelFileStore, digest
from .manifest import CATALOGUE, NETWORKS, Model, ModelFile, ModelFiles, default_model
from .progress import DownloadProgress, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from .download import Fetch

__all__ = ["ModelFiles", "ModelStore", "Progress", "default_model"]


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
        """Download into ``folder``; look into it, then into the folders ``also``.

        The user's own models lie in ``folder`` too, see ``own_models``.
        """
        self._folder = folder
        self._shelf = ModelFileStore(folder, (*also, NETWORKS))
        self._fetch = fetch or fetch_https
        self._catalogue = catalogue
        self._pause_s = pause_s
        self._downloading = Lock()

    def find(self, name: str, detector: str) -> ModelFiles | None:
        """Give the first variant of a model whose files are all here and intact.

        ``own:...`` names one of the user's own. A file is read once and then remembered by its size
        and time. Raises ModelUnknown, and ModelBroken for an own model whose facts are damaged.
        """
        return self._find(self._model(name, detector), detector)

    def obtain(
        self, name: str, detector: str, *, stop: Event, progress: Progress | None = None
    ) -> ModelFiles:
        """Find a model or download it; what a broken-off download brought is kept for the next.

        Raises ModelUnknown, ModelUnavailable and, if all that was offered is not what the catalogue
        names, ModelBroken.
        """
        model = self._model(name, detector)
        if name.startswith(PREFIX):
            return self._intact(model, detector)
        while not self._downloading.acquire(timeout=0.2):
            if stop.is_set():
                raise self._unavailable(model, detector, ["stopped"])
        try:
            return self._obtain(model, detector, stop, progress)
        finally:
            self._downloading.release()

    def second(self, name: str) -> str | None:
        """Return the name of the model whose opinion is asked about what this one sees."""
        model = self._catalogue.get(name)
        return model.second if model else None

    def adopt(self, path: Path) -> ModelFile | None:
        """Copy a file of the catalogue, brought by hand, into the folder under its right name.

        It is recognised by its content alone; None: it is no file of the catalogue. Raises OSError
        if it cannot be read and ModelUnavailable if it cannot be stored.
        """
        if path.stat().st_size > LIMIT_BYTES:
            return None
        sha256 = digest(path)
        for model, detector, file in self._files():
            if file.sha256 == sha256:
                try:
                    self._shelf.put(file, path)
                except OSError as err:
                    reason = str(err.strerror or err)
                    raise self._unavailable(model, detector, [reason]) from err
                return file
        return None

    def _files(self) -> Iterator[tuple[Model, str, ModelFile]]:
        for model in self._catalogue.values():
            for detector, variants in model.variants.items():
                for variant in variants:
                    yield from ((model, detector, file) for file in variant.files)

    def _model(self, name: str, detector: str) -> Model:
        model = self._catalogue.get(name)
        if own := own_model(self._folder, name):
            if own.model is None:
                raise _damaged(own.title, detector, own.problem)
            model = own.model
        if model is None or detector not in model.variants:
            raise ModelUnknown(
                f"{detector} has no model named {name}", model=name, detector=detector
            )
        return model

    def _find(self, model: Model, detector: str) -> ModelFiles | None:
        for variant in model.variants[detector]:
            paths = tuple(path for path in map(self._shelf.find, variant.files) if path)
            if len(paths) == len(variant.files):
                return ModelFiles(
                    name=model.name,
                    title=model.title,
                    paths=paths,
                    head=model.head,
                    input=model.input,
                    labels=model.labels,
                    threshold=model.threshold,
                    flexible=variant.flexible,
                    folded_input=variant.folded_input,
                )
        return None

    def _intact(self, model: Model, detector: str) -> ModelFiles:
        """Find one of the user's own, whose files nobody else has."""
        if found := self._find(model, detector):
            return found
        raise _damaged(model.title, detector, "a file is not what it was")

    def _obtain(
        self, model: Model, detector: str, stop: Event, progress: Progress | None
    ) -> ModelFiles:
        reasons: list[str] = []
        wrong = False
        for variant in model.variants[detector]:
            if found := self._find(model, detector):
                return found
            if stop.is_set():
                reasons.append("stopped")
                break
            if not all(map(self._can_be_had, variant.files)):
                continue
            meter = DownloadProgress(variant.files, progress)
            try:
                for file in variant.files:
                    if self._shelf.find(file) is None:
                        self._bring(file, stop, partial(meter.tell, file))
            except DownloadFailed as err:
                reasons += err.reasons
                wrong = wrong or err.wrong
        if found := self._find(model, detector):
            return found
        unavailable = self._unavailable(model, detector, reasons)
        if wrong:
            raise ModelBroken(str(unavailable), **unavailable.placeholders)
        raise unavailable

    def _can_be_had(self, file: ModelFile) -> bool:
        return bool(file.urls) or self._shelf.find(file) is not None

    def _bring(self, file: ModelFile, stop: Event, tell: Callable[[int], None]) -> None:
        """Download a file; raises DownloadFailed."""
        Download(
            file, self._folder, fetch=self._fetch, stop=stop, pause_s=self._pause_s, tell=tell
        ).run()

    def _unavailable(self, model: Model, detector: str, reasons: list[str]) -> ModelUnavailable:
        variants = model.variants[detector]
        files = [file for variant in variants for file in variant.files]
        urls = [url for file in files for url in file.urls]
        hosts = sorted({urlsplit(url).hostname or "" for url in urls})
        sets = [
            " + ".join(file.name for file in variant.files if not self._shelf.find(file))
            for variant in variants
        ]
        # Some are names of several files, told apart by their hashes.
        names = " or ".join(dict.fromkeys(sets))
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


def _damaged(title: str, detector: str, problem: str) -> ModelBroken:
    return ModelBroken(f"{title} cannot be read: {problem}", model=title, detector=detector)

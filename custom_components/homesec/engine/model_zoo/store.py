"""Find the files of models: bundled, downloaded and verified, or added by the user."""

from dataclasses import fields
import shutil
import stat
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..core.atomic_file import atomic_write
from ..core.errors import ModelBroken, ModelUnavailable, ModelUnknown
from .custom_models import PREFIX, find_custom_model
from .download import LIMIT_BYTES, Download, DownloadFailed, digest, fetch_https
from .manifest import BUNDLED_FOLDER, MANIFEST, Model, ModelFile, ModelFiles, NetworkSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from .download import Fetch

    type Progress = Callable[[int, int], None]
    """Gets the bytes on disk and the bytes of the whole model (0: unknown)."""


class ModelStore:
    """The model files in one folder. Every method may block: not for the event loop."""

    def __init__(
        self,
        *,
        folder: Path,
        more_folders: Sequence[Path] = (),
        fetch: Fetch | None = None,
        manifest: Mapping[str, Model] = MANIFEST,
        pause_s: float = 1.0,
    ) -> None:
        """Download to ``folder``; search it and its custom models first, then ``more_folders``."""
        self._folder = folder
        self._folders = (folder, *more_folders, BUNDLED_FOLDER)
        self._hashes: dict[tuple[Path, int, int], str] = {}
        self._fetch = fetch or fetch_https
        self._manifest = manifest
        self._pause_s = pause_s
        self._downloading = Lock()

    def find(self, name: str, detector: str) -> ModelFiles | None:
        """Return the first variant of a model whose files are all on disk and intact.

        ``own:...`` names a custom model. Raises ModelUnknown, and ModelBroken for a custom model
        whose metadata is damaged.
        """
        return self._find(self._model(name, detector), detector)

    def obtain(
        self, name: str, detector: str, *, stop: Event, on_progress: Progress | None = None
    ) -> ModelFiles:
        """Find a model or download it; an interrupted download is continued next time.

        Raises ModelUnknown, ModelUnavailable, and ModelBroken if an address returned files that the
        manifest does not name.
        """
        model = self._model(name, detector)
        if name.startswith(PREFIX):
            if found := self._find(model, detector):
                return found
            raise _broken(model.title, detector, "a file is not what it was")
        while not self._downloading.acquire(timeout=0.2):
            if stop.is_set():
                raise self._unavailable(model, detector, ["stopped"])
        try:
            return self._obtain(model, detector, stop, on_progress)
        finally:
            self._downloading.release()

    def verifier_of(self, name: str) -> str | None:
        """Return the name of the model that verifies a model's candidates."""
        model = self._manifest.get(name)
        return model.verifier if model else None

    def add_file(self, path: Path) -> ModelFile | None:
        """Copy a file of the manifest into the folder under its right name.

        It is recognized by its content alone; None if the manifest does not have it. Raises OSError
        if it cannot be read and ModelUnavailable if it cannot be stored.
        """
        if path.stat().st_size > LIMIT_BYTES:
            return None
        sha256 = digest(path)
        for model in self._manifest.values():
            for detector, variants in model.variants.items():
                for file in (file for variant in variants for file in variant.files):
                    if file.sha256 != sha256:
                        continue
                    try:
                        with (
                            path.open("rb") as stream,
                            atomic_write(self._folder / file.name) as out,
                        ):
                            shutil.copyfileobj(stream, out)
                    except OSError as err:
                        reason = str(err.strerror or err)
                        raise self._unavailable(model, detector, [reason]) from err
                    return file
        return None

    def _model(self, name: str, detector: str) -> Model:
        model = self._manifest.get(name)
        if custom := find_custom_model(self._folder, name):
            if custom.model is None:
                raise _broken(custom.title, detector, custom.problem)
            model = custom.model
        if model is None or detector not in model.variants:
            raise ModelUnknown(
                f"{detector} has no model named {name}", model=name, detector=detector
            )
        return model

    def _find(self, model: Model, detector: str) -> ModelFiles | None:
        for variant in model.variants[detector]:
            paths = tuple(path for path in map(self._find_file, variant.files) if path)
            if len(paths) == len(variant.files):
                spec = {each.name: getattr(model, each.name) for each in fields(NetworkSpec)}
                return ModelFiles(
                    **spec,
                    paths=paths,
                    flexible=variant.flexible,
                    folded_input=variant.folded_input,
                )
        return None

    def _find_file(self, file: ModelFile) -> Path | None:
        """Return the path of an intact copy; each is hashed once per size and time."""
        for folder in self._folders:
            path = folder / file.name
            try:
                status = path.stat()
                # Opening a pipe would block.
                if not stat.S_ISREG(status.st_mode) or file.bytes not in (None, status.st_size):
                    continue
                key = (path, status.st_size, status.st_mtime_ns)
                if key not in self._hashes:
                    self._hashes[key] = digest(path)
            except OSError:
                continue
            if self._hashes[key] == file.sha256:
                return path
        return None

    def _obtain(
        self, model: Model, detector: str, stop: Event, on_progress: Progress | None
    ) -> ModelFiles:
        reasons: list[str] = []
        wrong_file = False
        for variant in model.variants[detector]:
            if found := self._find(model, detector):
                return found
            if stop.is_set():
                reasons.append("stopped")
                break
            if not all(file.urls or self._find_file(file) for file in variant.files):
                continue
            try:
                self._download(variant.files, stop, on_progress)
            except DownloadFailed as err:
                reasons += err.reasons
                wrong_file = wrong_file or err.wrong_file
        if found := self._find(model, detector):
            return found
        unavailable = self._unavailable(model, detector, reasons)
        if wrong_file:
            raise ModelBroken(str(unavailable), **unavailable.placeholders)
        raise unavailable

    def _download(
        self, files: Sequence[ModelFile], stop: Event, on_progress: Progress | None
    ) -> None:
        """Download what is missing of a variant; raises DownloadFailed."""
        sizes = [file.bytes or 0 for file in files]
        total = sum(sizes) if all(sizes) else 0
        for index, file in enumerate(files):
            before = sum(sizes[:index])

            def report(have: int, before: int = before) -> None:
                if on_progress:
                    on_progress(before + have, total)

            if self._find_file(file) is None:
                Download(
                    file=file,
                    folder=self._folder,
                    fetch=self._fetch,
                    stop=stop,
                    pause_s=self._pause_s,
                    on_progress=report,
                ).run()

    def _unavailable(self, model: Model, detector: str, reasons: list[str]) -> ModelUnavailable:
        variants = model.variants[detector]
        urls = [url for variant in variants for file in variant.files for url in file.urls]
        hosts = sorted({urlsplit(url).hostname or "" for url in urls})
        sets = [
            " + ".join(file.name for file in variant.files if not self._find_file(file))
            for variant in variants
        ]
        # Files of the same name differ by their hashes only.
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


def _broken(title: str, detector: str, problem: str) -> ModelBroken:
    return ModelBroken(f"{title} cannot be read: {problem}", model=title, detector=detector)

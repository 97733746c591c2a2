"""What the code in the worker gets from the parent: cameras outside of the engine, and models."""

from typing import TYPE_CHECKING, override

from ..core.source_feed import SourceFeed

if TYPE_CHECKING:
    from threading import Event

    from ..model_zoo.manifest import ModelFiles
    from ..model_zoo.store import Progress
    from .interface import WorkerParent


class ParentFeed(SourceFeed):
    """A camera outside of the engine, which only the parent can ask."""

    def __init__(self, parent: WorkerParent, location: str) -> None:
        self._parent = parent
        self._location = location

    @override
    def stream_url(self) -> str | None:
        return self._parent.stream_url(self._location)

    @override
    def snapshot(self) -> bytes:
        return self._parent.snapshot(self._location)


class ParentModels:
    """The models, which the parent downloads and verifies."""

    def __init__(self, parent: WorkerParent) -> None:
        self._parent = parent

    def obtain(
        self, name: str, detector: str, *, stop: Event, on_progress: Progress | None = None
    ) -> ModelFiles:
        """Return a model's files; the parent itself stops, and reports the progress."""
        del stop, on_progress
        return self._parent.obtain_model(name, detector)

    def verifier_of(self, name: str) -> str | None:
        """Return the name of the model that verifies a model's candidates."""
        return self._parent.find_verifier(name)

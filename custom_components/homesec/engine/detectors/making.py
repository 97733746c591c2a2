"""Weights for ncnn that nobody publishes, made on this machine from a network that is published."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from .download import DownloadFailed
from .ncnn_weights import ncnn_weights
from .onnx_graph import read_onnx

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event

    from .catalogue import MadeFrom, ModelFile
    from .shelf import Shelf


def can_be_made(recipe: MadeFrom, shelf: Shelf) -> bool:
    """Tell whether the graph is here, and a network with the weights is or can be downloaded."""
    return shelf.find(recipe.graph) is not None and any(
        source.urls or shelf.find(source) for source in recipe.onnx
    )


def make(
    file: ModelFile,
    recipe: MadeFrom,
    shelf: Shelf,
    *,
    download: Callable[[ModelFile], None],
    stop: Event,
) -> None:
    """Put the file onto the shelf, made from the first source that gives it.

    What is here already is tried before anything is downloaded. Raises DownloadFailed.
    """
    failed = DownloadFailed()
    for source in sorted(recipe.onnx, key=lambda each: shelf.find(each) is None):
        if stop.is_set():
            break
        try:
            if shelf.find(source) is None:
                download(source)
            shelf.put(file, _made(file, recipe.graph, source, shelf))
        except DownloadFailed as err:
            failed.reasons += err.reasons
            failed.wrong = failed.wrong or err.wrong
        except OSError as err:
            failed.reasons.append(f"{file.name}: {err.strerror or err}")
        except ValueError as err:
            failed.wrong = True
            failed.reasons.append(f"{source.name}: {err}")
        else:
            return
    raise failed


def _made(file: ModelFile, graph: ModelFile, source: ModelFile, shelf: Shelf) -> bytes:
    content = ncnn_weights(
        _here(graph, shelf).read_text("utf-8"), read_onnx(_here(source, shelf).read_bytes())
    )
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise ValueError("what is made from it is not the expected file")
    return content


def _here(file: ModelFile, shelf: Shelf) -> Path:
    path = shelf.find(file)
    if path is None:
        raise OSError(f"{file.name} is gone")
    return path

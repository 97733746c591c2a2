"""The classes that may travel between the processes."""

import dataclasses
from enum import Enum
from typing import TYPE_CHECKING

from ..core import camera_reports, clip_files, discovery, events, stream_report, types
from ..model_zoo import manifest
from . import interface
from .codec import Registry

if TYPE_CHECKING:
    from types import ModuleType

MODULES = (types, events, camera_reports, clip_files, discovery, stream_report)
OTHERS = (manifest.ModelFiles, interface.WorkerSettings)


def _classes(module: ModuleType) -> list[type]:
    """Return the dataclasses and enums that a module defines."""
    return [
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and each.__module__ == module.__name__
        and (dataclasses.is_dataclass(each) or issubclass(each, Enum))
    ]


REGISTRY = Registry([*(each for module in MODULES for each in _classes(module)), *OTHERS])
"""Of messages between Home Assistant's process and a worker."""

"""A process pool for benchmarks in which only the answers count, not the time."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import cache
import multiprocessing
import os
from typing import TYPE_CHECKING

from .networks import product
from .photos import photos_to_use

if TYPE_CHECKING:
    from pathlib import Path

    from custom_components.homesec.engine.detection.cascade import CascadeDetector

    from .photos import Photo


def processes() -> ProcessPoolExecutor:
    """Return a pool of fresh processes: OpenCV's threads don't survive a fork."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(os.process_cpu_count(), mp_context=context)


@cache
def loaded_product() -> CascadeDetector:
    """Return this process's instance of the default configuration."""
    return product()


@cache
def loaded_photos(data: Path | None) -> list[Photo]:
    """Return the photos, read once per process."""
    return photos_to_use(data)

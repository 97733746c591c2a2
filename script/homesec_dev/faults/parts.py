"""Parts of the tests that the faults use: object store, proxy, and numbered videos.

Tests import each other from their own folder, which is no package.
"""

import sys

from ..bootstrap import paths

_TESTS = paths.REPOSITORY / "tests"
sys.path[:0] = [str(_TESTS), str(_TESTS / "engine")]

from fake_gcs import FakeGcs  # type: ignore[import-not-found]  # noqa: E402
from fault_proxy import Fault, Kind, google_error  # type: ignore[import-not-found]  # noqa: E402
from videos import FigureDetector, Recipe, content, write  # type: ignore[import-not-found]  # noqa: E402

__all__ = [
    "FakeGcs",
    "Fault",
    "FigureDetector",
    "Kind",
    "Recipe",
    "content",
    "google_error",
    "write",
]

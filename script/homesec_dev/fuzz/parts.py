"""Parts of the tests that make videos and damage them; tests are no package."""

import sys

from ..bootstrap import paths

_TESTS = paths.REPOSITORY / "tests"
sys.path[:0] = [str(_TESTS), str(_TESTS / "engine")]

from file_damage import damaged_database, damaged_video  # type: ignore[import-not-found]  # noqa: E402
from videos import Recipe, content, write  # type: ignore[import-not-found]  # noqa: E402

__all__ = ["Recipe", "content", "damaged_database", "damaged_video", "write"]

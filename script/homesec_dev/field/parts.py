"""Parts of the tests that the cameras are made of.

Tests import each other from their own folder, which is no package.
"""

import sys

from ..bootstrap import paths

_TESTS = paths.REPOSITORY / "tests"
sys.path[:0] = [str(_TESTS), str(_TESTS / "field")]

from camera_clocks import (  # type: ignore[import-not-found]  # noqa: E402
    clumps,
    in_milliseconds,
    scaled,
    standing,
)
from camera_film import Film  # type: ignore[import-not-found]  # noqa: E402
from camera_sound import aac, g711, noise  # type: ignore[import-not-found]  # noqa: E402
from misbehaving_camera import MisbehavingCamera, Sets  # type: ignore[import-not-found]  # noqa: E402
from threaded_server import ThreadedServer  # type: ignore[import-not-found]  # noqa: E402

__all__ = [
    "Film",
    "MisbehavingCamera",
    "Sets",
    "ThreadedServer",
    "aac",
    "clumps",
    "g711",
    "in_milliseconds",
    "noise",
    "scaled",
    "standing",
]

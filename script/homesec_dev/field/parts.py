"""Parts of the tests that the cameras are made of.

Tests import each other from their own folder, which is no package.
"""

import sys

from ..bootstrap import paths

_TESTS = paths.REPOSITORY / "tests"
sys.path[:0] = [str(_TESTS), str(_TESTS / "field")]

from camera_clocks import standing  # type: ignore[import-not-found]  # noqa: E402
from camera_film import Film  # type: ignore[import-not-found]  # noqa: E402
from camera_sound import noise  # type: ignore[import-not-found]  # noqa: E402
from misbehaving_camera import MisbehavingCamera  # type: ignore[import-not-found]  # noqa: E402
from threaded_server import ThreadedServer  # type: ignore[import-not-found]  # noqa: E402

__all__ = ["Film", "MisbehavingCamera", "ThreadedServer", "noise", "standing"]

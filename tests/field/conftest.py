"""For the tests of cases from the field, one file for each row of ``cases.toml``.

A test of the engine uses the fixtures of ``tests/engine``, such as ``rig``. A test that uses
``hass`` gets Home Assistant as in ``tests/homesec``, with the real engine and a scripted detector.
"""

from pathlib import Path
import sys

import pytest

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / folder) for folder in ("engine", "homesec")]

from clip_player import browser, chromium  # noqa: E402, F401
from engine_fixtures import *  # noqa: E402, F403 - fixtures are found by name
from home_fixtures import *  # noqa: E402, F403

HOME = (
    "custom_integrations",
    "cheap_hashes",
    "config_dir",
    "engine",
    "quick_forms",
    "nothing_found",
)


@pytest.fixture(autouse=True)
def _home(request):
    """Prepare Home Assistant for the tests that use it."""
    if "hass" in request.fixturenames:
        for name in HOME:
            request.getfixturevalue(name)

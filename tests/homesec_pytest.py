"""The pytest plugin that is loaded first (`-p` in pyproject.toml): what all others build on.

It makes the plugin for custom components work with the Home Assistant that HomeSec needs; that one
is made for the HA before. What differs has to be in place when its own imports look for it. And it
keeps several processes from doing the same work at the same time.
"""

# ruff: noqa: E402, I001 - the order is the point
import gc
import os
from pathlib import Path
import time

COLLECTED = os.environ.get("HOMESEC_COLLECTED")
"""The file by which the first process tells that it has collected the tests, if there are several.

The others begin then: they find everything compiled, which takes a process longer than to collect.
"""
COMPILE_S = 180.0  # at most


def is_first() -> bool:
    """Return whether this is the first of several processes that run tests, or the only one."""
    return os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"


def pytest_collection_finish() -> None:
    """Let the other processes begin."""
    if COLLECTED and "PYTEST_XDIST_WORKER" in os.environ and is_first():
        Path(COLLECTED).touch()


if COLLECTED and not is_first():
    begun = time.monotonic()
    while not Path(COLLECTED).exists() and time.monotonic() < begun + COMPILE_S:
        time.sleep(0.1)

import homeassistant  # noqa: F401 - puts httpx2 in httpx's place, before anything imports httpx

# The plugin replaces functions of HA; what it patches must not have been imported earlier.
from pytest_homeassistant_custom_component import patch_json, patch_recorder, patch_time  # noqa: F401

from homeassistant.components import logger
from homeassistant.components.logger import helpers

# Moved in 2026.11; the plugin calls it after each test.
if not hasattr(logger, "_clear_logger_overwrites"):
    logger._clear_logger_overwrites = helpers._clear_logger_overwrites

# Importing and collecting leave no garbage worth looking for, and afterwards each file of tests
# begins with a complete collection; the usual number of them in between takes 5 % of the time.
gc.set_threshold(50_000, 50, 50)

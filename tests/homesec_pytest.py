"""Make the pytest plugin for custom components work with the Home Assistant that HomeSec needs.

The plugin is made for the HA before. pytest loads this module first (`-p` in pyproject.toml), so
that what differs is in place when the plugin's own imports look for it.
"""

# ruff: noqa: I001 - the order is the point
import homeassistant  # noqa: F401 - puts httpx2 in httpx's place, before anything imports httpx

# The plugin replaces functions of HA; what it patches must not have been imported earlier.
from pytest_homeassistant_custom_component import patch_json, patch_recorder, patch_time  # noqa: F401

from homeassistant.components import logger
from homeassistant.components.logger import helpers

# Moved in 2026.11; the plugin calls it after each test.
if not hasattr(logger, "_clear_logger_overwrites"):
    logger._clear_logger_overwrites = helpers._clear_logger_overwrites

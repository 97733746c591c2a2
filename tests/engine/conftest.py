"""For the engine's tests: the fixtures, and no deadline for the examples of property tests."""

from engine_fixtures import *  # noqa: F403 - fixtures are found by name
from hypothesis import settings

# How long an example takes depends on what else the machine does.
settings.register_profile("engine", deadline=None)
settings.load_profile("engine")

"""For the engine's tests: the fixtures."""

from engine_fixtures import *  # noqa: F403 - fixtures are found by name

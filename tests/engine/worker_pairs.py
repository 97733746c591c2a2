"""Two ends of a connection in one process, and methods to call."""

from contextlib import contextmanager
from queue import Queue
import socket
from threading import Event
import time

from custom_components.homesec.engine.core.types import Clip, ClipState, Trigger
from custom_components.homesec.engine.worker.connection import Connection
from custom_components.homesec.engine.worker.method import Method
from custom_components.homesec.engine.worker.wire_types import REGISTRY

ADD = Method(name="add", args={"a": int, "b": int}, result=int)
FAIL = Method(name="fail", args={"what": str})
WAIT = Method(name="wait")
PUT = Method(name="put", args={"clip": Clip, "step": int}, lane=lambda args: args["clip"].id)
TELL = Method(name="tell", args={"text": str}, thread="events")
SHOW = Method(
    name="show",
    args={"camera_id": str, "jpeg": bytes},
    lane=lambda args: args["camera_id"],
    droppable=True,
)


def clip(clip_id="c1"):
    return Clip(
        id=clip_id,
        camera_id="porch",
        camera_name="Porch",
        state=ClipState.RECORDING,
        trigger=Trigger.PRESENCE,
        started_at=1.0,
        event_at=2.0,
    )


class Side:
    """One end, with what it was sent."""

    def __init__(self, sock, name):
        self.lost = Queue()
        self.connection = Connection(sock, registry=REGISTRY, name=name, on_lost=self.lost.put)


@contextmanager
def connected(handlers, near_handlers=None):
    """Yield the calling side and the side with the handlers."""
    ours, theirs = socket.socketpair()
    near, far = Side(ours, "near"), Side(theirs, "far")
    far.connection.start(handlers)
    near.connection.start(near_handlers or {})
    try:
        yield near, far
    finally:
        for side in (near, far):
            side.connection.close()
        for side in (near, far):
            assert side.connection.join(20)


@contextmanager
def spoken_to(handlers):
    """Yield a side with handlers, and the bare socket that it listens to."""
    ours, theirs = socket.socketpair()
    side = Side(theirs, "far")
    side.connection.start(handlers)
    try:
        yield ours, side
    finally:
        ours.close()
        side.connection.close()
        assert side.connection.join(20)


class Gate:
    """A handler that waits until it may go on."""

    def __init__(self):
        self.entered = Event()
        self.open = Event()

    def __call__(self, **_args):
        self.entered.set()
        assert self.open.wait(20)


def wait_until(condition):
    """Wait until something is true; fail after a minute."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)

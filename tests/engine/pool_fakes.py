"""Fakes of frames, detectors, and receivers for the tests of the detection pool."""

from contextlib import contextmanager
from functools import partial
import threading
from threading import Event, Semaphore

import numpy as np

from custom_components.homesec.engine.core.errors import FrameBroken
from custom_components.homesec.engine.core.types import Box, Detection
from custom_components.homesec.engine.detection.cascade import CascadeDetector
from custom_components.homesec.engine.detection.pool import DetectionPool

PERSON = [Detection("person", 0.9, Box(0, 0, 1, 1))]
LONG_S = 60.0  # a wait that only a failing test reaches
NEVER_S = (1e6, 1e6)


class FakeFrame:
    """The part of a frame that the pool's jobs use."""

    width, height = 640, 360

    def __init__(self, number=0):
        self.number = number

    def __repr__(self):
        return f"FakeFrame({self.number})"

    def detect(self, cascade):
        """Run the primary detector, as a cascade does."""
        if self.number is None:
            raise FrameBroken("cannot be converted")
        width, height = cascade.primary.fit(self.width, self.height)
        return cascade.primary.detect(np.full((height, width, 3), self.number, np.uint8))


class FakeDetector:
    """A detector that waits at a gate, if it has one."""

    name, model, threshold, labels = "fake", "toy", 0.5, ("person",)

    def __init__(self, gate=None):
        self.gate = gate
        self.started = Semaphore(0)
        self.numbers = []
        self.failing = 0
        self.closed = Event()
        self.freed = 0
        self.inside = 0

    def fit(self, width, height):
        return 16, 9

    def detect(self, picture):
        assert not self.closed.is_set()
        self.inside += 1
        self.numbers.append(int(picture[0, 0, 0]))
        self.started.release()
        if self.gate:
            assert self.gate.acquire(timeout=LONG_S)
        self.inside -= 1
        if self.failing:
            self.failing -= 1
            raise RuntimeError("native trouble")
        return PERSON

    def free_memory(self):
        assert not self.closed.is_set()
        self.freed += 1

    def close(self):
        assert not self.inside
        self.closed.set()


class FakeFramePool(DetectionPool):
    """A pool for fake frames and detectors without a verifier."""

    def __init__(self, *, create, **options):
        super().__init__(create=lambda stop: CascadeDetector(create(stop)), **options)

    def submit(self, slot, frame, inbox, **options):
        return super().submit(slot, frame.detect, partial(inbox, frame), **options)


class Inbox:
    """Collects replies."""

    def __init__(self):
        self.got = []
        self.arrived = Semaphore(0)

    def __call__(self, frame, found):
        self.got.append((frame.number, found))
        self.arrived.release()

    def wait(self, count=1):
        for _ in range(count):
            assert self.arrived.acquire(timeout=LONG_S)
        return self.got


class Status:
    """Collects what the pool reports about its detector."""

    def __init__(self):
        self.changes = []
        self.read = 0
        self.arrived = Semaphore(0)

    def __call__(self, change):
        self.changes.append(change)
        self.arrived.release()

    def wait(self):
        assert self.arrived.acquire(timeout=LONG_S)
        self.read += 1
        return self.changes[self.read - 1]


@contextmanager
def started_pools():
    """Start pools that are stopped at the end, with no thread left behind."""
    pools, gates = [], []

    def start(fake=None, /, **options):
        if fake is not None:
            options["create"] = lambda stop: fake
            if fake.gate:
                gates.append(fake.gate)
        options.setdefault("on_change", Status())
        options.setdefault("retry_s", NEVER_S)
        pools.append(FakeFramePool(**options))
        pools[-1].start()
        return pools[-1]

    yield start
    for gate in gates:
        gate.release(100)
    for each in pools:
        each.stop(LONG_S)
    assert [thread for thread in threading.enumerate() if thread.name.startswith("homesec-")] == []


def hold(pool, fake, camera_id="busy"):
    """Keep the one worker at the gate, so that the next jobs wait."""
    assert pool.submit(camera_id, FakeFrame(99), Inbox())
    assert fake.started.acquire(timeout=LONG_S)

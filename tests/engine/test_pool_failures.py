"""Pictures of one camera that make detection fail, and a detector that fails with any picture."""

import math
from threading import Event
import time

from pool_fakes import PERSON, FakeDetector, FakeFrame, Inbox, Status, started_pools
import pytest

from custom_components.homesec.engine.core.events import DetectionPaused
from custom_components.homesec.engine.detection.camera_failures import MAX_FAILURES, PAUSE_S


class TouchyDetector(FakeDetector):
    """Fails with pictures of one number only, as a network does with what it cannot digest."""

    bad = 13

    def detect(self, picture):
        if picture[0, 0, 0] == self.bad:
            raise RuntimeError("native trouble")
        return super().detect(picture)


class Clock:
    """A clock that only the test moves."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def pool():
    with started_pools() as start:
        yield start


def submit(started, camera_id, *numbers):
    """Have frames detected one after another; return the replies."""
    inbox = Inbox()
    for number in numbers:
        started.submit(camera_id, FakeFrame(number), inbox, wait_s=math.inf)
        inbox.wait()
    return [found for _, found in inbox.got]


def paused_events(status):
    return [(x.camera_id, x.paused) for x in status.changes if isinstance(x, DetectionPaused)]


@pytest.mark.parametrize("number", [TouchyDetector.bad, None], ids=["detector", "conversion"])
def test_broken_pictures_of_one_camera_pause_only_that_camera(pool, number):
    fake, status = TouchyDetector(), Status()
    started = pool(fake, on_change=status, clock=Clock())
    assert submit(started, "door", *[number] * (MAX_FAILURES + 2)) == [None] * (MAX_FAILURES + 2)
    assert started.is_paused("door")
    assert not started.is_paused("garden")
    assert not started.unavailable
    assert submit(started, "garden", 1, 2) == [PERSON, PERSON]
    # A verification of the paused camera waits as well.
    assert submit(started, "door person", 1) == [None]
    assert not fake.closed.is_set()
    assert paused_events(status) == [("door", True)]


def test_pause_ends_with_a_picture_that_works(pool):
    clock, status = Clock(), Status()
    started = pool(TouchyDetector(), on_change=status, clock=clock)
    submit(started, "door", *[TouchyDetector.bad] * MAX_FAILURES)
    clock.now += PAUSE_S[0]
    assert submit(started, "door", 1) == [PERSON]
    assert not started.is_paused("door")
    assert paused_events(status) == [("door", True), ("door", False)]


def test_pause_is_longer_after_each_try_that_fails(pool):
    clock = Clock()
    started = pool(TouchyDetector(), clock=clock)
    submit(started, "door", *[TouchyDetector.bad] * MAX_FAILURES)
    lengths = []
    for _ in range(4):
        began = clock.now
        while started.is_paused("door"):
            clock.now += 1.0
        lengths.append(clock.now - began)
        assert submit(started, "door", TouchyDetector.bad) == [None]
    assert lengths[3] > 2 * lengths[0]
    assert max(lengths) <= PAUSE_S[1]


def test_failures_that_do_not_follow_each_other_pause_nothing(pool):
    started = pool(TouchyDetector())
    for _ in range(MAX_FAILURES):
        assert submit(started, "door", TouchyDetector.bad, 1) == [None, PERSON]
    assert not started.is_paused("door")


def test_detector_that_fails_with_any_picture_pauses_no_camera(pool):
    fake, status, replaced = FakeDetector(), Status(), Event()
    fake.failing = 1000

    def create(stop):
        if fake.closed.is_set():
            replaced.set()
            return FakeDetector()
        return fake

    started = pool(create=create, on_change=status, retry_s=(0.0, 0.0))
    submit(started, "door", *range(MAX_FAILURES))
    assert replaced.wait(20)
    while started.unavailable:
        time.sleep(0.001)
    assert submit(started, "door", 1) == [PERSON]
    assert paused_events(status) == []

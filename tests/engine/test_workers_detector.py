"""The detection pool's detector: made, broken, made again, stopped."""

import math
import threading
from threading import Event, Semaphore

from pool_fakes import LONG_S, PERSON, Fake, Inbox, Status, Still, StillPool, hold, started_pools
import pytest

from custom_components.homesec.engine.core.errors import ModelUnavailable
from custom_components.homesec.engine.detection import pool as workers
from custom_components.homesec.engine.detection.cascade import CascadeDetector
from custom_components.homesec.engine.detection.pool import DetectionPool


@pytest.fixture
def pool():
    with started_pools() as start:
        yield start


@pytest.fixture
def inbox():
    return Inbox()


def test_frames_wait_while_the_first_detector_is_made(pool, inbox):
    ready = Event()
    status = Status()

    def create(stop):
        assert ready.wait(LONG_S)
        return Fake()

    running = pool(create=create, on_change=status)
    running.submit("door", Still(1), inbox)
    assert not running.wait_until_idle("door", 0.01)
    assert running.thresholds == (1.0, 1.0)
    assert not running.unavailable
    ready.set()
    assert inbox.wait() == [(1, PERSON)]
    change = status.wait()
    assert (change.ready, change.detector, change.model, change.error) == (
        True, "fake", "toy", None,
    )  # fmt: skip
    assert running.thresholds == (0.5, 0.5)
    assert not running.unavailable
    assert not running.has_verifier


def test_a_detector_that_cannot_be_made_is_reported_and_frames_get_no_opinion(pool, inbox):
    status = Status()

    def create(stop):
        raise ModelUnavailable("no network", model="Toy", host="one.test")

    running = pool(create=create, on_change=status, detector="opencv", model="toy")
    change = status.wait()
    assert (change.ready, change.detector, change.error) == (False, "opencv", "model_unavailable")
    assert change.placeholders == {"detector": "opencv", "model": "Toy", "host": "one.test"}
    running.submit("door", Still(1), inbox)
    assert inbox.wait() == [(1, None)]
    assert running.frame_count == 0
    assert running.inference_ms is None


def test_an_unforeseen_exception_is_a_failed_detector(pool):
    status = Status()

    def create(stop):
        raise OSError("illegal instruction")

    pool(create=create, on_change=status)
    change = status.wait()
    assert change.error == "detector_failed"
    assert change.placeholders["reason"] == "illegal instruction"


def test_making_the_detector_is_tried_again(pool, inbox):
    status, attempts = Status(), []

    def create(stop):
        attempts.append(stop)
        if len(attempts) < 3:
            raise ModelUnavailable
        return Fake()

    running = pool(create=create, on_change=status, retry_s=(0.0, 0.0))
    assert [status.wait().ready for _ in range(3)] == [False, False, True]
    running.submit("door", Still(1), inbox)
    assert inbox.wait() == [(1, PERSON)]


def test_one_failed_look_gives_no_opinion_and_changes_nothing(pool, inbox, caplog):
    fake = Fake()
    fake.failing = 2
    running = pool(fake)
    for number in range(3):
        running.submit("door", Still(number), inbox, wait_s=math.inf)
    assert inbox.wait(3) == [(0, None), (1, None), (2, PERSON)]
    assert not fake.closed.is_set()
    assert [record.message for record in caplog.records] == ["A look failed: native trouble"]


def test_a_detector_that_keeps_failing_is_made_anew(pool, inbox):
    status, made = Status(), []

    def create(stop):
        made.append(Fake())
        made[-1].failing = workers.FAILURES_IN_A_ROW if len(made) == 1 else 0
        return made[-1]

    running = pool(create=create, on_change=status, retry_s=(0.0, 0.0))
    assert status.wait().ready
    for number in range(3):
        running.submit("door", Still(number), inbox, wait_s=math.inf)
    inbox.wait(3)
    assert status.wait().error == "detector_failed"
    assert made[0].closed.is_set()
    assert status.wait().ready
    running.submit("door", Still(3), inbox)
    assert inbox.wait()[-1] == (3, PERSON)


def test_a_broken_detector_is_not_closed_while_another_worker_uses_it(pool, inbox):
    fake, status = Fake(Semaphore(0)), Status()
    fake.failing = 3
    running = pool(fake, workers=2, on_change=status)
    assert status.wait().ready
    slow = Inbox()
    running.submit("slow", Still(9), slow)
    assert fake.started.acquire(timeout=LONG_S)
    gate, fake.gate = fake.gate, None  # later looks do not wait
    for number in range(3):
        running.submit("door", Still(number), inbox, wait_s=math.inf)
    inbox.wait(3)
    running.submit("door", Still(4), inbox)
    assert inbox.wait()[-1] == (4, None)
    assert not fake.closed.is_set()
    gate.release()
    assert slow.wait() == [(9, PERSON)]
    assert fake.closed.wait(LONG_S)
    assert not status.wait().ready


def test_a_stop_closes_the_detector_and_drops_what_waits(pool, inbox):
    fake = Fake(Semaphore(0))
    running = pool(fake)
    hold(running, fake)
    running.submit("door", Still(1), inbox)
    blocked = []
    threads = [
        threading.Thread(
            target=lambda: blocked.append(running.submit("door", Still(2), inbox, wait_s=math.inf))
        ),
        threading.Thread(target=running.stop, args=(LONG_S,)),
    ]
    for thread in threads:
        thread.start()
    threads[0].join(LONG_S)
    assert blocked == [True]
    fake.gate.release(10)
    threads[1].join(LONG_S)
    assert fake.closed.is_set()
    assert inbox.got == []
    assert running.submit("door", Still(3), inbox)
    assert running.is_idle("door")


def test_a_second_network_that_is_missing_is_looked_for_again():
    status, attempts = Status(), []

    def load():
        attempts.append(1)
        if len(attempts) < 3:
            raise ModelUnavailable("offline", host="one.test")
        return Fake()

    def create(stop):
        cascade = CascadeDetector(Fake(), load_verifier=load)
        cascade.load_verifier()
        return cascade

    pool = DetectionPool(create=create, on_change=status, retry_s=(0.0, 0.01))
    pool.start()
    alone, together = status.wait(), status.wait()
    pool.stop(LONG_S)
    assert (alone.ready, alone.verifier, alone.verifier_error) == (True, None, "model_unavailable")
    assert alone.placeholders == {"host": "one.test"}
    assert (together.ready, together.verifier, together.verifier_error) == (True, "toy", None)
    assert len(attempts) == 3


def test_nobody_is_blind_while_the_detector_is_made_unless_that_takes_long(pool):
    ticks = [100.0]
    made = Event()

    def create(stop):
        assert made.wait(LONG_S)
        return Fake()

    status = Status()
    running = pool(create=create, on_change=status, clock=lambda: ticks[0])
    assert not running.unavailable
    ticks[0] += workers.PATIENCE_S + 1
    assert running.unavailable
    made.set()
    status.wait()
    assert not running.unavailable


def test_a_stop_ends_the_making_of_the_detector(pool):
    status, begun = Status(), Event()

    def create(stop):
        begun.set()
        assert stop.wait(LONG_S)
        raise ModelUnavailable("stopped")

    running = pool(create=create, on_change=status)
    assert begun.wait(LONG_S)
    running.stop(LONG_S)
    assert status.changes == []


def test_a_detector_that_is_made_too_late_is_closed(pool):
    status, begun, fake = Status(), Event(), Fake()

    def create(stop):
        begun.set()
        assert stop.wait(LONG_S)
        return fake

    running = pool(create=create, on_change=status)
    assert begun.wait(LONG_S)
    running.stop(LONG_S)
    assert fake.closed.is_set()
    assert status.changes == []


def test_a_look_that_hangs_does_not_hold_up_the_stop(pool, caplog):
    fake = Fake(Semaphore(0))
    running = pool(fake)
    hold(running, fake)
    running.stop(0.01)
    assert "did not stop" in caplog.text
    assert not fake.closed.is_set()


def test_a_pool_that_never_started_can_be_stopped():
    StillPool(create=lambda stop: Fake(), on_change=Status()).stop()

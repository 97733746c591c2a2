"""The detection pool's detector: loaded, failing, replaced, and stopped."""

import math
import threading
from threading import Event, Semaphore

from pool_fakes import (
    LONG_S,
    PERSON,
    FakeDetector,
    FakeFrame,
    FakeFramePool,
    Inbox,
    Status,
    hold,
    started_pools,
)
import pytest

from custom_components.homesec.engine.core.errors import ModelUnavailable
from custom_components.homesec.engine.detection import pool as pool_module
from custom_components.homesec.engine.detection.camera_failures import MAX_FAILURES
from custom_components.homesec.engine.detection.cascade import CascadeDetector
from custom_components.homesec.engine.detection.pool import DetectionPool


@pytest.fixture
def pool():
    with started_pools() as start:
        yield start


@pytest.fixture
def inbox():
    return Inbox()


def test_jobs_wait_while_first_detector_loads(pool, inbox):
    ready = Event()
    status = Status()

    def create(stop):
        assert ready.wait(LONG_S)
        return FakeDetector()

    started = pool(create=create, on_change=status)
    started.submit("door", FakeFrame(1), inbox)
    assert not started.wait_until_idle("door", 0.01)
    assert started.thresholds == (1.0, 1.0)
    assert not started.unavailable
    ready.set()
    assert inbox.wait() == [(1, PERSON)]
    change = status.wait()
    assert (change.ready, change.detector, change.model, change.error) == (
        True, "fake", "toy", None,
    )  # fmt: skip
    assert started.thresholds == (0.5, 0.5)
    assert not started.unavailable
    assert not started.has_verifier


def test_failed_load_is_reported_and_jobs_get_none(pool, inbox):
    status = Status()

    def create(stop):
        raise ModelUnavailable("no network", model="Toy", host="one.test")

    started = pool(create=create, on_change=status, detector="opencv", model="toy")
    change = status.wait()
    assert (change.ready, change.detector, change.error) == (False, "opencv", "model_unavailable")
    assert change.placeholders == {"detector": "opencv", "model": "Toy", "host": "one.test"}
    started.submit("door", FakeFrame(1), inbox)
    assert inbox.wait() == [(1, None)]
    assert started.frame_count == 0
    assert started.inference_ms is None


def test_unexpected_exception_while_loading_is_reported_as_failed_detector(pool):
    status = Status()

    def create(stop):
        raise OSError("illegal instruction")

    pool(create=create, on_change=status)
    change = status.wait()
    assert change.error == "detector_failed"
    assert change.placeholders["reason"] == "illegal instruction"


def test_failed_load_is_retried(pool, inbox):
    status, attempts = Status(), []

    def create(stop):
        attempts.append(stop)
        if len(attempts) < 3:
            raise ModelUnavailable
        return FakeDetector()

    started = pool(create=create, on_change=status, retry_s=(0.0, 0.0))
    assert [status.wait().ready for _ in range(3)] == [False, False, True]
    started.submit("door", FakeFrame(1), inbox)
    assert inbox.wait() == [(1, PERSON)]


def test_single_failed_jobs_get_none_and_keep_detector(pool, inbox, caplog):
    fake = FakeDetector()
    fake.failing = 2
    started = pool(fake)
    for number in range(3):
        started.submit("door", FakeFrame(number), inbox, wait_s=math.inf)
    assert inbox.wait(3) == [(0, None), (1, None), (2, PERSON)]
    assert not fake.closed.is_set()
    assert [record.message for record in caplog.records] == ["Detection failed: native trouble"]


def test_detector_that_keeps_failing_is_replaced(pool, inbox):
    status, created = Status(), []

    def create(stop):
        created.append(FakeDetector())
        # The next picture that fails is the pool's own.
        created[-1].failing = MAX_FAILURES + 1 if len(created) == 1 else 0
        return created[-1]

    started = pool(create=create, on_change=status, retry_s=(0.0, 0.0))
    assert status.wait().ready
    for number in range(3):
        started.submit("door", FakeFrame(number), inbox, wait_s=math.inf)
    inbox.wait(3)
    assert status.wait().error == "detector_failed"
    assert created[0].closed.is_set()
    assert status.wait().ready
    started.submit("door", FakeFrame(3), inbox)
    assert inbox.wait()[-1] == (3, PERSON)


def test_failed_detector_is_not_closed_while_another_worker_uses_it(pool, inbox):
    fake, status = FakeDetector(Semaphore(0)), Status()
    fake.failing = MAX_FAILURES + 1
    started = pool(fake, workers=2, on_change=status)
    assert status.wait().ready
    slow = Inbox()
    started.submit("slow", FakeFrame(9), slow)
    assert fake.started.acquire(timeout=LONG_S)
    gate, fake.gate = fake.gate, None  # later jobs do not wait
    for number in range(3):
        started.submit("door", FakeFrame(number), inbox, wait_s=math.inf)
    inbox.wait(3)
    started.submit("door", FakeFrame(4), inbox)
    assert inbox.wait()[-1] == (4, None)
    assert not fake.closed.is_set()
    gate.release()
    assert slow.wait() == [(9, PERSON)]
    assert fake.closed.wait(LONG_S)
    assert not status.wait().ready


def test_stop_closes_detector_and_drops_waiting_jobs(pool, inbox):
    fake = FakeDetector(Semaphore(0))
    started = pool(fake)
    hold(started, fake)
    started.submit("door", FakeFrame(1), inbox)
    blocked = []
    threads = [
        threading.Thread(
            target=lambda: blocked.append(
                started.submit("door", FakeFrame(2), inbox, wait_s=math.inf)
            )
        ),
        threading.Thread(target=started.stop, args=(LONG_S,)),
    ]
    for thread in threads:
        thread.start()
    threads[0].join(LONG_S)
    assert blocked == [True]
    fake.gate.release(10)
    threads[1].join(LONG_S)
    assert fake.closed.is_set()
    assert inbox.got == []
    assert started.submit("door", FakeFrame(3), inbox)
    assert started.is_idle("door")


def test_missing_verifier_is_retried():
    status, attempts = Status(), []

    def load():
        attempts.append(1)
        if len(attempts) < 3:
            raise ModelUnavailable("offline", host="one.test")
        return FakeDetector()

    def create(stop):
        cascade = CascadeDetector(FakeDetector(), load_verifier=load)
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


def test_pool_is_unavailable_if_loading_takes_long(pool):
    ticks = [100.0]
    created = Event()

    def create(stop):
        assert created.wait(LONG_S)
        return FakeDetector()

    status = Status()
    started = pool(create=create, on_change=status, clock=lambda: ticks[0])
    assert not started.unavailable
    ticks[0] += pool_module.PATIENCE_S + 1
    assert started.unavailable
    created.set()
    status.wait()
    assert not started.unavailable


def test_stop_interrupts_loading(pool):
    status, loading = Status(), Event()

    def create(stop):
        loading.set()
        assert stop.wait(LONG_S)
        raise ModelUnavailable("stopped")

    started = pool(create=create, on_change=status)
    assert loading.wait(LONG_S)
    started.stop(LONG_S)
    assert status.changes == []


def test_detector_loaded_after_stop_is_closed(pool):
    status, loading, fake = Status(), Event(), FakeDetector()

    def create(stop):
        loading.set()
        assert stop.wait(LONG_S)
        return fake

    started = pool(create=create, on_change=status)
    assert loading.wait(LONG_S)
    started.stop(LONG_S)
    assert fake.closed.is_set()
    assert status.changes == []


def test_stop_does_not_wait_for_hanging_job(pool, caplog):
    fake = FakeDetector(Semaphore(0))
    started = pool(fake)
    hold(started, fake)
    started.stop(0.01)
    assert "did not stop" in caplog.text
    assert not fake.closed.is_set()


def test_stop_without_start_does_nothing():
    FakeFramePool(create=lambda stop: FakeDetector(), on_change=Status()).stop()


def test_memory_of_detector_is_freed_when_it_has_nothing_to_do(pool, inbox):
    fake = FakeDetector()
    started = pool(fake)
    started.submit("door", FakeFrame(1), inbox)
    inbox.wait()
    assert started.wait_until_idle("door", LONG_S)
    started.free_memory()
    assert fake.freed == 0  # it has just been used
    started.free_memory()
    assert fake.freed == 1


def test_memory_is_not_freed_while_a_frame_is_detected_in(pool, inbox):
    fake = FakeDetector(Semaphore(0))
    started = pool(fake)
    hold(started, fake)
    started.free_memory()
    started.free_memory()
    assert fake.freed == 0
    fake.gate.release(10)


def test_pool_without_detector_has_no_memory_to_free():
    DetectionPool(create=lambda stop: FakeDetector(), on_change=print).free_memory()

"""The detection pool: whose frame is looked at, when, and who is told."""

import math
from threading import Event, Semaphore

from pool_fakes import LONG_S, PERSON, Fake, Inbox, Still, hold, started_pools
import pytest

from custom_components.homesec.engine.detection import pool as workers


@pytest.fixture
def pool():
    with started_pools() as start:
        yield start


@pytest.fixture
def inbox():
    return Inbox()


def test_a_frame_is_scaled_looked_at_and_answered(pool, inbox):
    fake = Fake()
    running = pool(fake)
    assert running.submit("door", Still(7), inbox)
    assert inbox.wait() == [(7, PERSON)]
    assert fake.seen == [7]
    assert running.wait_until_idle("door", LONG_S)
    assert running.frame_count == 1


def test_the_newest_frame_replaces_the_one_that_waits(pool, inbox):
    fake = Fake(Semaphore(0))
    running = pool(fake)
    hold(running, fake)
    assert [running.submit("door", Still(n), inbox) for n in (1, 2, 3)] == [True, False, False]
    fake.gate.release(10)
    assert running.wait_until_idle("door", LONG_S)
    assert inbox.got == [(3, PERSON)]


def test_cameras_take_turns_however_busy_one_is(pool):
    fake = Fake(Semaphore(0))
    running = pool(fake)

    def again(frame, found):
        running.submit("busy", Still(1), again)

    running.submit("busy", Still(1), again)
    assert fake.started.acquire(timeout=LONG_S)
    running.submit("busy", Still(1), again)
    boxes = {name: Inbox() for name in "abc"}
    for number, name in enumerate("abc", 2):
        running.submit(name, Still(number), boxes[name])
    for _ in range(3):
        running.submit("busy", Still(1), again)
    fake.gate.release(5)
    for box in boxes.values():
        box.wait()
    assert fake.seen[:5] == [1, 1, 2, 3, 4]


def test_one_camera_is_looked_at_in_order_even_by_two_workers(pool, inbox):
    fake = Fake(Semaphore(0))
    running = pool(fake, workers=2)
    hold(running, fake, "door")
    running.submit("door", Still(1), inbox)
    running.submit("yard", Still(2), inbox)
    assert fake.started.acquire(timeout=LONG_S)  # the other worker, at the other camera
    assert fake.seen == [99, 2]
    fake.gate.release(10)
    inbox.wait(2)
    assert fake.seen == [99, 2, 1]


def test_waiting_for_the_slot_drops_nothing(pool, inbox):
    running = pool(Fake())
    assert all(running.submit("file", Still(n), inbox, wait_s=math.inf) for n in range(50))
    assert running.wait_until_idle("file", LONG_S)
    assert [number for number, _ in inbox.got] == list(range(50))


def test_waiting_for_the_slot_ends_in_time_and_replaces(pool, inbox):
    fake = Fake(Semaphore(0))
    running = pool(fake)
    hold(running, fake)
    running.submit("door", Still(1), inbox)
    assert running.submit("door", Still(2), inbox, wait_s=0.01) is False
    fake.gate.release(10)
    running.wait_until_idle("door", LONG_S)
    assert inbox.got == [(2, PERSON)]


def test_a_forgotten_frame_is_never_looked_at(pool, inbox):
    fake = Fake(Semaphore(0))
    running = pool(fake)
    hold(running, fake)
    running.submit("door", Still(1), inbox)
    assert not running.is_idle("door")
    running.cancel("door")
    running.cancel("stranger")
    assert running.is_idle("door")
    fake.gate.release(10)
    assert running.wait_until_idle("busy", LONG_S)
    assert inbox.got == []
    assert fake.seen == [99]


def test_a_camera_is_idle_only_after_its_reply(pool):
    fake = Fake()
    running = pool(fake)
    during, go = Event(), Event()

    def reply(frame, found):
        during.set()
        assert go.wait(LONG_S)

    running.submit("door", Still(1), reply)
    assert during.wait(LONG_S)
    assert not running.is_idle("door")
    assert not running.wait_until_idle("door", 0.01)
    go.set()
    assert running.wait_until_idle("door", LONG_S)


def test_a_frame_that_cannot_be_scaled_is_not_the_detectors_fault(pool, inbox, caplog):
    fake = Fake()
    running = pool(fake)
    for _ in range(workers.FAILURES_IN_A_ROW + 1):
        running.submit("door", Still(None), inbox, wait_s=math.inf)
    assert inbox.wait(4) == [(None, None)] * 4
    assert not fake.closed.is_set()
    assert len(caplog.records) == 1


def test_callbacks_that_raise_end_no_thread(pool, inbox, caplog):
    def bad(*_):
        raise ValueError("not ours")

    running = pool(Fake(), on_change=bad)
    running.submit("door", Still(1), bad)
    assert running.wait_until_idle("door", LONG_S)
    running.submit("door", Still(2), inbox)
    assert inbox.wait() == [(2, PERSON)]
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]


def test_a_look_is_timed_by_the_clock(pool, inbox):
    ticks = iter(range(1000))
    running = pool(Fake(), clock=lambda: float(next(ticks)))
    running.submit("door", Still(1), inbox)
    inbox.wait()
    assert running.wait_until_idle("door", LONG_S)
    assert running.inference_ms == 1000.0


def test_a_stop_just_before_a_worker_waits_ends_it_too():
    looked = Event()

    class Watched(Event):
        """Tells that a worker has asked whether to stop; `looked` is set then."""

        def is_set(self):
            answer = super().is_set()
            looked.set()
            return answer

    pool = workers.DetectionPool(create=lambda _stop: None, on_change=lambda _change: None)
    pool._stop = Watched()
    with pool._changed:
        worker = next(each for each in pool._threads if "look" in each.name)
        worker.start()
        assert looked.wait(LONG_S)
        # What `stop` does, while the worker waits for the lock.
        pool._stop.set()
        pool._changed.notify_all()
    worker.join(LONG_S)
    assert not worker.is_alive()

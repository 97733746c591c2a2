"""The detection pool: which job runs when, and who gets the reply."""

import math
from threading import Event, Semaphore

from pool_fakes import LONG_S, PERSON, FakeDetector, FakeFrame, Inbox, hold, started_pools
import pytest

from custom_components.homesec.engine.detection.camera_failures import MAX_FAILURES
from custom_components.homesec.engine.detection.pool import DetectionPool


@pytest.fixture
def pool():
    with started_pools() as start:
        yield start


@pytest.fixture
def inbox():
    return Inbox()


def test_pool_submitted_frame_gets_reply(pool, inbox):
    fake = FakeDetector()
    started = pool(fake)
    assert started.submit("door", FakeFrame(7), inbox)
    assert inbox.wait() == [(7, PERSON)]
    assert fake.numbers == [7]
    assert started.wait_until_idle("door", LONG_S)
    assert started.frame_count == 1


def test_submit_newest_frame_replaces_waiting_one(pool, inbox):
    fake = FakeDetector(Semaphore(0))
    started = pool(fake)
    hold(started, fake)
    assert [started.submit("door", FakeFrame(n), inbox) for n in (1, 2, 3)] == [True, False, False]
    fake.gate.release(10)
    assert started.wait_until_idle("door", LONG_S)
    assert inbox.got == [(3, PERSON)]


def test_pool_serves_cameras_in_turns(pool):
    fake = FakeDetector(Semaphore(0))
    started = pool(fake)

    def again(frame, found):
        started.submit("busy", FakeFrame(1), again)

    started.submit("busy", FakeFrame(1), again)
    assert fake.started.acquire(timeout=LONG_S)
    started.submit("busy", FakeFrame(1), again)
    boxes = {name: Inbox() for name in "abc"}
    for number, name in enumerate("abc", 2):
        started.submit(name, FakeFrame(number), boxes[name])
    for _ in range(3):
        started.submit("busy", FakeFrame(1), again)
    fake.gate.release(5)
    for box in boxes.values():
        box.wait()
    assert fake.numbers[:5] == [1, 1, 2, 3, 4]


def test_pool_with_two_workers_keeps_order_of_camera(pool, inbox):
    fake = FakeDetector(Semaphore(0))
    started = pool(fake, workers=2)
    hold(started, fake, "door")
    started.submit("door", FakeFrame(1), inbox)
    started.submit("yard", FakeFrame(2), inbox)
    assert fake.started.acquire(timeout=LONG_S)  # the other worker, at the other camera
    assert fake.numbers == [99, 2]
    fake.gate.release(10)
    inbox.wait(2)
    assert fake.numbers == [99, 2, 1]


def test_submit_waiting_for_slot_drops_nothing(pool, inbox):
    started = pool(FakeDetector())
    assert all(started.submit("file", FakeFrame(n), inbox, wait_s=math.inf) for n in range(50))
    assert started.wait_until_idle("file", LONG_S)
    assert [number for number, _ in inbox.got] == list(range(50))


def test_submit_replaces_job_after_waiting_in_vain(pool, inbox):
    fake = FakeDetector(Semaphore(0))
    started = pool(fake)
    hold(started, fake)
    started.submit("door", FakeFrame(1), inbox)
    assert started.submit("door", FakeFrame(2), inbox, wait_s=0.01) is False
    fake.gate.release(10)
    started.wait_until_idle("door", LONG_S)
    assert inbox.got == [(2, PERSON)]


def test_cancel_drops_waiting_job(pool, inbox):
    fake = FakeDetector(Semaphore(0))
    started = pool(fake)
    hold(started, fake)
    started.submit("door", FakeFrame(1), inbox)
    assert not started.is_idle("door")
    started.cancel("door")
    started.cancel("unknown")
    assert started.is_idle("door")
    fake.gate.release(10)
    assert started.wait_until_idle("busy", LONG_S)
    assert inbox.got == []
    assert fake.numbers == [99]


def test_slot_is_idle_only_after_reply(pool):
    fake = FakeDetector()
    started = pool(fake)
    replying, go = Event(), Event()

    def reply(frame, found):
        replying.set()
        assert go.wait(LONG_S)

    started.submit("door", FakeFrame(1), reply)
    assert replying.wait(LONG_S)
    assert not started.is_idle("door")
    assert not started.wait_until_idle("door", 0.01)
    go.set()
    assert started.wait_until_idle("door", LONG_S)


def test_broken_frames_do_not_replace_detector(pool, inbox, caplog):
    fake = FakeDetector()
    started = pool(fake)
    for _ in range(MAX_FAILURES + 1):
        started.submit("door", FakeFrame(None), inbox, wait_s=math.inf)
    assert inbox.wait(4) == [(None, None)] * 4
    assert not fake.closed.is_set()
    assert [record.message for record in caplog.records] == [
        "Detection failed: cannot be converted",
        "Detection is paused for camera door: cannot be converted",
    ]


def test_callback_that_raises_ends_no_thread(pool, inbox, caplog):
    def bad(*_):
        raise ValueError("not ours")

    started = pool(FakeDetector(), on_change=bad)
    started.submit("door", FakeFrame(1), bad)
    assert started.wait_until_idle("door", LONG_S)
    started.submit("door", FakeFrame(2), inbox)
    assert inbox.wait() == [(2, PERSON)]
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]


def test_inference_ms_is_duration_of_job(pool, inbox):
    ticks = iter(range(1000))
    started = pool(FakeDetector(), clock=lambda: float(next(ticks)))
    started.submit("door", FakeFrame(1), inbox)
    inbox.wait()
    assert started.wait_until_idle("door", LONG_S)
    assert started.inference_ms == 1000.0


def test_stop_just_before_worker_waits_ends_worker():
    checked = Event()

    class CheckedEvent(Event):
        """Sets ``checked`` when a worker asks whether to stop."""

        def is_set(self):
            answer = super().is_set()
            checked.set()
            return answer

    pool = DetectionPool(create=lambda _stop: None, on_change=lambda _change: None)
    pool._stop = CheckedEvent()
    with pool._changed:
        worker = next(each for each in pool._threads if "detect-" in each.name)
        worker.start()
        assert checked.wait(LONG_S)
        # What `stop` does, while the worker waits for the lock.
        pool._stop.set()
        pool._changed.notify_all()
    worker.join(LONG_S)
    assert not worker.is_alive()

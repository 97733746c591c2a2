"""The outbox's thread: what wakes it, and how it ends."""

import threading
import time

from disk_store import DiskStore
from engine_rig import LONG_S
from library_rig import LibraryRig
import pytest

from custom_components.homesec.engine.cloud.errors import BucketMissing, TransferStopped
from custom_components.homesec.engine.core.types import CloudState
from custom_components.homesec.engine.db.job_queue import JobKind


@pytest.fixture
def house(tmp_path):
    made = LibraryRig(tmp_path)
    yield made
    made.close()


def kinds_done(house, perform):
    return house.make_outbox({JobKind.UPLOAD: perform, JobKind.DELETE: perform})


def nothing():
    return None


def wait_until(condition):
    deadline = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_added_job_wakes_worker(house):
    house.outbox.start()
    clip = house.saved()
    wait_until(lambda: house.row(clip).cloud is CloudState.STORED)


def test_resume_wakes_worker(house):
    house.store.faults.append(BucketMissing())
    clip = house.saved()
    house.outbox.start()
    wait_until(lambda: house.outbox.paused)
    house.outbox.resume()
    wait_until(lambda: house.row(clip).cloud is CloudState.STORED)


def test_stop_during_upload_is_quick_and_keeps_job(tmp_path):
    slow = DiskStore(tmp_path / "cloud", chunk_s=LONG_S)
    house = LibraryRig(tmp_path, store=slow)
    clip = house.saved(size=5000)
    house.outbox.start()
    assert slow.busy.wait(LONG_S)
    began = time.monotonic()
    house.close()
    assert time.monotonic() - began < 2
    slow.chunk_s = 0
    again = LibraryRig(tmp_path, store=slow)
    assert again.jobs.due([JobKind.UPLOAD]).attempts == 0
    again.run()
    assert again.row(clip).cloud is CloudState.STORED
    again.close()


def test_join_with_hanging_store_times_out(house):
    gate, inside = threading.Event(), threading.Event()

    def hang(job, _):
        inside.set()
        gate.wait(LONG_S)
        raise ValueError

    house.saved()
    outbox = kinds_done(house, hang)
    outbox.start()
    assert inside.wait(LONG_S)
    outbox.halt()
    assert not outbox.join(0.1)
    house.catalog.close()
    gate.set()
    assert outbox.join(LONG_S)


def test_job_that_ends_after_catalog_closed_is_kept(house):
    gate, inside = threading.Event(), threading.Event()

    def late(job, _):
        inside.set()
        gate.wait(LONG_S)
        return nothing

    house.saved()
    outbox = kinds_done(house, late)
    outbox.start()
    assert inside.wait(LONG_S)
    outbox.halt()
    house.catalog.close()
    gate.set()
    assert outbox.join(LONG_S)


def test_database_error_does_not_end_worker(house, caplog, monkeypatch):
    clip = house.saved()
    monkeypatch.setattr("custom_components.homesec.engine.db.worker.MAX_SLEEP_S", 0.01)
    house.catalog.database.query(
        "CREATE TRIGGER full BEFORE DELETE ON jobs BEGIN SELECT raise(ABORT, 'disk full'); END"
    )
    house.outbox.start()
    wait_until(lambda: "disk full" in caplog.text)
    house.catalog.database.query("DROP TRIGGER full")
    wait_until(lambda: house.row(clip).cloud is CloudState.STORED)
    assert len(house.store.names(".mp4")) == 1


def test_unrequested_transfer_stop_is_retried(house):
    clip = house.saved()
    house.store.faults.append(TransferStopped())
    house.run()
    house.clock.advance(2)
    house.run()
    assert house.row(clip).cloud is CloudState.STORED


def test_halt_before_start_ends_at_once(house):
    outbox = house.make_outbox({})
    outbox.halt()
    assert outbox.join()

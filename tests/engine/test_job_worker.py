"""The thread of a job worker: what wakes it, and how it ends."""

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
def rig(tmp_path):
    made = LibraryRig(tmp_path)
    yield made
    made.close()


def make_outbox(rig, perform):
    return rig.make_outbox({JobKind.UPLOAD: perform, JobKind.DELETE: perform})


def settle():
    return None


def wait_until(condition):
    deadline = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_added_job_wakes_worker(rig):
    rig.outbox.start()
    clip = rig.saved()
    wait_until(lambda: rig.row(clip).cloud is CloudState.STORED)


def test_resume_wakes_worker(rig):
    rig.store.faults.append(BucketMissing())
    clip = rig.saved()
    rig.outbox.start()
    wait_until(lambda: rig.outbox.paused)
    rig.outbox.resume()
    wait_until(lambda: rig.row(clip).cloud is CloudState.STORED)


def test_stop_during_upload_is_quick_and_keeps_job(tmp_path):
    slow = DiskStore(tmp_path / "cloud", chunk_s=LONG_S)
    rig = LibraryRig(tmp_path, store=slow)
    clip = rig.saved(size=5000)
    rig.outbox.start()
    assert slow.busy.wait(LONG_S)
    began = time.monotonic()
    rig.close()
    assert time.monotonic() - began < 2
    slow.chunk_s = 0
    again = LibraryRig(tmp_path, store=slow)
    assert again.jobs.due([JobKind.UPLOAD]).attempts == 0
    again.run()
    assert again.row(clip).cloud is CloudState.STORED
    again.close()


def test_join_with_hanging_store_times_out(rig):
    gate, inside = threading.Event(), threading.Event()

    def hang(job, _):
        inside.set()
        gate.wait(LONG_S)
        raise ValueError

    rig.saved()
    outbox = make_outbox(rig, hang)
    outbox.start()
    assert inside.wait(LONG_S)
    outbox.halt()
    assert not outbox.join(0.1)
    rig.catalog.close()
    gate.set()
    assert outbox.join(LONG_S)


def test_job_that_ends_after_catalog_closed_is_kept(rig):
    gate, inside = threading.Event(), threading.Event()

    def late(job, _):
        inside.set()
        gate.wait(LONG_S)
        return settle

    rig.saved()
    outbox = make_outbox(rig, late)
    outbox.start()
    assert inside.wait(LONG_S)
    outbox.halt()
    rig.catalog.close()
    gate.set()
    assert outbox.join(LONG_S)


def test_database_error_does_not_end_worker(rig, caplog, monkeypatch):
    clip = rig.saved()
    monkeypatch.setattr("custom_components.homesec.engine.db.worker.MAX_SLEEP_S", 0.01)
    rig.catalog.database.query(
        "CREATE TRIGGER full BEFORE DELETE ON jobs BEGIN SELECT raise(ABORT, 'disk full'); END"
    )
    rig.outbox.start()
    wait_until(lambda: "disk full" in caplog.text)
    rig.catalog.database.query("DROP TRIGGER full")
    wait_until(lambda: rig.row(clip).cloud is CloudState.STORED)
    assert len(rig.store.names(".mp4")) == 1


def test_unrequested_transfer_stop_is_retried(rig):
    clip = rig.saved()
    rig.store.faults.append(TransferStopped())
    rig.run()
    rig.clock.advance(2)
    rig.run()
    assert rig.row(clip).cloud is CloudState.STORED


def test_halt_before_start_ends_at_once(rig):
    outbox = rig.make_outbox({})
    outbox.halt()
    assert outbox.join()

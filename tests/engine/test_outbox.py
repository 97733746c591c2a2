"""Which job is done next, and what becomes of one that fails."""

import logging
import sqlite3
import threading
import time

from disk_store import DiskStore
from hypothesis import given, settings, strategies as st
from kept import NOON, House
import pytest
from rig import LONG_S

from custom_components.homesec.engine.errors import (
    BucketMissing,
    ChecksumMismatch,
    ClockSkew,
    KeyRevoked,
    ObjectConflict,
    QuotaExceeded,
    StorageBusy,
    StorageDenied,
    StorageUnreachable,
    TransferStopped,
)
from custom_components.homesec.engine.jobs import LONGEST_WAIT_S, JobKind
from custom_components.homesec.engine.keeping import ClipUploaded, OutboxChanged
from custom_components.homesec.engine.models import CloudState
from custom_components.homesec.engine.outbox import OLDEST_EVERY


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    made.close()


def kinds_done(house, perform):
    return house.make_outbox({JobKind.UPLOAD: perform, JobKind.DELETE: perform})


def nothing():
    return None


# --- order ---


def test_the_newest_goes_first_and_each_fourth_time_the_oldest(house):
    done = []
    outbox = kinds_done(house, lambda job, _: done.append(job.subject) or nothing)
    outbox._turn = 1
    for n in range(9):
        house.jobs.add(JobKind.UPLOAD, f"{n}")
    while outbox.step() == 0:
        pass
    assert done == ["8", "7", "6", "0", "5", "4", "3", "1", "2"]


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3), max_size=60), st.integers(0, 99))
def test_whatever_comes_in_between_every_job_has_its_turn(tmp_path_factory, arrivals, seed):
    """After at most four turns for each job that is not younger, however many younger ones come."""
    house = House(tmp_path_factory.mktemp("house"))
    turn, numbers, until, late = 0, iter(range(10**6)), {}, []

    def perform(job, _):
        if turn > until.pop(job.subject):
            late.append(job.subject)
        return nothing

    outbox = house.make_outbox({JobKind.UPLOAD: perform}, seed)
    try:
        # Endless new ones at the end: the old ones must come through all the same.
        for count in (*arrivals, *[1] * (4 * sum(arrivals) + 8)):
            for _ in range(count):
                name = f"{next(numbers)}"
                until[name] = turn + OLDEST_EVERY * (len(until) + 1)
                house.jobs.add(JobKind.UPLOAD, name)
            turn += 1
            outbox.step()
            assert not late
            assert all(turn <= limit for limit in until.values())
    finally:
        house.close()


def test_a_house_that_is_often_started_gets_to_its_oldest_job_too(house):
    turns = {house.make_outbox({}, seed)._turn for seed in range(20)}
    assert turns == set(range(OLDEST_EVERY))


# --- what becomes of a job ---


def test_a_job_is_gone_in_the_transaction_that_tells_what_it_did(house):
    clip = house.saved()

    def perform(job, _):
        def settle():
            house.copies.stored(clip.id, 5)
            raise sqlite3.OperationalError("disk is full")

        return settle

    with pytest.raises(sqlite3.OperationalError):
        kinds_done(house, perform).step()
    assert house.row(clip).cloud is CloudState.WAITING
    assert house.jobs.backlog([JobKind.UPLOAD]).jobs == 1


def test_what_a_job_did_that_was_withdrawn_meanwhile_is_not_told(house):
    house.saved()
    settled = []

    def perform(job, _):
        house.jobs.withdraw(job.kind, job.subject)
        return lambda: settled.append(1)

    assert kinds_done(house, perform).step() == 0
    assert settled == []


def test_what_cannot_be_written_down_of_one_job_lets_the_others_go_first(house, caplog):
    done = []

    def perform(job, _):
        def settle():
            if job.subject == "2":
                raise ZeroDivisionError
            done.append(job.subject)

        return settle

    outbox = kinds_done(house, perform)
    outbox._turn = 1
    for n in range(3):
        house.jobs.add(JobKind.UPLOAD, f"{n}")
    while outbox.step() == 0:
        pass
    assert done == ["1", "0"]
    assert house.jobs.backlog([JobKind.UPLOAD]).jobs == 1
    assert "ZeroDivisionError" in caplog.text


def test_a_failed_job_lets_the_others_go_first(house):
    first, second = house.saved(NOON), house.saved(NOON + 1)
    house.store.faults.extend([ChecksumMismatch()])
    house.outbox._turn = 1
    house.run()
    assert house.row(first).cloud is CloudState.STORED
    assert house.row(second).cloud is CloudState.WAITING
    house.clock.advance(2)
    house.run()
    assert house.row(second).cloud is CloudState.STORED


@pytest.mark.parametrize(
    "error", [ChecksumMismatch(), ObjectConflict(), PermissionError(13, "no"), ZeroDivisionError()]
)
def test_one_jobs_own_trouble_does_not_hold_up_the_outbox(house, error):
    house.saved()
    house.store.faults.append(error)
    house.outbox.step()
    assert 1 <= house.outbox.step() <= 2
    assert house.of(OutboxChanged)[-1].error is None
    assert not house.outbox.paused


# --- the cloud is away ---


@pytest.mark.parametrize(
    "error", [StorageUnreachable(), StorageBusy(), QuotaExceeded(), ClockSkew()]
)
def test_when_the_cloud_is_away_the_other_jobs_do_not_try_either(house, error):
    clips = [house.saved(NOON + n) for n in range(5)]
    house.store.faults.append(error)
    house.outbox.step()
    assert house.outbox.step() > 0
    assert len(house.store.calls) == 1
    assert house.of(OutboxChanged)[-1].error == error.key
    house.clock.advance(LONGEST_WAIT_S)
    house.run()
    assert {house.row(c).cloud for c in clips} == {CloudState.STORED}
    assert house.of(OutboxChanged)[-1].error is None
    assert house.of(OutboxChanged)[-1].backlog.jobs == 0


def test_it_waits_longer_each_time_up_to_a_quarter_of_an_hour(house):
    house.saved()
    house.store.faults.extend(StorageUnreachable() for _ in range(14))
    waits, tried_at = [], house.clock.now()
    house.outbox.step()
    while len(waits) < 13:
        tries = len(house.store.calls)
        house.clock.advance(house.outbox.step())
        if len(house.store.calls) > tries:
            waits.append(house.clock.now() - tried_at)
            tried_at = house.clock.now()
    for n, wait_s in enumerate(waits):
        longest = min(2.0 * 2**n, LONGEST_WAIT_S)
        assert longest / 2 <= wait_s <= longest + 0.001
    assert len({round(wait_s, 3) for wait_s in waits}) == len(waits)


def test_it_waits_as_long_as_it_is_asked_to(house):
    house.saved()
    house.store.faults.append(StorageBusy(retry_after_s=77.0))
    house.outbox.step()
    assert house.outbox.step() == 77.0


def test_a_quota_is_not_asked_for_again_soon(house):
    house.saved()
    house.store.faults.append(QuotaExceeded())
    house.outbox.step()
    assert house.outbox.step() == LONGEST_WAIT_S


def test_when_the_cloud_is_back_all_that_failed_for_it_is_tried_at_once(house):
    clips = [house.saved(NOON + n) for n in range(3)]
    for _ in range(8):
        house.store.faults.append(StorageUnreachable())
        house.outbox.step()
        house.clock.advance(house.outbox.step())
    house.run()
    assert {house.row(c).cloud for c in clips} == {CloudState.STORED}


# --- a person is needed ---


@pytest.mark.parametrize("error", [StorageDenied(), KeyRevoked(), BucketMissing()])
def test_what_only_a_person_can_cure_pauses_it_until_it_is_told_to_go_on(house, error):
    clip = house.saved()
    house.store.faults.append(error)
    house.outbox.step()
    assert house.outbox.paused
    told = house.of(OutboxChanged)[-1]
    assert (told.paused, told.error, told.backlog.jobs) == (True, error.key, 1)
    house.clock.advance(299)
    assert house.outbox.step() == pytest.approx(1.0)
    assert len(house.store.calls) == 1
    house.outbox.resume()
    house.run()
    assert house.row(clip).cloud is CloudState.STORED
    told = house.of(OutboxChanged)[-1]
    assert (told.paused, told.error) == (False, None)


def test_a_pause_looks_by_itself_now_and_then_whether_it_is_over(house):
    clip = house.saved()
    house.store.faults += [KeyRevoked()] * 9
    waits = []
    house.outbox.step()
    for _ in range(8):
        wait_s = house.outbox.step()
        waits.append(round(wait_s))
        house.clock.advance(wait_s)
        house.outbox.step()
    assert waits == [300, 600, 1200, 2400, 4800, 9600, 19200, 21600]
    assert len(house.store.calls) == 9
    house.clock.advance(21600)
    house.run()
    assert house.row(clip).cloud is CloudState.STORED
    told = house.of(OutboxChanged)
    assert [e.paused for e in told] == [True, False]
    house.saved(NOON + 1)
    house.store.faults.append(KeyRevoked())
    house.outbox.step()
    assert house.outbox.step() == pytest.approx(300)


def test_a_login_that_is_cured_while_the_old_one_is_tried_ends_the_pause_before_it_begins(house):
    house.jobs.add(JobKind.UPLOAD, "1")
    done = []

    def perform(job, _):
        done.append(job.attempts)
        if len(done) == 1:
            outbox.resume()
            raise StorageDenied
        return nothing

    outbox = kinds_done(house, perform)
    outbox.step()
    assert not outbox.paused
    house.clock.advance(2)
    outbox.step()
    assert done == [0, 1]


def test_a_line_that_is_down_during_a_pause_does_not_end_it(house):
    house.saved()
    house.store.faults += [KeyRevoked(), StorageUnreachable()]
    house.outbox.step()
    house.clock.advance(300)
    house.outbox.step()
    told = house.of(OutboxChanged)[-1]
    assert (told.paused, told.error) == (True, KeyRevoked.key)


@pytest.mark.parametrize("kind", [JobKind.DELETE, JobKind.DESCRIBE])
def test_only_uploads_are_told_of_as_waiting(house, kind):
    house.jobs.add(kind, "x", {"names": []})
    assert house.outbox.backlog.jobs == 0
    house.saved(size=700)
    assert (house.outbox.backlog.jobs, house.outbox.backlog.bytes) == (1, 700)


def test_a_bucket_that_forbids_deleting_still_gets_its_uploads(house):
    house.jobs.add(JobKind.DELETE, "x", {"names": ["x.mp4"]})
    house.store.faults.append(StorageDenied())
    house.run()
    assert not house.outbox.paused
    clip = house.saved()
    house.run()
    assert house.row(clip).cloud is CloudState.STORED
    assert house.jobs.backlog([JobKind.DELETE]).jobs == 1


def test_a_bucket_that_forbids_deleting_is_not_asked_for_each_clip_again_and_again(house):
    asked = []

    def refuse(job, _):
        asked.append(job.subject)
        raise StorageDenied

    outbox = kinds_done(house, refuse)
    for n in range(500):
        house.jobs.add(JobKind.DELETE, f"{n}")
    for _ in range(6):
        while outbox.step() == 0:
            pass
        house.clock.advance(LONGEST_WAIT_S)
    assert len(asked) < 60
    assert house.jobs.backlog([JobKind.DELETE]).jobs == 500


def test_a_bucket_that_forbids_deleting_before_some_time_deletes_what_is_old_enough(house):
    deleted = []

    def refuse(job, _):
        if int(job.subject) >= 30:
            raise StorageDenied
        deleted.append(int(job.subject))
        return nothing

    outbox = kinds_done(house, refuse)
    for n in range(100):
        house.jobs.add(JobKind.DELETE, f"{n}")
    for _ in range(3):
        while outbox.step() == 0:
            pass
        house.clock.advance(LONGEST_WAIT_S)
    assert sorted(deleted) == list(range(30))


def test_a_key_that_is_revoked_is_told_even_if_there_is_only_something_to_delete(house):
    house.jobs.add(JobKind.DELETE, "x", {"names": ["x.mp4"]})
    house.store.faults.append(KeyRevoked())
    house.run()
    assert house.outbox.paused


# --- what is told ---


def test_the_backlog_is_told_when_it_changes(house):
    house.saved(size=500)
    house.outbox._tell()
    house.outbox._tell()
    house.run()
    told = [(e.backlog.jobs, e.backlog.bytes) for e in house.of(OutboxChanged)]
    assert told == [(1, 500), (0, 0)]
    assert house.of(ClipUploaded)[0].clip.cloud is CloudState.STORED


def test_no_secret_is_logged_whatever_fails(house, caplog):
    caplog.set_level(logging.DEBUG)
    for error in (
        ZeroDivisionError("https://secret"),
        OSError(5, "no luck", "secret"),
        StorageUnreachable("secret"),
    ):
        house.saved()
        house.store.faults.append(error)
        house.outbox.step()
    assert "secret" not in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "no luck" in caplog.text
    assert "storage_unreachable" in caplog.text


# --- the thread ---


def wait_until(condition):
    deadline = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_job_that_is_added_wakes_it(house):
    house.outbox.start()
    clip = house.saved()
    wait_until(lambda: house.row(clip).cloud is CloudState.STORED)


def test_resuming_wakes_it(house):
    house.store.faults.append(BucketMissing())
    clip = house.saved()
    house.outbox.start()
    wait_until(lambda: house.outbox.paused)
    house.outbox.resume()
    wait_until(lambda: house.row(clip).cloud is CloudState.STORED)


def test_a_stop_in_mid_upload_is_quick_and_loses_nothing(tmp_path):
    slow = DiskStore(tmp_path / "cloud", chunk_s=LONG_S)
    house = House(tmp_path, store=slow)
    clip = house.saved(size=5000)
    house.outbox.start()
    assert slow.busy.wait(LONG_S)
    began = time.monotonic()
    house.close()
    assert time.monotonic() - began < 2
    slow.chunk_s = 0
    again = House(tmp_path, store=slow)
    assert again.jobs.due([JobKind.UPLOAD]).attempts == 0
    again.run()
    assert again.row(clip).cloud is CloudState.STORED
    again.close()


def test_a_store_that_hangs_is_left_behind(house):
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


def test_what_ends_after_the_catalogue_was_closed_is_done_again(house):
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


def test_an_index_that_takes_nothing_does_not_end_the_outbox(house, caplog, monkeypatch):
    clip = house.saved()
    monkeypatch.setattr("custom_components.homesec.engine.job_worker.LOOK_AGAIN_S", 0.01)
    house.catalog.database.query(
        "CREATE TRIGGER full BEFORE DELETE ON jobs BEGIN SELECT raise(ABORT, 'disk full'); END"
    )
    house.outbox.start()
    wait_until(lambda: "disk full" in caplog.text)
    house.catalog.database.query("DROP TRIGGER full")
    wait_until(lambda: house.row(clip).cloud is CloudState.STORED)
    assert len(house.store.names(".mp4")) == 1


def test_a_transfer_that_stops_without_being_told_to_is_tried_again(house):
    clip = house.saved()
    house.store.faults.append(TransferStopped())
    house.run()
    house.clock.advance(2)
    house.run()
    assert house.row(clip).cloud is CloudState.STORED


def test_what_never_began_ends_at_once(house):
    outbox = house.make_outbox({})
    outbox.halt()
    assert outbox.join()

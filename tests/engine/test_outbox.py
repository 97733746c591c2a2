"""Which job is done next, and what becomes of one that fails."""

import logging
import sqlite3

from hypothesis import given, settings, strategies as st
from library_rig import NOON, LibraryRig
import pytest

from custom_components.homesec.engine.cloud.errors import (
    ChecksumMismatch,
    ClockSkew,
    ObjectConflict,
    QuotaExceeded,
    StorageBusy,
    StorageUnreachable,
)
from custom_components.homesec.engine.core.events import ClipUploaded, OutboxChanged
from custom_components.homesec.engine.core.types import CloudState
from custom_components.homesec.engine.db.job_queue import LONGEST_WAIT_S, JobKind
from custom_components.homesec.engine.library.outbox import OLDEST_EVERY


@pytest.fixture
def house(tmp_path):
    made = LibraryRig(tmp_path)
    yield made
    made.close()


def kinds_done(house, perform):
    return house.make_outbox({JobKind.UPLOAD: perform, JobKind.DELETE: perform})


def nothing():
    return None


# --- order ---


def test_outbox_takes_newest_job_and_every_fourth_time_oldest(house):
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
def test_outbox_never_starves_oldest_job(tmp_path_factory, arrivals, seed):
    """After at most four turns for each job that is not younger, however many younger ones come."""
    house = LibraryRig(tmp_path_factory.mktemp("house"))
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


def test_outbox_reaches_oldest_job_despite_restarts(house):
    turns = {house.make_outbox({}, seed)._turn for seed in range(20)}
    assert turns == set(range(OLDEST_EVERY))


# --- what becomes of a job ---


def test_job_is_removed_with_its_result(house):
    clip = house.saved()

    def perform(job, _):
        def settle():
            house.copies.mark_uploaded(clip.id, 5)
            raise sqlite3.OperationalError("disk is full")

        return settle

    with pytest.raises(sqlite3.OperationalError):
        kinds_done(house, perform).step()
    assert house.row(clip).cloud is CloudState.WAITING
    assert house.jobs.backlog([JobKind.UPLOAD]).jobs == 1


def test_result_of_canceled_job_is_ignored(house):
    house.saved()
    settled = []

    def perform(job, _):
        house.jobs.cancel(job.kind, job.subject)
        return lambda: settled.append(1)

    assert kinds_done(house, perform).step() == 0
    assert settled == []


def test_job_whose_result_fails_lets_others_go_first(house, caplog):
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


def test_failed_job_lets_others_go_first(house):
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
def test_error_of_one_job_does_not_back_off_outbox(house, error):
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
def test_unreachable_cloud_backs_off_all_jobs(house, error):
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


def test_backoff_grows_up_to_limit(house):
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


def test_backoff_honors_retry_after(house):
    house.saved()
    house.store.faults.append(StorageBusy(retry_after_s=77.0))
    house.outbox.step()
    assert house.outbox.step() == 77.0


def test_exceeded_quota_backs_off_longest(house):
    house.saved()
    house.store.faults.append(QuotaExceeded())
    house.outbox.step()
    assert house.outbox.step() == LONGEST_WAIT_S


def test_recovered_cloud_makes_failed_jobs_due(house):
    clips = [house.saved(NOON + n) for n in range(3)]
    for _ in range(8):
        house.store.faults.append(StorageUnreachable())
        house.outbox.step()
        house.clock.advance(house.outbox.step())
    house.run()
    assert {house.row(c).cloud for c in clips} == {CloudState.STORED}


# --- what is told ---


def test_outbox_reports_changed_backlog(house):
    house.saved(size=500)
    house.outbox._report_state()
    house.outbox._report_state()
    house.run()
    told = [(e.backlog.jobs, e.backlog.bytes) for e in house.of(OutboxChanged)]
    assert told == [(1, 500), (0, 0)]
    assert house.of(ClipUploaded)[0].clip.cloud is CloudState.STORED


def test_failed_job_logs_no_secret(house, caplog):
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

"""Order of jobs, and back-off after failures."""

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
def library(tmp_path):
    made = LibraryRig(tmp_path)
    yield made
    made.close()


def kinds_done(library, perform):
    return library.make_outbox({JobKind.UPLOAD: perform, JobKind.DELETE: perform})


def nothing():
    return None


# --- order ---


def test_outbox_takes_newest_job_and_every_fourth_time_oldest(library):
    done = []
    outbox = kinds_done(library, lambda job, _: done.append(job.subject) or nothing)
    outbox._turn = 1
    for n in range(9):
        library.jobs.add(JobKind.UPLOAD, f"{n}")
    while outbox.step() == 0:
        pass
    assert done == ["8", "7", "6", "0", "5", "4", "3", "1", "2"]


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3), max_size=60), st.integers(0, 99))
def test_outbox_never_starves_oldest_job(tmp_path_factory, arrivals, seed):
    """A job waits at most four turns per older job, however many newer ones are added."""
    library = LibraryRig(tmp_path_factory.mktemp("house"))
    turn, numbers, until, late = 0, iter(range(10**6)), {}, []

    def perform(job, _):
        if turn > until.pop(job.subject):
            late.append(job.subject)
        return nothing

    outbox = library.make_outbox({JobKind.UPLOAD: perform}, seed)
    try:
        # New jobs without end.
        for count in (*arrivals, *[1] * (4 * sum(arrivals) + 8)):
            for _ in range(count):
                name = f"{next(numbers)}"
                until[name] = turn + OLDEST_EVERY * (len(until) + 1)
                library.jobs.add(JobKind.UPLOAD, name)
            turn += 1
            outbox.step()
            assert not late
            assert all(turn <= limit for limit in until.values())
    finally:
        library.close()


def test_outbox_reaches_oldest_job_despite_restarts(library):
    turns = {library.make_outbox({}, seed)._turn for seed in range(20)}
    assert turns == set(range(OLDEST_EVERY))


# --- results ---


def test_job_is_removed_with_its_result(library):
    clip = library.saved()

    def perform(job, _):
        def settle():
            library.copies.mark_uploaded(clip.id, 5)
            raise sqlite3.OperationalError("disk is full")

        return settle

    with pytest.raises(sqlite3.OperationalError):
        kinds_done(library, perform).step()
    assert library.row(clip).cloud is CloudState.WAITING
    assert library.jobs.backlog([JobKind.UPLOAD]).jobs == 1


def test_result_of_canceled_job_is_ignored(library):
    library.saved()
    settled = []

    def perform(job, _):
        library.jobs.cancel(job.kind, job.subject)
        return lambda: settled.append(1)

    assert kinds_done(library, perform).step() == 0
    assert settled == []


def test_job_whose_result_fails_lets_others_go_first(library, caplog):
    done = []

    def perform(job, _):
        def settle():
            if job.subject == "2":
                raise ZeroDivisionError
            done.append(job.subject)

        return settle

    outbox = kinds_done(library, perform)
    outbox._turn = 1
    for n in range(3):
        library.jobs.add(JobKind.UPLOAD, f"{n}")
    while outbox.step() == 0:
        pass
    assert done == ["1", "0"]
    assert library.jobs.backlog([JobKind.UPLOAD]).jobs == 1
    assert "ZeroDivisionError" in caplog.text


def test_failed_job_lets_others_go_first(library):
    first, second = library.saved(NOON), library.saved(NOON + 1)
    library.store.faults.extend([ChecksumMismatch()])
    library.outbox._turn = 1
    library.run()
    assert library.row(first).cloud is CloudState.STORED
    assert library.row(second).cloud is CloudState.WAITING
    library.clock.advance(2)
    library.run()
    assert library.row(second).cloud is CloudState.STORED


@pytest.mark.parametrize(
    "error", [ChecksumMismatch(), ObjectConflict(), PermissionError(13, "no"), ZeroDivisionError()]
)
def test_error_of_one_job_does_not_back_off_outbox(library, error):
    library.saved()
    library.store.faults.append(error)
    library.outbox.step()
    assert 1 <= library.outbox.step() <= 2
    assert library.of(OutboxChanged)[-1].error is None
    assert not library.outbox.paused


# --- the cloud is unreachable ---


@pytest.mark.parametrize(
    "error", [StorageUnreachable(), StorageBusy(), QuotaExceeded(), ClockSkew()]
)
def test_unreachable_cloud_backs_off_all_jobs(library, error):
    clips = [library.saved(NOON + n) for n in range(5)]
    library.store.faults.append(error)
    library.outbox.step()
    assert library.outbox.step() > 0
    assert len(library.store.calls) == 1
    assert library.of(OutboxChanged)[-1].error == error.key
    library.clock.advance(LONGEST_WAIT_S)
    library.run()
    assert {library.row(c).cloud for c in clips} == {CloudState.STORED}
    assert library.of(OutboxChanged)[-1].error is None
    assert library.of(OutboxChanged)[-1].backlog.jobs == 0


def test_backoff_grows_up_to_limit(library):
    library.saved()
    library.store.faults.extend(StorageUnreachable() for _ in range(14))
    waits, tried_at = [], library.clock.now()
    library.outbox.step()
    while len(waits) < 13:
        tries = len(library.store.calls)
        library.clock.advance(library.outbox.step())
        if len(library.store.calls) > tries:
            waits.append(library.clock.now() - tried_at)
            tried_at = library.clock.now()
    for n, wait_s in enumerate(waits):
        longest = min(2.0 * 2**n, LONGEST_WAIT_S)
        assert longest / 2 <= wait_s <= longest + 0.001
    assert len({round(wait_s, 3) for wait_s in waits}) == len(waits)


def test_backoff_honors_retry_after(library):
    library.saved()
    library.store.faults.append(StorageBusy(retry_after_s=77.0))
    library.outbox.step()
    assert library.outbox.step() == 77.0


def test_exceeded_quota_backs_off_longest(library):
    library.saved()
    library.store.faults.append(QuotaExceeded())
    library.outbox.step()
    assert library.outbox.step() == LONGEST_WAIT_S


def test_recovered_cloud_makes_failed_jobs_due(library):
    clips = [library.saved(NOON + n) for n in range(3)]
    for _ in range(8):
        library.store.faults.append(StorageUnreachable())
        library.outbox.step()
        library.clock.advance(library.outbox.step())
    library.run()
    assert {library.row(c).cloud for c in clips} == {CloudState.STORED}


# --- reports and logs ---


def test_outbox_reports_changed_backlog(library):
    library.saved(size=500)
    library.outbox._report_state()
    library.outbox._report_state()
    library.run()
    told = [(e.backlog.jobs, e.backlog.bytes) for e in library.of(OutboxChanged)]
    assert told == [(1, 500), (0, 0)]
    assert library.of(ClipUploaded)[0].clip.cloud is CloudState.STORED


def test_failed_job_logs_no_secret(library, caplog):
    caplog.set_level(logging.DEBUG)
    for error in (
        ZeroDivisionError("https://secret"),
        OSError(5, "no luck", "secret"),
        StorageUnreachable("secret"),
    ):
        library.saved()
        library.store.faults.append(error)
        library.outbox.step()
    assert "secret" not in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "no luck" in caplog.text
    assert "storage_unreachable" in caplog.text

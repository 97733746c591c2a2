"""Errors that need the user: the outbox pauses."""

from library_rig import NOON, LibraryRig
import pytest

from custom_components.homesec.engine.cloud.errors import (
    BucketMissing,
    KeyRevoked,
    StorageDenied,
    StorageUnreachable,
)
from custom_components.homesec.engine.core.events import OutboxChanged
from custom_components.homesec.engine.core.types import CloudState
from custom_components.homesec.engine.db.job_queue import LONGEST_WAIT_S, JobKind
from custom_components.homesec.engine.library.outbox import MAX_REFUSALS


@pytest.fixture
def library(tmp_path):
    made = LibraryRig(tmp_path)
    yield made
    made.close()


def kinds_done(library, perform):
    return library.make_outbox({JobKind.UPLOAD: perform, JobKind.DELETE: perform})


def nothing():
    return None


@pytest.mark.parametrize("error", [StorageDenied(), KeyRevoked(), BucketMissing()])
def test_error_that_needs_user_pauses_until_resume(library, error):
    clip = library.saved()
    library.store.faults.append(error)
    library.outbox.step()
    assert library.outbox.paused
    told = library.of(OutboxChanged)[-1]
    assert (told.paused, told.error, told.backlog.jobs) == (True, error.key, 1)
    library.clock.advance(299)
    assert library.outbox.step() == pytest.approx(1.0)
    assert len(library.store.calls) == 1
    library.outbox.resume()
    library.run()
    assert library.row(clip).cloud is CloudState.STORED
    told = library.of(OutboxChanged)[-1]
    assert (told.paused, told.error) == (False, None)


def test_pause_retries_by_itself_with_growing_delay(library):
    clip = library.saved()
    library.store.faults += [KeyRevoked()] * 9
    waits = []
    library.outbox.step()
    for _ in range(8):
        wait_s = library.outbox.step()
        waits.append(round(wait_s))
        library.clock.advance(wait_s)
        library.outbox.step()
    assert waits == [300, 600, 1200, 2400, 4800, 9600, 19200, 21600]
    assert len(library.store.calls) == 9
    library.clock.advance(21600)
    library.run()
    assert library.row(clip).cloud is CloudState.STORED
    told = library.of(OutboxChanged)
    assert [e.paused for e in told] == [True, False]
    library.saved(NOON + 1)
    library.store.faults.append(KeyRevoked())
    library.outbox.step()
    assert library.outbox.step() == pytest.approx(300)


def test_resume_during_job_prevents_pause(library):
    library.jobs.add(JobKind.UPLOAD, "1")
    done = []

    def perform(job, _):
        done.append(job.attempts)
        if len(done) == 1:
            outbox.resume()
            raise StorageDenied
        return nothing

    outbox = kinds_done(library, perform)
    outbox.step()
    assert not outbox.paused
    library.clock.advance(2)
    outbox.step()
    assert done == [0, 1]


def test_unreachable_cloud_does_not_end_pause(library):
    library.saved()
    library.store.faults += [KeyRevoked(), StorageUnreachable()]
    library.outbox.step()
    library.clock.advance(300)
    library.outbox.step()
    told = library.of(OutboxChanged)[-1]
    assert (told.paused, told.error) == (True, KeyRevoked.key)


@pytest.mark.parametrize("kind", [JobKind.DELETE, JobKind.DESCRIBE])
def test_backlog_counts_only_uploads(library, kind):
    library.jobs.add(kind, "x", {"names": []})
    assert library.outbox.backlog.jobs == 0
    library.saved(size=700)
    assert (library.outbox.backlog.jobs, library.outbox.backlog.bytes) == (1, 700)


def test_forbidden_delete_does_not_block_uploads(library):
    library.jobs.add(JobKind.DELETE, "x", {"names": ["x.mp4"]})
    library.store.faults.append(StorageDenied())
    library.run()
    assert not library.outbox.paused
    clip = library.saved()
    library.run()
    assert library.row(clip).cloud is CloudState.STORED
    assert library.jobs.backlog([JobKind.DELETE]).jobs == 1


def test_forbidden_delete_reschedules_all_newer_deletes(library):
    asked = []

    def refuse(job, _):
        asked.append(job.subject)
        raise StorageDenied

    outbox = kinds_done(library, refuse)
    for n in range(500):
        library.jobs.add(JobKind.DELETE, f"{n}")
    for _ in range(6):
        while outbox.step() == 0:
            pass
        library.clock.advance(LONGEST_WAIT_S)
    assert len(asked) < 60
    assert library.jobs.backlog([JobKind.DELETE]).jobs == 500


def test_deletes_refused_for_a_day_are_given_up(library):
    asked = []

    def refuse(job, _):
        asked.append(job.subject)
        raise StorageDenied

    outbox = kinds_done(library, refuse)
    for n in range(50):
        library.jobs.add(JobKind.DELETE, f"{n}")
    for _ in range(2 * MAX_REFUSALS):
        while outbox.step() == 0:
            pass
        library.clock.advance(LONGEST_WAIT_S)
    assert library.jobs.backlog([JobKind.DELETE]).jobs == 0
    assert MAX_REFUSALS <= len(asked) < 10 * MAX_REFUSALS


def test_bucket_with_retention_period_deletes_old_objects(library):
    deleted = []

    def refuse(job, _):
        if int(job.subject) >= 30:
            raise StorageDenied
        deleted.append(int(job.subject))
        return nothing

    outbox = kinds_done(library, refuse)
    for n in range(100):
        library.jobs.add(JobKind.DELETE, f"{n}")
    for _ in range(3):
        while outbox.step() == 0:
            pass
        library.clock.advance(LONGEST_WAIT_S)
    assert sorted(deleted) == list(range(30))


def test_revoked_key_is_reported_with_only_delete_jobs(library):
    library.jobs.add(JobKind.DELETE, "x", {"names": ["x.mp4"]})
    library.store.faults.append(KeyRevoked())
    library.run()
    assert library.outbox.paused

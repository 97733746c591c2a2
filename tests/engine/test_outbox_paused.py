"""What only a person can cure: the outbox waits for that, and does not nag."""

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


@pytest.fixture
def house(tmp_path):
    made = LibraryRig(tmp_path)
    yield made
    made.close()


def kinds_done(house, perform):
    return house.make_outbox({JobKind.UPLOAD: perform, JobKind.DELETE: perform})


def nothing():
    return None


@pytest.mark.parametrize("error", [StorageDenied(), KeyRevoked(), BucketMissing()])
def test_error_that_needs_user_pauses_until_resume(house, error):
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


def test_pause_retries_by_itself_with_growing_delay(house):
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


def test_resume_during_job_prevents_pause(house):
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


def test_unreachable_cloud_does_not_end_pause(house):
    house.saved()
    house.store.faults += [KeyRevoked(), StorageUnreachable()]
    house.outbox.step()
    house.clock.advance(300)
    house.outbox.step()
    told = house.of(OutboxChanged)[-1]
    assert (told.paused, told.error) == (True, KeyRevoked.key)


@pytest.mark.parametrize("kind", [JobKind.DELETE, JobKind.DESCRIBE])
def test_backlog_counts_only_uploads(house, kind):
    house.jobs.add(kind, "x", {"names": []})
    assert house.outbox.backlog.jobs == 0
    house.saved(size=700)
    assert (house.outbox.backlog.jobs, house.outbox.backlog.bytes) == (1, 700)


def test_forbidden_delete_does_not_block_uploads(house):
    house.jobs.add(JobKind.DELETE, "x", {"names": ["x.mp4"]})
    house.store.faults.append(StorageDenied())
    house.run()
    assert not house.outbox.paused
    clip = house.saved()
    house.run()
    assert house.row(clip).cloud is CloudState.STORED
    assert house.jobs.backlog([JobKind.DELETE]).jobs == 1


def test_forbidden_delete_reschedules_all_newer_deletes(house):
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


def test_bucket_with_retention_period_deletes_old_objects(house):
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


def test_revoked_key_is_reported_with_only_delete_jobs(house):
    house.jobs.add(JobKind.DELETE, "x", {"names": ["x.mp4"]})
    house.store.faults.append(KeyRevoked())
    house.run()
    assert house.outbox.paused

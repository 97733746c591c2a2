"""The queue of jobs in the database."""

from engine_rig import FakeClock
import pytest

from custom_components.homesec.engine.db.job_queue import LONGEST_WAIT_S, JobKind
from custom_components.homesec.engine.library.catalog import Catalog

UPLOAD, DELETE = JobKind.UPLOAD, JobKind.DELETE
ALL = (UPLOAD, DELETE)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def jobs(tmp_path, clock):
    with Catalog(tmp_path / "clips.db", clock=clock) as catalog:
        yield catalog.jobs


def test_due_job_has_the_values_it_was_added_with(jobs, clock):
    jobs.add(DELETE, "x", {"names": ["a", "b"]}, bytes=7)
    job = jobs.due(ALL)
    assert (job.kind, job.subject, job.payload) == (DELETE, "x", {"names": ["a", "b"]})
    assert (job.bytes, job.created_at, job.attempts) == (7, clock.now(), 0)
    assert (job.resume, job.error) == (None, None)


def test_second_job_of_same_kind_and_subject_is_ignored(jobs):
    for _ in range(2):
        jobs.add(UPLOAD, "x")
        jobs.add(DELETE, "x")
    assert jobs.backlog(ALL).jobs == 2


def test_due_returns_newest_or_oldest(jobs):
    for name in "abc":
        jobs.add(UPLOAD, name)
    assert jobs.due(ALL).subject == "c"
    assert jobs.due(ALL, oldest=True).subject == "a"


def test_due_considers_only_requested_kinds(jobs):
    jobs.add(UPLOAD, "x", bytes=5)
    assert jobs.due([DELETE]) is None
    assert jobs.wait_s([DELETE]) is None
    assert jobs.backlog([DELETE]).jobs == 0


def test_rescheduled_job_is_due_later(jobs, clock):
    jobs.add(UPLOAD, "x")
    jobs.reschedule(jobs.due(ALL), 60, "storage_busy")
    assert jobs.due(ALL) is None
    assert jobs.wait_s(ALL) == 60
    clock.advance(60)
    job = jobs.due(ALL)
    assert (job.attempts, job.error) == (1, "storage_busy")


def test_wrong_clock_does_not_delay_jobs(jobs, clock):
    clock.wall += 1e8
    jobs.add(UPLOAD, "x")
    jobs.reschedule(jobs.due(ALL), 60, "storage_busy")
    clock.wall -= 1e8
    assert jobs.due(ALL).subject == "x"


def test_reschedule_is_limited_to_longest_wait(jobs, clock):
    jobs.add(UPLOAD, "x")
    jobs.reschedule(jobs.due(ALL), 1e9, "storage_busy")
    clock.advance(LONGEST_WAIT_S)
    assert jobs.due(ALL) is not None


def test_make_due_affects_only_given_errors(jobs):
    for name, error in (("a", "storage_busy"), ("b", "unknown")):
        jobs.add(UPLOAD, name)
        jobs.reschedule(jobs.due(ALL), 60, error)
    jobs.make_due(["storage_busy"])
    assert jobs.due(ALL).subject == "a"
    assert jobs.due(ALL, oldest=True).subject == "a"


def test_job_is_removed_once(jobs):
    jobs.add(UPLOAD, "x")
    job = jobs.due(ALL)
    assert jobs.remove(job.id)
    assert not jobs.remove(job.id)


def test_job_canceled_and_added_again_is_new(jobs):
    jobs.add(UPLOAD, "x")
    job = jobs.due(ALL)
    jobs.cancel(UPLOAD, "x")
    jobs.add(UPLOAD, "x")
    assert not jobs.remove(job.id)
    assert jobs.due(ALL).id > job.id


def test_backlog_has_count_bytes_and_age(jobs, clock):
    assert (jobs.backlog(ALL).jobs, jobs.backlog(ALL).oldest_at) == (0, None)
    begin = clock.now()
    for size in (5, 7):
        jobs.add(UPLOAD, f"{size}", bytes=size)
        clock.advance(60)
    backlog = jobs.backlog(ALL)
    assert (backlog.jobs, backlog.bytes, backlog.oldest_at) == (2, 12, begin)


def test_resume_point_is_stored_and_not_in_repr(jobs):
    jobs.add(UPLOAD, "x")
    jobs.save_resume(jobs.due(ALL).id, "https://secret.example/session")
    job = jobs.due(ALL)
    assert job.resume == "https://secret.example/session"
    assert "secret" not in repr(job)


def test_listener_is_called_for_added_and_canceled_jobs(jobs):
    calls = []
    jobs.add_listener(lambda: calls.append(1))
    jobs.add(UPLOAD, "x")
    jobs.cancel(UPLOAD, "x")
    assert len(calls) == 2

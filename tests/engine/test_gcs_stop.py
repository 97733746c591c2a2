"""Uploads that are stopped, and resumed in another process."""

from threading import Event, Thread
import time

from fault_proxy import Fault, Kind
from gcs_fixtures import CHUNK, KIB, MIB, NEVER, put_bytes, store, upload
import pytest

from custom_components.homesec.engine.cloud import gcs_upload
from custom_components.homesec.engine.cloud.errors import StorageBusy, TransferStopped
from custom_components.homesec.engine.cloud.object_store import ResumePoint

NAME = "house/cam/clip.mp4"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(gcs_upload, "PAUSE_S", 0.01)


@pytest.fixture
def bucket(gcs):
    with store(gcs) as made:
        yield made


def stopped_in_the_middle(bucket, sent, at):
    stop, points = Event(), []

    def on_progress(there):
        if there >= at:
            stop.set()

    with pytest.raises(TransferStopped):
        bucket.upload(sent, stop=stop, on_resume_point=points.append, on_progress=on_progress)
    return points[-1]


def test_upload_resumes_in_another_process(gcs, bucket, tmp_path):
    point = stopped_in_the_middle(bucket, upload(tmp_path / "f", 4 * MIB), 2 * MIB)
    bucket.close()
    text = point.dump()
    before = put_bytes(gcs)
    progress, points = [], []
    with store(gcs) as other:
        other.upload(
            upload(tmp_path / "f"),
            stop=NEVER,
            resume=ResumePoint.load(text),
            on_resume_point=points.append,
            on_progress=progress.append,
        )
    assert progress[0] == 2 * MIB
    assert points == [None]
    # May include bytes that the first process had sent and not counted yet.
    assert 2 * MIB <= put_bytes(gcs) - before < 3 * MIB
    assert gcs.faults.count("POST") == 1
    assert gcs.content(NAME) == (tmp_path / "f").read_bytes()


def test_upload_finished_before_restart_is_found(gcs, bucket, tmp_path):
    points = []
    first = bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER, on_resume_point=points.append)
    sent = put_bytes(gcs)
    again = bucket.upload(upload(tmp_path / "f"), stop=NEVER, resume=points[0])
    assert again == first
    assert put_bytes(gcs) == sent


@pytest.mark.parametrize("status", [404, 410, 400])
def test_upload_with_expired_session_begins_anew(gcs, bucket, tmp_path, status):
    point = stopped_in_the_middle(bucket, upload(tmp_path / "f", MIB), CHUNK)
    gcs.faults.add(Fault(kind=Kind.STATUS, status=status, method="PUT"))
    points = []
    bucket.upload(upload(tmp_path / "f"), stop=NEVER, resume=point, on_resume_point=points.append)
    assert [type(each) for each in points] == [type(None), ResumePoint, type(None)]
    assert gcs.content(NAME) == (tmp_path / "f").read_bytes()


def test_upload_with_new_session_gone_is_busy(gcs, bucket, tmp_path):
    gcs.faults.add(Fault(kind=Kind.STATUS, status=404, method="PUT"))
    points = []
    with pytest.raises(StorageBusy):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER, on_resume_point=points.append)
    assert points[-1] is None


def test_upload_of_changed_file_does_not_resume(gcs, bucket, tmp_path):
    point = stopped_in_the_middle(bucket, upload(tmp_path / "f", MIB), CHUNK)
    bucket.upload(upload(tmp_path / "f", MIB, seed=2), stop=NEVER, resume=point)
    assert gcs.content(NAME) == (tmp_path / "f").read_bytes()


def seconds_to_stop(bucket, sent, *, after):
    stop, ends = Event(), []

    def run():
        with pytest.raises(TransferStopped):
            bucket.upload(sent, stop=stop)
        ends.append(time.monotonic())

    thread = Thread(target=run)
    thread.start()
    after()
    began = time.monotonic()
    stop.set()
    thread.join(20)
    return ends[0] - began


def wait_for(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_stop_while_storage_hangs_ends_upload_in_time(gcs, bucket, tmp_path):
    gcs.faults.add(Fault(kind=Kind.HANG, method="PUT", skip=1))
    sent = upload(tmp_path / "f", 4 * MIB)
    took = seconds_to_stop(bucket, sent, after=lambda: wait_for(lambda: put_bytes(gcs)))
    assert took < 5


def test_stop_during_throttled_upload_is_immediate(gcs, tmp_path):
    with store(gcs, limit=64 * KIB, chunk_bytes=8 * MIB) as bucket:
        sent = upload(tmp_path / "f", 4 * MIB)
        took = seconds_to_stop(bucket, sent, after=lambda: time.sleep(0.5))
    assert took < 1


def test_stop_between_attempts_is_immediate(gcs, bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(gcs_upload, "PAUSE_S", 60)
    gcs.faults.add(Fault(kind=Kind.RESET, method="PUT", times=99))
    sent = upload(tmp_path / "f", MIB)
    took = seconds_to_stop(bucket, sent, after=lambda: wait_for(lambda: gcs.faults.count("PUT")))
    assert took < 1


def test_stop_before_upload_sends_nothing(gcs, bucket, tmp_path):
    stop = Event()
    stop.set()
    (tmp_path / "e").write_bytes(b"")
    for sent in (upload(tmp_path / "f", MIB), upload(tmp_path / "e")):
        with pytest.raises(TransferStopped):
            bucket.upload(sent, stop=stop)
    assert gcs.faults.seen == []


def test_upload_keeps_speed_limit(gcs, tmp_path):
    with store(gcs, limit=512 * KIB) as bucket:
        began = time.monotonic()
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
        assert time.monotonic() - began > 1

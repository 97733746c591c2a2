"""Cameras in worker processes that crash, and what becomes of them and the others."""

from contextlib import contextmanager
import os
from pathlib import Path
import signal
import threading

import pytest
import toy_service as toy
from worker_pairs import clip, wait_until

from custom_components.homesec.engine.core.errors import (
    NoVideo,
    SourceBroken,
    WorkerDied,
    WorkerError,
    WorkerMissing,
)
from custom_components.homesec.engine.core.events import (
    DetectionStarted,
    DetectorChanged,
    HealthChanged,
    TamperChanged,
)
from custom_components.homesec.engine.core.types import (
    Activity,
    CameraConfig,
    CameraHealth,
    SourceConfig,
    SourceKind,
)
from custom_components.homesec.engine.worker import (
    camera_process,
    lanes,
    process,
    process_tools,
    supervisor,
    suspects,
)
from custom_components.homesec.engine.worker.interface import WorkerSettings
from custom_components.homesec.engine.worker.process_tools import OnDemandProcess, ProcessTools
from custom_components.homesec.engine.worker.supervisor import SupervisedWorker

pytestmark = pytest.mark.long

RUNNING, LOST, OFF = CameraHealth.RUNNING, CameraHealth.LOST, CameraHealth.OFF


class Parent:
    """What the workers ask of the engine, and what they told it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.events = []
        self.exits = []

    def handle_event(self, event):
        with self.lock:
            self.events.append(event)

    def handle_exit(self, camera_ids):
        with self.lock:
            self.exits.append(camera_ids)
            self.events += [
                HealthChanged(camera_id=each, health=LOST, error="unknown") for each in camera_ids
            ]

    def stream_url(self, location):
        return f"url of {location}"

    def find_verifier(self, name):
        return None

    put = save = save_track_log = snapshot = obtain_model = stream_url

    def health(self, camera_id):
        with self.lock:
            changes = [x for x in self.events if isinstance(x, HealthChanged)]
        return [(x.health, x.error) for x in changes if x.camera_id == camera_id]

    def runs(self, camera_id):
        return self.health(camera_id).count((RUNNING, None))


def camera(camera_id, does="ok", location=""):
    source = SourceConfig(kind=SourceKind.STREAM, location=location, username=does)
    return CameraConfig(id=camera_id, name=camera_id.title(), source=source)


@contextmanager
def supervised(**options):
    parent = Parent()
    settings = WorkerSettings(clips_dir=Path("/clips"), detector="toy", model="toy")
    worker = SupervisedWorker(settings, parent, service="toy_cameras", **options)
    worker.start()
    try:
        yield worker, parent
    finally:
        worker.stop(2.0)


def wakes(parent, first=0):
    found = [x.presence for x in parent.events[first:] if isinstance(x, DetectionStarted)]
    return [(x.camera_id, x.sensor, x.confirmed) for x in found]


def wakes_since_exit(parent):
    """Return the wakes since a worker ended last: it may end before it says that it runs."""
    with parent.lock:
        lost = [i for i, x in enumerate(parent.events) if getattr(x, "health", None) is LOST]
        return wakes(parent, lost[-1])


def test_wake_reaches_its_camera():
    with supervised() as (worker, parent):
        worker.set_camera(camera("porch"), Activity.RECORD)
        worker.wake("porch", "Doorbell", trusted=True)
        worker.wake("nowhere", "Doorbell", trusted=True)
        wait_until(lambda: wakes(parent) == [("porch", "Doorbell", True)])


def test_camera_that_is_moved_learns_its_scene_anew():
    with supervised() as (worker, parent):
        worker.learn_scene("porch")  # nothing runs yet
        worker.set_camera(camera("porch"), Activity.RECORD)
        wait_until(lambda: parent.runs("porch"))
        worker.learn_scene("nowhere")
        worker.learn_scene("porch")
        wait_until(lambda: any(isinstance(x, TamperChanged) for x in parent.events))
        learned = [x.camera_id for x in parent.events if isinstance(x, TamperChanged)]
        assert learned == ["porch"]


def test_wake_is_repeated_for_the_worker_that_follows_one_that_died_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr(camera_process, "WAKE_S", 120.0)  # a slow machine may start slowly
    with supervised() as (worker, parent):
        worker.set_camera(camera("porch", location=str(tmp_path / "crashed")), Activity.RECORD)
        worker.wake("porch", "crash once", trusted=False)
        wait_until(lambda: parent.exits)
        wait_until(lambda: wakes_since_exit(parent) == [("porch", "crash once", False)])


def test_wake_is_repeated_for_a_camera_that_gets_a_worker_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(camera_process, "WAKE_S", 120.0)  # a slow machine may start slowly
    with supervised() as (worker, parent):
        worker.set_camera(camera("porch", location=str(tmp_path / "crashes")), Activity.RECORD)
        worker.wake("porch", "crash twice", trusted=True)
        wait_until(lambda: len(parent.exits) == 2)
        wait_until(lambda: wakes_since_exit(parent) == [("porch", "crash twice", True)])
        assert worker.status.isolated == ("porch",)


def test_wake_of_a_worker_that_died_long_after_it_is_not_repeated(monkeypatch):
    monkeypatch.setattr(camera_process, "WAKE_S", 0.0)
    with supervised() as (worker, parent):
        worker.set_camera(camera("porch"), Activity.RECORD)
        wait_until(lambda: parent.runs("porch"))
        worker.wake("porch", "Doorbell", trusted=True)
        wait_until(lambda: wakes(parent))
        os.kill(worker.pids["cameras"], signal.SIGKILL)
        wait_until(lambda: parent.runs("porch") == 2)
        worker.wake("porch", "Hall motion", trusted=False)
        wait_until(lambda: len(wakes(parent)) == 2)
        assert wakes(parent)[1] == ("porch", "Hall motion", False)


def test_cameras_run_in_one_worker():
    with supervised() as (worker, parent):
        for name in ("porch", "garden"):
            worker.set_camera(camera(name), Activity.RECORD)
        wait_until(lambda: parent.runs("porch") and parent.runs("garden"))
        assert worker.jpeg("porch", None).endswith(b"garden,porch")
        assert len(worker.pids) == 1
        assert worker.start_recording("porch", 5.0) == "porch 5.0 url of x"
        worker.remove_camera("porch")
        assert worker.jpeg("garden", None).endswith(b"garden")
        wait_until(
            lambda: DetectorChanged(ready=True, detector="toy", model="toy") in parent.events
        )


def test_worker_killed_from_outside_comes_back_and_blames_nobody():
    with supervised() as (worker, parent):
        for name in ("porch", "garden"):
            worker.set_camera(camera(name, "busy"), Activity.RECORD)
        for n in (1, 2, 3):
            wait_until(lambda n=n: parent.runs("porch") == parent.runs("garden") == n)
            os.kill(worker.pids["cameras"], signal.SIGKILL)
        wait_until(lambda: parent.runs("porch") == parent.runs("garden") == 4)
        assert worker.status.isolated == ()
        assert worker.status.restarts == 3
        assert parent.exits == [{"porch", "garden"}] * 3


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE])
def test_worker_with_a_crash_in_no_camera_comes_back(number):
    with supervised() as (worker, parent):
        for name in ("porch", "garden"):
            worker.set_camera(camera(name), Activity.RECORD)
        wait_until(lambda: parent.runs("porch") == parent.runs("garden") == 1)
        os.kill(worker.pids["cameras"], number)
        wait_until(lambda: parent.runs("porch") == parent.runs("garden") == 2)
        assert worker.status.isolated == ()


def test_worker_that_was_stopped_blames_nobody(monkeypatch):
    monkeypatch.setattr(process, "HEARTBEAT_S", 0.5)
    monkeypatch.setattr(process, "TICK_S", 0.05)
    monkeypatch.setattr(suspects, "HANG_S", 0.0)
    with supervised() as (worker, parent):
        worker.set_camera(camera("porch", "busy"), Activity.RECORD)
        wait_until(lambda: parent.runs("porch") == 1)
        os.kill(worker.pids["cameras"], signal.SIGSTOP)
        wait_until(lambda: parent.runs("porch") == 2)
        assert worker.status.last_exit == "no heartbeat"
        assert worker.status.isolated == ()


def test_camera_that_crashes_gets_its_own_worker_and_the_others_restart_once():
    with supervised() as (worker, parent):
        for name in ("porch", "garden", "street"):
            worker.set_camera(camera(name, "busy"), Activity.RECORD)
        worker.set_camera(camera("bad", "crash"), Activity.RECORD)
        wait_until(lambda: worker.status.paused == ("bad",))
        assert worker.status.isolated == ("bad",)
        assert parent.health("bad")[-1] == (LOST, SourceBroken.key)
        assert worker.report.cameras["bad"].health is LOST
        # It crashed before all of them were set, or after; either way they came back.
        wait_until(lambda: all(parent.health(x)[-1][0] is RUNNING for x in ("porch", "garden")))
        for name in ("porch", "garden", "street"):
            assert parent.runs(name) <= 2
        assert worker.jpeg("street", None).endswith(b"garden,porch,street")
        with pytest.raises(WorkerMissing):
            worker.jpeg("bad", None)


def test_camera_that_crashed_once_stays_in_its_own_worker(tmp_path):
    with supervised() as (worker, parent):
        worker.set_camera(camera("porch"), Activity.RECORD)
        worker.set_camera(camera("bad", "crash once", str(tmp_path / "flag")), Activity.RECORD)
        wait_until(lambda: worker.status.isolated == ("bad",))
        wait_until(lambda: parent.health("bad")[-1:] == [(RUNNING, None)])
        assert worker.status.paused == ()
        assert worker.jpeg("bad", None).endswith(b"bad")


def test_camera_that_was_quiet_comes_back_to_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "FORGIVE_EVERY_S", 0.05)
    monkeypatch.setattr(suspects, "QUIET_S", 0.0)
    with supervised() as (worker, parent):
        worker.set_camera(camera("porch"), Activity.RECORD)
        worker.set_camera(camera("bad", "crash once", str(tmp_path / "flag")), Activity.RECORD)
        wait_until(lambda: worker.status.restarts == 1 and worker.status.isolated == ())
        wait_until(lambda: parent.health("bad")[-1:] == [(RUNNING, None)])
        assert worker.jpeg("bad", None).endswith(b"bad,porch")


def test_camera_with_another_source_is_not_paused_any_more():
    with supervised() as (worker, parent):
        worker.set_camera(camera("bad", "crash"), Activity.RECORD)
        wait_until(lambda: worker.status.paused == ("bad",))
        runs = parent.runs("bad")
        worker.set_camera(camera("bad", "ok"), Activity.RECORD)
        wait_until(lambda: parent.runs("bad") == runs + 1)
        assert (worker.status.isolated, worker.status.paused) == ((), ())


def test_paused_camera_that_is_switched_off_is_off():
    with supervised() as (worker, parent):
        worker.set_camera(camera("bad", "crash"), Activity.RECORD)
        wait_until(lambda: parent.health("bad")[-1:] == [(LOST, SourceBroken.key)])
        worker.set_camera(camera("bad", "crash"), Activity.OFF)
        assert parent.health("bad")[-1] == (OFF, None)
        worker.remove_camera("bad")
        assert worker.status.isolated == ()


def test_camera_whose_memory_grows_ends_its_worker_and_nothing_else(monkeypatch):
    monkeypatch.setattr(process, "TICK_S", 0.05)
    with supervised(memory_limit_bytes=120 * 2**20) as (worker, parent):
        worker.set_camera(camera("porch"), Activity.RECORD)
        wait_until(lambda: parent.runs("porch") == 1)
        worker.set_camera(camera("bad", "grow"), Activity.RECORD)
        wait_until(lambda: worker.status.paused == ("bad",))
        assert parent.runs("porch") <= 2
        assert worker.status.last_exit == "memory"


def test_worker_that_speaks_for_another_camera_is_ended():
    with supervised() as (worker, _):
        worker.set_camera(camera("bad", "forge"), Activity.RECORD)
        wait_until(lambda: worker.status.restarts)
        assert "another camera" in worker.status.last_exit


def test_worker_that_floods_gets_few_events_through_and_is_ended(monkeypatch):
    monkeypatch.setattr(camera_process, "EVENTS_AT_ONCE", 100)
    monkeypatch.setattr(camera_process, "EVENTS_PER_S", 50.0)
    monkeypatch.setattr(lanes, "PATIENCE_S", 0.2)
    with supervised() as (worker, parent):
        worker.set_camera(camera("bad", "flood"), Activity.RECORD)
        wait_until(lambda: worker.status.restarts)
        assert len(parent.events) < 2000


def test_call_during_a_crash_says_so():
    with supervised() as (worker, parent):
        worker.set_camera(camera("porch"), Activity.RECORD)
        wait_until(lambda: parent.runs("porch"))
        with pytest.raises(WorkerDied):
            worker.stop_recording("porch")


def test_workers_that_stopped_leave_no_process():
    with supervised() as (worker, _):
        worker.set_camera(camera("porch"), Activity.RECORD)
        worker.set_camera(camera("bad", "crash"), Activity.RECORD)
        wait_until(lambda: worker.status.paused == ("bad",))
        (pid,) = worker.pids.values()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    worker.set_camera(camera("late"), Activity.RECORD)
    assert worker.pids == {}


@pytest.fixture
def tools():
    found = ProcessTools(Parent(), service="toy_tools")
    yield found
    found.stop(5.0)
    wait_until(lambda: not [t for t in threading.enumerate() if t.name.startswith("homesec-")])


def test_tools_keep_one_process_while_they_are_used(tools):
    first = tools.read_index(Path("/clips/a.mp4"))
    assert tools.read_index(Path("/clips/b.mp4")) == first
    assert tools.clips.pid == int(first.duration_s)


def test_tools_that_are_idle_end(tools, monkeypatch):
    monkeypatch.setattr(tools.clips, "_idle_s", 0.05)
    first = tools.read_index(Path("/clips/a.mp4"))
    wait_until(lambda: tools.clips.pid is None)
    assert tools.read_index(Path("/clips/a.mp4")) != first


def test_tools_that_crash_name_the_file_and_work_again(tools):
    with pytest.raises(WorkerDied, match=r"crash\.mp4"):
        tools.read_index(Path("/clips/crash.mp4"))
    assert tools.read_index(Path("/clips/a.mp4"))


def test_tools_that_hang_are_ended(tools, monkeypatch):
    monkeypatch.setattr(process_tools, "FILE_S", 0.3)
    with pytest.raises(WorkerDied, match=r"hang\.mp4"):
        tools.read_index(Path("/clips/hang.mp4"))
    monkeypatch.undo()
    assert tools.read_index(Path("/clips/a.mp4"))


def test_worker_that_is_stopped_in_the_middle_of_its_start_ends(monkeypatch):
    class Starting(threading.Thread):
        """A thread that starts late: another one stops the worker meanwhile."""

        def start(self):
            if self.name.endswith("-start"):
                stopping.start()
                stopping.join(1.0)
            super().start()

    monkeypatch.setattr(camera_process, "Thread", Starting)
    parent = Parent()
    settings = WorkerSettings(clips_dir=Path("/clips"), detector="toy", model="toy")
    worker = SupervisedWorker(settings, parent, service="toy_cameras")
    stopping = threading.Thread(target=worker.stop, args=(0.1,))
    worker.start()
    wait_until(lambda: stopping.ident is not None)
    stopping.join()
    wait_until(lambda: not worker.pids)
    assert not [each for each in threading.enumerate() if each.name == "homesec-cameras"]


def test_tools_raise_the_errors_of_the_system(tools, tmp_path):
    with pytest.raises(FileNotFoundError):
        tools.read_index(tmp_path / "missing.mp4")


def test_probe_that_crashes_ends_no_work_on_clips(tools):
    first = tools.read_index(Path("/clips/a.mp4"))
    with pytest.raises(WorkerDied):
        tools.probe(camera("x", "crash").source)
    with pytest.raises(NoVideo):
        tools.probe(camera("x").source)
    assert tools.read_index(Path("/clips/a.mp4")) == first


def test_still_is_nowhere_but_beside_its_clip(tools):
    assert tools.write_still(Path("/clips"), clip()) == f"{clip().path.removesuffix('.mp4')}.jpg"


def test_tools_that_were_stopped_are_missing(tools):
    tools.stop(5.0)
    with pytest.raises(WorkerMissing):
        tools.read_index(Path("/clips/a.mp4"))


def test_work_on_files_gets_hardly_more_memory_than_its_limit():
    process = OnDemandProcess("toy", "toy_service", {}, memory_limit_bytes=300 * 2**20)
    try:
        assert process.call(toy.ALLOCATE, "a file", 60.0, megabytes=100) == 100 * 2**20
        with pytest.raises(WorkerError, match="MemoryError"):
            process.call(toy.ALLOCATE, "a model", 60.0, megabytes=500)
    finally:
        process.stop(5.0)

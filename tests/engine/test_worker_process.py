"""Real worker processes: what they may do, and how they end."""

from contextlib import contextmanager, suppress
import gc
import logging
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading

import pytest
import toy_service as toy
from worker_pairs import wait_until

from custom_components.homesec.engine.core.activity_board import Work
from custom_components.homesec.engine.core.errors import WorkerDied, WorkerError
from custom_components.homesec.engine.worker import log_relay, memory, process, suspects
from custom_components.homesec.engine.worker.exit_report import signal_name
from custom_components.homesec.engine.worker.process import WorkerProcess

ENGINE = "custom_components.homesec.engine"


class Running:
    """A worker process with the toy service."""

    def __init__(self, **options):
        self.texts = []
        self.exit = None
        self._started = threading.Event()
        self.process = WorkerProcess(
            service="toy_service",
            handlers={toy.TOLD_TEXT: self._hear},
            name="toy",
            on_start=lambda _: self._started.set(),
            **options,
        )
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._started.wait(30)

    def _run(self):
        self.exit = self.process.run()

    def _hear(self, text):
        self.texts.append(text)

    def call(self, method, deadline_s=30, **args):
        return self.process.connection.call(method, deadline_s=deadline_s, **args)

    def wait(self):
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self.exit


@contextmanager
def running(**options):
    worker = Running(**options)
    try:
        yield worker
    finally:
        worker.process.kill("the test is over")
        worker.wait()


@pytest.fixture(scope="module")
def worker():
    with running() as found:
        yield found


def test_worker_answers_calls(worker):
    assert worker.call(toy.ECHO, text="hello") == "hello"


def test_worker_has_nothing_of_home_assistant(worker):
    names = {name.partition(".")[0] for name in worker.call(toy.MODULES)}
    assert "engine" in names
    assert names.isdisjoint({"homeassistant", "custom_components", "homesec", "av", "numpy"})


def test_worker_environment_has_no_secrets(monkeypatch):
    for name in ("SUPERVISOR_TOKEN", "HTTPS_PROXY", "http_proxy", "HASS_TOKEN", "AWS_SECRET"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("TZ", "Europe/Rome")
    with running() as found:
        environment = found.call(toy.ENVIRONMENT)
    assert environment["TZ"] == "Europe/Rome"
    assert environment.keys() <= {*process.ENVIRONMENT, "LC_CTYPE", "MALLOC_ARENA_MAX"}
    assert "secret" not in environment.values()


def test_worker_has_given_up_rights_and_priority(worker):
    status = worker.call(toy.STATUS)
    assert status["NoNewPrivs"] == "1"
    assert int(status["nice"]) >= min(19, os.nice(0) + process.NICE)
    # Not every kernel groups sessions.
    assert status["group"] in ("", str(process.NICE))
    assert status["core"] == "0"
    assert status["oom"] == "600"
    assert status["sigterm"] == "True"
    assert int(status["sid"]) == worker.process.pid


def test_worker_has_only_its_own_descriptors(worker):
    with Path(os.devnull).open() as file:
        os.set_inheritable(file.fileno(), True)
        with running() as found:
            assert found.call(toy.STATUS)["fds"] == worker.call(toy.STATUS)["fds"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_worker_ended_by_signal_is_reported(number):
    with running() as found:
        os.kill(found.process.pid, number)
        report = found.wait()
        assert report.reason == f"signal {number}"
        assert not report.expected
        with pytest.raises(WorkerDied):
            found.call(toy.ECHO, text="x")


def test_worker_that_crashes_says_on_whose_bytes(caplog):
    caplog.set_level(logging.DEBUG, logger=ENGINE)
    with running() as found:
        with pytest.raises(WorkerDied):
            found.call(toy.CRASH, camera_id="porch")
        report = found.wait()
    assert report.reason == "signal 11"
    assert [(x.camera_id, x.work) for x in report.marks] == [("porch", Work.DECODE)]
    assert report.thread == report.marks[0].thread != report.main_thread
    assert "Fatal Python error: Segmentation fault" in caplog.text
    assert "toy_service.py" in caplog.text


def test_worker_complaint_is_logged_without_addresses(caplog):
    caplog.set_level(logging.DEBUG, logger=ENGINE)
    with running() as found:
        with pytest.raises(WorkerDied):
            found.call(toy.COMPLAIN, text="cannot read rtsp://user:secret@host/1 at all")
        found.wait()
    assert "cannot read … at all" in caplog.text
    assert "secret" not in caplog.text


def test_worker_that_exits_is_reported():
    with running() as found:
        with pytest.raises(WorkerDied):
            found.call(toy.EXIT, status=3)
        assert found.wait().reason == "exit code 3"


def test_worker_that_is_stopped_by_a_signal_counts_as_hanging(monkeypatch):
    monkeypatch.setattr(process, "HEARTBEAT_S", 1.0)
    monkeypatch.setattr(process, "TICK_S", 0.05)
    with running() as found:
        found.call(toy.ECHO, text="x")
        wait_until(lambda: found.process.connection.pongs)
        os.kill(found.process.pid, signal.SIGSTOP)
        assert found.wait().reason == "no heartbeat"


def test_worker_whose_native_code_keeps_the_interpreter_counts_as_hanging(monkeypatch):
    monkeypatch.setattr(process, "HEARTBEAT_S", 1.0)
    monkeypatch.setattr(process, "TICK_S", 0.05)
    with running() as found:
        wait_until(lambda: found.process.connection.pongs)
        with pytest.raises(WorkerDied):
            found.call(toy.HOLD_GIL, seconds=60.0)
        assert found.wait().reason == "no heartbeat"


def test_worker_whose_decoder_hangs_is_ended_and_names_its_camera(monkeypatch):
    monkeypatch.setattr(process, "STUCK_S", 0.5)
    monkeypatch.setattr(process, "TICK_S", 0.05)
    monkeypatch.setattr(suspects, "HANG_S", 0.5)
    with running() as found:
        with pytest.raises(WorkerDied):
            found.call(toy.STICK, camera_id="porch")
        report = found.wait()
    assert report.reason == "stuck"
    assert suspects.blamed(report) == {"porch"}


def test_worker_that_grows_is_ended(monkeypatch):
    monkeypatch.setattr(process, "TICK_S", 0.05)
    with running(memory_limit_bytes=100 * 2**20) as found:
        with pytest.raises(WorkerDied):
            found.call(toy.GROW, megabytes=400)
        assert found.wait().reason == "memory"


def test_worker_gets_no_memory_far_over_its_limit():
    with running(memory_limit_bytes=100 * 2**20) as found:
        with pytest.raises(WorkerError, match="MemoryError"):
            found.call(toy.ALLOCATE, megabytes=4096)
        assert found.call(toy.ECHO, text="x") == "x"


def test_worker_that_writes_garbage_is_ended():
    with running() as found:
        with suppress(WorkerDied):
            found.call(toy.GARBAGE)
        assert "message" in found.wait().reason


def test_worker_that_floods_is_heard_in_order():
    with running() as found:
        found.call(toy.FLOOD, count=5000)
        wait_until(lambda: len(found.texts) == 5000)
    assert found.texts == [str(n) for n in range(5000)]


def test_worker_asked_to_stop_ends_by_itself():
    with running() as found:
        found.call(toy.ECHO, text="x")
        found.process.stop()
        report = found.wait()
    assert (report.reason, report.expected) == ("stopped", True)


def test_worker_log_comes_under_our_names(caplog):
    caplog.set_level(logging.DEBUG, logger=ENGINE)
    with running() as found:
        found.call(toy.LOG_LINES, count=3, level=logging.WARNING)
        wait_until(lambda: "line 2" in caplog.text)
    lines = [x for x in caplog.records if x.getMessage().startswith("line")]
    assert [(x.name, x.levelname) for x in lines] == [(f"{ENGINE}.camera.session", "WARNING")] * 3


def test_worker_log_is_limited(caplog):
    caplog.set_level(logging.DEBUG, logger=ENGINE)
    with running() as found:
        found.call(toy.LOG_LINES, count=5000, level=logging.WARNING)
        wait_until(lambda: len(caplog.records) >= log_relay.BURST)
        found.call(toy.ECHO, text="x")
    lines = [x for x in caplog.records if x.getMessage().startswith("line")]
    assert len(lines) < 1000


def test_worker_log_level_follows_ours(caplog, monkeypatch):
    monkeypatch.setattr(process, "TICK_S", 0.05)
    caplog.set_level(logging.WARNING, logger=ENGINE)
    with running() as found:
        found.call(toy.LOG_LINES, count=1, level=logging.INFO)
        caplog.set_level(logging.INFO, logger=ENGINE)

        def logged():
            found.call(toy.LOG_LINES, count=1, level=logging.INFO)
            return "line 0" in caplog.text

        wait_until(logged)


def test_worker_cannot_forge_a_logger(caplog):
    receiver = log_relay.LogReceiver("toy")
    receiver.handle("homeassistant.auth", logging.ERROR, "forged", None)
    receiver.handle("engine/../x", logging.ERROR, "forged", None)
    assert {x.name for x in caplog.records} == {f"{ENGINE}.worker.toy"}


PARENT = """
import pathlib
import boot
boot.load_engine(pathlib.Path(boot.__file__).parents[1])
from engine.worker.process import WorkerProcess
process = WorkerProcess(
    service="toy_service", handlers={}, name="toy",
    on_start=lambda each: print(each.pid, flush=True),
)
process.run()
"""


def test_worker_ends_with_its_parent():
    here = Path(__file__).parent
    folder = Path(process.__file__).parent
    environment = {"PYTHONPATH": f"{here}:{folder}:{':'.join(sys.path)}"}
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, env=environment
    ) as parent:
        pid = int(parent.stdout.readline())
        parent.kill()
    wait_until(lambda: not is_running(pid))


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_workers_leave_no_descriptor_and_no_thread():
    def opened():
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()

    with running() as found:
        found.call(toy.ECHO, text="x")
    wait_until(lambda: not is_running(found.process.pid))
    before = opened()
    for _ in range(3):
        with running() as found:
            found.call(toy.ECHO, text="x")
    wait_until(lambda: opened() == before)


def test_worker_that_cannot_be_started_is_reported(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    found = WorkerProcess(service="toy_service", handlers={}, name="toy", on_start=lambda _: None)
    report = found.run()
    assert report.reason.startswith("not started")
    with pytest.raises(WorkerDied):
        found.connection.call(toy.ECHO, deadline_s=1, text="x")


def test_memory_limit_counts_the_containers(tmp_path, monkeypatch):
    (tmp_path / "meminfo").write_text("MemTotal:  8388608 kB\nMemFree: 1 kB\n")
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_CGROUP_LIMITS", (limit,))
    found = {}
    for text in ("max", str(3 * 2**30), str(2**29)):
        limit.write_text(text)
        found[text] = memory.default_limit_bytes() >> 20
    assert found == {"max": 8192 // 3, str(3 * 2**30): 1024, str(2**29): 512}


@pytest.mark.parametrize(
    ("reason", "name"), [("signal 11", "SIGSEGV"), ("signal 99", "signal 99"), ("memory", "memory")]
)
def test_signal_name_is_the_reason_for_people(reason, name):
    assert signal_name(reason) == name

"""Commands from other threads to a camera's thread."""

from threading import Event, Thread

from engine_rig import LONG_S
import pytest

from custom_components.homesec.engine.camera import command_queue
from custom_components.homesec.engine.camera.command_queue import CommandQueue
from custom_components.homesec.engine.core.errors import CameraNotRunning


@pytest.fixture
def queue():
    """A queue whose commands another thread runs."""
    commands, over = CommandQueue(), Event()

    def camera():
        while not over.wait(0.001):
            commands.run_pending()

    thread = Thread(target=camera)
    thread.start()
    yield commands
    over.set()
    thread.join(LONG_S)


def test_submit_returns_result(queue):
    assert queue.submit(lambda: 6 * 7) == 42


def test_submit_raises_exception_of_action(queue):
    def fail():
        raise OSError("the disk")

    with pytest.raises(OSError, match="the disk"):
        queue.submit(fail)
    assert queue.submit(lambda: "still working") == "still working"


def test_submit_times_out_when_camera_does_not_run(monkeypatch):
    monkeypatch.setattr(command_queue, "COMMAND_TIMEOUT_S", 0.01)
    idle, done = CommandQueue(), []
    with pytest.raises(CameraNotRunning):
        idle.submit(lambda: done.append(1))
    idle.run_pending()
    idle.cancel_all()
    assert done == []


def test_cancel_all_raises_for_waiting_callers():
    idle, answers = CommandQueue(), []

    def ask():
        try:
            idle.submit(lambda: None)
        except CameraNotRunning as err:
            answers.append(err.key)

    asker = Thread(target=ask)
    asker.start()
    while not answers:
        idle.cancel_all()
    asker.join(LONG_S)
    assert answers == ["camera_not_running"]

"""Running blocking calls with a deadline."""

from contextlib import contextmanager
from threading import Event, enumerate as threads

from engine_rig import LONG_S
import pytest

from custom_components.homesec.engine.core.deadline import DeadlineExceeded, run_with_deadline


@contextmanager
def blocked_call():
    """Yield a call that blocks until the end of the ``with`` block."""
    gate = Event()
    yield gate.wait
    gate.set()
    for thread in threads():
        if thread.name == "test":
            thread.join(LONG_S)


def test_run_with_deadline_returns_result_and_raises_error():
    assert run_with_deadline(LONG_S, lambda: 7, name="test") == 7
    assert run_with_deadline(LONG_S, lambda: None, name="test") is None
    with pytest.raises(ZeroDivisionError):
        run_with_deadline(LONG_S, lambda: 1 / 0, name="test")


def test_run_with_deadline_raises_after_limit():
    with blocked_call() as work, pytest.raises(DeadlineExceeded):
        run_with_deadline(0.01, work, name="test")


def test_run_with_deadline_raises_after_stop():
    stop = Event()
    stop.set()
    with blocked_call() as work, pytest.raises(DeadlineExceeded):
        run_with_deadline(LONG_S, work, name="test", stop=stop)

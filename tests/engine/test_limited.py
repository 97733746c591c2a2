"""Doing something without waiting for it for longer than one wants to."""

from contextlib import contextmanager
from threading import Event, enumerate as threads

from engine_rig import LONG_S
import pytest

from custom_components.homesec.engine.core.deadline import DeadlineExceeded, run_with_deadline


@contextmanager
def stuck():
    """Give something that never ends by itself; then end it, and its thread with it."""
    gate = Event()
    yield gate.wait
    gate.set()
    for thread in threads():
        if thread.name == "test":
            thread.join(LONG_S)


def test_what_comes_of_it_comes_through():
    assert run_with_deadline(LONG_S, lambda: 7, name="test") == 7
    assert run_with_deadline(LONG_S, lambda: None, name="test") is None
    with pytest.raises(ZeroDivisionError):
        run_with_deadline(LONG_S, lambda: 1 / 0, name="test")


def test_it_is_left_behind_when_it_takes_too_long():
    with stuck() as work, pytest.raises(DeadlineExceeded):
        run_with_deadline(0.01, work, name="test")


def test_it_is_left_behind_when_all_is_to_stop():
    stop = Event()
    stop.set()
    with stuck() as work, pytest.raises(DeadlineExceeded):
        run_with_deadline(LONG_S, work, name="test", stop=stop)

"""Doing something without waiting for it for longer than one wants to."""

from threading import Event

import pytest
from rig import LONG_S

from custom_components.homesec.engine.limited import NotWaitedFor, within


def test_what_comes_of_it_comes_through():
    assert within(LONG_S, lambda: 7, name="test") == 7
    assert within(LONG_S, lambda: None, name="test") is None
    with pytest.raises(ZeroDivisionError):
        within(LONG_S, lambda: 1 / 0, name="test")


def test_it_is_left_behind_when_it_takes_too_long():
    gate = Event()
    with pytest.raises(NotWaitedFor):
        within(0.01, gate.wait, name="test")
    gate.set()


def test_it_is_left_behind_when_all_is_to_stop():
    gate, stop = Event(), Event()
    stop.set()
    with pytest.raises(NotWaitedFor):
        within(LONG_S, gate.wait, name="test", stop=stop)
    gate.set()

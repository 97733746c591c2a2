"""What the processes ask of each other, and that nothing of it is missing."""

import dataclasses
from typing import get_args

from hypothesis import given, settings, strategies as st
import pytest
from wire_values import values

from custom_components.homesec.engine.core import events
from custom_components.homesec.engine.worker import camera_process, methods
from custom_components.homesec.engine.worker.coders import Parts
from custom_components.homesec.engine.worker.framing import pack, unpack
from custom_components.homesec.engine.worker.method import Method
from custom_components.homesec.engine.worker.wire_types import REGISTRY

OF_THE_PARENT = {
    events.CatalogRebuilt,
    events.ClipChanged,
    events.ClipUploaded,
    events.ClipsRemoved,
    events.ClipsRescanned,
    events.DiskSpaceChanged,
    events.ModelProgress,
    events.ObjectRefused,
    events.OutboxChanged,
    events.UploadProgress,
    events.VisitLogged,
}
"""Events that only the library and the parent itself have."""
OF_NO_CAMERA = {events.DetectorChanged, events.FilesSetAside}
WORKER_EVENTS = {*get_args(methods.WorkerEvent.__value__), events.SnapshotTaken}
METHODS = [each for each in vars(methods).values() if isinstance(each, Method)]


def test_every_event_is_a_workers_or_the_parents():
    known = {
        each
        for each in vars(events).values()
        if isinstance(each, type) and issubclass(each, events.EngineEvent)
    } - {events.EngineEvent}
    assert known - OF_THE_PARENT == WORKER_EVENTS


def camera_in(event):
    """Return the camera in an event, wherever it is."""
    for field in dataclasses.fields(event):
        if field.name == "camera_id":
            return event.camera_id
        if field.name in ("presence", "clip"):
            return getattr(event, field.name).camera_id
    return None


@pytest.mark.parametrize("event", sorted(WORKER_EVENTS, key=str))
def test_camera_of_every_workers_event_is_known(event):
    @settings(max_examples=5, deadline=None, database=None)
    @given(values(REGISTRY, event))
    def check(value):
        assert camera_process.camera_of(value) == camera_in(value)
        assert (camera_in(value) is None) == (event in OF_NO_CAMERA)

    check()


@pytest.mark.parametrize("method", METHODS, ids=lambda each: each.name)
@settings(max_examples=20, deadline=None, database=None)
@given(data=st.data())
def test_arguments_and_result_of_every_method_can_be_sent(method, data):
    for hint in (method.result, *method.args.values()):
        value = data.draw(values(REGISTRY, hint))
        parts = Parts()
        header, found = unpack(pack(REGISTRY.encode(hint, value, parts), parts.all)[4:])
        assert REGISTRY.decode(hint, header, Parts(found)) == value


def test_methods_have_names_of_their_own():
    assert len({each.name for each in METHODS}) == len(METHODS) > 15

"""Calls and notifications between two processes."""

from contextlib import suppress
from dataclasses import replace
import errno
import gc
import random
import socket
import threading

from hypothesis import given, settings, strategies as st
import pytest
from worker_pairs import (
    ADD,
    FAIL,
    PUT,
    SHOW,
    TELL,
    WAIT,
    Gate,
    clip,
    connected,
    spoken_to,
    wait_until,
)

from custom_components.homesec.engine.core.errors import (
    ClipDamaged,
    CustomModelRefused,
    HomeSecError,
    HostNotFound,
    ProtocolError,
    RowRefused,
    StreamNotFound,
    WorkerDied,
    WorkerError,
)
from custom_components.homesec.engine.worker import lanes, send_queue
from custom_components.homesec.engine.worker.connection import VERSION
from custom_components.homesec.engine.worker.framing import LENGTH, pack
from custom_components.homesec.engine.worker.method import Method
from custom_components.homesec.engine.worker.remote_errors import decode_error, encode_error

HELLO = pack({"hello": VERSION})


def add(a, b):
    return a + b


def raiser(error):
    def run(**_args):
        raise error

    return run


def test_call_returns_the_result():
    with connected({ADD: add}) as (near, _):
        assert near.connection.call(ADD, deadline_s=10, a=2, b=3) == 5


def test_calls_go_both_ways_at_once():
    nested = Method(name="nested", result=int)

    def run():
        return far.connection.call(ADD, deadline_s=10, a=20, b=1) * 2

    with connected({nested: run}, near_handlers={ADD: add}) as (near, far):
        assert near.connection.call(nested, deadline_s=10) == 42


@pytest.mark.parametrize(
    ("raised", "kind", "text"),
    [
        (HostNotFound("nas isn't known"), HostNotFound, "nas isn't known"),
        (RowRefused(), RowRefused, "catalog"),
        (ClipDamaged(), ClipDamaged, "read"),
        (OSError(errno.ENOSPC, "full", "/clips"), OSError, "full"),
        (PermissionError(errno.EACCES, "denied"), PermissionError, "denied"),
        (TimeoutError(errno.ETIMEDOUT, "slow"), TimeoutError, "slow"),
        (ZeroDivisionError("rtsp://user:secret@host"), WorkerError, "ZeroDivisionError"),
    ],
)
def test_call_that_raises_raises_the_same_here(raised, kind, text):
    with connected({FAIL: raiser(raised)}) as (near, _):
        with pytest.raises(kind, match=text) as caught:
            near.connection.call(FAIL, deadline_s=10, what="x")
        assert type(caught.value) is kind
        assert "secret" not in str(caught.value)
        assert getattr(caught.value, "errno", 0) == getattr(raised, "errno", 0)


def test_call_that_raises_keeps_the_placeholders():
    error = CustomModelRefused("no", field="files", reason="why")
    with connected({FAIL: raiser(error)}) as (near, _):
        with pytest.raises(CustomModelRefused) as caught:
            near.connection.call(FAIL, deadline_s=10, what="x")
        assert caught.value.placeholders == {"field": "files", "reason": "why"}


@pytest.mark.parametrize("cls", [HomeSecError, *HomeSecError.__subclasses__(), StreamNotFound])
def test_error_encoded_and_decoded_has_the_same_class_and_key(cls):
    again = decode_error(encode_error(cls("text")))
    assert (type(again), again.key, str(again)) == (cls, cls.key, "text")


def test_error_of_an_unknown_class_has_the_class_of_its_key():
    raw = encode_error(StreamNotFound()) | {"name": "NotImportedHere"}
    assert type(decode_error(raw)) is StreamNotFound
    assert type(decode_error(raw | {"key": "os.system"})) is WorkerError


@pytest.mark.parametrize("raw", [None, [], {}, {"key": "a"}])
def test_error_that_is_none_is_refused(raw):
    with pytest.raises(ProtocolError):
        decode_error(raw)


def test_call_without_answer_raises_after_its_deadline():
    gate = Gate()
    with connected({WAIT: gate}) as (near, _):
        with pytest.raises(WorkerDied, match="wait"):
            near.connection.call(WAIT, deadline_s=0.05)
        gate.open.set()
        assert near.connection.is_open


def test_call_pending_when_the_other_side_ends_raises():
    gate = Gate()
    with connected({WAIT: gate}) as (near, far):
        errors = []

        def call():
            with pytest.raises(WorkerDied) as caught:
                near.connection.call(WAIT, deadline_s=60)
            errors.append(caught.value)

        thread = threading.Thread(target=call)
        thread.start()
        assert gate.entered.wait(10)
        far.connection.close()
        thread.join(10)
        gate.open.set()
        assert len(errors) == 1
        near.lost.get(timeout=60)
        with pytest.raises(WorkerDied):
            near.connection.call(WAIT, deadline_s=60)


def test_call_whose_result_has_another_type_raises():
    with connected({ADD: lambda a, b: "text"}) as (near, _):
        with pytest.raises(WorkerError):
            near.connection.call(ADD, deadline_s=10, a=1, b=1)
        assert near.connection.is_open


@pytest.mark.parametrize("args", [{}, {"a": 1}, {"a": 1, "b": "2"}, {"a": 1, "b": 2, "c": 3}])
def test_call_with_other_arguments_is_not_sent(args):
    with connected({ADD: add}) as (near, _):
        with pytest.raises(ProtocolError):
            near.connection.call(ADD, deadline_s=10, **args)
        assert near.connection.is_open


def test_notifications_of_a_thread_are_handled_in_order():
    got = []
    done = threading.Event()
    with connected({TELL: lambda text: done.set() if text == "end" else got.append(text)}) as (
        near,
        _,
    ):
        for n in range(1000):
            near.connection.notify(TELL, text=str(n))
        near.connection.notify(TELL, text="end")
        assert done.wait(10)
    assert got == [str(n) for n in range(1000)]


def test_calls_of_a_lane_are_handled_in_order_beside_those_of_others():
    got = []
    gate = Gate()

    def put(clip, step):
        if (clip.id, step) == ("c1", 0):
            gate()
        got.append((clip.id, step))

    with connected({PUT: put, ADD: add}) as (near, _):
        for step in range(20):
            near.connection.notify(PUT, clip=clip("c1"), step=step)
        near.connection.call(PUT, deadline_s=10, clip=clip("c2"), step=0)
        assert got == [("c2", 0)]
        gate.open.set()
        near.connection.call(PUT, deadline_s=10, clip=clip("c1"), step=20)
    assert got[1:] == [("c1", step) for step in range(21)]


def test_handler_that_fails_ends_nothing():
    with connected({TELL: raiser(ValueError()), ADD: add}) as (near, _):
        near.connection.notify(TELL, text="x")
        assert near.connection.call(ADD, deadline_s=10, a=1, b=1) == 2


def test_ping_is_answered_while_all_handlers_hang():
    gate = Gate()
    with connected({WAIT: gate}) as (near, _):
        for _ in range(50):
            near.connection.notify(WAIT)
        near.connection.ping()
        wait_until(lambda: near.connection.pongs)
        gate.open.set()


def test_reader_that_is_slow_gets_the_newest_pictures_and_holds_up_nobody():
    with spoken_to({}) as (_unread, side):
        for n in range(2000):
            side.connection.notify(SHOW, camera_id=str(n % 4), jpeg=bytes(100_000))
        assert side.connection.is_open
        assert side.connection._queue.dropped > 1900


def test_reader_that_reads_no_events_loses_the_connection(monkeypatch):
    monkeypatch.setattr(send_queue, "MAX_BYTES", 2**20)

    def tell_without_end(connection):
        while True:
            connection.notify(TELL, text="x" * 100_000)

    with spoken_to({}) as (_unread, side):
        with pytest.raises(WorkerDied):
            tell_without_end(side.connection)
        assert "read" in side.lost.get(timeout=60)


def test_flood_of_messages_waits_and_then_ends_the_connection(monkeypatch):
    monkeypatch.setattr(lanes, "MAX_WAITING", 50)
    monkeypatch.setattr(lanes, "PATIENCE_S", 0.1)
    gate = Gate()
    message = pack({"notify": "wait", "args": {}})
    with spoken_to({WAIT: gate}) as (sock, side):
        with suppress(OSError):
            sock.sendall(HELLO + message * 100_000)
        gate.open.set()
        assert "faster" in side.lost.get(timeout=60)


def test_messages_before_the_end_are_handled_before_the_loss_is_reported():
    order = []

    def tell(text):
        order.append(text)

    with spoken_to({TELL: tell}) as (sock, side):
        side.connection._on_lost = order.append
        sock.sendall(HELLO + pack({"notify": "tell", "args": {"text": "last"}}))
        sock.close()
        assert side.connection.join(20)
    assert order == ["last", "the other process has ended"]


@pytest.mark.parametrize(
    "message",
    [
        b"\xff" * 100,
        pack({"hello": VERSION + 1}),
        pack("ping"),
        HELLO + pack({"hello": VERSION}),
        HELLO + pack([]),
        HELLO + pack({"call": 1, "method": "__class__", "args": {}}),
        HELLO + pack({"call": 1, "method": "tell", "args": {}}),
        HELLO + pack({"notify": "tell", "args": {"text": 1}}),
        HELLO + pack({"notify": "tell", "args": {"text": "a"}}, [b"more"]),
        HELLO + pack({"notify": "tell", "args": {"text": "a", "self": "b"}}),
        HELLO + pack("other"),
        HELLO + pack("ping", [b"more"]),
        HELLO + pack({"reply": 1}),
        HELLO + LENGTH.pack(10),
    ],
)
def test_message_that_is_not_as_agreed_ends_the_connection(message):
    with spoken_to({TELL: lambda text: None}) as (sock, side):
        with suppress(OSError):
            sock.sendall(message)
            sock.shutdown(socket.SHUT_WR)
        side.lost.get(timeout=60)
        assert not side.connection.is_open


@settings(max_examples=60, deadline=None, database=None)
@given(st.integers(0, 2**32))
def test_random_messages_end_the_connection_or_are_handled(seed):
    rng = random.Random(seed)
    stream = bytearray(HELLO)
    for _ in range(20):
        stream += pack({"notify": "tell", "args": {"text": "x"}})
        stream += pack({"call": 1, "method": "add", "args": {"a": 1, "b": 2}})
        stream += pack({"notify": "show", "args": {"camera_id": "a", "jpeg": 0}}, [b"jpeg"])
    for _ in range(rng.randint(1, 10)):
        stream[rng.randrange(len(stream))] = rng.randrange(256)
    handlers = {TELL: lambda text: None, ADD: add, SHOW: lambda camera_id, jpeg: None}
    with spoken_to(handlers) as (sock, side):
        with suppress(OSError):
            sock.sendall(stream)
            sock.shutdown(socket.SHUT_WR)
        assert side.lost.get(timeout=60)
        assert "defect" not in side.connection._reason


def test_answer_that_nobody_waits_for_is_ignored():
    with spoken_to({}) as (sock, side):
        sock.sendall(HELLO + pack({"reply": 99, "value": "late"}) + pack("pong"))
        wait_until(lambda: side.connection.pongs)


def test_answer_of_another_type_ends_the_connection_and_the_call():
    with spoken_to({}) as (sock, side):
        errors = []

        def call():
            with pytest.raises(WorkerError) as caught:
                side.connection.call(ADD, deadline_s=60, a=1, b=1)
            errors.append(caught.value)

        thread = threading.Thread(target=call)
        thread.start()
        sock.sendall(HELLO + pack({"reply": 1, "value": "text"}))
        # The answer may be there before the call; then it's ignored, and the next one counts.
        while not errors and thread.is_alive() and side.connection.is_open:
            with suppress(OSError):
                sock.sendall(pack({"reply": 1, "value": "text"}))
        thread.join(10)
        assert len(errors) == 1
        assert not side.connection.is_open


def test_connections_leave_no_thread_and_no_socket():
    def opened():
        gc.collect()
        found = [x for x in gc.get_objects() if isinstance(x, socket.socket) and x.fileno() >= 0]
        return len(found)

    before = opened(), threading.active_count()
    for _ in range(5):
        with connected({ADD: add, TELL: lambda text: None}) as (near, _):
            near.connection.call(ADD, deadline_s=10, a=1, b=1)
            near.connection.notify(TELL, text="x")
    wait_until(lambda: (opened(), threading.active_count()) == before)


def test_lane_limits_hold_what_waits(monkeypatch):
    monkeypatch.setattr(lanes, "MAX_WAITING_BYTES", 100)
    monkeypatch.setattr(lanes, "PATIENCE_S", 0.05)
    gate = Gate()
    pool = lanes.Lanes("test", 1)
    pool.submit(None, gate)
    assert gate.entered.wait(10)
    pool.submit(None, lambda: None, 100)
    with pytest.raises(ProtocolError):
        pool.submit(None, lambda: None, 1)
    gate.open.set()
    assert pool.close(10)


def test_lanes_closed_with_a_task_that_hangs_drop_the_rest():
    gate = Gate()
    pool = lanes.Lanes("test", 1)
    pool.submit("a", gate)
    assert gate.entered.wait(10)
    pool.submit("a", raiser(AssertionError()))
    assert not pool.close(0.05)
    gate.open.set()
    wait_until(lambda: "homesec-test-0" not in {each.name for each in threading.enumerate()})


def test_row_of_a_clip_arrives_as_it_was():
    got = []
    row = replace(clip(), zones=("Door",), score=0.5)
    with connected({PUT: lambda clip, step: got.append(clip)}) as (near, _):
        near.connection.call(PUT, deadline_s=10, clip=row, step=1)
    assert got == [row]

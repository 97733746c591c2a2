"""Which cameras are blamed for the end of a worker, and what follows."""

import random

import pytest

from custom_components.homesec.engine.core.activity_board import (
    BOARD_BYTES,
    Board,
    BoardReader,
    Mark,
    Work,
    create_board,
)
from custom_components.homesec.engine.worker.exit_report import ExitReport
from custom_components.homesec.engine.worker.suspects import MAX_NEW, QUIET_S, Suspects, blamed

CAMERAS = frozenset({"a", "b", "c", "d", "e", "f"})


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def found(clock):
    return Suspects(clock, random.Random(1))


def crash(*marks, thread=None, reason="signal 11", **options):
    made = tuple(
        Mark(thread=n + 100, since=990.0, work=work, camera_id=name)
        for n, (name, work) in enumerate(marks)
    )
    return ExitReport(reason=reason, at=1000.0, marks=made, main_thread=1, thread=thread, **options)


def decoding(*names, **options):
    return crash(*((name, Work.DECODE) for name in names), **options)


@pytest.mark.parametrize(
    ("report", "names"),
    [
        (decoding("a", "b", thread=101), {"b"}),
        (decoding("a", "b", thread=1), set()),
        (decoding("a", "b", thread=999), {"a", "b"}),
        (decoding("a", "b"), {"a", "b"}),
        (crash(("a", Work.READ), ("b", Work.MUX)), {"b"}),
        (crash(("a", Work.READ), ("b", Work.MUX), thread=100), {"a"}),
        (crash(("a", Work.READ), ("b", Work.READ)), {"a", "b"}),
        (decoding("a", outside=True), set()),
        (decoding("a", expected=True), set()),
        (decoding("a", hung=True), {"a"}),
        (crash(("a", Work.READ), hung=True), set()),
        (crash(), set()),
    ],
)
def test_blame_is_of_the_thread_that_crashed_or_of_all_that_worked(report, names):
    assert blamed(report) == names


def test_blame_for_a_hang_is_of_what_took_long():
    short = Mark(thread=100, since=999.5, work=Work.DECODE, camera_id="a")
    long = Mark(thread=101, since=980.0, work=Work.DECODE, camera_id="b")
    report = ExitReport(reason="no heartbeat", at=1000.0, marks=(short, long), hung=True)
    assert blamed(report) == {"b"}


def test_suspect_gets_a_worker_of_its_own_at_once(found):
    assert found.handle_exit(CAMERAS, decoding("a")) == {"a"}
    assert found.isolated == {"a"}
    assert found.paused == set()


def test_suspect_that_the_worker_does_not_have_is_none(found):
    assert found.handle_exit({"b"}, decoding("a")) == set()
    assert found.isolated == set()


def test_many_suspects_at_once_are_isolated_the_second_time(found):
    first = sorted(CAMERAS)[: MAX_NEW + 1]
    found.handle_exit(CAMERAS, decoding(*first))
    assert found.isolated == set()
    found.handle_exit(CAMERAS, decoding(*first[1:], "f"))
    assert found.isolated == set(first[1:])


def test_camera_that_ends_its_own_worker_waits_longer_each_time(found, clock):
    pauses = []
    for _ in range(9):
        found.handle_exit(CAMERAS, decoding("a"))
        pauses.append(found.pause_s("a"))
        clock.now += pauses[-1] + 1
    assert pauses[:2] == [0.0, 0.0]
    assert 15 <= pauses[2] <= 30
    assert all(300 <= pause <= 600 for pause in pauses[-2:])
    assert found.pause_s("b") == 0.0


def test_camera_is_paused_until_its_pause_is_over(found, clock):
    for _ in range(3):
        found.handle_exit(CAMERAS, decoding("a"))
    assert found.paused == {"a"}
    clock.now += found.pause_s("a")
    assert found.paused == set()
    assert found.isolated == {"a"}


def test_camera_that_was_quiet_is_forgiven(found, clock):
    found.handle_exit(CAMERAS, decoding("a"))
    clock.now += QUIET_S / 2
    found.handle_exit(CAMERAS, decoding("b"))
    clock.now += QUIET_S / 2 + 1
    assert found.forgive()
    assert found.isolated == {"b"}
    assert not found.forgive()


def test_camera_that_is_forgotten_begins_anew(found):
    for _ in range(3):
        found.handle_exit(CAMERAS, decoding("a"))
    found.forget("a")
    assert (found.isolated, found.paused) == (set(), set())


@pytest.fixture
def board():
    fd = create_board()
    reader = BoardReader(fd)
    writer = Board()
    writer.attach(fd)
    yield writer, reader
    reader.close()


def test_board_shows_a_mark_while_the_work_is_done(board):
    writer, reader = board
    writer.bind("porch")
    with writer.working(Work.DECODE):
        with writer.working(Work.MUX, "garden"):
            marks = {(x.camera_id, x.work) for x in reader.read()}
        assert [x.camera_id for x in reader.read()] == ["porch"]
    assert marks == {("porch", Work.DECODE), ("garden", Work.MUX)}
    assert reader.read() == ()


def test_board_is_free_again_after_work_that_fails(board):
    writer, reader = board
    for _ in range(1000):
        with pytest.raises(ValueError, match="broken"), writer.working(Work.OPEN, "porch"):
            raise ValueError("broken")
    assert reader.read() == ()


def test_board_without_room_marks_nothing(board):
    writer, reader = board
    writer._free.clear()
    with writer.working(Work.OPEN, "porch"):
        assert reader.read() == ()


def test_board_that_is_not_shared_marks_nothing():
    board = Board()
    board.bind("porch")
    with board.working(Work.OPEN):
        assert board._free


@pytest.mark.parametrize("seed", range(20))
def test_board_full_of_garbage_can_be_read(board, seed):
    _, reader = board
    reader._memory[:] = random.Random(seed).randbytes(BOARD_BYTES)
    for mark in reader.read():
        assert isinstance(mark.camera_id, str)

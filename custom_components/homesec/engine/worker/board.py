"""The activity board: shared memory that tells which cameras a worker was working on as it ended.

A slot per camera has its id, and for each kind of native work how many threads do it and since
when. The worker writes, its parent reads; a mark is set before the native code is entered, so it
survives whatever that does.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from mmap import mmap
import os
from struct import Struct
import tempfile
from threading import Lock
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SLOTS = 256
SLOT_BYTES = 128
BOARD_BYTES = SLOTS * SLOT_BYTES
ID_BYTES = 64


class Work(Enum):
    """Native work on a camera's bytes; the value is its index in a slot."""

    OPEN = 0  # opening its source, and reading from it
    DECODE = 1
    MUX = 2  # writing a clip
    DETECT = 3


_MARK = Struct("=Id")  # threads, and the monotonic time at which the first of them began


@dataclass(frozen=True, slots=True)
class Activity:
    """What a camera's slot says."""

    camera_id: str
    since: dict[Work, float]
    """Monotonic seconds, which all processes share, by the work that's being done."""


def create_board() -> int:
    """Return the descriptor of a new board's memory, which a child can inherit."""
    try:
        fd = os.memfd_create("homesec-board")
    except OSError, AttributeError:  # an old kernel, or a sandbox
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    os.ftruncate(fd, BOARD_BYTES)
    return fd


class BoardReader:
    """The parent's end: whatever is in the memory, reading it raises nothing."""

    def __init__(self, fd: int) -> None:
        self._memory = mmap(fd, BOARD_BYTES)

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()

    def read(self) -> list[Activity]:
        """Return the cameras that are being worked on."""
        return [found for n in range(SLOTS) if (found := self._read(n)) is not None]

    def _read(self, slot: int) -> Activity | None:
        at = slot * SLOT_BYTES
        raw = bytes(self._memory[at : at + SLOT_BYTES])
        camera_id = raw[:ID_BYTES].rstrip(b"\0").decode(errors="replace")
        marks = {work: _MARK.unpack_from(raw, ID_BYTES + work.value * _MARK.size) for work in Work}
        since = {work: began for work, (threads, began) in marks.items() if threads}
        return Activity(camera_id, since) if camera_id and since else None


class Board:
    """The worker's end."""

    def __init__(self) -> None:
        self._memory: mmap | None = None
        self._lock = Lock()
        self._slots: dict[str, int] = {}
        self._threads: dict[tuple[str, Work], int] = {}

    def attach(self, fd: int) -> None:
        """Write into shared memory, and close its descriptor; before, nothing is written."""
        with self._lock:
            self._memory = mmap(fd, BOARD_BYTES)
        os.close(fd)

    @contextmanager
    def working(self, camera_id: str, work: Work) -> Iterator[None]:
        """Mark a camera for as long as its bytes are in native code."""
        self._count(camera_id, work, 1)
        try:
            yield
        finally:
            self._count(camera_id, work, -1)

    def forget(self, camera_id: str) -> None:
        """Free a removed camera's slot."""
        with self._lock:
            if self._memory is not None and (slot := self._slots.pop(camera_id, None)) is not None:
                at = slot * SLOT_BYTES
                self._memory[at : at + SLOT_BYTES] = bytes(SLOT_BYTES)

    def _count(self, camera_id: str, work: Work, step: int) -> None:
        if self._memory is None:
            return
        with self._lock:
            key = (camera_id, work)
            threads = self._threads[key] = max(0, self._threads.get(key, 0) + step)
            if (slot := self._slot(camera_id)) is None:
                return
            at = slot * SLOT_BYTES + ID_BYTES + work.value * _MARK.size
            began = time.monotonic() if threads == 1 and step > 0 else None
            if began is None:
                began = _MARK.unpack_from(self._memory, at)[1]
            _MARK.pack_into(self._memory, at, threads, began)

    def _slot(self, camera_id: str) -> int | None:
        """Return a camera's slot; a new camera gets the first that's free, if there is one."""
        if self._memory is None:
            return None
        if (slot := self._slots.get(camera_id)) is None:
            free = set(range(SLOTS)) - set(self._slots.values())
            if not free:
                return None
            slot = self._slots[camera_id] = min(free)
            at = slot * SLOT_BYTES
            self._memory[at : at + ID_BYTES] = camera_id.encode()[:ID_BYTES].ljust(ID_BYTES, b"\0")
        return slot


BOARD = Board()
"""This process's. One for all, since native code is entered in many places."""

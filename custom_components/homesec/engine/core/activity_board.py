"""The activity board: shared memory that tells what a worker was working on as it ended.

Each thread that's in native code on a camera's behalf has a slot with its id, the camera, and the
kind of work. The worker writes, its parent reads. A mark is set before the native code is entered,
so it survives whatever that does.
"""

from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from mmap import mmap
import os
from struct import Struct
import tempfile
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SLOTS = 256
BOARD_BYTES = SLOTS * 128
_SLOT = Struct("=QdB64s")  # thread (0: free), monotonic time, work, camera id
_MAIN_THREAD = Struct("=Q")
"""The first slot only has the id of the main thread: no camera is there, but signals are."""


class Work(Enum):
    """Native work on a camera's bytes."""

    READ = 0  # waiting for a packet, mostly
    OPEN = 1
    DECODE = 2
    MUX = 3  # writing a clip
    DETECT = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """What one thread was doing."""

    thread: int
    since: float  # monotonic seconds, which all processes share
    work: Work
    camera_id: str


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

    @property
    def main_thread(self) -> int:
        """The id of the worker's main thread."""
        thread: int = _MAIN_THREAD.unpack_from(self._memory, 0)[0]
        return thread

    def read(self) -> tuple[Mark, ...]:
        """Return the marks that are set."""
        found = []
        for slot in range(1, SLOTS):
            thread, since, work, raw = _SLOT.unpack_from(self._memory, slot * 128)
            if thread and work < len(Work):
                camera_id = raw.rstrip(b"\0").decode(errors="replace")
                found.append(Mark(thread, since, Work(work), camera_id))
        return tuple(found)


class Board:
    """The worker's end. Without memory to share, in the parent's own process, it does nothing."""

    def __init__(self) -> None:
        self._memory: mmap | None = None
        self._free = deque(range(1, SLOTS))  # its methods need no lock
        self._thread = threading.local()

    def attach(self, fd: int) -> None:
        """Write into shared memory from now on, and close its descriptor."""
        memory = mmap(fd, BOARD_BYTES)
        os.close(fd)
        _MAIN_THREAD.pack_into(memory, 0, threading.main_thread().ident or 0)
        self._memory = memory

    def bind(self, camera_id: str) -> None:
        """Let the calling thread work for a camera."""
        self._thread.camera_id = camera_id

    @contextmanager
    def working(self, work: Work, camera_id: str | None = None) -> Iterator[None]:
        """Mark the calling thread, for its own or another camera, while it's in native code."""
        camera_id = camera_id or getattr(self._thread, "camera_id", None)
        memory = self._memory
        if memory is None or camera_id is None or not self._free:
            yield
            return
        slot = self._free.popleft()
        thread, name = threading.get_ident(), camera_id.encode()
        _SLOT.pack_into(memory, slot * 128, thread, time.monotonic(), work.value, name)
        try:
            yield
        finally:
            _MAIN_THREAD.pack_into(memory, slot * 128, 0)
            self._free.append(slot)


BOARD = Board()
"""This process's. One for all, since native code is entered in many places."""

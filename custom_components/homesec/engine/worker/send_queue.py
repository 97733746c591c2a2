"""Messages that wait to be sent: a slow reader costs memory up to a limit, and never time."""

from collections import deque
from dataclasses import dataclass
from threading import Condition

from ..core.errors import ProtocolError

DROP_BYTES = 8 * 2**20
"""From here on, messages that may be dropped are."""
MAX_BYTES = 96 * 2**20
MAX_MESSAGES = 20_000


@dataclass(slots=True)
class _Waiting:
    data: bytes
    key: object


class SendQueue:
    """A queue between any number of threads that write and the one that sends."""

    def __init__(self) -> None:
        self._changed = Condition()
        # The condition's lock guards everything below.
        self._queue: deque[_Waiting] = deque()
        self._newest: dict[object, _Waiting] = {}
        self._bytes = 0
        self._closed = False
        self.dropped = 0  # messages that were left out or replaced

    def put(self, data: bytes) -> None:
        """Append a message that must arrive. Raises ``ProtocolError`` when too much waits."""
        with self._changed:
            if self._closed:
                return
            if self._bytes + len(data) > MAX_BYTES or len(self._queue) >= MAX_MESSAGES:
                raise ProtocolError("the other process doesn't read its messages")
            self._append(_Waiting(data, None))

    def put_droppable(self, data: bytes, key: object = None) -> None:
        """Append a message that may be left out; it replaces one with the same key."""
        with self._changed:
            waiting = None if key is None else self._newest.get(key)
            if waiting is not None:
                self.dropped += 1
                self._bytes += len(data) - len(waiting.data)
                waiting.data = data
            elif self._closed or self._bytes + len(data) > DROP_BYTES:
                self.dropped += 1
            else:
                self._append(_Waiting(data, key))

    def get(self) -> bytes | None:
        """Wait for the next message; None when the queue is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            if not self._queue:
                return None
            waiting = self._queue.popleft()
            self._bytes -= len(waiting.data)
            if waiting.key is not None:
                self._newest.pop(waiting.key, None)
            self._changed.notify_all()
            return waiting.data

    def close(self) -> None:
        """Take no more; what waits is still given out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def clear(self) -> None:
        """Drop everything that waits."""
        with self._changed:
            self._queue.clear()
            self._newest.clear()
            self._bytes = 0
            self._changed.notify_all()

    def wait_empty(self, timeout_s: float) -> bool:
        """Wait until everything was given out; return whether it was."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue, timeout_s)

    def _append(self, waiting: _Waiting) -> None:
        self._queue.append(waiting)
        self._bytes += len(waiting.data)
        if waiting.key is not None:
            self._newest[waiting.key] = waiting
        self._changed.notify_all()

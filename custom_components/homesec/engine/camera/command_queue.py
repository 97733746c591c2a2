"""What other threads ask a camera's thread to do, between two packets."""

from __future__ import annotations

from concurrent.futures import Future, TimeoutError as FutureTimeoutError
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from ..core.errors import CameraNotRunning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMMAND_TIMEOUT_S = 3.0


class CommandQueue:
    """A queue of actions, each with a future for whoever waits for its result."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[_Command[object]] = SimpleQueue()

    def ask[T](self, action: Callable[[], T]) -> T:
        """Have the action done and return its result, or raise what it raised.

        Raises ``CameraNotRunning`` when the camera's thread does not come to it in time.
        """
        command = _Command(action)
        self._queue.put(command)  # type: ignore[arg-type] # the result goes to the asker only
        try:
            return command.future.result(COMMAND_TIMEOUT_S)
        except FutureTimeoutError:
            command.future.cancel()
            raise CameraNotRunning from None

    def run(self) -> None:
        """Do what was asked for until now; on the camera's thread."""
        for command in self._waiting():
            command.run()

    def refuse(self) -> None:
        """Answer what was asked for that nothing runs any more."""
        for command in self._waiting():
            command.refuse()

    def _waiting(self) -> Iterator[_Command[object]]:
        while True:
            try:
                yield self._queue.get_nowait()
            except Empty:
                return


class _Command[T]:
    """One action and its result."""

    def __init__(self, action: Callable[[], T]) -> None:
        self._action = action
        self.future: Future[T] = Future()

    def run(self) -> None:
        """Do it, unless the asker has given up."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self._action()
        except Exception as err:  # noqa: BLE001 - it is the asker's
            self.future.set_exception(err)
        else:
            self.future.set_result(result)

    def refuse(self) -> None:
        """Answer that it is not going to be done."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(CameraNotRunning())

"""Commands that other threads give a camera's thread; it runs them between two packets."""

from collections import deque
from concurrent.futures import Future, TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING

from ..core.errors import CameraNotRunning

if TYPE_CHECKING:
    from collections.abc import Callable

COMMAND_TIMEOUT_S = 3.0


class CommandQueue:
    """A queue of actions, each with a future for its caller."""

    def __init__(self) -> None:
        self._queue: deque[Callable[[Exception | None], None]] = deque()

    def submit[T](self, action: Callable[[], T]) -> T:
        """Have the camera's thread run an action; return its result, or raise what it raised.

        Raises ``CameraNotRunning`` when the thread doesn't run it in time.
        """
        future: Future[T] = Future()

        def run(refusal: Exception | None) -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                if refusal is not None:
                    raise refusal
                result = action()
            except Exception as err:  # noqa: BLE001 - raised by ``submit``
                future.set_exception(err)
            else:
                future.set_result(result)

        self._queue.append(run)
        try:
            return future.result(COMMAND_TIMEOUT_S)
        except FutureTimeoutError:
            future.cancel()
            raise CameraNotRunning from None

    def post(self, action: Callable[[], None]) -> None:
        """Have the camera's thread run an action, or none if it ends before; without waiting."""

        def run(refusal: Exception | None) -> None:
            if refusal is None:
                action()

        self._queue.append(run)

    def run_pending(self) -> None:
        """Run the actions that wait; on the camera's thread."""
        while self._queue:
            self._queue.popleft()(None)

    def cancel_all(self) -> None:
        """Have ``submit`` raise ``CameraNotRunning`` for all actions that wait."""
        while self._queue:
            self._queue.popleft()(CameraNotRunning())

"""Run a blocking call with a time limit."""

from queue import Empty, SimpleQueue
from threading import Event, Thread
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_STOP_CHECK_S = 0.1


class DeadlineExceeded(Exception):  # noqa: N818 - it is no error that work goes on
    """The call goes on in its thread, and its result is dropped."""


def run_with_deadline[T](
    limit_s: float, work: Callable[[], T], *, name: str, stop: Event | None = None
) -> T:
    """Run ``work`` in a thread of this name; return what it returns, or raise what it raises.

    Raises DeadlineExceeded after ``limit_s``, or soon after ``stop`` is set.
    """
    results: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            results.put((work(), None))
        except BaseException as err:  # noqa: BLE001 - raised in the calling thread
            results.put((None, err))

    until = time.monotonic() + limit_s
    thread = Thread(target=run, name=name, daemon=True)
    thread.start()
    while (left_s := until - time.monotonic()) > 0 and not (stop and stop.is_set()):
        try:
            result, error = results.get(timeout=min(left_s, _STOP_CHECK_S))
        except Empty:
            continue
        thread.join()  # at its end, so that a caller leaves no thread behind
        if error is not None:
            raise error
        return result  # type: ignore[return-value]  # without an error there is one
    raise DeadlineExceeded

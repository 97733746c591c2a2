"""Doing something that nothing can cut off, without waiting for longer than one wants to."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from threading import Event, Thread
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK_S = 0.1
"""How soon a stop is noticed."""


class DeadlineExceeded(Exception):  # noqa: N818 - it is no error that work goes on
    """It goes on in a thread of its own, and whatever comes of it is of no interest any more."""


def run_with_deadline[T](
    limit_s: float, work: Callable[[], T], *, name: str, stop: Event | None = None
) -> T:
    """Return what ``work`` returns, or raise what it raises.

    Raises DeadlineExceeded when it takes longer than ``limit_s``, or soon after ``stop``.
    """
    answers: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except BaseException as err:  # noqa: BLE001 - it is raised where it is waited for
            answers.put((None, err))

    until = time.monotonic() + limit_s
    Thread(target=run, name=name, daemon=True).start()
    while (left_s := until - time.monotonic()) > 0:
        if stop is not None and stop.is_set():
            break
        try:
            answer, error = answers.get(timeout=min(left_s, _LOOK_S))
        except Empty:
            continue
        if error is not None:
            raise error
        return answer  # type: ignore[return-value]  # without an error there is one
    raise DeadlineExceeded

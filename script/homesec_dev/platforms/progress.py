"""What is being done and for how long already, on stderr."""

from __future__ import annotations

from contextlib import contextmanager
import sys
from threading import Event, Thread
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TELL_EVERY_S = 5.0


class Progress:
    """Counts from its making."""

    def __init__(self) -> None:
        """Begin to count."""
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._began

    def say(self, text: str) -> None:
        """Write one line."""
        print(f"[{self.seconds:4.0f} s] {text}", file=sys.stderr, flush=True)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Say that something begins, then how long it takes, every few seconds."""
        self.say(text)
        began, done = time.monotonic(), Event()

        def tell() -> None:
            while not done.wait(TELL_EVERY_S):
                self.say(f"    … {text}, {time.monotonic() - began:.0f} s")

        teller = Thread(target=tell, daemon=True)
        teller.start()
        try:
            yield
        finally:
            done.set()
            teller.join()

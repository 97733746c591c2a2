"""Steps of the check, with the time since its start."""

from __future__ import annotations

from contextlib import contextmanager
import time
from typing import TYPE_CHECKING

from ..bootstrap import console

if TYPE_CHECKING:
    from collections.abc import Iterator


class Progress:
    """Prints steps; its clock starts when it is made."""

    def __init__(self) -> None:
        """Start the clock."""
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.monotonic() - self._began

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Print that a step begins, then every few seconds how long it has taken."""
        console.step(f"{text} (after {self.seconds:.0f} s)")
        with console.progress(text):
            yield

"""How a worker ended, and what it wrote as it did."""

from collections import deque
from dataclasses import dataclass
import re
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import IO

    from ..core.activity_board import Mark

_STDERR_LINES = 30
_CRASHED = re.compile(r"Current thread 0x([0-9a-f]{1,16})\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitReport:
    """How a worker ended."""

    reason: str  # "signal 11", "memory", "no heartbeat", "exit code 1", "stopped"
    at: float = 0.0  # monotonic seconds
    lived_s: float = 0.0
    marks: tuple[Mark, ...] = ()  # what its threads were doing
    main_thread: int = 0
    thread: int | None = None  # the one that crashed, if that's known
    expected: bool = False  # whether it was asked to end
    outside: bool = False  # whether nothing in it ended it: a user, or the system
    hung: bool = False


class StderrTail:
    """What a child wrote last: where a native crash was, or the complaint of a library."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=_STDERR_LINES)
        self.thread: int | None = None  # the one that crashed
        self._fatal = False

    def read(self, stream: IO[bytes]) -> None:
        """Read to the end, on a thread of its own. Of a crash, the beginning says most."""
        with stream:
            while raw := stream.readline(2000):
                line = raw.decode(errors="replace").rstrip()
                self._fatal = self._fatal or line.startswith("Fatal Python error")
                if self._fatal and self.thread is None and (found := _CRASHED.match(line)):
                    self.thread = int(found[1], 16)
                if not self._fatal or len(self.lines) < _STDERR_LINES:
                    self.lines.append(line)


def signal_name(reason: str) -> str:
    """Return a reason for people: the name of a signal rather than its number."""
    match reason.split():
        case ["signal", number] if number.isdigit() and int(number) in list(signal.Signals):
            return signal.Signals(int(number)).name
    return reason

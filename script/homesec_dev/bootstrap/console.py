"""Output of the set-up, and running other programs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
import os
from pathlib import Path
import subprocess
import sys
from tempfile import TemporaryFile
from threading import Event, Lock, Thread
import time
from typing import BinaryIO

OUTPUT_LINES = 15  # of a failed command: enough for pip's and apt's own explanation
SILENCE_S = 5.0  # the longest time in which nothing is printed
LAST_LINE_BYTES = 500  # of what a command printed so far
LINE_LENGTH = 80

# A folder of packages meant for another Python, and an order not to write byte code, would
# respectively break what is installed here and make every start compile Home Assistant again.
DROPPED_VARIABLES = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")


class SetupError(Exception):
    """An error that needs the user: what failed and what to do."""

    def __init__(self, what: str, *, advice: str = "") -> None:
        """Keep both parts; the advice is shown on a line of its own."""
        super().__init__(what)
        self.advice = advice


class CommandError(SetupError):
    """A program that the set-up ran failed."""


class _Printer:
    """Prints lines, and knows how long ago it printed the last one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._printed_at = time.monotonic()

    def line(self, text: str) -> None:
        """Print a line. On stderr, so that a script's own output stays machine-readable."""
        with self._lock:
            self._print(text)

    def line_after_silence(self, text: Callable[[], str]) -> None:
        """Print a line if nothing was printed for a while."""
        with self._lock:
            if time.monotonic() - self._printed_at >= SILENCE_S:
                self._print(text())

    def _print(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)
        self._printed_at = time.monotonic()


_PRINTER = _Printer()


def step(text: str) -> None:
    """Print what happens now."""
    _PRINTER.line(f"==> {text}")


def notice(text: str) -> None:
    """Print something that the person should know but need not act upon."""
    _PRINTER.line(f"    {text}")


@contextmanager
def progress(doing: str, detail: Callable[[], str] = str) -> Iterator[None]:
    """Print a line every few seconds for as long as the block runs.

    It has the time so far and what `detail` returns, which is called on another thread.
    """
    began = time.monotonic()
    ended = Event()

    def line() -> str:
        parts = [f"{time.monotonic() - began:.0f} s", detail()]
        return f"    {doing}: {', '.join(filter(None, parts))}"

    def print_lines() -> None:
        while not ended.wait(SILENCE_S / 10):
            _PRINTER.line_after_silence(line)

    thread = Thread(target=print_lines, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment, proxy and certificate settings and all, for a child."""
    kept = {name: value for name, value in os.environ.items() if name not in DROPPED_VARIABLES}
    return kept | dict(extra or {})


def run(
    command: Sequence[str | Path],
    *,
    doing: str,
    advice: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    check: bool = True,
    detail: Callable[[], str] | None = None,
) -> str:
    """Run a program to its end and return its standard output.

    `doing` and `advice` become the error message if it fails or cannot be started, followed by
    the last lines that it printed. `env` is added to the environment. With `check=False` the
    program may fail. `detail` says how far it is; by default the last line that it printed does.
    """
    words = [str(word) for word in command]
    with TemporaryFile() as output, TemporaryFile() as errors:
        try:
            with progress(doing, detail or partial(_last_line, output)):
                code = subprocess.run(
                    words,
                    env=environment(env),
                    cwd=cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=errors,
                    check=False,
                ).returncode
        except OSError as err:
            raise CommandError(f"{doing} failed: {err}", advice=advice) from err
        printed, complaints = _text(output), _text(errors)
    if check and code:
        lines = (printed + complaints).strip().splitlines()[-OUTPUT_LINES:]
        said = "\n".join(f"    | {line}" for line in lines)
        raise CommandError(
            f"{doing} failed (exit code {code}): {' '.join(words[:3])} …\n{said}",
            advice=advice,
        )
    return printed


def _text(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _last_line(file: BinaryIO) -> str:
    """Return the last line that a running program printed, without moving its position."""
    size = os.fstat(file.fileno()).st_size
    end = os.pread(file.fileno(), LAST_LINE_BYTES, max(0, size - LAST_LINE_BYTES))
    lines = end.decode(errors="replace").split("\n")
    return next((line.strip()[:LINE_LENGTH] for line in reversed(lines) if line.strip()), "")

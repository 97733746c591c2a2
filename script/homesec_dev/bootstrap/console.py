"""How the set-up talks to the person and to other programs."""

from collections.abc import Mapping, Sequence
import os
from pathlib import Path
import subprocess
import sys

OUTPUT_LINES = 15  # of a failed command: enough for pip's and apt's own explanation

# A folder of packages meant for another Python, and an order not to write byte code, would
# respectively break what is installed here and make every start compile Home Assistant again.
DROPPED_VARIABLES = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")


class SetupError(Exception):
    """Something the set-up cannot solve alone: what failed, and what the person can do."""

    def __init__(self, what: str, *, advice: str = "") -> None:
        """Keep both parts; the advice is shown on a line of its own."""
        super().__init__(what)
        self.advice = advice


class CommandError(SetupError):
    """A program that the set-up ran failed."""


def step(text: str) -> None:
    """Say what happens now. On stderr, so that a script's own output stays machine-readable."""
    print(f"==> {text}", file=sys.stderr, flush=True)


def notice(text: str) -> None:
    """Say something that the person should know but need not act upon."""
    print(f"    {text}", file=sys.stderr, flush=True)


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
) -> str:
    """Run a program to its end and return its standard output.

    `doing` and `advice` become the error message if it fails or cannot be started, followed by
    the last lines that it printed. `env` is added to the environment. With `check=False` the
    program may fail.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            env=environment(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as err:
        raise CommandError(f"{doing} failed: {err}", advice=advice) from err
    if check and done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[-OUTPUT_LINES:]
        said = "\n".join(f"    | {line}" for line in lines)
        raise CommandError(
            f"{doing} failed (exit code {done.returncode}): {' '.join(words[:3])} …\n{said}",
            advice=advice,
        )
    return done.stdout

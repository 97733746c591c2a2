"""`script/test`: everything that must pass before a change lands.

Style and types are checked while the tests run; their output is printed after the tests.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile
import time

from .bootstrap import paths
from .bootstrap.console import step

type Command = tuple[str, ...]

# More than cores, since many tests wait for a video that plays in real time.
WORKERS = 3 * (os.cpu_count() or 1)
# Tests of a file run in order on one worker, since some build on each other. tests/conftest.py
# decides which file comes first.
SPREAD = ("-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder")
# Coverage is judged afterwards.
COVERAGE = ("--cov", "--cov-report=", "--cov-fail-under=0")
TESTS: Command = ("pytest", *SPREAD, *COVERAGE, "-p", "no:cacheprovider", "--durations=10")
STYLE: tuple[Command, ...] = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    (
        *("mypy", "--strict", "--cache-dir", str(paths.types())),
        *("custom_components/homesec", "script/homesec_dev"),
    ),
    ("homesec_dev.panel", "check"),
)
REPORT: Command = ("coverage", "report")
MEMORY = Path("/dev/shm")
MEMORY_BYTES = 16 * 2**30
"""That must be free for the files of tests to be kept in memory. They take 11 GiB, most of it what
each house reserves of its disk. Tests of full and slow disks bring their own."""


@dataclass(kw_only=True)
class Style:
    """Lint, format, and type checks, one after the other; each failure is reported."""

    printed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Run them all."""
        begun = time.monotonic()
        for command in STYLE:
            title = " ".join(command)
            done = _run(command, capture=True)
            self.printed.append(f"$ {title}\n{done.stdout.rstrip()}\n")
            if done.returncode:
                self.failed.append(title)
        self.printed.insert(0, f"\n==> Style and types, {time.monotonic() - begun:.0f} s")


def main(arguments: list[str]) -> int:
    """Run all checks, or only pytest with the given arguments."""
    if arguments:
        return _run(("pytest", *arguments)).returncode
    style = Style()
    failed = []
    with tempfile.TemporaryDirectory(dir=_quick_folder()) as folder:
        notes = Path(folder)
        tests = (*TESTS, f"--basetemp={notes / 'tests'}")
        with ThreadPoolExecutor(1) as lane:
            step("Style and types, and beside them the tests")
            checking = lane.submit(style.run)
            failed += _failures(tests, notes)
            checking.result()
        print("\n".join(style.printed), flush=True)
        failed += style.failed
        failed += _failures(REPORT, notes)
    for title in failed:
        step(f"Failed: {title}")
    return 1 if failed else 0


def _quick_folder() -> Path | None:
    """Return the folder in memory if there's room in it, or None for the usual one."""
    try:
        room = min(shutil.disk_usage(MEMORY).free, _available_bytes())
    except OSError:
        return None
    return MEMORY if room >= MEMORY_BYTES else None


def _available_bytes() -> int:
    """Return the memory that Linux says programs may still take; raises OSError elsewhere."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) * 1024


def _failures(command: Command, notes: Path) -> list[str]:
    """Run a command with its output visible; return its title if it failed.

    ``notes`` is the folder for what the processes of the tests tell each other and the report.
    """
    return [" ".join(command)] if _run(command, notes).returncode else []


def _run(
    command: Command, notes: Path | None = None, *, capture: bool = False
) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"MYPYPATH": str(paths.SCRIPTS)}
    if notes is not None:
        environment["COVERAGE_FILE"] = str(notes / ".coverage")
        environment["HOMESEC_COLLECTED"] = str(notes / "collected")
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=paths.REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE if capture else None,
        stderr=subprocess.STDOUT if capture else None,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

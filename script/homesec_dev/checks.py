"""`script/test`: what must pass before a change lands.

Two parts run side by side at any time, since most tests wait for films that play in real time.
What a part says is kept until it has ended, so that it can be read.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
import os
from pathlib import Path
import subprocess
import sys
import tempfile
import time

from .bootstrap import paths
from .bootstrap.console import step

type Command = tuple[str, ...]

# What each of them covers is judged when all of it is known.
PYTEST = ("pytest", "--cov", "--cov-report=", "--cov-fail-under=0", "-p", "no:cacheprovider")
APART = ("tests/e2e", "tests/engine", "tests/bench", "tests/faults")
TESTS = {
    "a real Home Assistant": ("tests/e2e",),
    "the engine": ("tests/engine", "tests/bench"),
    "the integration": ("tests", *(f"--ignore={part}" for part in APART)),
    "faults": ("tests/faults",),
}
LINT: tuple[Command, ...] = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("mypy", "--strict", "custom_components/homesec", "script/homesec_dev"),
    ("homesec_dev.panel", "check"),
)
COVERAGE: tuple[Command, ...] = (("coverage", "combine", "--quiet"), ("coverage", "report"))


@dataclass(kw_only=True)
class Part:
    """Commands that run one after the other; one failure does not hide the others."""

    name: str
    commands: tuple[Command, ...]
    coverage: Path
    failed: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Run them all, then say what they said."""
        begun = time.monotonic()
        said = []
        for command in self.commands:
            title = " ".join(command)
            done = _run(command, self.coverage, capture=True)
            said.append(f"$ {title}\n{done.stdout.rstrip()}\n")
            if done.returncode:
                self.failed.append(title)
        took = f"{time.monotonic() - begun:.0f} s"
        # At once, so that nothing comes between.
        print("\n".join((f"\n==> {self.name}, {took}", *said)), flush=True)


def main(arguments: list[str]) -> int:
    """Run all checks; or pytest alone, with the arguments."""
    if arguments:
        return _run(("pytest", *arguments)).returncode
    with tempfile.TemporaryDirectory() as folder:
        coverage = Path(folder) / ".coverage"
        # The longest come first: what is left at the end is short.
        parts = [
            Part(
                name=f"Tests of {name}",
                commands=((*PYTEST, *where),),
                coverage=coverage.with_suffix(f".{number}"),
            )
            for number, (name, where) in enumerate(TESTS.items())
        ]
        parts.append(Part(name="Style and types", commands=LINT, coverage=coverage))
        step(f"{len(parts)} parts, two at a time")
        with ThreadPoolExecutor(2) as lanes:
            list(lanes.map(Part.run, parts))
        parts.append(Part(name="Coverage", commands=COVERAGE, coverage=coverage))
        parts[-1].run()
    failed = [title for part in parts for title in part.failed]
    for title in failed:
        step(f"Failed: {title}")
    return 1 if failed else 0


def _run(
    command: Command, coverage: Path | None = None, *, capture: bool = False
) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"MYPYPATH": str(paths.SCRIPTS)}
    if coverage is not None:
        environment["COVERAGE_FILE"] = str(coverage)
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

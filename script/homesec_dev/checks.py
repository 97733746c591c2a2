"""`script/test`: what must pass before a change lands.

Two lanes run side by side, since most tests wait for films that play in real time. What the second
one says is kept until it has ended, so that the two can be read.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
import os
from pathlib import Path
import subprocess
import sys
import tempfile
from typing import IO

from . import models
from .bootstrap import paths
from .bootstrap.console import step

LINT = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("mypy", "--strict", "custom_components/homesec", "script/homesec_dev"),
    ("homesec_dev.panel", "check"),
)
# What each of them covers is judged when all of it is known.
PYTEST = ("pytest", "--cov", "--cov-report=", "--cov-fail-under=0", "-p", "no:cacheprovider")
ENGINE = ("tests/engine", "tests/bench")
COVERAGE = (("coverage", "combine", "--quiet"), ("coverage", "report"))


@dataclass(kw_only=True)
class Lane:
    """Commands that run one after the other; one failure does not hide the others."""

    commands: tuple[tuple[str, ...], ...]
    coverage: Path
    output: IO[str] | None = None
    failed: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Run them all."""
        for command in self.commands:
            title = " ".join(command)
            if self.output is None:
                step(title)
            else:
                print(f"== {title}", file=self.output, flush=True)
            if _run(command, self.coverage, self.output):
                self.failed.append(title)


def main(arguments: list[str]) -> int:
    """Run all checks; or pytest alone, with the arguments."""
    models.prepare()
    if arguments:
        return _run(("pytest", *arguments))
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as told:
        coverage = Path(folder) / ".coverage"
        house = ("tests", *(f"--ignore={part}" for part in ENGINE))
        first = Lane(commands=(*LINT, (*PYTEST, *house)), coverage=coverage.with_suffix(".house"))
        second = Lane(
            commands=((*PYTEST, *ENGINE),), coverage=coverage.with_suffix(".engine"), output=told
        )
        with ThreadPoolExecutor(2) as lanes:
            list(lanes.map(Lane.run, (first, second)))
        told.seek(0)
        print(told.read(), flush=True)
        last = Lane(commands=COVERAGE, coverage=coverage)
        last.run()
    failed = [*first.failed, *second.failed, *last.failed]
    for title in failed:
        step(f"Failed: {title}")
    return 1 if failed else 0


def _run(
    command: tuple[str, ...], coverage: Path | None = None, output: IO[str] | None = None
) -> int:
    environment = os.environ | {"MYPYPATH": str(paths.SCRIPTS)}
    if coverage is not None:
        environment["COVERAGE_FILE"] = str(coverage)
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=paths.REPOSITORY,
        env=environment,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        check=False,
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

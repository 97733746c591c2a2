"""`script/test`: what must pass before a change lands."""

import os
import subprocess
import sys

from . import models
from .bootstrap import paths
from .bootstrap.console import step

LINT = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("mypy", "--strict", "custom_components/homesec", "script/homesec_dev"),
)
PYTEST = ("pytest", "--cov")


def main(arguments: list[str]) -> int:
    """Run all checks, the tests last; or pytest alone, with the arguments."""
    models.prepare()
    if arguments:
        return _run(("pytest", *arguments))
    # One failure does not hide the others.
    failed = [" ".join(command) for command in (*LINT, PYTEST) if _run(command)]
    for command in failed:
        step(f"Failed: {command}")
    return 1 if failed else 0


def _run(command: tuple[str, ...]) -> int:
    step(" ".join(command))
    environment = os.environ | {"MYPYPATH": str(paths.SCRIPTS)}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=paths.REPOSITORY, env=environment, check=False
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

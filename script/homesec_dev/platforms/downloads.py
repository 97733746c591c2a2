"""Keep what the check downloads, for the next run; `script/setup --clean` removes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..bootstrap import paths, uv
from ..bootstrap.console import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def folder() -> Path:
    """Return the folder of all that is kept for Alpine."""
    return _made(paths.tools() / "alpine")


def cache() -> Path:
    """Return where uv keeps packages: ours, and the one in Alpine."""
    return _made(folder() / "uv-cache")


def run_uv(words: Sequence[str | Path], *, doing: str) -> str:
    """Run this machine's uv."""
    return run(
        [uv.program(), "--quiet", "--no-progress", *words],
        doing=doing,
        advice="Check that this machine reaches PyPI.",
        env={"UV_CACHE_DIR": str(cache())},
        cwd=folder(),  # no project's own settings for uv apply
    )


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder

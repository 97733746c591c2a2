"""Folders that exist completely or not at all, even after a power cut."""

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
import os
from pathlib import Path
import shutil

from .console import progress, step


@contextmanager
def building(target: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `target` once the block ends well.

    If the block fails, `target` stays as it was. What a killed run left behind is cleared by the
    next one, so callers hold the `lock`.
    """
    _remove_leftovers(target)
    # Named by the process: a program that a killed one had started may still be writing.
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    replaced = partial.with_suffix(".replaced")
    partial.mkdir(parents=True)
    try:
        yield partial
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if target.exists():
        target.rename(replaced)
    partial.rename(target)
    shutil.rmtree(replaced, ignore_errors=True)


def discard(target: Path) -> None:
    """Remove `target` and what a killed run may have left beside it."""
    _remove_leftovers(target)
    if target.exists():
        shutil.rmtree(target)


def _remove_leftovers(target: Path) -> None:
    for suffix in ("partial", "replaced"):
        for leftover in target.parent.glob(f"{target.name}.*.{suffix}"):
            shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Let one process at a time change `folder`; the others wait for it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            step(f"Waiting for another process that is at work in {folder}")
            with progress("Waiting"):
                fcntl.flock(file, fcntl.LOCK_EX)
        yield

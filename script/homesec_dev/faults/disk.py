"""A file system in memory for the clips that can be full or read-only."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

ROOMY = "512m"
TRIES = 100
PAUSE_S = 0.03


class Disk:
    """A tmpfs where mounting is allowed, else a plain folder without faults. A context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[tuple[float, float | None]] = []
        """Periods (monotonic seconds) without writing; an end of None: not over yet."""
        self.mounted = False

    def __enter__(self) -> Self:
        self.folder.mkdir()
        self.mounted = _mount("-t", "tmpfs", "-o", f"size={ROOMY}", "tmpfs", str(self.folder))
        return self

    def __exit__(self, *_: object) -> None:
        if self.mounted:
            subprocess.run(["umount", "-l", self.folder], check=True)

    @property
    def refuses(self) -> bool:
        """Whether it is full or read-only now."""
        return bool(self.faults) and self.faults[-1][1] is None

    def fill(self, left_bytes: int) -> bool:
        """Leave only so much free space; return whether that succeeded."""
        for _ in range(TRIES):
            usage = os.statvfs(self.folder)
            used = (usage.f_blocks - usage.f_bfree) * usage.f_frsize
            # Fails if more was freed meanwhile.
            if self._remount(f"size={used + left_bytes}"):
                self._begin()
                return True
        return False

    def protect(self) -> bool:
        """Remount it read-only; False while a file is open for writing, as Linux then refuses."""
        for _ in range(TRIES):
            if self._remount("ro"):
                self._begin()
                return True
            time.sleep(PAUSE_S)
        return False

    def heal(self) -> None:
        """Free space and allow writing."""
        if self.refuses:
            self._remount(f"rw,size={ROOMY}")
            self.faults[-1] = (self.faults[-1][0], time.monotonic())

    def refused_between(self, begin: float, end: float) -> bool:
        """Return whether it refused to write at some moment between two."""
        return any(b <= end and (e is None or begin <= e) for b, e in self.faults)

    def _remount(self, options: str) -> bool:
        return _mount("-o", f"remount,{options}", str(self.folder))

    def _begin(self) -> None:
        if not self.refuses:
            self.faults.append((time.monotonic(), None))


def _mount(*arguments: str) -> bool:
    return not subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode

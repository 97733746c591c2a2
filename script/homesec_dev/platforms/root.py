"""A root folder to run programs in: cached layers below, changes in memory on top.

Everything is mounted inside the namespace of `apart.py`, and gone with it.
"""

from __future__ import annotations

import os
from pathlib import Path
import shutil
import subprocess
from typing import TYPE_CHECKING, Self

from ..bootstrap import paths
from ..bootstrap.console import CommandError, SetupError, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEVICES = ("full", "null", "random", "tty", "urandom", "zero")
VENV = "/srv/homeassistant"
BYTE_CODE = "/var/cache/python"
PATH = f"{VENV}/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
# How a machine reaches its registries, and what it has to avoid in OpenBLAS.
PASSED_ON = ("UV_", "PIP_INDEX", "PIP_EXTRA", "OPENBLAS_", "http", "HTTP", "no_proxy", "NO_PROXY")
OUTPUT_LINES = 15


class Root:
    """A root folder whose programs see only its files and, at its real path, the repository."""

    def __init__(self, scratch: Path, name: str, layers: Sequence[Path]) -> None:
        """Mount it below `scratch`, a folder in memory; the topmost layer comes first."""
        self.env: dict[str, str] = {}
        """Extra environment variables of its programs."""
        self._changes = scratch / f"{name}.changes"
        self.path = scratch / name
        for folder in (self._changes / "upper", self._changes / "work", self.path):
            folder.mkdir(parents=True)
        overlay(self.path, layers, self._changes)
        self._mount("-t", "proc", "proc", at="/proc")
        self._mount_devices()
        self._give_network()

    @classmethod
    def with_repository(cls, scratch: Path, name: str, layers: Sequence[Path]) -> Self:
        """Mount one with the repository; writes to it are discarded."""
        root = cls(scratch, name, layers)
        changes = scratch / f"{name}.repository"
        for folder in (changes / "upper", changes / "work"):
            folder.mkdir(parents=True)
        target = root.inside(paths.REPOSITORY)
        target.mkdir(parents=True)
        overlay(target, [paths.REPOSITORY], changes)
        return root

    def inside(self, path: Path | str) -> Path:
        """Return the path of a file of this root as seen from outside."""
        return self.path / str(path).lstrip("/")

    def mount_folder(self, folder: Path, *, at: str = "") -> None:
        """Mount a folder of the machine, writable, by default at the same path."""
        target = self.inside(at or folder)
        target.mkdir(parents=True, exist_ok=True)
        run(["mount", "--bind", folder, target], doing=f"Mounting {folder}")

    def unmount(self) -> None:
        """Free the memory before the namespace ends."""
        run(["umount", "--recursive", self.path], doing="Unmounting")
        shutil.rmtree(self._changes)

    def command(self, words: Sequence[str | Path]) -> list[str]:
        """Return the command that runs another one in here."""
        chroot = shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin:/bin")
        if chroot is None:
            raise SetupError("There is no chroot on this machine.")
        return [chroot, str(self.path), *map(str, words)]

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of programs in this root."""
        passed = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
        passed.pop("UV_CACHE_DIR", None)
        return {
            **passed,
            "HOME": "/root",
            "LANG": "C.UTF-8",
            "PATH": PATH,
            "PYTHONPYCACHEPREFIX": BYTE_CODE,
            "SSL_CERT_FILE": CERTIFICATES,
            **self.env,
            **(extra or {}),
        }

    def run(
        self,
        words: Sequence[str | Path],
        *,
        doing: str,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 600,
    ) -> str:
        """Run a program in here to its end and return its output; CommandError if it fails."""
        try:
            done = subprocess.run(
                self.command(words),
                env=self.environment(env),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=timeout_s,
            )
        except subprocess.TimeoutExpired as err:
            raise CommandError(f"{doing} did not end within {timeout_s:.0f} s") from err
        if done.returncode:
            said = (done.stdout + done.stderr).strip().splitlines()[-OUTPUT_LINES:]
            raise CommandError(
                "\n    | ".join([f"{doing} failed (exit code {done.returncode})", *said])
            )
        return done.stdout

    def added_packages(self) -> list[str]:
        """Return the Python packages that were installed since this root was mounted."""
        added = (self._changes / "upper" / VENV.lstrip("/")).rglob("*.dist-info")
        return sorted(info.name.removesuffix(".dist-info") for info in added)

    def _mount(self, *words: str, at: str) -> None:
        target = self.inside(at)
        target.mkdir(parents=True, exist_ok=True)
        run(["mount", *words, target], doing=f"Mounting {at}")

    def _mount_devices(self) -> None:
        """Give it the devices of a container: none of this machine's disks or cameras."""
        self._mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", at="/dev")
        for name in DEVICES:
            self.inside(f"/dev/{name}").touch()
            run(
                ["mount", "--bind", f"/dev/{name}", self.inside(f"/dev/{name}")],
                doing=f"Mounting /dev/{name}",
            )
        self._mount("-t", "tmpfs", "tmpfs", at="/dev/shm")
        for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
            self.inside(f"/dev/{name}").symlink_to(f"/proc/self/fd{target}")

    def _give_network(self) -> None:
        """Let it find the package registry as this machine does."""
        trusted = Path(os.environ.get("SSL_CERT_FILE") or CERTIFICATES)
        for source, target in (
            (Path("/etc/resolv.conf"), "/etc/resolv.conf"),
            (Path("/etc/hosts"), "/etc/hosts"),
            (trusted, CERTIFICATES),
        ):
            if source.exists():
                place = self.inside(target)
                place.unlink(missing_ok=True)
                shutil.copy(source, place)


def overlay(target: Path, layers: Sequence[Path], changes: Path) -> None:
    """Mount layers of files with a place for changes on top."""
    options = (
        f"lowerdir={':'.join(map(str, layers))}",
        f"upperdir={changes / 'upper'}",
        f"workdir={changes / 'work'}",
    )
    run(
        ["mount", "-t", "overlay", "-o", ",".join(options), "overlay", target],
        doing="Laying files over others",
        advice="The kernel's overlay file system is needed, and the right to mount.",
    )

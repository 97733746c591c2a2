"""Small, full, read-only, and worn disks: real ones, mounted for the test."""

from contextlib import contextmanager, suppress
import os
import shutil
import subprocess

import pytest

PIECE = 4096


@contextmanager
def mounted(folder, options):
    """Mount a file system in memory with these options."""
    with _mounted(folder, "-t", "tmpfs", "-o", options, "tmpfs"):
        yield folder


@contextmanager
def _mounted(folder, *arguments):
    folder.mkdir()
    mount = subprocess.run(["mount", *arguments, folder], capture_output=True, check=False)
    if mount.returncode:
        pytest.skip("a small file system can only be mounted by root")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def remount(folder, options):
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


class FullDisk:
    """Accepts no data until there is space again."""

    def __init__(self, folder):
        self.folder = folder
        self._ballast = folder / "ballast"

    def fail(self):
        with suppress(OSError), self._ballast.open("wb", buffering=0) as file:
            while file.write(bytes(PIECE)):
                pass

    def heal(self):
        self._ballast.unlink(missing_ok=True)


class WornCard:
    """A file system that meets an error and is then read-only, for open files too."""

    def __init__(self, folder):
        self.folder = folder

    def fail(self):
        remount(self.folder, "abort")  # what ext4 does on an error


@contextmanager
def full_disk(folder):
    with mounted(folder, "size=2m"):
        yield FullDisk(folder)


@contextmanager
def worn_card(folder):
    # Not on other users' PATH.
    make = shutil.which(
        "mkfs.ext4", path=os.pathsep.join((os.environ["PATH"], "/usr/sbin", "/sbin"))
    )
    if make is None:
        pytest.skip("e2fsprogs (mkfs.ext4) is not installed: script/setup --test")
    image = folder.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(8 * 2**20)
    subprocess.run([make, "-q", image], check=True)
    with _mounted(folder, "-o", "loop", image):
        yield WornCard(folder)

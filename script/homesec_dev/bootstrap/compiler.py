"""The C++ compiler that a few of Home Assistant's packages, published as source, are built with."""

import shutil

from . import apt
from .console import SetupError


def ensure() -> None:
    """See to it that there is a compiler."""
    if shutil.which("g++"):
        return
    if not apt.available():
        raise SetupError("There is no C++ compiler.", advice="Install g++, then start again.")
    apt.install(["g++"], why="a few of Home Assistant's packages are compiled here")

"""Where things are: the repository, what may lie beside it, and the cache in the user's home."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
SCRIPTS = REPOSITORY / "script"
COMPONENT = REPOSITORY / "custom_components" / "homesec"
TEST_REQUIREMENTS = REPOSITORY / "requirements_test.txt"


def cache() -> Path:
    """Return the folder that holds all that the set-up made; `script/setup --clean` removes it."""
    if chosen := os.environ.get("HOMESEC_CACHE"):
        return Path(chosen).resolve()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).resolve() / "homesec-dev"


def tools() -> Path:
    """Return the folder for programs that the machine lacks, each in a folder of its own."""
    return cache() / "tools"


def python() -> Path:
    """Return the folder for private Python interpreters."""
    return cache() / "python"


def venv() -> Path:
    """Return the virtual environment that HA, the demo and the tests share."""
    return cache() / "venv"


def footage() -> Path:
    """Return the folder for sample videos."""
    return cache() / "footage"


def test_videos() -> Path:
    """Return the folder for videos that tests make and don't change."""
    return cache() / "test_videos"


def models() -> Path:
    """Return the folder for detection models."""
    return cache() / "models"


def types() -> Path:
    """Return the folder for what mypy knows of files that it has checked."""
    return cache() / "types"


# All that `--clean` may touch: a HOMESEC_CACHE that points at a folder with other things in it
# must not delete those other things.
def owned() -> tuple[Path, ...]:
    """Return every folder below the cache that the set-up makes."""
    return (tools(), python(), venv(), footage(), test_videos(), models(), types())


def shared(relative: str) -> Path | None:
    """Return a file or folder of `../shared`, which some developers have beside the repository."""
    path = (REPOSITORY.parent / "shared" / relative).resolve()
    return path if path.exists() else None

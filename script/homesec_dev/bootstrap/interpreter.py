"""Find a Python that runs Home Assistant, the cheapest way first."""

from pathlib import Path
import shutil

from . import apt, debian_python, paths, uv
from .console import CommandError, SetupError, notice, run, step

WANTED = ">=3.14.2,<3.15"
CHECK = """
import sys
assert (3, 14, 2) <= sys.version_info < (3, 15), f"it is {sys.version}"
"""
ADVICE = f"Install a Python {WANTED} and put it on PATH as python3.14."


def find() -> Path:
    """Return a Python that Home Assistant runs on, installed privately if there is none."""
    uv.program()  # if there is no uv, that is what to report, not that it knows no Python
    for look in (_on_path, _known_to_uv, _private_of_uv, _unpacked, _downloaded_by_uv):
        if found := look():
            return found
    if not apt.available():
        raise SetupError(f"No Python {WANTED} was found or could be had.", advice=ADVICE)
    debian_python.unpack(paths.python() / "debian")
    found = _of_debian()
    run([found, "-c", CHECK], doing="Starting the private Python", advice=ADVICE)
    return found


def _on_path() -> Path | None:
    found = shutil.which("python3.14")
    return Path(found) if found and _works(Path(found)) else None


def _known_to_uv(env: dict[str, str] | None = None) -> Path | None:
    words = ["python", "find", "--no-project", "--no-python-downloads", WANTED]
    try:
        path = Path(uv.run_uv(words, doing="Asking uv for a Python", env=env).strip())
    except CommandError:
        return None
    return path if _works(path) else None


def _private_of_uv() -> Path | None:
    return _known_to_uv(_uv_private())


def _unpacked() -> Path | None:
    return found if _works(found := _of_debian()) else None


def _downloaded_by_uv() -> Path | None:
    step("Looking for a Python 3.14 to download")
    # Where only package registries are reached, this fails; at once, if uv does not insist.
    impatient = {"UV_HTTP_RETRIES": "0", "UV_HTTP_CONNECT_TIMEOUT": "5"}
    try:
        uv.run_uv(
            ["python", "install", "--no-bin", "3.14"],
            doing="Installing Python",
            env=_uv_private() | impatient,
        )
    except CommandError:
        notice("uv cannot download one here.")
        return None
    return _private_of_uv()


def _of_debian() -> Path:
    return debian_python.interpreter(paths.python() / "debian")


def _uv_private() -> dict[str, str]:
    """Tell uv to keep its interpreters with the rest of the set-up."""
    return {"UV_PYTHON_INSTALL_DIR": str(paths.python() / "uv")}


def _works(python: Path) -> bool:
    try:
        run([python, "-c", CHECK], doing="Trying a Python")
    except CommandError:
        return False
    return True

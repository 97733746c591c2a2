"""Finding a Python that runs Home Assistant, in the order of how little it costs."""

from dataclasses import dataclass, field
from pathlib import Path
import shutil

from . import apt, debian_python, paths, uv
from .console import CommandError, SetupError, notice, run, step

WANTED = ">=3.14.2,<3.15"
# HA's version limit, and the headers that its few packages without wheels are built with.
CHECK = """
import pathlib, sys, sysconfig
assert (3, 14, 2) <= sys.version_info < (3, 15), f"it is {sys.version}"
assert pathlib.Path(sysconfig.get_path("include"), "Python.h").exists(), "it has no headers"
"""
ADVICE = f"Install a Python {WANTED} with its headers and put it on PATH as python3.14."


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpreter:
    """A Python, and the environment variables that a compiler needs to build for it."""

    path: Path
    build_env: dict[str, str] = field(default_factory=dict)


def find() -> Interpreter:
    """Return a Python that Home Assistant runs on, installed privately if there is none."""
    uv.program()  # if there is no uv, that is what to report, not that it knows no Python
    for look in (_on_path, _known_to_uv, _private_of_uv, _unpacked, _downloaded_by_uv):
        if found := look():
            return found
    if not apt.available():
        raise SetupError(f"No Python {WANTED} was found or could be had.", advice=ADVICE)
    debian_python.unpack(paths.python() / "debian")
    found = _of_debian()
    run([found.path, "-c", CHECK], doing="Starting the private Python", advice=ADVICE)
    return found


def _on_path() -> Interpreter | None:
    found = shutil.which("python3.14")
    return Interpreter(path=Path(found)) if found and _works(Path(found)) else None


def _known_to_uv(env: dict[str, str] | None = None) -> Interpreter | None:
    words = ["python", "find", "--no-project", "--no-python-downloads", WANTED]
    try:
        path = Path(uv.run_uv(words, doing="Asking uv for a Python", env=env).strip())
    except CommandError:
        return None
    return Interpreter(path=path) if _works(path) else None


def _private_of_uv() -> Interpreter | None:
    return _known_to_uv(_uv_private())


def _unpacked() -> Interpreter | None:
    return found if _works((found := _of_debian()).path) else None


def _downloaded_by_uv() -> Interpreter | None:
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


def _of_debian() -> Interpreter:
    root = paths.python() / "debian"
    headers = {"CPATH": str(debian_python.headers(root))}
    return Interpreter(path=debian_python.interpreter(root), build_env=headers)


def _uv_private() -> dict[str, str]:
    """Tell uv to keep its interpreters with the rest of the set-up."""
    return {"UV_PYTHON_INSTALL_DIR": str(paths.python() / "uv")}


def _works(python: Path) -> bool:
    try:
        run([python, "-c", CHECK], doing="Trying a Python")
    except CommandError:
        return False
    return True

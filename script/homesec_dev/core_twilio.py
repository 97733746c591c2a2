"""The older ``twilio`` that Home Assistant's own integration pins and HomeSec has to work with."""

from __future__ import annotations

import json
from pathlib import Path

import homeassistant

from .bootstrap import atomic, paths
from .bootstrap.console import step
from .bootstrap.uv import run_uv
from .bootstrap.virtualenv import python

NEEDED = ("pytz", "six")
"""Packages that it imports and newer versions don't; the others are in the virtual environment."""


def requirement() -> str:
    """Return the requirement as the integration's manifest has it."""
    components = Path(homeassistant.__file__).parent / "components"
    manifest = json.loads((components / "twilio" / "manifest.json").read_text())
    (pinned,) = manifest["requirements"]
    return str(pinned)


def folder() -> Path:
    """Return a folder with that version, to be put first on the path."""
    wanted = requirement()
    target = paths.tools() / wanted.replace("==", "-")
    with atomic.lock(paths.cache()):
        if not target.exists():
            step(f"Installing {wanted} into {target}")
            with atomic.building(target) as partial:
                install = ("pip", "install", "--no-deps", "--python", str(python()))
                run_uv(
                    [*install, "--target", str(partial), wanted, *NEEDED],
                    doing=f"Installing {wanted}",
                    advice="Check that this machine reaches PyPI.",
                )
    return target

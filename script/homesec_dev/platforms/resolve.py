"""Whether HomeSec's requirements can be installed, by C library and processor."""

from __future__ import annotations

import json
from pathlib import Path
import platform
from tempfile import TemporaryDirectory

import homeassistant

from ..bootstrap import paths
from ..bootstrap.console import CommandError
from ..bootstrap.virtualenv import python
from . import downloads

TARGETS = {
    "musl_x86_64": "x86_64-unknown-linux-musl",
    "musl_aarch64": "aarch64-unknown-linux-musl",
    "glibc_x86_64": "x86_64-unknown-linux-gnu",
    "glibc_aarch64": "aarch64-unknown-linux-gnu",
}
"""uv's names of the systems that Home Assistant runs on."""
OF_STREAM = ("av", "numpy")
"""Imported by HomeSec and installed by Home Assistant's `stream` at its own versions."""
OF_SEARCH = ("WSDiscovery==", "onvif-zeep-async==")
"""Installed when HomeSec first searches for cameras."""
WITHOUT_WHEEL = "wsdiscovery"
"""Nothing but Python: it needs no compiler."""
WITHOUT_MUSL_WHEEL = "google-crc32c"
"""Builds without a compiler, as slow pure Python."""


def requirements() -> list[str]:
    """Return what HomeSec's manifest requires, and what a search for cameras installs."""
    manifest = json.loads((paths.COMPONENT / "manifest.json").read_text(encoding="utf-8"))
    return [*manifest["requirements"], *of_search()]


def of_search() -> list[str]:
    """Return what a search for cameras installs, as Home Assistant's own integration pins it."""
    components = Path(homeassistant.__file__).parent / "components"
    manifest = json.loads((components / "onvif" / "manifest.json").read_text(encoding="utf-8"))
    return [each for each in manifest["requirements"] if each.startswith(OF_SEARCH)]


def constraints() -> Path:
    """Return the file of versions that Home Assistant installs everything with."""
    return Path(homeassistant.__file__).parent / "package_constraints.txt"


def resolve(target: str) -> bool | str:
    """Say whether all of it can be installed there without a compiler: True, or why not."""
    words: list[str | Path] = [
        *("pip", "compile", "--only-binary", ":all:", "--python", python()),
        *("--python-platform", TARGETS[target], "--python-version", platform.python_version()),
        *("--constraint", constraints()),
        *("--no-binary", WITHOUT_WHEEL),
    ]
    if target.startswith("musl"):
        words += ["--no-binary", WITHOUT_MUSL_WHEEL]
    with TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.in"
        wanted.write_text("\n".join([*requirements(), *OF_STREAM]) + "\n", encoding="utf-8")
        try:
            downloads.run_uv([*words, wanted], doing=f"Resolving for {target}")
        except CommandError as err:
            return _reason(err)
    return True


def _reason(err: CommandError) -> str:
    """Return what uv said, in one line, without the command."""
    said = [line.partition("| ")[2] for line in str(err).splitlines() if "| " in line]
    return " ".join(" ".join(said).split()) or str(err)

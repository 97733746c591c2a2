"""Home Assistant and HomeSec's requirements, installed in Alpine as Home Assistant would."""

from __future__ import annotations

from importlib.metadata import distribution, version
import json
import os
from pathlib import Path
import re
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from .. import ha_config
from ..bootstrap import paths, virtualenv
from . import downloads, resolve
from .root import VENV

if TYPE_CHECKING:
    from .root import Root

UV = "/opt/uv"
PYTHON = f"{VENV}/bin/python"
SITE = "lib/python3.*/site-packages"
SAME_EVERYWHERE = ("homeassistant", "home-assistant-frontend", "home-assistant-intents")
"""Nothing in them is compiled, and most of all files are theirs: unpacked once is enough."""
STUBBED = {
    "gazetteer-matcher": "conversation",
    "pymicro-vad": "assist_pipeline",
    "pyspeex-noise": "assist_pipeline",
}
"""Packages without a wheel for musl on PyPI (Home Assistant's image has its own), and who imports
them."""
STUB = '''\
"""In the place of a package that cannot be installed here and has no part in HomeSec."""


class _Anything(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return cls


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return _Anything(name, (), {})
'''
INSTALL_AS_HA = """
import sys
from pathlib import Path
import homeassistant
from homeassistant.util.package import install_package
constraints = str(Path(homeassistant.__file__).parent / "package_constraints.txt")
sys.exit(not install_package(sys.argv[1], constraints=constraints, timeout=60))
"""


def install_uv(folder: Path) -> None:
    """Put the uv that Home Assistant requires, for musl, into a folder."""
    downloads.run_uv(
        [
            *("pip", "install", "--python", virtualenv.python(), "--target", folder),
            *("--python-platform", resolve.TARGETS["musl_x86_64"], "--only-binary", ":all:"),
            f"uv=={version('uv')}",
        ],
        doing="Installing uv for Alpine",
    )


def install_home_assistant(root: Root) -> None:
    """Make the environment in there, with what Home Assistant imports when it starts."""
    root.run(
        [f"{UV}/bin/uv", "--quiet", "venv", "--python", "/usr/bin/python3.14", VENV],
        doing="Making Alpine's virtual environment",
    )
    (site,) = root.inside(VENV).glob(SITE)
    for name in SAME_EVERYWHERE:
        _link(name, site)
    constraints = "/opt/package_constraints.txt"
    root.inside(constraints).write_bytes(resolve.constraints().read_bytes())
    _uv_install(root, "--constraint", constraints, f"homeassistant=={version('homeassistant')}")
    domains = [
        *_configured(),
        # Home Assistant requires them for the announcements in the manifest.
        *("dhcp", "ssdp", "zeroconf"),
        *_manifest_list("dependencies"),
        *_manifest_list("after_dependencies"),
    ]
    script = root.inside("/opt/needed.py")
    script.write_bytes((Path(__file__).parent / "inside" / script.name).read_bytes())
    needed = root.run(
        [PYTHON, "-I", f"/opt/{script.name}", *domains],
        doing="Reading Home Assistant's requirements",
    ).split()
    wanted = [Requirement(line) for line in needed]
    _uv_install(
        root,
        *("--constraint", constraints),
        *(str(each) for each in wanted if each.name not in STUBBED),
    )
    for each in wanted:
        if each.name in STUBBED:
            _stub(root, each)


def install_requirements(root: Root) -> None:
    """Have Home Assistant's own code install what HomeSec's manifest requires, one by one."""
    for requirement in resolve.requirements():
        root.run(
            [PYTHON, "-c", INSTALL_AS_HA, requirement],
            doing=f"Installing {requirement} on Alpine",
        )


def _uv_install(root: Root, *words: str) -> None:
    root.run(
        [f"{UV}/bin/uv", "--quiet", "pip", "install", "--python", PYTHON, *words],
        doing="Installing Home Assistant on Alpine",
    )


def _configured() -> list[str]:
    """Return the integrations that a development Home Assistant is configured with."""
    return re.findall(r"^(\w+):$", ha_config.CONFIGURATION, re.MULTILINE)[1:]


def _manifest_list(key: str) -> list[str]:
    manifest = json.loads((paths.COMPONENT / "manifest.json").read_text(encoding="utf-8"))
    return list(manifest.get(key, ()))


def _link(name: str, site: Path) -> None:
    """Install a package by linking its files in this machine's environment."""
    package = distribution(name)
    for file in package.files or ():
        source = Path(str(package.locate_file(file)))
        # Programs are outside, and script/setup removes files that are of no use here.
        if ".." not in file.parts and source.exists():
            target = site / file
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, target)


def _stub(root: Root, requirement: Requirement) -> None:
    """Put an empty module in a package's place, which Home Assistant takes for installed."""
    (site,) = root.inside(VENV).glob(SITE)
    (pinned,) = requirement.specifier
    name = requirement.name.replace("-", "_")
    info = site / f"{name}-{pinned.version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {requirement.name}\nVersion: {pinned.version}\n"
    )
    (site / f"{name}.py").write_text(STUB)

"""The virtual environment: Home Assistant, what a start of it imports, the tests' tools."""

from concurrent.futures import ThreadPoolExecutor
import hashlib
import json
import os
from pathlib import Path
import re
import shutil

from . import home_assistant, interpreter, paths
from .atomic import building
from .console import step
from .home_assistant import HomeAssistant
from .uv import discard_downloads, run_uv

HA_VERSION = "2026.11.0"
# What a development HA has switched on; their requirements are installed beforehand.
INTEGRATIONS = (
    "camera",
    "config",
    "dhcp",  # Home Assistant requires this, ssdp, and zeroconf for a manifest that names devices
    "ffmpeg",
    "frontend",
    "generic",
    "history",
    "local_file",
    "logbook",
    "media_source",
    "mobile_app",
    "onvif",  # of which HomeSec installs libraries when it first searches for cameras
    "smtp",
    "ssdp",
    "stream",
    "zeroconf",
)
# Voice assistants, unused here, import these two when Home Assistant starts. They
# are published as C++ source only; a module that has the names spares the machine a compiler.
STAND_INS = {"pymicro_vad": "MicroVad", "pyspeex_noise": "AudioProcessor"}
STAMP = ".homesec.json"  # says what is installed; a second run compares it and is done
BASE = "base.txt"  # the packages that are there without the tests' tools
RECIPE = 5  # raise it when the same inputs are to be installed differently


def python() -> Path:
    """Return the environment's interpreter."""
    return paths.venv() / "bin" / "python"


def is_ready(*, tests: bool) -> bool:
    """Say whether the environment holds what is wanted now."""
    stamp = _stamp()
    # The interpreter that the environment borrows can vanish, uninstalled by its owner.
    return python().exists() and all(
        stamp.get(part) == wanted for part, wanted in _fingerprints(tests=tests).items()
    )


def build() -> None:
    """Make the environment anew, without the tests' tools, then put it in the old one's place."""
    with building(paths.venv()) as folder, ThreadPoolExecutor(1) as lane:
        step(f"Fetching Home Assistant {HA_VERSION}")
        wheels = folder / "wheels"
        fetched = lane.submit(home_assistant.fetch, HA_VERSION, _integrations(), wheels)
        base = interpreter.find()
        run_uv(
            # Relocatable, as it is renamed once complete.
            ["venv", "--relocatable", "--allow-existing", "--python", base, folder],
            doing="Making the virtual environment",
        )
        installer = _Installer(folder)
        installer.install_home_assistant(fetched.result())
        shutil.rmtree(wheels)
        installer.add_stand_ins()
        (folder / BASE).write_text(installer.installed())
        (folder / STAMP).write_text(json.dumps(_fingerprints(tests=False)))
    discard_downloads()


def add_tests() -> None:
    """Add the tests' tools to the environment, or bring them to what is wanted now.

    They are installed into a copy, all of links, which takes the environment's place when it is
    complete: a killed run leaves the environment as it was.
    """
    with building(paths.venv()) as folder:
        shutil.copytree(
            paths.venv(), folder, symlinks=True, copy_function=os.link, dirs_exist_ok=True
        )
        (folder / STAMP).unlink()
        installer = _Installer(folder)
        installer.remove_tests()
        installer.install_tests()
        (folder / STAMP).write_text(json.dumps(_fingerprints(tests=True)))
    discard_downloads()


class _Installer:
    """Installs into an environment that is not in its place yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._python = folder / "bin" / "python"

    def install_home_assistant(self, fetched: HomeAssistant) -> None:
        """Install HA and its integrations' requirements as it would: held by its constraints."""
        step("Installing Home Assistant, and what its integrations and HomeSec import")
        self._install(
            *("--constraint", fetched.constraints),
            *fetched.wheels,
            *(each for each in fetched.requirements if _name(each) not in STAND_INS),
            *_manifest().get("requirements", ()),
        )
        # They say that a package came from a wheel that is about to be removed.
        for origin in self._site_packages.glob("*.dist-info/direct_url.json"):
            origin.unlink()

    def add_stand_ins(self) -> None:
        """Write the modules that only have to be there."""
        for module, name in STAND_INS.items():
            text = (
                f'"""Stands in for a package that is never used here."""\n\n\nclass {name}: ...\n'
            )
            (self._site_packages / f"{module}.py").write_text(text)

    def remove_tests(self) -> None:
        """Remove what a former list of the tests' tools brought."""
        base = _names((self._folder / BASE).read_text())
        if former := _names(self.installed()) - base:
            self._uv("uninstall", *sorted(former), doing="Removing former test tools")

    def install_tests(self) -> None:
        """Install the tests' tools, leaving every package that HA chose as it is.

        The pytest plugin is made for one HA and pins that one's packages; what is installed by
        now overrides those pins.
        """
        step(f"Adding the tests' tools ({paths.TEST_REQUIREMENTS.name})")
        base = self._folder / BASE
        self._install("--requirements", paths.TEST_REQUIREMENTS, "--overrides", base)

    def installed(self) -> str:
        """Return the packages that are there, a line each, as requirements."""
        return self._uv("freeze", doing="Listing what is installed")

    @property
    def _site_packages(self) -> Path:
        return next(self._folder.glob("lib/python3.*/site-packages"))

    def _install(self, *words: str | Path) -> None:
        self._uv(
            "install",
            *words,
            doing="Installing Python packages",
            advice="Check that this machine reaches PyPI; what was downloaded is kept.",
        )

    def _uv(self, command: str, *words: str | Path, doing: str, advice: str = "") -> str:
        return run_uv(
            ["pip", command, "--python", self._python, *words],
            doing=doing,
            advice=advice,
            keeps_downloads=True,
        )


def _name(requirement: str) -> str:
    """Return the package that a requirement is for, written as a module would be."""
    name, *_ = re.split("[^A-Za-z0-9._-]", requirement)
    return re.sub("[-.]", "_", name).lower()


def _names(requirements: str) -> set[str]:
    return set(map(_name, requirements.splitlines()))


def _stamp() -> dict[str, str]:
    try:
        stamp: dict[str, str] = json.loads((paths.venv() / STAMP).read_text())
    except (OSError, ValueError):
        return {}
    return stamp


def _manifest() -> dict[str, list[str]]:
    path = paths.COMPONENT / "manifest.json"
    manifest: dict[str, list[str]] = json.loads(path.read_text()) if path.exists() else {}
    return manifest


def _integrations() -> list[str]:
    ours = _manifest()
    return [
        *INTEGRATIONS,
        *ours.get("dependencies", ()),
        *ours.get("after_dependencies", ()),
    ]


def _fingerprints(*, tests: bool) -> dict[str, str]:
    """Return a hash of what goes into each part of the environment."""
    ours = _manifest()
    wanted = [ours.get(key) for key in ("requirements", "dependencies", "after_dependencies")]
    parts = {"base": json.dumps([RECIPE, HA_VERSION, INTEGRATIONS, wanted])}
    if tests:
        parts["tests"] = paths.TEST_REQUIREMENTS.read_text()
    return {part: hashlib.sha256(text.encode()).hexdigest() for part, text in parts.items()}
